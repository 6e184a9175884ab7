"""What the page's worker calls; here alone JavaScript's values come in and go out."""

from __future__ import annotations

import builtins
import json
import os
import random
from collections.abc import Callable

from course_page import calling, display, late_matplotlib, outputs, running

__all__ = ["call", "prepare", "run"]


def _no_input(_prompt: object = "") -> str:
    raise RuntimeError("input() cannot ask anything here; write the value into the cell instead")


def run(code: str, name: str, namespace: str, receive: Callable[[str], object]) -> bool:
    """Run a cell; `receive` gets each output as JSON."""
    receiver = _as_json(receive)
    return running.run(code, name, receiver, running.namespace(namespace))


def call(name: str, parameters: str, receive: Callable[[str], object]) -> str:
    """Call a function of this package; `receive` gets what it prints and shows."""
    with outputs.receiving(_as_json(receive)):
        return calling.call(name, parameters)


def _as_json(receive: Callable[[str], object]) -> outputs.Receiver:
    def receiver(output: outputs.Output) -> None:
        receive(json.dumps(output, default=str))

    return receiver


def prepare(fetch_matplotlib: Callable[[], object]) -> None:
    """Give cells what they find in Jupyter; `fetch_matplotlib` puts matplotlib's files in place."""
    display.install()
    late_matplotlib.install(fetch_matplotlib)
    builtins.display = display.display  # type: ignore[attr-defined]
    builtins.input = _no_input
    # Python may come from a memory that was kept: without this, its random numbers would, too.
    random.seed()
    os.chdir(os.environ.get("HOME", "/"))
