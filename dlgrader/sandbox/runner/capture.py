"""Collects what a cell puts out, as the outputs of a notebook, up to a limit."""

from __future__ import annotations

import base64
import codecs
import io
import json
import os
import select
import sys
import threading
from collections.abc import Mapping
from typing import Any

# Bound now, so that a notebook that replaces functions of these modules does not stop the runner.
_to_text = json.JSONEncoder().encode
_read, _select, _dup2 = os.read, select.select, os.dup2

_ROUGHLY_OVERHEAD = 100
"""Bytes that an output takes besides its content."""


class Collector:
    """The outputs of the current cell.

    Parameters
    ----------
    output_bytes : int
        What is kept of one cell.
    """

    def __init__(self, output_bytes: int) -> None:
        self._room = self._output_bytes = output_bytes
        self._lock = threading.RLock()
        # The text of a stream is a list here, to which it is quick to add.
        self._outputs: list[dict[str, Any]] = []
        self._shown: dict[str, list[dict[str, Any]]] = {}
        self._clear_first = self._cut_off = False

    def begin(self) -> None:
        """Start anew, for the next cell."""
        with self._lock:
            self._outputs, self._shown = [], {}
            self._room, self._clear_first, self._cut_off = self._output_bytes, False, False

    def outputs(self) -> list[dict[str, Any]]:
        """Return what there is by now."""
        with self._lock:
            return [
                {**output, "text": "".join(output["text"])} if "text" in output else output
                for output in self._outputs
            ]

    def stream(self, name: str, text: str) -> None:
        """Add text that was printed; it joins with what was printed just before."""
        if self._cut_off:  # for a cell that prints on and on
            return
        with self._lock:
            last = self._outputs[-1] if self._outputs and not self._clear_first else {}
            joins = last.get("output_type") == "stream" and last["name"] == name
            room = self._room - (0 if joins else _ROUGHLY_OVERHEAD)
            # Only text that is kept is measured: a print may be gigantic.
            kept = text[: max(0, room)]
            size = len(kept.encode("utf-8", "replace"))
            if size > room:
                kept = kept[: len(kept) * max(0, room) // size]
            if kept and joins:
                last["text"].append(kept)
                self._room -= size
            elif kept:
                self._add({"output_type": "stream", "name": name, "text": [kept]}, size)
            if len(kept) < len(text):
                self._cut()

    def display(
        self, data: Mapping[str, Any], metadata: Any, display_id: Any = None, update: bool = False
    ) -> None:
        """Add, or update, something that was displayed."""
        content, size = _clean(data)
        with self._lock:
            if update:
                for output in self._shown.get(str(display_id), []):
                    if self._take(size):
                        output["data"], output["metadata"] = content, _clean(metadata)[0]
                return
            output = {
                "output_type": "display_data",
                "data": content,
                "metadata": _clean(metadata)[0],
            }
            if self._add(output, size) and display_id is not None:
                self._shown.setdefault(str(display_id), []).append(output)

    def result(self, count: int, data: Mapping[str, Any], metadata: Any) -> None:
        """Add the value of the cell's last expression."""
        content, size = _clean(data)
        output = {
            "output_type": "execute_result",
            "execution_count": count,
            "data": content,
            "metadata": _clean(metadata)[0],
        }
        with self._lock:
            self._add(output, size)

    def error(self, name: str, value: str, lines: list[str]) -> None:
        """Add an exception."""
        most = self._output_bytes // 4
        name, value, text = name[:1_000], value[:most], "\n".join(lines)
        if len(text) > most:
            text = text[: most // 2] + "\n…\n" + text[-most // 2 :]
        output = {
            "output_type": "error",
            "ename": name,
            "evalue": value,
            "traceback": text.split("\n"),
        }
        with self._lock:
            # Kept even if there is no room: it says how the cell ended.
            self._add(output, 0)

    def clear(self, wait: bool) -> None:
        """Forget the outputs, with `wait` when the next one comes."""
        with self._lock:
            if wait:
                self._clear_first = True
            else:
                self._outputs.clear()

    def _add(self, output: dict[str, Any], size: int) -> bool:
        if self._clear_first:
            self._outputs.clear()
            self._clear_first = False
        if not self._take(size + _ROUGHLY_OVERHEAD if size else 0):
            return False
        self._outputs.append(output)
        return True

    def _take(self, size: int) -> bool:
        if size > self._room:
            self._cut()
            return False
        self._room -= size
        return True

    def _cut(self) -> None:
        if not self._cut_off:
            self._cut_off, self._room = True, 0
            limit = f"{self._output_bytes / 2**20:.3g} MiB"
            note = f"\n[cut off: this cell put out more than {limit}]\n"
            self._outputs.append({"output_type": "stream", "name": "stderr", "text": [note]})


def _clean(bundle: Any) -> tuple[dict[str, Any], int]:
    """Return what of a MIME bundle can be written as JSON, and its size in bytes."""
    cleaned, total = {}, 0
    for kind, value in dict(bundle or {}).items():
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode("ascii")
        try:
            text = _to_text({kind: value})
        except (TypeError, ValueError, RecursionError):
            continue
        cleaned[kind] = value
        total += len(text)
    return cleaned, total


class Stream(io.TextIOBase):
    """The learner's sys.stdout or sys.stderr."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, collector: Collector, name: str, number: int, pipes: Pipes) -> None:
        self._collector, self.name, self._number, self._pipes = collector, name, number, pipes

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the number of the open file, for other programs to write to."""
        return self._number

    def flush(self) -> None:
        """Hand over what other programs have written by now, so that it comes before the next."""
        self._pipes.drain()

    def write(self, text: str) -> int:
        """Hand text to the collector."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._collector.stream(self.name, text)
        return len(text)


class Pipes:
    """What is written to the open files 1 and 2, past Python or by other programs.

    A thread reads it and hands it to the collector.
    """

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._lock = threading.Lock()
        self._ends: dict[int, tuple[str, codecs.IncrementalDecoder]] = {}
        for number, name in ((1, "stdout"), (2, "stderr")):
            read, write = os.pipe()
            os.set_blocking(read, False)
            _dup2(write, number)
            os.close(write)
            self._ends[read] = (name, codecs.getincrementaldecoder("utf-8")("replace"))
        threading.Thread(target=self._read_on, daemon=True).start()

    def drain(self) -> None:
        """Hand over all that has been written by now."""
        with self._lock:
            for end, (name, decoder) in self._ends.items():
                try:
                    while data := _read(end, 1 << 16):
                        self._collector.stream(name, decoder.decode(data))
                except BlockingIOError:
                    pass

    def _read_on(self) -> None:
        while True:
            _select(list(self._ends), [], [])
            self.drain()


def silence() -> None:
    """Let all output of this process end nowhere, from now on."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        _dup2(nowhere, number)
    os.close(nowhere)
    sys.stdout = sys.stderr = os.fdopen(1, "w", encoding="utf-8", closefd=False)
