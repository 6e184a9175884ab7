"""Runners that are split off from a prepared process."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sandbox_tools import SMALL, make_edition, needs_sandbox, nothing_left, opened, text_of

from dlcore.checks.plans import Call, Result
from dlgrader.sandbox import Bubblewrap, Prepared, Session, prepared, template
from dlgrader.sandbox.confined import Confined
from dlgrader.sandbox.sandboxed import Sandboxed
from dlgrader.sandbox.template import Split, Template

pytestmark = needs_sandbox
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_edition(tmp_path_factory.mktemp("edition"))


@pytest.fixture
def fresh() -> Iterator[None]:
    """No templates before the test, and none after it."""
    prepared._templates.close()
    prepared._templates._refused.clear()
    yield
    prepared._templates.close()
    prepared._templates._refused.clear()


def templates() -> list[Template]:
    return [template for _, template in prepared._templates._templates]


def inner(template: Template) -> psutil.Process:
    """The process in which everything is imported."""
    [process] = psutil.Process(template._launched.number).children()
    return process


def test_one_template_serves_many_notebooks(edition: Path, fresh: None) -> None:
    seen = set()
    for number in range(5):
        with opened(Prepared(), edition) as session:
            assert isinstance(session._process, Split)
            assert text_of(session, f"print({number})") == f"{number}\n"
        [template] = templates()
        seen.add(inner(template).pid)
    assert len(seen) == 1


LEAVE = """
import builtins, ctypes, os, socket, subprocess, sys
import numpy as np
for folder in ("/tmp", "/tmp/work", "/dev/shm"):
    open(folder + "/left", "w").write("left")
os.environ["LEFT"] = "left"
np.left = builtins.left = sys.left = sys.modules["left"] = "left"
np.zeros = None
subprocess.Popen(["sleep", "987"])
library = ctypes.CDLL(None, use_errno=True)
library.mq_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
queue = library.mq_open(b"/left", os.O_CREAT | os.O_RDWR, 0o777, None)
kept = socket.socket(socket.AF_UNIX); kept.bind("\\0left"); kept.listen()
server = socket.create_server(("127.0.0.1", 8765))
client = socket.create_connection(("127.0.0.1", 8765))
accepted, _ = server.accept()
accepted.close(); client.close()
print(queue, len(open("/proc/net/tcp").readlines()) > 1)
"""
FIND = """
import builtins, ctypes, os, socket, sys
import numpy as np
print([folder for folder in ("/tmp", "/tmp/work", "/dev/shm")
       if os.path.exists(folder + "/left")])
print([hasattr(place, "left") for place in (np, builtins, sys)], "left" in sys.modules,
      "LEFT" in os.environ, np.zeros is None)
print([name for name in os.listdir("/proc") if name.isdigit()])
library = ctypes.CDLL(None, use_errno=True)
library.mq_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
print(library.mq_open(b"/left", os.O_RDWR, 0, None))
try: socket.socket(socket.AF_UNIX).connect("\\0left")
except OSError as error: print(type(error).__name__)
print([len(open("/proc/net/" + name).readlines()) for name in ("tcp", "unix")])
"""


def test_nothing_of_a_notebook_is_left_for_the_next(edition: Path, fresh: None) -> None:
    with opened(Prepared(), edition) as session:
        clean = text_of(session, FIND)
        said = text_of(session, LEAVE)
        assert said.endswith(" True\n"), said
        found = text_of(session, FIND)
        assert "'/tmp/work'" in found
        assert "[True, True, True] True True True" in found
    with opened(Prepared(), edition) as session:
        assert text_of(session, FIND) == clean
    assert clean.startswith("[]\n[False, False, False] False False False\n['1', '2']\n-1\n")
    assert len(templates()) == 1


def test_two_notebooks_draw_different_numbers(edition: Path, fresh: None) -> None:
    source = """
