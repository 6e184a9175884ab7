"""The template: imports everything once, and splits off a process for each notebook.

``python -m course_runner.template FD`` is told on the inherited socket FD what to import, and what
of the interpreter lies where a notebook may write. For each notebook it then gets a message with
two open files, the notebook's connection and its stderr. It makes a *first* process in namespaces
of its own, with new file systems where the notebook may write; that one makes the *runner*, which
gives up all rights and serves the notebook as `course_runner.inside` does. No notebook's code ever
runs in the template or in a first process.

The template has more rights than a runner: it may make namespaces, mount, and become another user.
It is itself in bubblewrap, with the same file system and network as any other sandbox.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from . import inside, kernel
from .rehearsal import rehearse
from .shell import Shell

_MESSAGE_BYTES = 1 << 16
_WORK = "/tmp/work"
_HOME = Path("/tmp")
_WRITABLE = ("/tmp", "/dev/shm")
_COVERED = ("sys", "sysrq-trigger", "irq", "bus")
"""Parts of /proc that are not about processes; bubblewrap lets nobody write there, either."""
_USER_INSIDE = 1000


def main() -> None:
    """Prepare, then split off one notebook after the other until the other side is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    kernel.set_dumpable(False)
    asked, _ = _receive(control)
    shell = _prepare(asked["preload"])
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("something that was imported has started a thread")
    template = Template(control, shell, asked["kept"])
    _send(control, {"prepared": True})
    while True:
        asked, files = _receive(control)
        if not asked:
            return
        template.split(asked, files)


def _prepare(preload: list[str]) -> Shell:
    """Import everything and do what takes time when it is done first."""
    shell = Shell.make()
    for name in preload:
        with contextlib.suppress(ImportError):  # the notebook's own import will say what is wrong
            importlib.import_module(name)
    rehearse(shell)
    kernel.last_capability()
    # What is there now stays: a runner that looks for garbage in it would copy all of it.
    gc.collect()
    gc.freeze()
    return shell


class Template:
    """What is prepared, and the connection to the grader; `kept` is seen by each notebook, too."""

    def __init__(self, control: socket.socket, shell: Shell, kept: Sequence[str]) -> None:
        self._control, self._shell, self._kept = control, shell, kept
        self._own_processes = os.open("/proc/self/ns/pid", os.O_RDONLY)
        # Of the home folder, the files are in memory by now; where they were may be remembered.
        self._folders = list(_folders_below(_HOME, kept))

    def split(self, asked: dict[str, Any], files: list[int]) -> None:
        """Make a process for a notebook; wait for its end, and report it."""
        kernel.unshare(kernel.NEW_PROCESSES)
        first = os.fork()
        if first == 0:
            self._be_first(asked, *files)
        kernel.enter(self._own_processes, kernel.NEW_PROCESSES)
        for number in files:
            os.close(number)
        self._wait(first)
        _, status = os.waitpid(first, 0)
        _send(self._control, {"status": os.waitstatus_to_exitcode(status)})

    def _wait(self, first: int) -> None:
        """Wait until the first process has ended, or the grader; then the former is killed."""
        process = os.pidfd_open(first)
        wait = select.poll()
        wait.register(process, select.POLLIN)
        wait.register(self._control, 0)
        if process not in dict(wait.poll()):
            os.kill(first, signal.SIGKILL)
        os.close(process)

    def _be_first(self, asked: dict[str, Any], line: int, stderr: int) -> NoReturn:
        """Be the first process of a process namespace: when it ends, all others in there do."""
        with _Ending(self._control):
            kernel.die_with_parent(signal.SIGKILL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_IPC | kernel.NEW_UTS | kernel.NEW_NETWORK)
            kernel.switch_on_loopback()
            _mount(asked["disk_bytes"], asked["settings"], self._kept)
            about = [os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in ("/proc", *_WRITABLE)]
            about.append(os.pidfd_open(os.getpid()))
            runner = os.fork()
            if runner == 0:
                self._be_runner(asked, line, stderr, about)
            self._control.close()
            _keep_open(())
            kernel.drop_capabilities()
            ended = 0
            while ended != runner:
                ended, status = os.waitpid(-1, 0)
            code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)

    def _be_runner(
        self, asked: dict[str, Any], line: int, stderr: int, about: list[int]
    ) -> NoReturn:
        """Give up all rights, and serve the notebook."""
        with _Ending(self._control):
            os.setsid()
            _become_learner(asked["user"], base64.b64decode(asked["calls"]))
            nowhere = os.open(os.devnull, os.O_RDWR)
            for number, kept in ((0, nowhere), (1, nowhere), (2, stderr)):
                os.dup2(kept, number)
            os.chdir(_WORK)
            for folder in self._folders:
                folder.mkdir(exist_ok=True)
            _forget_chance()
            _send(self._control, {"ready": True}, about)
            self._control.close()
            _keep_open((0, 1, 2, line))
        with _Ending():
            inside.serve_notebook(line, self._shell)
        os._exit(0)


