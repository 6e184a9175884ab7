"""Cells that attack: each ends with a reason, in time, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sandbox_tools import (
    BACKENDS,
    IMPATIENT,
    MIB,
    POLITE,
    SMALL,
    make_edition,
    needs_sandbox,
    nothing_left,
    opened,
    text_of,
)

from dlcore.checks.plans import Call
from dlgrader.sandbox import Backend, Session, SessionEnded

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_edition(tmp_path_factory.mktemp("edition"))


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    return BACKENDS[request.param]


@pytest.fixture(scope="module")
def session(backend: Backend, edition: Path) -> Iterator[Session]:
    """For attacks that must not end anything."""
    with Session(backend, SMALL, edition=edition) as opened_session:
        yield opened_session


ENDING = {
    "exit": ("import os; os._exit(3)", r"the process ended \(exit code 3\)"),
    "exit 0": ("import os; os._exit(0)", r"the process ended \(exit code 0\)"),
    "segfault": ("import ctypes; ctypes.string_at(0)", r"signal 11 \(segmentation fault\)"),
    "abort": ("import os; os.abort()", "signal 6"),
    "kill": ("import os; os.kill(os.getpid(), 9)", "signal 9"),
    "new program": ("import os; os.execv('/bin/true', ['true'])", "exit code 0"),
    "catches the interrupt": (
        "import time\nwhile True:\n try: time.sleep(0.01)\n except BaseException: pass",
        "longer than 1 s and ignored the interrupt",
    ),
    "ignores the signal": (
        "import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(99)",
        "ignored the interrupt",
    ),
    "holds the lock": ("sum(range(10**12))", "ignored the interrupt"),
    "stops itself": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "ignored"),
    "fork bomb": ("import os\nwhile True:\n try: os.fork()\n except OSError: pass", "24 processes"),
    "memory of one": (
        "x = []\nwhile True: x.append(b'x' * 10**7)",
        "more than 300 MiB of memory",
    ),
    "memory of many": (
        "import os, time\n"
        "for _ in range(12):\n"
        " if os.fork() == 0: x = b'x' * (60 << 20); time.sleep(99)\n"
        "time.sleep(99)",
        "more than 300 MiB of memory",
    ),
    "shared memory": (
        "import mmap, time\nx = mmap.mmap(-1, 400 << 20)\n"
        "x.write(b'x' * (400 << 20)); time.sleep(99)",
        "more than 300 MiB of memory",
    ),
    "files": (
        "import os\nn = 0\nwhile True:\n os.mkdir(f'/tmp/{n}'); n += 1",
        "more than 1500 files",
    ),
    "files in shm": (
        "n = 0\nwhile True:\n open(f'/dev/shm/{n}', 'w').close(); n += 1",
        "more than 1500 files",
    ),
    "garbage on all open files": (
        "import os\n"
        "for n in range(3, 256):\n"
        " try: os.write(n, b'garbage' * 1000)\n"
        " except OSError: pass",
        "no answer",
    ),
    "closes all open files": (
        "import os\nos.closerange(3, 256)\nwhile True: pass",
        "ended|ignored",
    ),
}


@pytest.mark.parametrize("name", ENDING)
def test_an_attack_ends_with_its_reason(backend: Backend, edition: Path, name: str) -> None:
    source, reason = ENDING[name]
    began = time.monotonic()
    impatient = "ignored" in reason
    with opened(backend, edition, IMPATIENT if impatient else SMALL) as session:
        session.run_cell("x = 1")
        with pytest.raises(SessionEnded, match=reason) as ended:
            session.run_cell(source)
        # It stays that way, with the same reason.
        with pytest.raises(SessionEnded) as again:
            session.run_cell("1")
        assert str(again.value) == str(ended.value)
    # Of this, half a second is for the start, on a busy machine more.
    assert time.monotonic() - began < 15


HARMLESS = {
    "power": "9 ** 9 ** 9",
    "regular expression": "import re; re.match('(a+)+$', 'a' * 50 + 'b')",
    "the first process": "import os; os.kill(1, 9); os.kill(os.getppid(), 9)",
    "all processes": "import os; os.kill(-1, 9)",
    "the time": "import time; time.time = time.monotonic = lambda: 1e18",
    "another folder": "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('/tmp/work/gone')",
    "no streams": "import sys; sys.stdout = sys.stderr = None",
}


def test_other_attacks_end_nothing(backend: Backend, edition: Path) -> None:
    with opened(backend, edition, POLITE) as session:
        for source in HARMLESS.values():
            session.run_cell(source)
            assert session.run_cell("6 * 7").outputs[0]["data"] == {"text/plain": "42"}


def test_daemons_end_with_the_session(backend: Backend, edition: Path) -> None:
    with opened(backend, edition) as session:
        session.run_cell(
            """
import os, time, signal
if os.fork() == 0:
    os.setsid()
    for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    if os.fork() == 0:
        time.sleep(12345)
    os._exit(0)