import random, tempfile, uuid
import numpy as np
print(random.random(), np.random.rand(), np.random.default_rng().random())
print(uuid.uuid4(), tempfile.mkdtemp())
"""
    drawn = []
    for _ in range(2):
        with opened(Prepared(), edition) as session:
            drawn += text_of(session, source).split()
    assert len(drawn) == 10
    assert len(set(drawn)) == 10


REACH = """
import ctypes, os
def look(path):
    if os.path.isdir(path): return os.listdir(path)  # an ordinary user sees that `fd` is empty
    return os.readlink(path) if os.path.islink(path) else open(path, "rb").read(1)
reached = []
for name in ("mem", "environ", "maps", "root", "cwd", "exe", "fd", "fdinfo", "ns/mnt", "syscall"):
    for number in ("1", str(os.getppid())):
        try:
            if look(f"/proc/{number}/{name}"): reached.append(name)
        except OSError:
            pass
for signal in range(1, 65):
    try: os.kill(1, signal)
    except OSError: pass
library = ctypes.CDLL(None, use_errno=True)
for call in (lambda: library.ptrace(16, 1, 0, 0), lambda: library.syscall(434, 1, 0) < 0 or -1):
    if call() == 0: reached.append("call")
print(reached)
"""


def test_the_template_is_out_of_reach(edition: Path, fresh: None) -> None:
    with opened(Prepared(), edition) as session:
        # Out of an earlier sandbox's reach and this one's own.
        assert text_of(session, REACH) == "[]\n"
        assert text_of(session, "print(os.listdir('/proc/1/task'))") == "['1']\n"
        assert text_of(session, "os.kill(-1, 9)").startswith("ProcessLookupError")
        [template] = templates()
        below = {process.pid for process in inner(template).children(recursive=True)}
        assert len(below) == 2
    with opened(Prepared(), edition) as session:
        assert text_of(session, "6 * 7") == "42"
    assert templates() == [template]


def test_neither_template_nor_first_process_holds_more_than_it_needs(
    edition: Path, fresh: None
) -> None:
    with opened(Prepared(), edition) as session:
        [template] = templates()
        [first] = inner(template).children()
        [runner] = first.children()
        assert not list(Path(f"/proc/{first.pid}/fd").iterdir())
        assert "CapEff:\t0000000000000000" in Path(f"/proc/{first.pid}/status").read_text()
        inside = text_of(session, "import os\nprint(os.listdir('/proc/self/fd'))")
        assert len(eval(inside)) == len(list(Path(f"/proc/{runner.pid}/fd").iterdir())) + 1
        for name in ("pid", "mnt", "ipc", "uts", "net"):
            spaces = {
                Path(f"/proc/{process.pid}/ns/{name}").readlink()
                for process in (psutil.Process(), inner(template), runner)
            }
            assert len(spaces) == 3, name


def test_the_shell_has_no_trace_of_a_rehearsal(edition: Path) -> None:
    source = """