class _Ending:
    """Lets no exception out of a process that was split off: it ends here, with a word why."""

    def __init__(self, control: socket.socket | None = None) -> None:
        self._control = control

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, _: object) -> None:
        if error is None:
            return
        try:
            if self._control is not None:
                _send(self._control, {"problem": f"{kind.__name__}: {error}"})
            traceback.print_exception(error)
        finally:
            os._exit(1)


def _folders_below(home: Path, kept: Sequence[str]) -> Iterator[Path]:
    """Yield the folders below another, outer ones first, without those that are kept."""
    for folder, names, _ in os.walk(home):
        paths = [Path(folder, name) for name in names]
        names[:] = [path.name for path in paths if str(path) not in kept]
        yield from (path for path in paths if str(path) not in kept)


def _mount(disk_bytes: int, settings: dict[str, str], kept: Sequence[str]) -> None:
    """Mount new file systems where there is something to write, and for the new processes."""
    usual = kernel.NO_SETUID | kernel.NO_DEVICES
    kernel.mount("none", "/", flags=kernel.PRIVATE | kernel.ALL_BELOW)
    hidden = [_Hidden(path) for path in kept]
    kernel.mount("proc", "/proc", "proc", usual | kernel.NO_PROGRAMS)
    for name in _COVERED:
        if os.path.exists(f"/proc/{name}"):  # noqa: PTH110 (quicker)
            _bind_read_only(f"/proc/{name}", f"/proc/{name}", usual | kernel.NO_PROGRAMS)
    for folder in _WRITABLE:
        kernel.mount("tmpfs", folder, "tmpfs", usual, f"mode=1777,size={disk_bytes}")
    for one in hidden:
        one.show()
    os.mkdir(_WORK)  # noqa: PTH102
    os.chmod(_WORK, 0o1777)  # noqa: PTH101
    for path, content in settings.items():
        file = os.open("/tmp/setting", os.O_CREAT | os.O_WRONLY)
        os.write(file, content.encode("ascii"))
        os.fchmod(file, 0o644)
        os.close(file)
        kernel.unmount(path)  # the template's own
        _bind_read_only("/tmp/setting", path, usual)
        os.unlink("/tmp/setting")  # noqa: PTH108


class _Hidden:
    """What a new file system is about to hide; what is mounted stays mounted read-only."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._is_folder = self._path.is_dir()
        # The link's target, or an open file.
        self._what = self._path.readlink() if self._path.is_symlink() else os.open(path, os.O_PATH)

    def show(self) -> None:
        """Put it where it was, in the new file system."""
        for folder in reversed(self._path.parents):
            if not folder.exists():
                folder.mkdir()
                folder.chmod(0o755)
        if isinstance(self._what, Path):
            self._path.symlink_to(self._what)
            return
        if self._is_folder:
            self._path.mkdir()
        else:
            self._path.touch()
        opened = f"/proc/self/fd/{self._what}"
        kernel.mount(opened, str(self._path), flags=kernel.BIND | kernel.ALL_BELOW)
        os.close(self._what)


def _bind_read_only(source: str, target: str, flags: int) -> None:
    kernel.mount(source, target, flags=kernel.BIND | kernel.ALL_BELOW)
    kernel.mount("none", target, flags=kernel.BIND | kernel.REMOUNT | kernel.READ_ONLY | flags)


def _become_learner(user: int | None, calls: bytes) -> None:
    """Become a user without any rights.

    Without a number, there is but one user in this user namespace: then the learner gets a user
    namespace below it, whose processes can't look into those above.
    """
    if user is None:
        above = os.geteuid(), os.getegid()
        kernel.unshare(kernel.NEW_USER)
        kernel.set_dumpable(True)  # only then are these files this process's own
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{_USER_INSIDE} {above[0]} 1"),
            ("gid_map", f"{_USER_INSIDE} {above[1]} 1"),
        ):
            Path("/proc/self", name).write_text(text, encoding="ascii")
    kernel.forget_capabilities_for_ever()
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    kernel.drop_capabilities()
    kernel.no_new_privileges()
    if calls:
        kernel.filter_calls(calls)
    # As after the start of a program; a process that has changed its user is closed even to itself.
    kernel.set_dumpable(True)


def _forget_chance() -> None:
    """Draw other random numbers than the template's other children; `random` sees to itself."""
    np.random.seed()  # noqa: NPY002 (the generator of whoever uses this)
    random.seed()
    tempfile._name_sequence = None  # type: ignore[attr-defined]  # renewed when a pid differs only


def _keep_open(numbers: tuple[int, ...]) -> None:
    """Close all open files but these."""
    for path in list(Path("/proc/self/fd").iterdir()):
        if int(path.name) not in numbers:
            with contextlib.suppress(OSError):  # the one that listed them
                os.close(int(path.name))


def _send(control: socket.socket, message: dict[str, Any], files: list[int] | None = None) -> None:
    socket.send_fds(control, [json.dumps(message).encode("ascii")], files or [])


def _receive(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return the next message and its open files; an empty one when the other side is gone."""
    text, files, _, _ = socket.recv_fds(control, _MESSAGE_BYTES, 2, socket.MSG_CMSG_CLOEXEC)
    return (json.loads(text) if text else {}), files


if __name__ == "__main__":
    main()
