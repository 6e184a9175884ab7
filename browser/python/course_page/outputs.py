"""Turn what a cell prints and shows into nbformat outputs, and hand them to whoever asked for them.

One receiver at a time gets the outputs: the function that was passed to `receiving`.
"""

from __future__ import annotations

import base64
import io
import pprint
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

__all__ = ["Output", "Receiver", "display_data", "emit", "execute_result", "receiving"]

Output = dict[str, Any]
Receiver = Callable[[Output], None]

# What is printed is handed on at once, for a long computation may follow. Each time costs a
# message: a cell that prints more often than this waits between them.
_MESSAGES_AT_ONCE = 200
_SECONDS_BETWEEN = 0.1

# The method of an object that gives its form of a kind; the page takes the first kind it can show.
_METHODS = {
    "text/html": "_repr_html_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
}
_LINE = 79

_receiver: Receiver | None = None


def emit(output: Output) -> None:
    """Hand one output to the receiver, after everything that was printed before it."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if _receiver is not None:
        _receiver(output)


@contextmanager
def receiving(receiver: Receiver) -> Iterator[None]:
    """Hand what is printed and shown in the block to `receiver`."""
    global _receiver
    before, _receiver = _receiver, receiver
    out, err = _Stream("stdout"), _Stream("stderr")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            try:
                yield
            finally:
                out.flush()
                err.flush()
    finally:
        _receiver = before


class _Stream(io.TextIOBase):
    """What is printed, collected for a moment."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._waiting: list[str] = []
        self._sent = 0
        self._last = 0.0

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._waiting.append(text)
        if self._sent < _MESSAGES_AT_ONCE or time.monotonic() - self._last > _SECONDS_BETWEEN:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self._waiting = "".join(self._waiting), []
        if text and _receiver is not None:
            self._sent += 1
            self._last = time.monotonic()
            _receiver({"output_type": "stream", "name": self.name, "text": text})


def display_data(value: object) -> None:
    """Show a value, as `display` does."""
    data, metadata = mime_bundle(value)
    emit({"output_type": "display_data", "data": data, "metadata": metadata})


def execute_result(value: object) -> None:
    """Show the value of a cell's last expression."""
    data, metadata = mime_bundle(value)
    output = {"output_type": "execute_result", "data": data, "metadata": metadata}
    emit({**output, "execution_count": None})


def mime_bundle(value: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return all forms that a value has, by their kinds, and what is to be known about them."""
    data: dict[str, Any] = {"text/plain": plain(value)}
    # A class has the methods of its objects, but they are not about the class.
    if isinstance(value, type):
        return data, {}
    if (bundle := _call(value, "_repr_mimebundle_")) is not None:
        forms, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, **forms}, metadata
    if _is_figure(value):
        from course_page.pictures import picture

        svg = picture(value)
        return (data if svg is None else {**data, "image/svg+xml": svg}), {}
    for kind, method in _METHODS.items():
        if (form := _call(value, method)) is not None:
            data[kind] = base64.b64encode(form).decode() if isinstance(form, bytes) else form
    return data, {}


def _call(value: object, method: str) -> Any:
    """Call a method of the value if it has it; an object that answers to every name has none."""
    function = getattr(type(value), method, None)
    return function(value) if callable(function) else None


def _is_figure(value: object) -> bool:
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def plain(value: object) -> str:
    """Return the value's text; long containers over several lines, as in Jupyter."""
    text = repr(value)
    if len(text) > _LINE and type(value) in (dict, list, set, frozenset, tuple):
        return pprint.pformat(value, width=_LINE, sort_dicts=False)
    return text