import sys
shell = get_ipython()
print(sorted(set(globals()) - {"session"}), shell.execution_count, In[:1], Out)
print([name for name in vars(sys) if name.startswith("last_")])
print(shell.last_execution_result, shell.last_execution_succeeded, sorted(shell.user_ns_hidden))
print(_ == __ == ___ == "", sys.stdin.read(), shell.history_manager.enabled)
"""
    said = []
    for backend in (Bubblewrap(), Prepared()):
        with opened(backend, edition) as session:
            said.append(text_of(session, source))
            assert text_of(session, "5") == "5"
            assert text_of(session, "_ + 1, Out[2], sys.argv[0].startswith('/opt')")
            assert session.run_cell("1/0").execution_count == 4
            assert text_of(session, "%tb").startswith("ZeroDivisionError")
    assert said[0] == said[1]


def test_calls_are_made_in_branches(edition: Path) -> None:
    with opened(Prepared(), edition) as session:
        session.run_cell("import os\ndef f(x): return 2 * x\ndef g(): os._exit(3)")
        for _ in range(3):
            with session.branch() as branch:
                branch.play(Call("f", (21,)))
                assert branch.fetch(Result(0)) == 42
                assert "exit code 3" in branch.play(Call("g")).problem


def test_memory_is_not_counted_twice(edition: Path) -> None:
    used = {}
    for backend in (Bubblewrap(), Prepared()):
        with opened(backend, edition) as session:
            session.run_cell("x = b'x' * (50 << 20)")
            process = session._process
            assert isinstance(process, Confined)
            rough, exact = process.usage(1 << 40), process.usage(0)
            used[type(process)] = rough.memory, exact.memory
            assert rough.processes == 2
            assert exact.memory <= rough.memory + (1 << 20)
    (rough_alone, exact_alone), (rough, exact) = used[Sandboxed], used[Split]
    assert rough < rough_alone + (10 << 20)
    assert 50 << 20 <= exact <= exact_alone + (1 << 20)


# -- when it does not work -------------------------------------------------------------------------


def test_without_namespaces_in_namespaces_each_starts_by_itself(
    edition: Path, fresh: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(template, "_RIGHTS", ())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with opened(Prepared(), edition) as session:
                assert isinstance(session._process, Sandboxed)
                assert text_of(session, "6 * 7") == "42"
    [record] = caplog.records
    assert "No sandbox can be prepared" in record.getMessage()
    assert "Operation not permitted" in record.getMessage()
    assert templates() == []


def test_a_template_that_was_killed_is_made_anew(edition: Path, fresh: None) -> None:
    with opened(Prepared(), edition):
        pass
    [old] = templates()
    inner(old).kill()
    with opened(Prepared(), edition) as session:
        assert isinstance(session._process, Split)
        assert text_of(session, "6 * 7") == "42"
    [new] = templates()
    assert new is not old
    # In the middle, the notebook ends with it.
    with opened(Prepared(), edition) as session:
        inner(new).kill()
        psutil.wait_procs(psutil.Process(new._launched.number).children(recursive=True), 10)
        assert "signal 9" in session.ended
    with opened(Prepared(), edition) as session:
        assert text_of(session, "6 * 7") == "42"


def test_a_failing_preload_is_the_notebooks_affair(edition: Path, fresh: None) -> None:
    with opened(Prepared(), edition, preload=["nothing_of_this_name", "wave"]) as session:
        assert isinstance(session._process, Split)
        assert text_of(session, "import nothing_of_this_name").startswith("ModuleNotFoundError")
        assert text_of(session, "import sys; 'wave' in sys.modules") == "True"


def test_a_changed_edition_gets_a_new_template(fresh: None, tmp_path: Path) -> None:
    folder = make_edition(tmp_path)
    for number in range(2):
        package = folder / "dlcore"
        shutil.move(package, tmp_path / "old")
        shutil.copytree(tmp_path / "old", package)
        shutil.rmtree(tmp_path / "old")
        (package / "__init__.py").write_text(f"NUMBER = {number}")
        with opened(Prepared(), folder) as session:
            assert text_of(session, "import dlcore; dlcore.NUMBER") == str(number)


def test_there_are_never_more_than_two_templates(edition: Path, fresh: None) -> None:
    with contextlib.ExitStack() as stack:
        sessions = [
            stack.enter_context(Session(Prepared(), SMALL, edition=edition)) for _ in range(3)
        ]
        kinds = [type(session._process) for session in sessions]
        assert kinds == [Split, Split, Sandboxed]
        for number, session in enumerate(sessions):
            session.run_cell(f"open('/tmp/x', 'w').write('{number}'); x = {number}")
        assert [text_of(session, "x") for session in sessions] == ["0", "1", "2"]
        assert len(templates()) == 2
    # The one that was not used for longest makes room.
    _, second = templates()
    with nothing_left(), Session(Prepared(hide=[Path("/usr/share/doc")]), edition=edition):
        pass
    assert len(templates()) == 2
    assert second in templates()


FORKS = """
import os, sys
from pathlib import Path
from dlgrader.sandbox import Prepared, Session, prepared
def answer(number):
    with Session(Prepared(), edition=Path({edition!r})) as session:
        assert len(prepared._templates._templates) == 1, "none prepared"
        return session.run_cell(f"print({{number}})").outputs[0]["text"]
