"""Who gets which points: solution, unanswered notebook, other right ways, known mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dlcore import convolution as library
from dlcore.checks.ps4 import TASKS
from dlgrader.exercises import load_assignment
from dlgrader.judge import InProcess, Verdict, judge, score

# Warnings of the made-up learners are part of the tests.
pytestmark = pytest.mark.filterwarnings("ignore")

ASSIGNMENT = load_assignment("ps4_convolution")
NAMES = [exercise.name for exercise in ASSIGNMENT.exercises]
FUNCTIONS = [name for name in NAMES if name in TASKS]


def verdict(name: str, namespace: dict[str, Any]) -> Verdict:
    return judge(ASSIGNMENT.exercise(name), InProcess(namespace), ASSIGNMENT.seed)


def lost(name: str, namespace: dict[str, Any]) -> dict[str, str]:
    return {
        part.title: part.finding for part in verdict(name, namespace).properties if part.finding
    }


def as_learner(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that the judge doesn't take for the library's own."""
    return lambda *args: function(*args)


LIBRARY = {name: as_learner(getattr(library, name)) for name in FUNCTIONS}


@pytest.mark.parametrize("name", NAMES)
def test_solution_gets_all_points(name, solution):
    result = verdict(name, solution)
    assert result.points == result.max_points, str(result)
    assert type(result.points) is float


@pytest.mark.parametrize("name", NAMES)
def test_unanswered_notebook_gets_nothing(name, unanswered):
    assert verdict(name, unanswered).points == 0.0
    assert verdict(name, {}).points == 0.0


@pytest.mark.parametrize("seed", [0, 1, 20])
def test_solution_is_right_for_other_seeds(seed, solution):
    for exercise in ASSIGNMENT.exercises:
        result = judge(exercise, InProcess(solution), seed)
        assert result.points == result.max_points, str(result)


# -- other right ways ------------------------------------------------------------------------------