os.wait()
"""
        )
        assert session.run_cell("1").outputs
        # At least the runner, the daemon, and bubblewrap's two or the first one.
        assert len(psutil.Process().children(recursive=True)) >= 4


def test_the_sandbox_ends_with_the_grader(backend: Backend, edition: Path) -> None:
    code = f"""
import time, sys
from pathlib import Path
from dlgrader.sandbox import *
session = Session({type(backend).__name__}(), edition=Path({str(edition)!r}))
session.run_cell("import subprocess; subprocess.Popen(['sleep', '4321.5'])")
print("ready", flush=True)
time.sleep(99)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == b"ready\n"
        below = psutil.Process(grader.pid).children(recursive=True)
        assert len(below) >= 3
        grader.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(below, timeout=5)
    assert alive == []


# -- what can't be read, written or reached --------------------------------------------------------

READ = """
import os, glob
def tried(path):
    try:
        if os.path.isdir(path): return f"{path}: {os.listdir(path)}"
        return f"{path}: {open(path, 'rb').read(100)!r}"
    except OSError as error:
        return type(error).__name__
"""


def test_files_of_the_machine_are_not_there(session: Session, tmp_path: Path) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    tmp_path.chmod(0o755)
    session.run_cell(READ)
    root = Path(__file__).resolve().parents[2]
    for path in (
        secret, root / "solutions", root / "dlgrader", root / "tests", root / ".git",
        "/home", "/srv", "/var", "/mnt", "/media", "/boot", "/sys", "/run", "/etc/shadow",
        "/etc/hostname", "/etc/ssh", "/root/.bashrc", "/root/.ssh", "/root/.config",
        Path.home() / ".jupyter", "/proc/kcore", "/proc/kmsg",
        f"/proc/{os.getpid()}", "/proc/1/root/etc/shadow", "/proc/1/cwd/../etc/shadow",
        "/oldroot", "/newroot", "/usr/local/share", "/usr/src", "/dev/kmsg", "/dev/mem",
    ):  # fmt: skip
        said = text_of(session, f"tried({str(path)!r})")
        hidden = ("FileNotFoundError", "PermissionError", ": []", ": b''")
        assert any(word in said for word in hidden), said
    said = text_of(session, "tried('/proc/1/environ')")
    assert "PermissionError" in said or said.count("=") == 1, said


def test_answers_of_the_library_are_not_there(session: Session) -> None:
    for name in ("dlgrader", "nbgrader", "torch", "dlcore.layers"):
        assert text_of(session, f"import {name}").startswith("ModuleNotFoundError")
    said = text_of(
        session,
        """
import os, sys
def open_or_list(path):
    return os.listdir(path) if os.path.isdir(path) else os.path.getsize(path)
print([
    os.path.join(folder, name)
    for top in [*sys.path, sys.prefix + "/bin", sys.base_prefix + "/bin"]
    for folder in (top, top + "/__pycache__")
    if os.path.isdir(folder) and not top.startswith("/opt/course")
    for name in os.listdir(folder)
    if any(word in name for word in ("dlcore", "dlgrader", "nbgrader", "torch"))
    and open_or_list(os.path.join(folder, name))
])
""",
    )
    assert said == "[]\n"


def test_hidden_folders_are_empty(backend: Backend, edition: Path) -> None:
    with (
        nothing_left(),
        Session(
            type(backend)(hide=[Path("/usr/share/doc"), Path("/nowhere")]), edition=edition
        ) as session,
    ):
        assert text_of(session, "import os; os.listdir('/usr/share/doc')") == "[]"
        assert text_of(session, "os.path.isdir('/usr/share')") == "True"


def test_nothing_can_be_written_but_the_work_folders(session: Session) -> None:
    said = text_of(
        session,
        """
import os
writable = []
for folder, names, files in os.walk('/'):
    if folder in ('/proc', '/tmp', '/dev/shm') or folder.count('/') > 4:
        names.clear()
        continue
    for path in [folder + '/attack', *(os.path.join(folder, name) for name in files[:5])]:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_NONBLOCK))
            writable.append(path)
        except OSError:
            pass
print([path for path in writable if not path.startswith('/dev/')])
""",
    )
    assert said == "[]\n"


def test_proc_can_not_be_written(session: Session) -> None:
    said = text_of(
        session,
        """
import glob
done = []
for path in glob.glob('/proc/sys/**', recursive=True) + ['/proc/sysrq-trigger', '/proc/1/mem',
        '/proc/1/oom_score_adj', '/proc/1/uid_map']:
    if os.path.isfile(path):
        try:
            os.close(os.open(path, os.O_WRONLY))
            done.append(path)
        except OSError:
            pass
print(done)
""",
    )
    assert [path for path in eval(said) if not path.startswith(("/proc/1/", "/proc/sys/"))] == []
    assert text_of(session, "open('/proc/sys/kernel/hostname', 'w').write('x')").endswith(
        "'/proc/sys/kernel/hostname'"
    )


