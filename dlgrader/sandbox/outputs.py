"""Read the outputs of a cell, which come out of the sandbox and may be forged."""

from __future__ import annotations

import json
from typing import Any

from dlgrader.sandbox.runner.wire import WireError

_MOST_OUTPUTS = 20_000


def read_outputs(text: Any, output_bytes: int) -> list[dict[str, Any]]:
    """Return a cell's outputs in the format of notebooks.

    Raises
    ------
    WireError
        If they are not what an honest runner sends.

    >>> read_outputs(b'[{"output_type": "stream", "name": "stdout", "text": "hello"}]', 1000)
    [{'output_type': 'stream', 'name': 'stdout', 'text': 'hello'}]
    >>> read_outputs(b'[{"output_type": "script", "text": "hello"}]', 1000)
    Traceback (most recent call last):
        ...
    dlgrader.sandbox.runner.wire.WireError: outputs of an unknown kind
    """
    # Besides what is counted: escapes in JSON (up to six bytes for one), and the names of fields.
    if type(text) is not bytes or len(text) > 8 * output_bytes + (1 << 20):
        raise WireError("outputs that are too large")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("outputs that are not JSON") from None
    if type(given) is not list or len(given) > _MOST_OUTPUTS:
        raise WireError("outputs that are no list")
    return [_output(item) for item in given]


def _output(given: Any) -> dict[str, Any]:
    kind = given.get("output_type") if type(given) is dict else None
    if kind == "stream" and given.get("name") in ("stdout", "stderr"):
        return {"output_type": kind, "name": given["name"], "text": _text(given, "text")}
    if kind == "error":
        lines = given.get("traceback")
        if type(lines) is not list or not all(type(line) is str for line in lines):
            raise WireError("outputs of an unknown kind")
        names = {name: _text(given, name) for name in ("ename", "evalue")}
        return {"output_type": kind, **names, "traceback": lines}
    if kind in ("display_data", "execute_result"):
        output = {"output_type": kind, "data": _data(given), "metadata": given.get("metadata")}
        if type(output["metadata"]) is not dict:
            raise WireError("outputs of an unknown kind")
        if kind == "execute_result":
            count = given.get("execution_count")
            if type(count) is not int or not 0 <= count < 2**31:
                raise WireError("outputs of an unknown kind")
            output["execution_count"] = count
        return output
    raise WireError("outputs of an unknown kind")


def _text(given: dict[str, Any], name: str) -> str:
    text = given.get(name)
    if type(text) is not str:
        raise WireError("outputs of an unknown kind")
    return _writable(text)


def _data(given: dict[str, Any]) -> dict[str, Any]:
    """Return the MIME bundle: text, or data for kinds whose names say that they are JSON."""
    data = given.get("data")
    if type(data) is not dict:
        raise WireError("outputs of an unknown kind")
    kept = {}
    for kind, value in data.items():
        if type(value) is str:
            kept[kind] = _writable(value)
        elif kind == "application/json" or kind.endswith("+json"):
            kept[kind] = value
    return kept


def _writable(text: str) -> str:
    """Replace halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
