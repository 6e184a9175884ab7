"""Ends a sandbox that takes more than it may."""

from __future__ import annotations

import threading

from dlgrader.sandbox.backend import Process
from dlgrader.sandbox.deadline import Deadline
from dlgrader.sandbox.limits import GIB, MIB, Limits

_EVERY_SECONDS = 0.1


class Watchdog:
    """A thread that looks at a sandbox ten times a second until it is stopped.

    The system's own limits hold for one process each; this one adds up all of them.

    Attributes
    ----------
    reason : str
        Why the sandbox was ended, in words; empty if it was not.
    """

    def __init__(self, process: Process, limits: Limits) -> None:
        self.reason = ""
        self._process, self._limits = process, limits
        self._deadline = Deadline(process, limits.notebook_seconds)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            reason = self._exceeded()
            if reason:
                self.reason = reason
                self._process.kill()
                return

    def _exceeded(self) -> str:
        limits = self._limits
        if self._deadline.over():
            return f"stopped: the whole notebook took longer than {limits.notebook_seconds:g} s"
        try:
            usage = self._process.usage(limits.memory)
        except OSError as error:
            return f"stopped: the process could not be watched ({error.strerror})"
        if usage.memory > limits.memory:
            return f"stopped: more than {amount(limits.memory)} of memory"
        if usage.processes > limits.processes:
            return f"stopped: more than {limits.processes} processes"
        if usage.files > limits.files:
            return f"stopped: more than {limits.files} files"
        return ""


def amount(size: int) -> str:
    """Return a number of bytes in words.

    >>> amount(2 << 30), amount(64 << 20)
    ('2 GiB', '64 MiB')
    """
    return f"{size / GIB:.3g} GiB" if size >= GIB else f"{size / MIB:.3g} MiB"
