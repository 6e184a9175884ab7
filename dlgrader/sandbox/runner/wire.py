"""Messages between the grader and the runner: plain data and arrays over a socket, no pickles.

A message is a dict. It travels as a JSON header, in which everything but numbers, text and lists
is named (``{"tuple": […]}``), followed by the bytes of its arrays. What comes out of the sandbox
may be forged: a reader trusts nothing, and anything that is not as described here is a `WireError`.
What goes in are the grader's plans, a hundred calls for each exercise; they are read as they are.
"""

from __future__ import annotations

import dataclasses
import json
import math
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlcore.checks.plans import Call, Result, Seed, Shared

HEADER_BYTES = 2 << 20
PLAN = (Call, Result, Shared, Seed)
"""What a runner accepts besides plain data; the grader accepts plain data only."""

_AT_ONCE = 1 << 16
_FRAME = struct.Struct("!4sIQ")
_MAGIC = b"dlc1"
_MOST_DEPTH, _MOST_AXES = 40, 32
_DTYPES = {
    f"{order}{kind}": np.dtype(f"{order}{kind}")
    for order in "<>|"
    for kind in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
}
_AS_IT_IS = frozenset((str, bool, int, float))
_PLAIN: tuple[tuple[Any, Any], ...] = ((list, list), (tuple, tuple), (Mapping, dict))

# Bound now, so that a notebook that replaces functions of these modules does not stop the runner.
_to_text = json.JSONEncoder(separators=(",", ":")).encode
_from_text = json.JSONDecoder().decode
_FIELDS = {kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in PLAN}
_Decoder, _prod = json.JSONDecoder, math.prod
_frombuffer, _asarray, _contiguous = np.frombuffer, np.asarray, np.ascontiguousarray


class WireError(Exception):
    """A message is not what it should be."""


class TooLargeError(WireError):
    """A message is larger than the reader accepts."""


class ClosedError(WireError):
    """The other side is gone."""


# -- values ----------------------------------------------------------------------------------------


def encode(value: Any) -> tuple[Any, list[Any]]:
    """Return what the header says about a value, and the bytes that follow it.

    >>> encode({"x": (1, 2.5)})
    ({'dict': [['x', {'tuple': [1, 2.5]}]]}, [])
    """
    buffers: list[Any] = []
    return _encode(value, buffers, 0), buffers


def _encode(value: Any, buffers: list[Any], depth: int) -> Any:
    if depth > _MOST_DEPTH:
        raise WireError("nested too deeply")
    kind = type(value)
    if value is None or kind in _AS_IT_IS:
        return value
    if kind is dict:
        pairs = [[_encode(part, buffers, depth + 1) for part in pair] for pair in value.items()]
        return {"dict": pairs}
    if kind is list:
        return [_encode(item, buffers, depth + 1) for item in value]
    if kind is tuple:
        return {"tuple": [_encode(item, buffers, depth + 1) for item in value]}
    if isinstance(value, np.ndarray):
        return {"array": _encode_array(value, buffers)}
    if isinstance(value, np.generic):
        return {"scalar": _encode_array(_asarray(value), buffers)}
    if isinstance(value, (bytes, bytearray)):
        buffers.append(value)
        return {"bytes": len(value)}
    if kind in _FIELDS:
        held = [getattr(value, name) for name in _FIELDS[kind]]
        return {kind.__name__: [_encode(item, buffers, depth + 1) for item in held]}
    for general, plain in _PLAIN:
        if isinstance(value, general):
            return _encode(plain(value), buffers, depth)
    raise WireError(f"a {kind.__name__} can't be sent")


def _encode_array(array: np.ndarray, buffers: list[Any]) -> list[Any]:
    array = _asarray(array)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    if array.dtype.str not in _DTYPES:
        raise WireError(f"an array of dtype {array.dtype} can't be sent")
    # The axes by falling stride, so that the copy has the layout that NumPy's own copy has.
    axes = list(range(array.ndim))
    if not array.flags.c_contiguous:
        axes.sort(key=lambda axis: -abs(array.strides[axis]))
    if array.size:
        buffers.append(_contiguous(array.transpose(axes)).reshape(-1).view(np.uint8))
    return [array.dtype.str, list(array.shape), axes]


