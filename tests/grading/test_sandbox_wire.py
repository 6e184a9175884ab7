"""Messages between the grader and the runner."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlcore.checks.plans import Call, Outcome, Result, Seed, Shared
from dlgrader.sandbox.runner import wire

numbers = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
arrays = hnp.arrays(
    st.sampled_from(["?", "<i8", "<i2", "|u1", "<f4", "<f8", "<f2", ">f8"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    elements={"allow_nan": False, "allow_infinity": True},
)
keys = st.text() | st.integers() | st.tuples(st.integers(), st.text())
values = st.recursive(
    numbers | arrays | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=8,
)
messages = st.dictionaries(st.text(), values, max_size=3)


def carried(message: dict, classes: tuple[type, ...] = wire.PLAN) -> object:
    frame, *buffers = wire.pack(message)
    payload = bytearray(b"".join(bytes(memoryview(buffer).cast("B")) for buffer in buffers))
    return wire.unpack(frame[wire._FRAME.size :], payload, classes)


def same(one: object, other: object) -> bool:
    if isinstance(one, (np.ndarray, np.generic)):
        return (
            type(one) is type(other)
            and one.dtype.newbyteorder("=") == other.dtype.newbyteorder("=")
            and one.shape == other.shape
            and bool(np.all(one == other))
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    return one == other


@given(messages)
def test_messages_arrive_as_they_were(message: dict) -> None:
    assert same(message, carried(message, ()))
    assert same(message, carried(message, wire.PLAN))


def test_plans_arrive_as_they_were() -> None:
    call = Call(
        "update",
        (
            Shared("params", {"w": np.zeros(3)}),
            Shared("params"),
            Seed(3),
            Result(0, 1),
            np.int64(3),
        ),
        {"lr": 0.1, "axes": (0, 2), "names": ["a", "b"]},
        of=Result(0),
        counted=True,
    )
    got = carried({"call": call})["call"]
    assert isinstance(got, Call)
    assert got.args[0].key == "params"
    assert same(got.args[0].value, {"w": np.zeros(3)})
    assert got.args[1:] == call.args[1:]
    assert type(got.args[4]) is np.int64
    assert (got.function, got.kwargs, got.of, got.counted) == (
        call.function,
        call.kwargs,
        call.of,
        call.counted,
    )


def test_layout_arrives_as_a_copy_would_have_it() -> None:
    base = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    for array in (base, base.T, base.transpose(0, 2, 3, 1), base[:, ::-1, ::2], base[0, 0, 0, 0:1]):
        got = carried({"x": array})["x"]
        assert np.array_equal(got, array)
        if array.shape == got.shape and 1 not in array.shape:
            assert got.strides == array.copy("K").strides


def test_wide_floats_are_narrowed() -> None:
    got = carried({"x": np.array([1.5], np.longdouble)})["x"]
    assert got.dtype == np.float64
    assert got[0] == 1.5


@pytest.mark.parametrize(
    "value",
    [object(), np.array([object()]), np.array(["a"]), np.array([1j]), {1, 2}, print, 10**5000],
    ids=lambda value: type(value).__name__,
)
def test_nothing_else_is_sent(value: object) -> None:
    with pytest.raises(wire.WireError):
        wire.pack({"x": value})


def test_deep_nesting_is_refused_on_both_sides() -> None:
    value: object = 1
    for _ in range(100):
        value = [value]
    with pytest.raises(wire.WireError):
        wire.pack({"x": value})
    for text in (b"[" * 200_000, b'{"dict":' * 60 + b"[]" + b"}" * 60, b"[" * 60 + b"]" * 60):
        with pytest.raises(wire.WireError):
            wire.unpack(text, bytearray())


def array_header(dtype: object, shape: object, axes: object) -> bytes:
    return json.dumps({"dict": [["x", {"array": [dtype, shape, axes]}]]}).encode()


@pytest.mark.parametrize(
    ("dtype", "shape", "axes"),
    [
        ("|O", [1], [0]),
        ("<c8", [1], [0]),
        ("<f16", [1], [0]),
        ("<f8", [2], [0]),
        ("<f8", [0], [0]),
        ("<f8", [-1], [0]),
        ("<f8", [True], [0]),
        ("<f8", [1.0], [0]),
        ("<f8", [1], [1]),
        ("<f8", [1], []),
        ("<f8", [2**61, 2**61], [0, 1]),
        ("<f8", [0, 2**61, 2**61], [0, 1, 2]),
        ("<f8", [1] * 100, list(range(100))),
        (["<f8"], [1], [0]),
        ("<f8,<f8", [1], [0]),
        ("S8", [1], [0]),
        ("<M8", [1], [0]),
    ],
)
def test_impossible_arrays_are_refused(dtype: object, shape: object, axes: object) -> None:
    with pytest.raises(wire.WireError):
        wire.unpack(array_header(dtype, shape, axes), bytearray(8))


def test_bools_are_bools() -> None:
    got = wire.unpack(array_header("|b1", [3], [0]), bytearray([0, 1, 77]))["x"]
    assert got.view(np.uint8).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "header",
    [
        [],
        7,
        {"dict": [[1, 2]]},
        {"dict": [["x"]]},
        {"dict": {"x": 1}},
        {"dict": [[{"dict": []}, 1]]},
        {"dict": [["x", {"Call": {"function": "f", "extra": 1}}]]},
        {"dict": [["x", {"Call": {}}]]},
        {"dict": [["x", {"Outcome": {}}]]},
        {"dict": [["x", {"tuple": 3}]]},
        {"dict": [["x", {"bytes": -1}]]},
        {"dict": [["x", {"bytes": 1}]]},
        {"dict": [["x", {"what": []}]]},
        {"dict": [["x", {}]]},
        {"dict": [["x", {"tuple": [], "dict": []}]]},
    ],
)
def test_other_headers_are_refused(header: object) -> None:
    with pytest.raises(wire.WireError):
        wire.unpack(json.dumps(header).encode(), bytearray(), wire.PLAN)


def test_objects_are_refused_where_they_are_not_expected() -> None:
    with pytest.raises(wire.WireError):
        carried({"x": Seed(1)}, ())
    with pytest.raises(wire.WireError):
        carried({"x": Outcome()}, wire.PLAN)


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_random_bytes_are_refused(text: bytes, payload: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        wire.unpack(text, bytearray(payload))


@settings(max_examples=300)
@given(messages, st.data())
def test_damaged_messages_are_refused_or_are_messages(message: dict, data: st.DataObject) -> None:
    frame, *buffers = wire.pack(message)
    text = bytearray(frame[wire._FRAME.size :])
    payload = bytearray(b"".join(bytes(memoryview(buffer).cast("B")) for buffer in buffers))
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 127))
    with contextlib.suppress(wire.WireError):
        assert type(wire.unpack(text, payload)) is dict


def test_a_line_carries_large_messages_and_notices_the_end() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(0.05)
    one, other = wire.Line(ours, 1 << 24), wire.Line(theirs, 1 << 24)
    message = {"x": np.arange(1_000_000.0), "y": "é\udcff"}
    sender = threading.Thread(target=other.send, args=(message,))
    sender.start()
    assert same(one.receive(), message)
    sender.join()
    other.close()
    with pytest.raises(wire.ClosedError):
        one.receive()
    with pytest.raises(wire.ClosedError):
        one.send(message)
    one.close()


def test_a_line_reads_ahead_and_loses_nothing() -> None:
    ours, theirs = socket.socketpair()
    one, other = wire.Line(ours, 1 << 24, ahead=True), wire.Line(theirs, 1 << 24)
    messages = [{"x": np.arange(size)} for size in (1, 0, 5_000, 2)]
    for message in messages:
        other.send(message)
    other.close()
    assert all(same(one.receive(), message) for message in messages)
    with pytest.raises(wire.ClosedError):
        one.receive()
    one.close()


@pytest.mark.parametrize(
    "frame",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack("!4sIQ", b"dlc1", 2**31, 0),
        struct.pack("!4sIQ", b"dlc1", 2, 2**63),
        struct.pack("!4sIQ", b"dlc1", 2, 0) + b"{]",
    ],
)
def test_a_line_refuses_other_frames_before_it_takes_memory(frame: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(frame)
        with pytest.raises(wire.WireError):
            wire.Line(ours, 1 << 20).receive()


def test_a_slow_sender_does_not_outwit_the_check() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(0.05)
    checks = []

    def check() -> None:
        checks.append(1)
        theirs.send(b"d")
        if len(checks) > 5:
            raise TimeoutError("enough")

    with ours, theirs, pytest.raises(TimeoutError, match="enough"):
        wire.Line(ours, 1 << 20).receive(check)
