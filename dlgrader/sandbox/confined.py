"""The processes of one sandbox, seen from outside."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from dlgrader.sandbox.backend import Usage
from dlgrader.sandbox.launching import KILL_SECONDS

FOLDERS = ("proc", "tmp", "dev/shm")
"""Where a sandbox's processes can be seen, and where they can write."""

_FIRST = "1"
"""The number, inside, of the first process, which is ours and on which all others depend."""
_SHORTEST, _LONGEST = 0.0002, 0.005


class Confined:
    """All processes of a process namespace of their own; see `Process`."""

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}

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

    def kill_others(self, known: frozenset[str], *, once: bool = False) -> None:
        """Kill all processes but those of an earlier snapshot; wait for their end unless `once`."""
        end, pause = time.monotonic() + KILL_SECONDS, _SHORTEST
        # Again and again, for those that were just being started.
        while others := [name for name in self.snapshot() - known if self._lives(name)]:
            for name in others:
                self._send(name, signal.SIGKILL)
            if once or time.monotonic() > end:
                return
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST)

    def usage(self, memory_limit: int) -> Usage:
        """Measure; below `memory_limit` a rough figure for the memory will do."""
        names = self.snapshot()
        # The first process holds nothing of the learner's. What several of the others share is
        # counted for each of them at first, and by its share (slower to find out) only when that
        # comes to too much.
        memory = sum(self._resident(name) for name in names - {_FIRST})
        if memory > memory_limit:
            memory = sum(self._share(name) for name in names - {_FIRST})
        files = 0
        for folder in FOLDERS[1:]:
            counts = os.fstatvfs(self._folders[folder])
            files += counts.f_files - counts.f_ffree
        return Usage(memory, len(names), files)

    def waited(self) -> float:
        """Return how many seconds the processes that live have waited for a core; 0 if unknown."""
        try:
            names = self.snapshot() - {_FIRST}
        except OSError:  # the whole sandbox has just ended
            return 0.0
        return sum(seconds_waited(self._read(f"{name}/schedstat")) for name in names)

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


def seconds_waited(schedstat: str) -> float:
    """Return what Linux says of a process, in nanoseconds: on a core, waiting for one; and turns.

    >>> seconds_waited("809930000 81700000 12")
    0.0817
    """
    words = schedstat.split()
    return int(words[1]) / 1e9 if len(words) == 3 else 0.0


def signal_or_code(code: int) -> int:
    """Return an exit code as it is, and minus the signal's number for one above 128."""
    return 128 - code if code > 128 else code


def folders_below(root: Path) -> dict[str, int]:
    """Open the folders of `FOLDERS` below a folder."""
    # These are the sandbox's own for ever, whatever process has its number later.
    return {name: os.open(root / name, os.O_RDONLY | os.O_DIRECTORY) for name in FOLDERS}
