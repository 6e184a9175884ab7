"""Cases as JSON: how the public cases of an assignment are stored beside the library."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.checks.cases import Case, Seen
from dlcore.checks.plans import After, Call, Given, Result, Seed, Shared

_DIGITS = 9


def encode_case(case: Case) -> dict[str, Any]:
    """Return a case as nested dicts and lists that JSON can hold."""
    return {
        "about": case.about,
        "calls": [_encode_call(call) for call in case.calls],
        "results": {name: _encode(result) for name, result in case.results.items()},
        "aspects": list(case.aspects),
        "expected": _encode_seen(case.expected),
        "rtol": case.rtol,
        "names": list(case.names),
        "view": case.view,
        "may_change": [list(pair) for pair in case.may_change],
        "mistakes": {name: _encode_seen(seen) for name, seen in case.mistakes.items()},
        "hint": case.hint,
    }


def decode_case(data: dict[str, Any]) -> Case:
    """Return the case that `encode_case` encoded; floating-point numbers have nine digits."""
    return Case(
        about=data["about"],
        calls=tuple(_decode_call(call) for call in data["calls"]),
        results={name: _decode(result) for name, result in data["results"].items()},
        aspects=tuple(data["aspects"]),
        expected=_decode_seen(data["expected"]),
        rtol=data["rtol"],
        names=tuple(data["names"]),
        view=data["view"],
        may_change=tuple((function, argument) for function, argument in data["may_change"]),
        mistakes={name: _decode_seen(seen) for name, seen in data["mistakes"].items()},
        hint=data["hint"],
    )


def _encode_call(call: Call) -> dict[str, Any]:
    data: dict[str, Any] = {"function": call.function, "args": [_encode(arg) for arg in call.args]}
    if call.kwargs:
        data["kwargs"] = {name: _encode(arg) for name, arg in call.kwargs.items()}
    if call.of is not None:
        data["of"] = _encode(call.of)
    if call.counted:
        data["counted"] = True
    return data


def _decode_call(data: dict[str, Any]) -> Call:
    return Call(
        data["function"],
        tuple(_decode(arg) for arg in data["args"]),
        {name: _decode(arg) for name, arg in data.get("kwargs", {}).items()},
        _decode(data["of"]) if "of" in data else None,
        data.get("counted", False),
    )


def _encode_seen(seen: Seen) -> dict[str, Any]:
    data: dict[str, Any] = {"arrays": {name: _encode(array) for name, array in seen.arrays.items()}}
    if seen.raised:
        data["raised"] = list(seen.raised)
        data["failed"] = seen.failed
    if seen.changed:
        data["changed"] = [list(pair) for pair in seen.changed]
    return data


def _decode_seen(data: dict[str, Any]) -> Seen:
    return Seen(
        {name: _decode(array) for name, array in data["arrays"].items()},
        tuple(data.get("raised", ())),
        tuple((function, argument) for function, argument in data.get("changed", ())),
        data.get("failed", ""),
    )


def _encode(value: Any) -> Any:
    """Encode an argument; whatever JSON has no word for becomes a dict with one key."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic):
        return _encode(value.item())
    if isinstance(value, np.ndarray):
        return {"array": _rounded(value.tolist()), "dtype": str(value.dtype), "of": value.shape}
    if isinstance(value, tuple):
        return {"tuple": [_encode(item) for item in value]}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[_encode(key), _encode(item)] for key, item in value.items()]}
    if isinstance(value, Result):
        return {"result": [value.call, value.item, value.plain]}
    if isinstance(value, After):
        return {"after": [value.call, value.argument, value.item, value.original]}
    if isinstance(value, Given):
        return {"given": [value.call, value.argument]}
    if isinstance(value, Shared):
        return {"shared": value.key, "value": _encode(value.value)}
    if isinstance(value, Seed):
        return {"seed": value.seed}
    raise TypeError(f"a {type(value).__name__} can't be stored as an argument")


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if not isinstance(value, float):
        return value
    if not np.isfinite(value):
        return str(value)  # JSON has no word for it
    return float(f"{value:.{_DIGITS}g}")


def _decode(data: Any) -> Any:
    if isinstance(data, list):
        return [_decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "array" in data:
        return np.array(data["array"], dtype=data["dtype"]).reshape(data["of"])
    if "tuple" in data:
        return tuple(_decode(item) for item in data["tuple"])
    if "dict" in data:
        return {_decode(key): _decode(item) for key, item in data["dict"]}
    if "result" in data:
        return Result(*data["result"])
    if "after" in data:
        return After(*data["after"])
    if "given" in data:
        return Given(*data["given"])
    if "shared" in data:
        return Shared(data["shared"], _decode(data["value"]))
    return Seed(data["seed"])
