"""What a session needs from whatever confines a learner's process.

`Bubblewrap` is one back end; one that starts containers would be another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dlgrader.sandbox.limits import Limits


class SandboxError(RuntimeError):
    """The sandbox can't be used here; the message says why, and what to do."""


class SessionEnded(Exception):  # noqa: N818 (it is no error of the program's)
    """The learner's process is gone; the message says why, for the learner."""


@dataclass(frozen=True)
class Usage:
    """What all processes of a sandbox take together: bytes of memory, processes, files."""

    memory: int = 0
    processes: int = 0
    files: int = 0


class Process(Protocol):
    """A runner that was started, and all that it has started."""

    counted_alone: bool
    """Whether the system's limit of processes counts those of this sandbox alone."""

    def ready(self) -> None:
        """Be told that the runner has answered, so that it is where it should be."""

    def poll(self) -> int | None:
        """Return None while the runner lives, then its exit code, or minus the signal's number."""

    def interrupt(self) -> None:
        """Send SIGINT to the runner and to the programs that it has started, as Jupyter does."""

    def snapshot(self) -> frozenset[str]:
        """Name the processes that live now."""

    def kill_others(self, known: frozenset[str], *, once: bool = False) -> None:
        """Kill all processes but those of an earlier snapshot; wait for their end unless `once`."""

    def usage(self, memory_limit: int) -> Usage:
        """Measure; below `memory_limit` a rough figure for the memory will do."""

    def waited(self) -> float:
        """Return how many seconds the processes that live have waited for a core; 0 if unknown."""

    def kill(self) -> None:
        """Kill the runner and all it has started; they are dead when this returns."""

    def close(self) -> None:
        """Let go of everything; it has been killed, and nobody watches it any more."""

    def said(self) -> str:
        """Return what was written to stderr before the first cell, to explain a failure."""


class Backend(Protocol):
    """A way to start a runner."""

    confines: bool
    """Whether the learner's code is kept from the machine."""

    def problem(self) -> str:
        """Return an empty string if this works here, else what is missing and how to get it."""

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        fds: Sequence[int],
        packages: Mapping[str, Path],
        environment: Mapping[str, str],
        limits: Limits,
        preload: Sequence[str] = (),
    ) -> Process:
        """Start ``python -m module`` in an empty work folder.

        Parameters
        ----------
        module : str
        arguments : sequence of str
            What follows on the command line.
        fds : sequence of int
            Open files that the runner inherits, under the same numbers.
        packages : mapping of str to Path
            Folders or files that can be imported under these names, before anything else of
            that name; they can't be written to.
        environment : mapping of str to str
            All of the runner's environment but the paths, which the back end sets.
        limits : Limits
            Those that are measured from outside; the runner sets its own.
        preload : sequence of str
            Modules that the runner will be asked to import first; a back end that prepares
            processes imports them there.
        """
