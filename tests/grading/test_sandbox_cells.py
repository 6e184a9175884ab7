"""Cells in the sandbox give what they give in Jupyter."""

from __future__ import annotations

import base64
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from sandbox_tools import (
    BACKENDS,
    POLITE,
    SMALL,
    make_edition,
    needs_sandbox,
    nothing_left,
    opened,
    text_of,
)

from dlgrader.sandbox import (
    Backend,
    Bubblewrap,
    Limits,
    SandboxError,
    Session,
    SessionEnded,
    Unconfined,
)

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_edition(tmp_path_factory.mktemp("edition"))


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    return BACKENDS[request.param]


@pytest.fixture(scope="module")
def session(backend: Backend, edition: Path) -> Iterator[Session]:
    with Session(backend, SMALL, edition=edition) as opened_session:
        yield opened_session


def test_streams_and_the_last_value(session: Session) -> None:
    result = session.run_cell("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n42")
    assert [output["output_type"] for output in result.outputs] == [
        *["stream"] * 3,
        "execute_result",
    ]
    assert [output.get("text") for output in result.outputs[:3]] == ["a\n", "b\n", "c\n"]
    assert result.outputs[3]["data"] == {"text/plain": "42"}
    assert result.outputs[3]["execution_count"] == result.execution_count
    assert session.run_cell("").execution_count == result.execution_count + 1


def test_outputs_are_valid_in_a_notebook(session: Session) -> None:
    source = "from IPython.display import HTML\ndisplay(HTML('<b>'))\nprint('é\\udcff')\n1/0"
    result = session.run_cell(source)
    cell = nbformat.v4.new_code_cell(source, execution_count=result.execution_count)
    cell.outputs = [nbformat.from_dict(output) for output in result.outputs]
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    assert nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode("utf-8")
    assert result.outputs[-1]["ename"] == "ZeroDivisionError"
    assert "Cell" in "".join(result.outputs[-1]["traceback"])


@pytest.mark.parametrize("source", ["x = (", "def f(:\n  pass", "%nothing", "?", "\x00", "\udc80"])
def test_what_is_no_python_is_reported(session: Session, source: str) -> None:
    assert session.run_cell(source).outputs
    assert text_of(session, "print('on')") == "on\n"


def test_output_past_python_is_kept(session: Session) -> None:
    text = text_of(session, "import os, subprocess\nos.write(1, b'raw ')\nos.system('echo shell')")
    assert text.startswith("raw shell\n")
    assert text_of(session, "subprocess.run(['echo', 'run']);") == "run\n"
    assert "there" in text_of(session, "!echo there")


def test_await_and_tasks(session: Session) -> None:
    assert text_of(session, "import asyncio\nawait asyncio.sleep(0.01, 'slept')") == "'slept'"
    session.run_cell("async def later():\n  await asyncio.sleep(0.01)\n  print('later')")
    session.run_cell("task = asyncio.create_task(later())")
    assert text_of(session, "await task") == "later\n"


def test_displays_are_updated_and_cleared(session: Session) -> None:
    result = session.run_cell(
        "from IPython.display import clear_output\n"
        "shown = display('old', display_id=True)\nshown.update('new')"
    )
    assert [output["data"]["text/plain"] for output in result.outputs] == ["'new'"]
    assert text_of(session, "print('gone')\nclear_output(wait=True)\nprint('kept')") == "kept\n"


def test_figures_come_as_png_at_the_end(backend: Backend, edition: Path) -> None:
    with opened(backend, edition, preload=["matplotlib.pyplot", "nothing_of_this_name"]) as session:
        result = session.run_cell(
            "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
            "plt.plot([1, 2])\nprint('first')\nplt.title('t');"
        )
    assert [output["output_type"] for output in result.outputs] == ["stream", "display_data"]
    assert base64.b64decode(result.outputs[1]["data"]["image/png"]).startswith(b"\x89PNG")


def test_input_raises(session: Session) -> None:
    for source in ("input('?')", "import getpass; getpass.getpass()"):
        assert text_of(session, source).startswith("StdinNotImplementedError")
    assert text_of(session, "import sys; sys.stdin.read()") == "''"


def test_exit_ends_nothing(session: Session) -> None:
    for source in ("exit()", "quit()", "import sys; sys.exit(1)", "raise SystemExit"):
        assert text_of(session, source).startswith("SystemExit")
    assert text_of(session, "print('on')") == "on\n"


def test_the_notebook_is_main(session: Session) -> None:
    assert text_of(session, "__name__") == "'__main__'"
    session.run_cell("import pickle\nclass Own: pass")
    assert text_of(session, "type(pickle.loads(pickle.dumps(Own()))) is Own") == "True"


def test_output_is_cut_off_with_a_note(session: Session) -> None:
    for source in ("print('é' * 10**7)", "for i in range(3 * 10**4): print(i)"):
        result = session.run_cell(source)
        assert sum(len(output["text"].encode()) for output in result.outputs) < 110_000
        assert "cut off" in result.outputs[-1]["text"]
    result = session.run_cell("for i in range(3000): display(i)")
    assert len(result.outputs) < 1500
    result = session.run_cell("from IPython.display import HTML\ndisplay(HTML('x' * 10**6))\n1/0")
    assert "cut off" in result.outputs[0]["text"]
    assert result.outputs[-1]["ename"] == "ZeroDivisionError"