def decode(header: Any, payload: bytearray) -> Any:
    """Make the value that `encode` was given, of plain data.

    Parameters
    ----------
    header : object
        As it comes from the JSON text.
    payload : bytearray
        The bytes of all arrays.
    """
    reader = _Reader(payload)
    value = reader.value(header, 0)
    if reader.place != len(payload):
        raise WireError("bytes are left over")
    return value


def decode_plan(text: str, payload: bytearray, classes: tuple[type, ...]) -> Any:
    """Make the value of which a JSON text is the header, with objects of these dataclasses.

    It is read in a fraction of `decode`'s time, which matters because each notebook reads all plans
    anew. The depth of the nesting is not looked at.
    """
    reader = _Reader(payload)
    makers: dict[str, Callable[[Any], Any]] = {
        "array": reader.array,
        "scalar": reader.scalar,
        "bytes": reader.raw,
        "tuple": tuple,
        "dict": dict,
    }
    named_classes = {kind.__name__: kind for kind in classes}

    def made(named: dict[str, Any]) -> Any:
        # Called for what stands innermost first, so that the rest is made already.
        [(kind, held)] = named.items()
        if kind in named_classes:
            return named_classes[kind](*held)
        return makers[kind](held)

    try:
        value = _Decoder(object_hook=made).decode(text)
    except (TypeError, ValueError, KeyError):
        raise WireError("not a plan") from None
    if reader.place != len(payload):
        raise WireError("bytes are left over")
    return value


class _Reader:
    def __init__(self, payload: bytearray) -> None:
        self.payload = payload
        self.place = 0

    def value(self, header: Any, depth: int) -> Any:
        if depth > _MOST_DEPTH:
            raise WireError("nested too deeply")
        if header is None or type(header) in _AS_IT_IS:
            return header
        if type(header) is list:
            return [self.value(item, depth + 1) for item in header]
        if type(header) is not dict or len(header) != 1:
            raise WireError("an unknown kind of value")
        [(kind, held)] = header.items()
        if kind == "bytes":
            return self.raw(held)
        if type(held) is not list:
            raise WireError(f"{kind}: no list")
        if kind == "tuple":
            return tuple(self.value(item, depth + 1) for item in held)
        if kind == "dict":
            return self._dict(held, depth)
        if kind == "array":
            return self.array(held)
        if kind == "scalar":
            return self.scalar(held)
        raise WireError("an unknown kind of value")

    def raw(self, held: Any) -> bytes:
        return bytes(self._take(held))

    def scalar(self, held: list[Any]) -> Any:
        array = self.array(held)
        if array.ndim:
            raise WireError("a number with axes")
        return array[()]

    def _dict(self, held: list[Any], depth: int) -> dict[Any, Any]:
        made = {}
        for pair in held:
            if type(pair) is not list or len(pair) != 2:
                raise WireError("dict: no pair")
            key = self.value(pair[0], depth + 1)
            try:
                made[key] = self.value(pair[1], depth + 1)
            except TypeError:
                raise WireError("dict: an impossible key") from None
        return made

    def array(self, held: list[Any]) -> np.ndarray:
        if len(held) != 3:
            raise WireError("array: not dtype, shape and axes")
        name, shape, axes = held
        dtype = _DTYPES.get(name) if type(name) is str else None
        if dtype is None:
            raise WireError("array: of an unknown dtype")
        if not _sizes(shape) or not _sizes(axes) or sorted(axes) != list(range(len(shape))):
            raise WireError("array: impossible axes")
        data = self._take(_prod(shape) * dtype.itemsize)
        if dtype.kind == "b":  # any byte but 0 and 1 would make a bool that is neither
            flat = _frombuffer(data, np.uint8) != 0
        else:
            flat = _frombuffer(data, dtype).copy()
        try:
            stored = flat.reshape([shape[axis] for axis in axes])
        except (ValueError, OverflowError):  # an empty array with an axis beyond all limits
            raise WireError("array: impossible axes") from None
        if len(axes) < 2:
            return stored
        return stored.transpose(sorted(range(len(axes)), key=axes.__getitem__))

    def _take(self, size: Any) -> memoryview:
        if type(size) is not int or not 0 <= size <= len(self.payload) - self.place:
            raise WireError("bytes are missing")
        self.place += size
        return memoryview(self.payload)[self.place - size : self.place]


def _sizes(numbers: Any) -> bool:
    """Whether this is a list of sizes, of a length that a shape can have."""
    return (
        type(numbers) is list
        and len(numbers) <= _MOST_AXES
        and all(type(number) is int and 0 <= number < 2**62 for number in numbers)
    )


