"""Do once what takes time when it is done first, so that no notebook has to wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import sys

import numpy as np

from .capture import Collector
from .shell import Shell
from .wire import Line

_CELLS = ("print(1)", "1/0")


def rehearse(shell: Shell) -> None:
    """Run cells and send a message, and leave no trace of it."""
    shell.collector = Collector(1 << 16)
    loop = asyncio.new_event_loop()
    with contextlib.redirect_stdout(io.StringIO()):
        for source in _CELLS:
            # `silent` would leave out some of what an ordinary cell does.
            cell = shell.run_cell_async(source, transformed_cell=source, store_history=False)
            loop.run_until_complete(cell)
    loop.close()
    shell.last_execution_result, shell.last_execution_succeeded = None, True
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    if shell.display_formatter is not None:
        shell.display_formatter.format(1)
    _send()
    np.random.seed()  # noqa: NPY002 (it is loaded at first use)


def _send() -> None:
    one, other = map(Line, socket.socketpair(), (1 << 20, 1 << 20))
    one.send({"files": {"name": b"content"}, "array": np.zeros(3)})
    other.receive()
    one.close()
    other.close()