def test_a_long_cell_is_interrupted_and_the_session_goes_on(
    backend: Backend, edition: Path
) -> None:
    with opened(backend, edition, POLITE) as session:
        session.run_cell("import asyncio, time\nkept = 1")
        for source in ("while True: pass", "time.sleep(60)", "await asyncio.sleep(60)"):
            result = session.run_cell(source)
            assert result.interrupted
            assert result.outputs[-1]["ename"] == "KeyboardInterrupt"
            assert "course_runner" not in "".join(result.outputs[-1]["traceback"])
        assert session.run_cell("import os; os.system('sleep 60')").interrupted
        assert text_of(session, "kept") == "1"
        assert not session.run_cell("1").interrupted


def test_threads_go_on_and_hold_up_nothing(session: Session) -> None:
    session.run_cell(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()"
    )
    assert text_of(session, "print('on')") == "on\n"


# -- files and environment -------------------------------------------------------------------------


def test_files_are_copied_but_not_through_links(
    backend: Backend, edition: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "answers.txt").write_text("42")
    given = tmp_path / "given"
    (given / "data").mkdir(parents=True)
    (given / "helper.py").write_text("VALUE = 'from the helper'")
    (given / "numpy.py").write_text("raise ImportError('not the library')")
    (given / "dlcore").mkdir()
    (given / "dlcore" / "__init__.py").write_text("raise ImportError('not the library')")
    (given / "data" / "räum e'\"$.txt").write_text("odd name")
    (given / os.fsdecode(b"\xff.txt")).write_text("odder name")
    (given / "ps1.ipynb").write_text("{}")
    (given / "link.txt").symlink_to(secret / "answers.txt")
    (given / "folder").symlink_to(secret)
    (given / "loop").symlink_to(given)
    os.mkfifo(given / "fifo")
    with opened(backend, edition, files=given) as session:
        listed = text_of(
            session, "import os\nfor p, _, f in sorted(os.walk('.')): print(p, sorted(f))"
        )
        assert "link" not in listed + text_of(session, "print(os.listdir('.'))")
        for name in ("folder", "loop", "fifo", "ipynb", "answers"):
            assert name not in listed
        assert "odd name" in text_of(session, "open('data/räum e\\'\"$.txt').read()")
        assert "odder" in text_of(session, "open(b'\\xff.txt').read()")
        assert text_of(session, "import helper\nprint(helper.VALUE)") == "from the helper\n"
        assert text_of(session, "import numpy, dlcore\nprint(numpy.array(1))") == "1\n"
        assert text_of(session, "open('own.txt', 'w').write('x')") == "1"


def test_too_many_bytes_are_refused(backend: Backend, edition: Path, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(SMALL.disk_bytes))
    with (
        nothing_left(),
        pytest.raises(SessionEnded, match="more than 4 MiB of files were handed in"),
        Session(backend, SMALL, edition=edition, files=tmp_path),
    ):
        pass


def test_the_environment_is_a_new_one(
    backend: Backend, edition: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hidden")
    with opened(backend, edition, environment={"DLCORE_DATA": "/nowhere"}) as session:
        shown = text_of(session, "import os\nprint(dict(os.environ), os.getcwd())")
    assert "hidden" not in shown
    assert "/nowhere" in shown
    assert "'HOME': '/tmp'" in shown
    assert shown.endswith("/tmp/work\n")


def test_the_wall_time_of_the_notebook_is_limited(backend: Backend, edition: Path) -> None:
    limits = Limits(cell_seconds=30, notebook_seconds=1.0)
    with opened(backend, edition, limits) as session:
        with pytest.raises(SessionEnded, match="whole notebook took longer than 1 s"):
            session.run_cell("while True: pass")
        with pytest.raises(SessionEnded, match="whole notebook"):
            session.run_cell("1")
        with pytest.raises(SessionEnded, match="whole notebook"):
            session.branch()


def test_sessions_and_branches_leave_no_open_files(
    backend: Backend, edition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def held() -> tuple[int, int, list[Path]]:
        # The least of many, because the watchdog of another test's session opens files, too.
        files = min(len(list(Path("/proc/self/fd").iterdir())) for _ in range(50))
        return files, threading.active_count(), list(tmp_path.iterdir())

    with opened(backend, edition):
        pass
    before = held()
    for _ in range(2):
        with opened(backend, edition) as session:
            inside = text_of(session, "import os\nprint(os.listdir('/proc/self/fd'))")
            for _ in range(10):
                with session.branch():
                    pass
            assert text_of(session, "print(os.listdir('/proc/self/fd'))") == inside
            session.branch()
    assert held() == before


def test_without_a_sandbox_the_same_cells_run(edition: Path) -> None:
    with nothing_left(), Session(Unconfined(), POLITE, edition=edition) as session:
        assert text_of(session, "import dlcore\nprint(dlcore.__file__)").endswith(
            "dlcore/__init__.py\n"
        )
        assert session.run_cell("while True: pass").interrupted
        with pytest.raises(SessionEnded, match="exit code 3"):
            session.run_cell("import os; os._exit(3)")


def test_a_back_end_that_does_not_work_says_so(
    backend: Backend, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bubblewrap, "problem", lambda self: "Install bubblewrap: …")
    with pytest.raises(SandboxError, match="Install bubblewrap"):
        Session(backend, SMALL, edition=edition)


def test_a_runner_that_does_not_start_says_why(backend: Backend, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with nothing_left(), pytest.raises(SandboxError, match="dlcore is not there"):
        Session(backend, SMALL, edition=tmp_path)
