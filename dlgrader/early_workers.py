"""Lets worker processes import what they need while this process does its own imports."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver

_NEEDED = ["distributed", "dlgrader.batch.worker"]


def prepare_workers() -> None:
    """Start the process from which workers are split off; a second time does nothing more."""
    forkserver.set_forkserver_preload(_NEEDED)
    with interrupts_ignored():
        forkserver.ensure_running()


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Let processes that are started here ignore Ctrl-C, which is for this process alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
