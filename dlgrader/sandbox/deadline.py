"""A limit of time that a busy machine does not use up."""

from __future__ import annotations

import time

from dlgrader.sandbox.backend import Process

_PATIENCE = 4
"""However busy the machine is, nothing gets more than this many times its limit."""


class Deadline:
    """The end of what a learner's process may take, counted on the wall clock.

    The time in which the process was ready to go on but had to wait for a core is not counted, so
    that what others do on the machine costs no points.

    Parameters
    ----------
    process : Process
    seconds : float
    """

    def __init__(self, process: Process, seconds: float) -> None:
        self._process = process
        now = time.monotonic()
        self._end, self._latest = now + seconds, now + _PATIENCE * seconds
        self._waited_before: float | None = None

    def over(self) -> bool:
        """Whether the time is up; to be asked now and then until it is."""
        # Measured from the first question on: what ends before it shall not pay for it.
        if self._waited_before is None:
            self._waited_before = self._process.waited()
        now = time.monotonic()
        if now <= self._end:
            return False
        # A process that has ended takes its figure along.
        waited = max(0.0, self._process.waited() - self._waited_before)
        return now > min(self._end + waited, self._latest)