def test_disks_are_full_after_a_while(session: Session) -> None:
    for folder in ("/tmp", "/dev/shm"):
        said = text_of(
            session,
            f"""
import os
total, problem = 0, ""
for n in range(9):
    try:
        with open(f"{folder}/big{{n}}", "wb", buffering=0) as file:
            for _ in range(40):
                total += file.write(bytes(1 << 20))
    except OSError as error:
        problem = error.strerror
        if problem.startswith("No space"): break
for n in range(9):
    if os.path.exists(f"{folder}/big{{n}}"): os.remove(f"{folder}/big{{n}}")
print(total, problem)
""",
        )
        total, problem = said.split(" ", 1)
        assert problem == "No space left on device\n"
        assert int(total) <= SMALL.disk_bytes + MIB


def test_the_network_is_not_there(session: Session) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0dlgrader-test")
    abstract.listen()
    with server, abstract:
        port = server.getsockname()[1]
        for source in (
            f"socket.create_connection(('127.0.0.1', {port}), timeout=1)",
            "socket.create_connection(('192.0.2.1', 80), timeout=1)",
            "socket.create_connection(('example.org', 80), timeout=1)",
            "s = socket.socket(socket.AF_UNIX); s.connect('\\0dlgrader-test')",
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('8.8.8.8', 53))",
            "s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
            "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        ):
            said = text_of(session, "import socket\n" + source)
            assert "Error" in said.split(":")[0] or "gaierror" in said, said


def test_more_rights_can_not_be_had(session: Session) -> None:
    for source in (
        "import os; os.setuid(0)",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True)\n"
        "assert c.unshare(0x10000000) == 0, ctypes.get_errno()",
        "assert c.unshare(0x20000) == 0",
        "assert c.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
        "assert c.memfd_create(b'x', 0) >= 0",
        "assert c.shmget(1, 1 << 30, 0o1777) >= 0",
        "assert c.ptrace(16, 1, 0, 0) == 0",
        "assert c.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0",
        "assert c.sethostname(b'x', 1) == 0",
        "import resource; resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999))",
        "os.chroot('/tmp')",
        "os.mknod('/tmp/device', 0o20666, os.makedev(1, 1))",
        "os.kill(1, 9); os.kill(os.getppid(), 9); raise OSError('still here')",
        "os.nice(-5)",
        "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(9))",
    ):
        said = text_of(session, source)
        assert said.split(":")[0] in (
            "PermissionError",
            "AssertionError",
            "ValueError",
            "OSError",
        ), said
    status = text_of(session, "print(open('/proc/self/status').read())")
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


def test_other_processes_can_not_be_seen(session: Session) -> None:
    said = text_of(
        session, "import os\nprint(sorted(n for n in os.listdir('/proc') if n.isdigit()))"
    )
    assert said == "['1', '2']\n"
    shown = text_of(session, "print(open('/proc/1/cmdline').read())")
    assert "hide" not in shown
    assert "tmpfs" not in shown
    opened = text_of(
        session,
        "for n in os.listdir('/proc/self/fd'):\n"
        " try: print(os.readlink(f'/proc/self/fd/{n}'))\n"
        " except OSError: pass",
    )
    for line in opened.splitlines():
        assert line.split(":")[0] in ("socket", "pipe", "anon_inode", "/dev/null", "/proc/2/fd"), (
            line
        )


def test_gigantic_output_takes_no_memory_outside(session: Session) -> None:
    before = psutil.Process().memory_info().rss
    for source in (
        "import os\nfor _ in range(300): os.write(1, b'x' * 10**6)",
        "print('x' * 10**8)",
        "import subprocess; subprocess.run('head -c 300000000 /dev/zero', shell=True);",
        "raise ValueError('x' * 10**7)",
    ):
        outputs = session.run_cell(source).outputs
        assert sum(len(json.dumps(output)) for output in outputs) < 7 * SMALL.output_bytes
    assert psutil.Process().memory_info().rss - before < 100 * MIB


def test_broken_shells_end_with_a_reason_or_go_on(backend: Backend, edition: Path) -> None:
    for source in (
        "get_ipython().collector = None",
        "get_ipython().user_ns.clear()",
        "import asyncio; asyncio.get_running_loop().stop()",
        "import sys; sys.setrecursionlimit(50)",
        "import gc\nfor o in gc.get_objects():\n if type(o).__name__ == 'Line': o.socket.close()",
        "import builtins\nfor n in list(vars(builtins)):\n if n != 'delattr': delattr(builtins, n)",
        "import threading\nthreading.Thread(target=lambda: sum(range(10**12))).start()",
    ):
        with opened(backend, edition, IMPATIENT) as session, contextlib.suppress(SessionEnded):
            session.run_cell(source)
            session.run_cell("def f(x): return x")
            with session.branch() as branch:
                branch.play(Call("f", (1,)))
