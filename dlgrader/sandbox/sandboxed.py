"""A process that bubblewrap confines, and all that it starts, seen from outside."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from dlgrader.sandbox import seccomp
from dlgrader.sandbox.backend import SandboxError, Usage

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
"""What bubblewrap itself gets of the environment: inside, an ordinary user can look at it."""

_FIRST = "1"
"""The number of bubblewrap's own process inside, on which all others depend."""
_KILL_SECONDS = 20


class Sandboxed:
    """A runner in bubblewrap; see `Process`.

    Parameters
    ----------
    options : sequence of str
        Options of bubblewrap.
    command : sequence of str
        What it starts.
    fds : sequence of int
        Open files that are inherited.
    settings : Path
        A folder that is deleted in the end.
    counted_alone : bool
        See `Process`.
    """

    def __init__(
        self,
        options: Sequence[str],
        command: Sequence[str],
        fds: Sequence[int],
        settings: Path,
        *,
        counted_alone: bool,
    ) -> None:
        self._settings = settings
        self.counted_alone = counted_alone
        self._killing = threading.Lock()
        self._folders: dict[str, int] = {}
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by kill)
        told, tell = os.pipe()
        try:
            with _file_of(_zero_ended(options)) as given, _file_of(seccomp.program()) as calls:
                extra = ["--args", str(given.fileno()), "--info-fd", str(tell)]
                if seccomp.program():
                    extra += ["--seccomp", str(calls.fileno())]
                self._bwrap = subprocess.Popen(
                    [shutil.which("bwrap") or "bwrap", *extra, "--", *command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._stderr,
                    pass_fds=[*fds, tell, given.fileno(), calls.fileno()],
                    env=ENVIRONMENT,
                )
        finally:
            os.close(tell)
            text = _read_json(told)
            os.close(told)
        try:
            self._number = int(json.loads(text)["child-pid"])
            self._first = os.pidfd_open(self._number)
        except (ValueError, KeyError, OSError):
            self._bwrap.kill()
            self._bwrap.wait()
            said = self.said()
            self._stderr.close()
            raise SandboxError(f"bubblewrap could not start: {said}") from None

    def ready(self) -> None:
        """Be told that the runner has answered, so that its file system is complete."""
        # These open folders are the sandbox's own for ever, whatever process has its number later.
        root = Path("/proc", str(self._number), "root")
        for name in ("proc", "tmp", "dev/shm"):
            self._folders[name] = os.open(root / name, os.O_RDONLY | os.O_DIRECTORY)
        if self._has_ended(0):
            raise SandboxError("the sandbox ended at once")

    def poll(self) -> int | None:
        """Return None while the runner lives, then its exit code, or minus the signal's number."""
        code = self._bwrap.poll()
        return 128 - code if code is not None and code > 128 else code

    def interrupt(self) -> None:
        """Send SIGINT to the runner and to the programs that it has started, as Jupyter does."""
        for name in self.snapshot() - {_FIRST}:
            self._send(name, signal.SIGINT)

    def snapshot(self) -> frozenset[str]:
        """Name the processes that live now, by their numbers in the sandbox."""
        if "proc" not in self._folders:
            return frozenset()
        # Opened anew each time, because the watchdog's thread may be reading the list, too.
        folder = self._open(".", os.O_DIRECTORY)
        try:
            with os.scandir(folder) as entries:
                return frozenset(entry.name for entry in entries if entry.name.isdigit())
        finally:
            os.close(folder)

    def kill_others(self, known: frozenset[str]) -> None:
        """Kill all processes but those of an earlier snapshot."""
        end = time.monotonic() + _KILL_SECONDS
        # Again and again, for those that were just being started.
        while others := [name for name in self.snapshot() - known if self._lives(name)]:
            for name in others:
                self._send(name, signal.SIGKILL)
            if time.monotonic() > end:
                return
            time.sleep(0.002)

    def usage(self, memory_limit: int) -> Usage:
        """Measure; below `memory_limit` a rough figure for the memory will do."""
        names = self.snapshot()
        # What several processes share is counted for each of them at first, and by its share
        # (slower to find out) only when that comes to too much.
        memory = sum(self._resident(name) for name in names)
        if memory > memory_limit:
            memory = sum(self._share(name) for name in names)
        files = 0
        for folder in ("tmp", "dev/shm"):
            counts = os.fstatvfs(self._folders[folder])
            files += counts.f_files - counts.f_ffree
        return Usage(memory, len(names), files)

    def kill(self) -> None:
        """Kill the runner and all it has started; they are dead when this returns."""
        with self._killing:
            if self._stderr.closed:
                return
            # When the first process of a process namespace ends, the kernel has ended all others.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            self._has_ended(_KILL_SECONDS)
            self._bwrap.kill()
            self._bwrap.wait()
            self._stderr.close()
            shutil.rmtree(self._settings, ignore_errors=True)

    def close(self) -> None:
        """Let go of everything; the runner must have been killed, and nobody be watching it."""
        for number in (self._first, *self._folders.values()):
            os.close(number)
        self._folders = {}

    def said(self) -> str:
        """Return what was written to stderr before the first cell, to explain a failure."""
        self._stderr.seek(0)
        return self._stderr.read(1 << 16).decode("utf-8", "replace").strip()[-1_000:]

    def _has_ended(self, seconds: float) -> bool:
        """Whether all of the sandbox is dead; wait for it."""
        wait = select.poll()
        wait.register(self._first, select.POLLIN)
        return bool(wait.poll(seconds * 1000))

    def _send(self, name: str, number: signal.Signals) -> None:
        try:
            # By its folder in /proc, a process can't be mistaken for a later one of that number.
            folder = self._open(name, os.O_DIRECTORY)
        except OSError:
            return
        try:
            signal.pidfd_send_signal(folder, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(folder)

    def _open(self, name: str, flags: int = 0) -> int:
        return os.open(name, os.O_RDONLY | flags, dir_fd=self._folders["proc"])

    def _read(self, name: str) -> str:
        """Return a file of /proc; empty if the process is gone or can't be looked at."""
        try:
            with os.fdopen(self._open(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def _lives(self, name: str) -> bool:
        """Whether a process has not ended (and waits only for its parent to notice)."""
        words = self._read(f"{name}/stat").rpartition(")")[2].split()
        return bool(words) and words[0] not in "ZX"

    def _resident(self, name: str) -> int:
        words = self._read(f"{name}/statm").split()
        return int(words[1]) * os.sysconf("SC_PAGE_SIZE") if words else 0

    def _share(self, name: str) -> int:
        lines = self._read(f"{name}/smaps_rollup").splitlines()
        shares = [line for line in lines if line.startswith("Pss:")]
        return int(shares[0].split()[1]) * 1024 if shares else self._resident(name)


def _read_json(number: int) -> str:
    """Read one flat JSON object from an open file, or what there is before its end."""
    data = b""
    while not data.rstrip().endswith(b"}"):
        more = os.read(number, 4096)
        if not more:
            break
        data += more
    return data.decode("utf-8")


def _zero_ended(words: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(word) + b"\0" for word in words)


def _file_of(content: bytes) -> IO[bytes]:
    """Return an open file without a name, to be read from its start."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the caller)
    file.write(content)
    file.seek(0)
    return file