assert answer(1) == "1\\n"
child = os.fork()
if child == 0:
    assert prepared._templates._templates == []
    assert answer(2) == "2\\n"
    sys.exit(0)
assert answer(3) == "3\\n"
assert os.waitpid(child, 0)[1] == 0
[(_, template)] = prepared._templates._templates
assert answer(4) == "4\\n"
assert [template] == [template for _, template in prepared._templates._templates]
print("good")
"""


def test_a_grader_that_splits_itself_shares_no_template(edition: Path) -> None:
    with nothing_left():
        done = subprocess.run(
            [sys.executable, "-c", FORKS.format(edition=str(edition))],
            capture_output=True,
            text=True,
            timeout=100,
        )
    assert (done.stdout, done.returncode) == ("good\n", 0), done.stderr


def test_a_template_ends_with_its_grader(edition: Path) -> None:
    code = f"""
from pathlib import Path
from dlgrader.sandbox import Prepared, Session
with Session(Prepared(), edition=Path({str(edition)!r})) as session:
    pass
print("ready", flush=True)
input()
"""
    for how in (signal.SIGKILL, None):
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as grader:
            assert grader.stdout is not None
            assert grader.stdin is not None
            assert grader.stdout.readline() == b"ready\n"
            below = psutil.Process(grader.pid).children(recursive=True)
            assert len(below) == 3
            if how:
                grader.send_signal(how)
            else:
                grader.stdin.write(b"\n")
        _, alive = psutil.wait_procs(below, timeout=10)
        assert alive == []


AS_USER = """
import os
from pathlib import Path
from dlgrader.sandbox import Prepared, Session, prepared
from dlgrader.sandbox.template import Split
for _ in range(2):
    with Session(Prepared(), edition=Path({edition!r})) as session:
        assert type(session._process) is Split
        text = session.run_cell("import os; print(os.getuid(), open('/proc/self/status').read())")
        said = text.outputs[0]["text"]
        assert said.startswith("1000 "), said
        for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert name + ":\\t0000000000000000" in said, said
        assert "Seccomp:\\t2" in said and "NoNewPrivs:\\t1" in said
        for source in ("os.setuid(0)", "open('/proc/1/mem')", "os.listdir('/proc/1/root')"):
            assert session.run_cell(source).outputs[0]["output_type"] == "error", source
        assert session._process.usage(0).memory > 10 << 20
        assert session.run_cell("os._exit").outputs
assert len(prepared._templates._templates) == 1
print("good", os.geteuid())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_has_templates_too() -> None:
    # Python may lie in a folder of root's: another user gets a view in which it can be reached.
    base = Path(sys.base_prefix).resolve()
    closed = [folder for folder in base.parents if not folder.stat().st_mode & 1]
    view = "set -e\n"
    if closed:
        view += (
            f"held=$(mktemp -d); mount --bind {base} $held; mount -t tmpfs -o mode=755 x "
            f"{closed[0]}; mkdir -p {base}; mount --bind $held {base}\n"
        )
    user = "setpriv --reuid=12345 --regid=12345 --clear-groups"
    command = ["unshare", "--mount", "--propagation", "private", "bash", "-c"]
    script = view + f'exec {user} "$@"'

    def run(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, script, "bash", sys.executable, "-c", code],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=100,
        )

    tried = run("from dlgrader.sandbox import Bubblewrap\nprint(Bubblewrap().problem())")
    if tried.stdout != "\n":
        pytest.skip(f"no sandbox for another user here: {tried.stdout}{tried.stderr[-200:]}")
    # Pytest's own folders are for this user only.
    with tempfile.TemporaryDirectory() as folder:
        done = run(AS_USER.format(edition=str(make_edition(Path(folder)))))
    assert (done.stdout, done.returncode) == ("good 12345\n", 0), done.stderr