def loops_im2col(x, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = x.shape
    out_h = (H + 2 * pad - filter_h) // stride + 1
    out_w = (W + 2 * pad - filter_w) // stride + 1
    col = np.zeros((N * out_h * out_w, C * filter_h * filter_w))
    for n, y, left in np.ndindex(N, out_h, out_w):
        for k, (c, i, j) in enumerate(np.ndindex(C, filter_h, filter_w)):
            row, column = y * stride + i - pad, left * stride + j - pad
            if 0 <= row < H and 0 <= column < W:
                col[(n * out_h + y) * out_w + left, k] = x[n, c, row, column]
    return col


def strides_im2col(x, filter_h, filter_w, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (filter_h, filter_w), axis=(2, 3))
    view = view[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    return view.reshape(-1, x.shape[1] * filter_h * filter_w)


def adjoint_col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    """By numbering the pixels and letting im2col say where each number went."""
    numbers = np.arange(1, np.prod(input_shape) + 1).reshape(input_shape)
    where = strides_im2col(numbers, filter_h, filter_w, stride, pad)
    return np.bincount(where.ravel(), col.ravel(), np.prod(input_shape) + 1)[1:].reshape(
        input_shape
    )


def einsum_forward(x, W, b, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(padded, W.shape[2:], axis=(2, 3))
    view = view[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,fcij->nfhw", view, W) + b[:, np.newaxis, np.newaxis]
    return out, {"x": x.copy(), "W": W.copy(), "stride": stride, "pad": pad}


def window_backward(dout, cache):
    x, W, stride, pad = cache["x"], cache["W"], cache["stride"], cache["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))).astype(float)
    dpadded, dW = np.zeros_like(padded), np.zeros(W.shape)
    FH, FW = W.shape[2:]
    for y, left in np.ndindex(*dout.shape[2:]):
        place = np.s_[:, :, y * stride : y * stride + FH, left * stride : left * stride + FW]
        g = dout[:, :, y, left]
        dW += np.einsum("nf,ncij->fcij", g, padded[place])
        dpadded[place] += np.einsum("nf,fcij->ncij", g, W)
    H, Wd = x.shape[2:]
    return [dpadded[:, :, pad : pad + H, pad : pad + Wd], dW, dout.sum(axis=(0, 2, 3))]


def view_pool_forward(x, pool, stride):
    view = np.lib.stride_tricks.sliding_window_view(x, (pool, pool), axis=(2, 3))
    return view[:, :, ::stride, ::stride].max(axis=(-2, -1)), (x.copy(), pool, stride)


def shared_pool_backward(dout, cache):
    x, pool, stride = cache
    dx = np.zeros(x.shape)
    for y, left in np.ndindex(*dout.shape[2:]):
        place = np.s_[:, :, y * stride : y * stride + pool, left * stride : left * stride + pool]
        winners = x[place] == x[place].max(axis=(2, 3), keepdims=True)
        share = winners / winners.sum(axis=(2, 3), keepdims=True)
        dx[place] += share * dout[:, :, y, left][:, :, np.newaxis, np.newaxis]
    return dx


def in_float32(function):
    def narrow(*args):
        args = [a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in args]
        result = function(*args)
        if isinstance(result, tuple):
            return tuple(r.astype(np.float32) if isinstance(r, np.ndarray) else r for r in result)
        return result.astype(np.float32)

    return narrow


def noisy(function):
    def talks(*args):
        import warnings

        print("working", args)
        warnings.warn("just a warning", stacklevel=1)
        return function(*args)

    return talks


def raising_size(n, f, stride=1, pad=0):
    assert all(isinstance(k, int) for k in (n, f, stride, pad))
    if min(n, f, stride) <= 0 or pad < 0 or n + 2 * pad < f:
        raise ValueError(n, f, stride, pad)
    return np.int32(len(range(0, n + 2 * pad - f + 1, stride)))


CONV = {"conv_forward": einsum_forward, "conv_backward": window_backward}
POOL = {"max_pool_forward": view_pool_forward, "max_pool_backward": shared_pool_backward}
ALTERNATIVES = [
    ("conv_output_size", {"conv_output_size": raising_size}),
    ("conv_output_size", {"conv_output_size": noisy(raising_size)}),
    ("im2col", {"im2col": loops_im2col}),
    ("im2col", {"im2col": strides_im2col}),
    ("im2col", {"im2col": in_float32(strides_im2col)}),
    ("im2col", {"im2col": lambda *args: loops_im2col(*args).tolist()}),
    ("im2col", {"im2col": lambda *args: np.asmatrix(loops_im2col(*args))}),
    ("col2im", {"col2im": adjoint_col2im}),
    ("col2im", {"col2im": in_float32(adjoint_col2im)}),
    ("col2im", {"col2im": noisy(adjoint_col2im)}),
    ("conv_forward", CONV),
    ("conv_forward", {"conv_forward": in_float32(einsum_forward)}),
    ("conv_forward", {"conv_forward": noisy(einsum_forward)}),
    ("conv_backward", CONV),
    ("conv_backward", {name: in_float32(function) for name, function in LIBRARY.items()}),
    ("conv_backward", LIBRARY | {"conv_backward": noisy(LIBRARY["conv_backward"])}),
    ("max_pool_forward", POOL),
    ("max_pool_forward", {"max_pool_forward": in_float32(view_pool_forward)}),
    ("max_pool_forward", {"max_pool_forward": noisy(view_pool_forward)}),
    ("max_pool_backward", POOL),
    ("max_pool_backward", LIBRARY),
    ("max_pool_backward", POOL | {"max_pool_backward": in_float32(shared_pool_backward)}),
]


@pytest.mark.parametrize(("name", "namespace"), ALTERNATIVES)
def test_other_right_ways_get_all_points(name, namespace):
    assert lost(name, namespace) == {}


# -- mistakes and the points they cost -------------------------------------------------------------


def in_place_im2col(x, *rest):
    col = loops_im2col(x, *rest)
    x *= 0
    return col


def scaled_backward(dout, cache):
    result = library.conv_backward(dout.copy(), cache)
    dout /= len(dout)
    return result


LAST = {}


def forward_with_a_global(*args):
    out, LAST["cache"] = library.conv_forward(*args)
    return out, None


def backward_with_a_global(dout, _cache):
    return library.conv_backward(dout, LAST["cache"])


def forward_that_strides_over_the_padding(x, W, b, stride=1, pad=0):
    """Start the windows at (y - pad)·stride instead of y·stride - pad."""
    out_h = library.conv_output_size(x.shape[2], W.shape[2], stride, pad)
    out_w = library.conv_output_size(x.shape[3], W.shape[3], stride, pad)
    out = library.conv_forward(x, W, b, stride, pad * stride)[0]
    return out[:, :, :out_h, :out_w], None


def pool_forward_with_a_global(*args):
    out, LAST["pool"] = library.max_pool_forward(*args)
    return out, None


def pool_backward_with_a_global(dout, _cache):
    return library.max_pool_backward(dout, LAST["pool"])


def backward_once(dout, cache):
    result = library.conv_backward(dout, cache)
    cache.col[...] = 0
    return result


def mistaken(name: str, says: str) -> dict[str, Any]:
    """The learner's functions if they make a mistake that the checks know."""
    (mistake,) = [m for m in TASKS[name].mistakes if says in m.says]
    if name == "conv_output_size":

        def wrong_size(n, f, stride=1, pad=0):
            library.conv_output_size(n, f, stride, pad)
            return mistake.function(n, f, stride, pad)

        return {name: wrong_size}
    if name in ("conv_forward", "max_pool_forward"):
        return {name: lambda *args: (mistake.function(*args), None)}
    if name.endswith("_backward"):
        forward = name.replace("backward", "forward")

        def wrong_backward(dout, args):
            return mistake.function(*args, dout)

        return {forward: lambda *args: (LIBRARY[forward](*args)[0], args), name: wrong_backward}
    return {name: as_learner(mistake.function)}


SIZE_PAD, SIZE_STRIDE = "padding at both ends", "a stride, rounded down where it does not divide"
OVERLAP, SIDE = (
    "overlapping windows add up",
    "windows side by side: every value returns to its image, channel and pixel",
)
PAD = "padding, also with a stride"
ALL_THREE = "all three with stride and padding"
POOL_STRIDE = "a stride other than the window: overlaps, gaps, pixels left over"
TWICE = "a stride other than the window: a pixel that wins twice receives the sum"
CACHE = "the cache is enough: backward works twice, and after another forward pass"

# Exercise, the learner's functions, and exactly the properties whose points are lost.
MISTAKES = [
    ("conv_output_size", mistaken("conv_output_size", "counted once"), {SIZE_PAD, SIZE_STRIDE}),
    ("conv_output_size", mistaken("conv_output_size", "rounded up"), {SIZE_STRIDE}),
    ("conv_output_size", mistaken("conv_output_size", "the stride is ignored"), {SIZE_STRIDE}),
    (
        "conv_output_size",
        {"conv_output_size": lambda n, f, stride=1, pad=0: (n + 2 * pad - f) // stride + 1},
        {"a ValueError if the filter does not fit", "a ValueError for numbers out of range"},
    ),
    (
        "conv_output_size",
        {"conv_output_size": lambda *args: float(library.conv_output_size(*args))},
        {"the result is an integer"},
    ),
    (
        "im2col",
        mistaken("im2col", "the channel comes first"),
        {
            "columns run over channel, filter row, filter column",
            "several images, channels and windows at once",
        },
    ),
    (
        "im2col",
        mistaken("im2col", "positions first, then the images"),
        {
            "rows run over image, out_y, out_x",
            "several images, channels and windows at once",
            "stride, also where it leaves pixels over or is larger than the filter",
            "zeros at all four sides, also more than the filter is large",
        },
    ),
    (
        "im2col",
        mistaken("im2col", "put after the last row"),
        {"zeros at all four sides, also more than the filter is large"},
    ),
    ("im2col", {"im2col": in_place_im2col}, {"x stays as it was"}),
    ("col2im", mistaken("col2im", "the last one overwrites"), {OVERLAP}),
    (
        "col2im",
        mistaken("col2im", "the padding is left on"),
        {"the padding is cut off at all four sides"},
    ),
    ("col2im", mistaken("col2im", "channel; the channel comes first"), {SIDE}),
    ("conv_forward", mistaken("conv_forward", "the bias is not added"), {"the bias"}),
    (
        "conv_forward",
        mistaken("conv_forward", "the padding is ignored"),
        {PAD, "x, W and b stay as they were"},
    ),
    ("conv_forward", mistaken("conv_forward", "windows start at every pixel"), {"stride", PAD}),
    ("conv_forward", {"conv_forward": forward_that_strides_over_the_padding}, {PAD}),
    (
        "conv_forward",
        mistaken("conv_forward", "reshaped straight"),
        {
            "several filters: output axes (N, FN, out_h, out_w)",
            "several images, channels and filters at once",
        },
    ),
    (
        "conv_backward",
        mistaken("conv_backward", "divided by the number of images"),
        {"db", "dW", ALL_THREE},
    ),
    ("conv_backward", mistaken("conv_backward", "the last one overwrites"), {"dx", ALL_THREE}),
    ("conv_backward", mistaken("conv_backward", "summed over all filters"), {"db", ALL_THREE}),
    (
        "conv_backward",
        {"conv_forward": forward_with_a_global, "conv_backward": backward_with_a_global},
        {CACHE},
    ),
    ("conv_backward", LIBRARY | {"conv_backward": backward_once}, {CACHE}),
    (
        "conv_backward",
        LIBRARY | {"conv_backward": scaled_backward},
        {"dout, x, W and b stay as they were"},
    ),
    ("max_pool_forward", mistaken("max_pool_forward", "starts from 0"), {"negative values"}),
    ("max_pool_forward", mistaken("max_pool_forward", "moved by their own size"), {POOL_STRIDE}),
    (
        "max_pool_forward",
        mistaken("max_pool_forward", "over the channels"),
        {
            "windows side by side, every image and channel on its own",
            "negative values",
            POOL_STRIDE,
        },
    ),
    ("max_pool_backward", mistaken("max_pool_backward", "equal maxima"), {"equal maxima"}),
    (
        "max_pool_backward",
        mistaken("max_pool_backward", "evenly over the window"),
        {"windows side by side: the gradient goes to the maximum", TWICE, "equal maxima"},
    ),
    (
        "max_pool_backward",
        {
            "max_pool_forward": pool_forward_with_a_global,
            "max_pool_backward": pool_backward_with_a_global,
        },
        {CACHE},
    ),
]


@pytest.mark.parametrize(("name", "namespace", "expected"), MISTAKES)
def test_mistakes_cost_the_points_of_their_property(name, namespace, expected):
    assert set(lost(name, namespace)) == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_least_three_mistakes_each(name):
    assert sum(exercise == name for exercise, _, _ in MISTAKES) >= 3


@pytest.mark.parametrize(
    ("name", "says"), [(name, m.says) for name in FUNCTIONS for m in TASKS[name].mistakes]
)
def test_every_known_mistake_loses_points(name, says):
    (*matching,) = [m for m in TASKS[name].mistakes if m.says == says]
    if len(matching) == 1:
        assert lost(name, mistaken(name, says))


def test_a_global_of_another_shape_is_explained():
    functions = {"conv_forward": forward_with_a_global, "conv_backward": backward_with_a_global}
    finding = lost("conv_backward", functions)[CACHE]
    assert "conv_backward raised ValueError" in finding
    assert "The first call of conv_backward went well. Keep all that the backward" in finding


def test_report_names_the_property_the_case_and_the_cause():
    report = str(verdict("im2col", mistaken("im2col", "put after the last row")))
    assert "im2col: 6.5 of 8 points" in report
    assert "  0.0 of 1.5  zeros at all four sides, also more than the filter is large" in report
    assert "x of shape (1, 1, 4, 3), filter_h = 3, filter_w = 3, stride = 1, pad = 1" in report
    assert "Likely cause: all the padding is put after the last row and column" in report


# -- answers ---------------------------------------------------------------------------------------


def test_answers_are_right_by_the_library(solution):
    from dlcore.checks.ps4 import _AGREES

    given = ASSIGNMENT.exercise("output_sizes").answers
    assert set(given) == set(_AGREES)
    for letter, agrees in _AGREES.items():
        assert agrees(library.conv_output_size, given[letter])
        assert not agrees(library.conv_output_size, given[letter] + 1)
        assert not agrees(library.conv_output_size, given[letter] - 1)


def test_answers_count_one_by_one():
    answers = dict(ASSIGNMENT.exercise("output_sizes").answers)
    assert verdict("output_sizes", {"output_sizes": answers}).points == 10
    given = answers | {"a": 0, "b": None, "c": "3", "d": float("nan"), "e": np.int64(22)}
    report = verdict("output_sizes", {"output_sizes": given})
    assert report.points == 6
    assert "0.0 of 1.0  problem a" in str(report)
    assert "0 is not right." in str(report)
    for nonsense in (None, [26] * 10, "abc", {1: 26}, {"a": [26]}, {"a": {}}, {"a": 26.5}):
        assert verdict("output_sizes", {"output_sizes": nonsense}).points == 0


# -- what a learner's function may do --------------------------------------------------------------


class Liar:
    """Claims to be equal to everything."""

    def __eq__(self, other):
        return True

    __hash__ = None


class LyingArray(np.ndarray):
    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__


def endless(*_):
    while True:
        pass


def endless_and_stubborn(*_):
    try:
        endless()
    except BaseException:
        endless()


@pytest.mark.parametrize(
    "returned",
    [
        None, "text", b"bytes", object(), Liar(), np.array([Liar()] * 4, dtype=object),
        np.full((4, 4), np.nan), np.full((4, 4), np.inf), np.zeros((4, 4), complex), {}, [], [[]],
        np.zeros((0, 0)), np.zeros((4, 4)).view(LyingArray), lambda: 0, [[1], [2, 3]],
        np.array("x"),
    ],
    ids=str,
)  # fmt: skip
def test_nonsense_gets_no_points(returned):
    for name in ("im2col", "col2im", "conv_forward", "max_pool_forward"):
        assert verdict(name, {name: lambda *args: returned}).points == 0.0
        assert verdict(name, {name: lambda *args: (returned, None)}).points == 0.0


@pytest.mark.parametrize(
    "raised",
    [ValueError("no"), KeyError(), SystemExit(3), RecursionError(), MemoryError(), GeneratorExit()],
)
def test_exceptions_end_in_the_report(raised):
    def fails(*_):
        raise raised

    result = verdict("im2col", {"im2col": fails})
    assert result.points == 0.0
    assert type(raised).__name__ in str(result)


def test_a_broken_exception_is_survived():
    class BrokenError(Exception):
        def __str__(self):
            raise RuntimeError

    def fails(*_):
        raise BrokenError

    assert "BrokenError" in str(verdict("im2col", {"im2col": fails}))


@pytest.mark.parametrize("function", [endless, endless_and_stubborn])
def test_endless_loops_are_stopped(function, monkeypatch):
    monkeypatch.setattr(InProcess, "run", _run_quickly)
    result = verdict("max_pool_backward", LIBRARY | {"max_pool_backward": function})
    assert result.points == 0.0
    assert str(result).count("was stopped after 0.2 s") == 1
    assert "As above." in str(result)
    assert "Not tried any more" in str(result)


def _run_quickly(self, calls, results):
    from dlcore.checks.calling import attempt

    return attempt(calls, results, self._namespace, seconds=0.2)


def test_a_loop_that_hangs_in_one_property_keeps_the_others():
    def hangs_with_stride(x, filter_h, filter_w, stride=1, pad=0):
        while stride > 1:
            pass
        return library.im2col(x, filter_h, filter_w, stride, pad)

    InProcessQuick = type("InProcessQuick", (InProcess,), {"run": _run_quickly})
    result = judge(ASSIGNMENT.exercise("im2col"), InProcessQuick({"im2col": hangs_with_stride}), 1)
    points = {part.title: part.points for part in result.properties}
    assert points["rows run over image, out_y, out_x"] == 1.5
    assert points["several images, channels and windows at once"] == 1.0
    assert points["stride, also where it leaves pixels over or is larger than the filter"] == 0.0


def test_the_library_itself_gets_no_points():
    result = verdict("im2col", {"im2col": library.im2col})
    assert result.points == 0.0
    assert "dlcore's own function" in str(result)


def test_an_earlier_function_that_fails_is_named(solution):
    def fails(*_):
        raise ValueError("no")

    report = str(verdict("conv_backward", solution | {"conv_forward": fails}))
    assert "conv_forward raised ValueError: no." in report
    assert "conv_backward can be tried as soon as conv_forward works." in report


def test_score_prints_the_report_and_returns_a_plain_float(solution, capsys):
    points = score("ps4_convolution", "im2col", solution)
    assert repr(points) == "8.0"
    assert capsys.readouterr().out.startswith("im2col: 8 of 8 points\n")


def test_unknown_names():
    with pytest.raises(ValueError, match="there is ps4_convolution"):
        load_assignment("ps9")
    with pytest.raises(ValueError, match="it has conv_output_size"):
        ASSIGNMENT.exercise("im2rows")


def test_property_titles_are_unique_and_points_are_halves():
    for exercise in ASSIGNMENT.exercises:
        parts = getattr(exercise, "properties", ())
        assert len({part.title for part in parts}) == len(parts)
        assert all((2 * part.points).is_integer() for part in parts)
    assert ASSIGNMENT.max_points == 60
