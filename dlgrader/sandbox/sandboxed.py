"""A process that bubblewrap confines, and all that it starts, seen from outside."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from dlgrader.sandbox import seccomp
from dlgrader.sandbox.backend import SandboxError
from dlgrader.sandbox.confined import Confined, folders_below, signal_or_code
from dlgrader.sandbox.launching import Launched, has_ended


class Sandboxed(Confined):
    """A runner in bubblewrap; see `Process`.

    Parameters
    ----------
    options, command, fds, settings
        See `Launched`.
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
        super().__init__()
        self.counted_alone = counted_alone
        self._killing = threading.Lock()
        self._launched = Launched(options, command, fds, settings, seccomp.program())

    def ready(self) -> None:
        """Be told that the runner has answered, so that its file system is complete."""
        self._folders = folders_below(Path("/proc", str(self._launched.number), "root"))
        if has_ended(self._launched.first, 0):
            raise SandboxError("the sandbox ended at once")
        self._launched.started()

    def poll(self) -> int | None:
        """Return None while the runner lives, then its exit code, or minus the signal's number."""
        code = self._launched.poll()
        return None if code is None else signal_or_code(code)

    def kill(self) -> None:
        """Kill the runner and all it has started; they are dead when this returns."""
        with self._killing:
            self._launched.kill()

    def close(self) -> None:
        """Let go of everything; the runner must have been killed, and nobody be watching it."""
        for number in (self._launched.first, *self._folders.values()):
            os.close(number)
        self._folders = {}

    def said(self) -> str:
        """Return what was written to stderr before the first cell, to explain a failure."""
        return self._launched.said()