# -- messages --------------------------------------------------------------------------------------


def pack(message: Mapping[str, Any], payload_bytes: int | None = None) -> list[Any]:
    """Return the parts of a message, in order, as bytes; refuse more than that many of arrays."""
    header, buffers = encode(message)
    try:
        text = _to_text(header).encode("ascii")
    except (ValueError, RecursionError):  # such as an int of more than 4300 digits
        raise WireError("can't be written as JSON") from None
    if len(text) > HEADER_BYTES:
        raise TooLargeError("a header of more than 2 MiB")
    size = sum(memoryview(buffer).nbytes for buffer in buffers)
    if payload_bytes is not None and size > payload_bytes:
        raise TooLargeError("arrays of too many bytes")
    return [_FRAME.pack(_MAGIC, len(text), size) + text, *buffers]


def unpack(text: bytes | bytearray, payload: bytearray, classes: tuple[type, ...] = ()) -> Any:
    """Make a message of its header and the bytes of its arrays, as a plan if there are classes."""
    try:
        header = text.decode("ascii")
        if classes:
            message = decode_plan(header, payload, classes)
        else:
            message = decode(_from_text(header), payload)
    except (ValueError, RecursionError):
        raise WireError("not JSON") from None
    if type(message) is not dict or not all(type(key) is str for key in message):
        raise WireError("not a message")
    return message


def _wait_for_ever() -> None:
    """Go on waiting."""


class Line:
    """One end of a connection.

    Parameters
    ----------
    connection : socket
        Connected, of type SOCK_STREAM.
    payload_bytes : int
        A larger message is refused before memory is taken for it.
    classes : tuple of type
        Dataclasses that may occur in a message; only if the other side can be trusted.
    ahead : bool
        Whether to read what has come of later messages, too; not where open files come between.
    """

    def __init__(
        self,
        connection: socket.socket,
        payload_bytes: int,
        classes: tuple[type, ...] = (),
        *,
        ahead: bool = False,
    ) -> None:
        self.socket = connection
        self._payload_bytes = payload_bytes
        self._classes = classes
        self._ahead = ahead
        self._read_ahead = b""

    def send(self, message: Mapping[str, Any], check: Callable[[], None] = _wait_for_ever) -> None:
        """Send a message, calling `check` between the pieces; it may raise to give up."""
        self.send_parts(pack(message), check)

    def send_parts(self, parts: list[Any], check: Callable[[], None] = _wait_for_ever) -> None:
        """Send a message that has been packed."""
        if sum(memoryview(part).nbytes for part in parts) <= _AT_ONCE:
            # In one piece, the other side need not wait for the rest.
            parts = [b"".join(parts)]
        for part in parts:
            rest = memoryview(part).cast("B")
            while len(rest):
                try:
                    rest = rest[self.socket.send(rest) :]
                except TimeoutError:
                    check()
                except OSError:
                    raise ClosedError("the other side is gone") from None
                if len(rest):
                    check()

    def receive(self, check: Callable[[], None] = _wait_for_ever) -> dict[str, Any]:
        """Return the next message, calling `check` between the pieces; it may raise to give up."""
        magic, header_bytes, payload_bytes = _FRAME.unpack(self._read(_FRAME.size, check))
        if magic != _MAGIC:
            raise WireError("not a message")
        if header_bytes > HEADER_BYTES or payload_bytes > self._payload_bytes:
            raise TooLargeError("a message of too many bytes")
        text = self._read(header_bytes, check)
        message: dict[str, Any] = unpack(text, self._read(payload_bytes, check), self._classes)
        return message

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def _read(self, size: int, check: Callable[[], None]) -> bytearray:
        data = bytearray(size)
        view, place = memoryview(data), 0
        while place < size:
            try:
                count = self._read_into(view[place:])
            except TimeoutError:
                check()
                continue
            except OSError:
                count = 0
            if count == 0:
                raise ClosedError("the other side is gone")
            place += count
            if place < size:
                check()
        return data

    def _read_into(self, view: memoryview) -> int:
        if not self._read_ahead:
            if not self._ahead or len(view) >= _AT_ONCE:
                return self.socket.recv_into(view)
            self._read_ahead = self.socket.recv(_AT_ONCE)
        count = min(len(view), len(self._read_ahead))
        view[:count], self._read_ahead = self._read_ahead[:count], self._read_ahead[count:]
        return count
