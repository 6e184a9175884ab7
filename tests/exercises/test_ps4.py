"""ps4_convolution: the answers against torch and by hand, and submissions of all kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlcore import checks
from dlcore import convolution as library
from dlcore.checks.ps4 import _AGREES
from dlgrader.declarations import Mistake
from dlgrader.exercises import load_assignment
from dlgrader.judge import Verdict, judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import load_model

# Warnings of the made-up learners are part of the tests.
pytestmark = pytest.mark.filterwarnings("ignore")

DECLARED = load_assignment("ps4_convolution")
MODEL = load_model(DECLARED.name)
ps4 = checks.ps4


def as_written(**functions: Any) -> dict[str, Any]:
    """The model solution, with some functions of a learner's instead."""
    return MODEL.functions(DECLARED.exercise("max_pool_backward")) | functions


def verdict(name: str, **functions: Any) -> Verdict:
    return judge(DECLARED.exercise(name), LocalWorkplace(as_written(**functions)), DECLARED.seed)


def lost(name: str, **functions: Any) -> set[str]:
    parts = verdict(name, **functions).properties
    return {part.key for part in parts if part.points < part.max_points}


def message(check: Any, *functions: Any) -> str:
    with pytest.raises(checks.CheckFailed) as caught:
        check(*functions)
    return " ".join(str(caught.value).split())


# -- the model solution ----------------------------------------------------------------------------

SETTINGS = [
    ((2, 3, 7, 6), (4, 3, 3, 2), 1, 0),
    ((1, 2, 5, 8), (3, 2, 2, 3), 2, 1),
    ((3, 1, 4, 4), (1, 1, 1, 1), 3, 2),
    ((2, 2, 3, 5), (2, 2, 2, 2), 4, 5),
]


@pytest.mark.parametrize(("x_shape", "w_shape", "stride", "pad"), SETTINGS)
def test_convolution_is_that_of_torch(x_shape, w_shape, stride, pad):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(7)
    x, W, b = (rng.standard_normal(shape) for shape in (x_shape, w_shape, w_shape[:1]))
    theirs = [torch.tensor(array, requires_grad=True) for array in (x, W, b)]
    right = torch.nn.functional.conv2d(*theirs, stride=stride, padding=pad)
    own = as_written()
    out, cache = own["conv_forward"](x, W, b, stride, pad)
    assert np.allclose(out, right.detach().numpy())
    dout = rng.standard_normal(out.shape)
    right.backward(torch.tensor(dout))
    for gradient, tensor in zip(own["conv_backward"](dout, cache), theirs, strict=True):
        assert np.allclose(gradient, tensor.grad.numpy())
    columns = torch.nn.functional.unfold(torch.tensor(x), w_shape[2:], stride=stride, padding=pad)
    rows = columns.numpy().transpose(0, 2, 1).reshape(-1, np.prod(w_shape[1:]))
    assert np.allclose(own["im2col"](x, *w_shape[2:], stride, pad), rows)


@pytest.mark.parametrize(("pool", "stride"), [(2, 2), (3, 1), (3, 2), (2, 3)])
def test_pooling_is_that_of_torch(pool, stride):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(8)
    x = rng.standard_normal((2, 3, 7, 8))
    theirs = torch.tensor(x, requires_grad=True)
    right = torch.nn.functional.max_pool2d(theirs, pool, stride)
    own = as_written()
    out, cache = own["max_pool_forward"](x, pool, stride)
    assert np.array_equal(out, right.detach().numpy())
    dout = rng.standard_normal(out.shape)
    right.backward(torch.tensor(dout))
    assert np.allclose(own["max_pool_backward"](dout, cache), theirs.grad.numpy())


def test_the_examples_of_the_statements():
    own = as_written()
    assert own["conv_output_size"](7, 3, 2, 1) == own["conv_output_size"](8, 3, 2, 1) == 4
    image = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert own["im2col"](image, 2, 2)[:2].tolist() == [[1, 2, 4, 5], [2, 3, 5, 6]]
    ones = own["col2im"](np.ones((4, 4)), (1, 1, 3, 3), 2, 2)
    assert ones[0, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    W = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    assert own["conv_forward"](image, W, np.array([100.0]))[0][0, 0, 0, 0] == 137
    x, W = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[[5.0, 6.0], [7.0, 8.0]]]])
    dx, dW, db = own["conv_backward"](
        np.full((1, 1, 1, 1), 10.0), own["conv_forward"](x, W, np.zeros(1))[1]
    )
    assert dx[0, 0].tolist() == [[50, 60], [70, 80]]
    assert dW[0, 0].tolist() == [[10, 20], [30, 40]]
    assert db.tolist() == [10]
    x = np.array([[[[1.0, 5.0, 2.0], [3.0, 4.0, 9.0]]]])
    assert own["max_pool_forward"](x, 2, 2)[0].tolist() == [[[[5]]]]
    out, cache = own["max_pool_forward"](x, 2, 1)
    assert out.tolist() == [[[[5, 9]]]]
    dx = own["max_pool_backward"](np.array([[[[6.0, 7.0]]]]), cache)
    assert dx[0, 0].tolist() == [[0, 6, 0], [0, 0, 7]]


# -- points ----------------------------------------------------------------------------------------


def test_points_are_halves_and_60_in_all():
    assert DECLARED.max_points == 60
    assert sum(exercise.minutes for exercise in DECLARED.exercises) == 180
    for exercise in DECLARED.code:
        assert all((2 * part.points).is_integer() for part in exercise.properties)


ZEROS = {
    "conv_output_size": lambda n, f, s=1, p=0: 0,
    "im2col": lambda *args: 0 * library.im2col(*args),
    "col2im": lambda *args: 0 * library.col2im(*args),
    "conv_forward": lambda *args: (0 * library.conv_forward(*args)[0], args),
    "conv_backward": lambda dout, cache: tuple(
        np.zeros(shape) for shape in (cache[2], cache[1].shape, len(cache[1]))
    ),
    "max_pool_forward": lambda *args: (0 * library.max_pool_forward(*args)[0], args),
    "max_pool_backward": lambda dout, cache: np.zeros(cache[1]),
}


@pytest.mark.parametrize("name", ZEROS)
def test_zeros_of_the_right_shape_get_nothing(name):
    result = verdict(name, **{name: ZEROS[name]})
    assert result.points == 0, str(result)


# What a mistake costs besides "together", where everything is at work at once.
OWN_PROPERTY_ONLY = [
    ("conv_output_size", "padding-once", {"padding"}),
    ("conv_output_size", "stride-ignored", {"stride"}),
    ("conv_output_size", "fit-not-checked", {"fits"}),
    ("im2col", "channel-last", {"columns"}),
    ("im2col", "windows-transposed", {"columns"}),
    ("im2col", "positions-before-images", {"rows"}),
    ("im2col", "out-x-before-out-y", {"rows"}),
    ("im2col", "padding-ignored", {"padding"}),
    ("im2col", "stride-ignored", {"stride"}),
    ("im2col", "padding-times-stride", set()),
    ("col2im", "windows-overwrite", {"overlap", "adjoint"}),
    ("col2im", "channel-last", {"side", "adjoint"}),
    ("col2im", "padding-left-on", {"padding", "adjoint"}),
    ("conv_forward", "filter-flipped", {"window"}),
    ("conv_forward", "no-bias", {"bias"}),
    ("conv_forward", "reshaped-at-once", {"filters"}),
    ("conv_forward", "filters-channel-last", {"channels"}),
    ("conv_forward", "padding-ignored", {"padding"}),
    ("conv_forward", "stride-ignored", {"stride"}),
    ("conv_backward", "divided-by-images", {"db", "dW"}),
    ("conv_backward", "db-over-all-filters", {"db"}),
    ("conv_backward", "dW-filters-in-columns", {"dW"}),
    ("conv_backward", "windows-overwrite", {"dx"}),
    ("conv_backward", "padding-forgotten", {"padding"}),
    ("conv_backward", "stride-forgotten", {"stride"}),
    ("conv_backward", "global-variable", {"cache"}),
    ("max_pool_forward", "starts-from-zero", {"negative"}),
    ("max_pool_forward", "window-as-stride", {"stride"}),
    ("max_pool_forward", "over-channels", {"maps"}),
    ("max_pool_forward", "rounded-up", {"left-over"}),
    ("max_pool_backward", "ties-all", {"ties"}),
    ("max_pool_backward", "later-window-wins", {"overlap"}),
    ("max_pool_backward", "added-up-in-the-cache", {"cache"}),
]


@pytest.mark.parametrize(("name", "mistake", "expected"), OWN_PROPERTY_ONLY)
def test_a_mistake_costs_its_own_property(name, mistake, expected):
    exercise = DECLARED.exercise(name)
    (change,) = [change for change in exercise.mistakes if change.name == mistake]
    place = LocalWorkplace(MODEL.functions(exercise, change))
    parts = judge(exercise, place, DECLARED.seed).properties
    lost_here = {part.key for part in parts if part.points < part.max_points}
    assert lost_here - {"together"} == expected
    assert lost_here


# -- right submissions, from the contract's fine print ---------------------------------------------


def boxed(x, *rest):
    """Everything in tuples and lists of Python's floats."""
    return library.im2col(x, *rest).astype(float).tolist()


def renamed(a, fh, fw, s=1, p=0, *, verbose=False):
    return library.im2col(a, fh, fw, stride=s, pad=p)


def view_of_something_larger(*args):
    col = library.im2col(*args)
    return np.repeat(np.repeat(col, 2, axis=0), 2, axis=1)[::2, ::2]


class Layer:
    """Methods and state of an object per call."""

    def forward(self, x, W, b, stride=1, pad=0):
        out, self.cache = library.conv_forward(x, W, b, stride, pad)
        return out, self


def conv_with_objects(x, W, b, stride=1, pad=0):
    return Layer().forward(x, W, b, stride, pad)


def backward_with_objects(dout, layer):
    return [gradient.astype(np.float32) for gradient in library.conv_backward(dout, layer.cache)]


def noisy(*args):
    import warnings

    print("working", args)
    warnings.warn("just a warning", stacklevel=1)
    np.seterr(all="ignore")
    return library.col2im(*args)


def pool_with_infinities(x, pool, stride):
    n, c, h, w = x.shape
    oh, ow = (h - pool) // stride + 1, (w - pool) // stride + 1
    out = np.full((n, c, oh, ow), float("-inf"))
    for y in range(oh):
        for z in range(ow):
            for i in range(pool):
                for j in range(pool):
                    here = x[:, :, y * stride + i, z * stride + j]
                    out[:, :, y, z] = np.where(here > out[:, :, y, z], here, out[:, :, y, z])
    return out, (x, out, pool, stride)


def last_of_equal_maxima(dout, cache):
    x, out, pool, stride = cache
    dx = np.zeros_like(x)
    for n, c, y, z in np.ndindex(out.shape):
        window = x[n, c, y * stride : y * stride + pool, z * stride : z * stride + pool]
        place = np.argwhere(window == out[n, c, y, z])[-1]
        dx[n, c, y * stride + place[0], z * stride + place[1]] += dout[n, c, y, z]
    return dx


def size_of_numpy_integers(n, f, stride=1, pad=0):
    if not (f >= 1 and n >= 1 and stride >= 1 and pad >= 0):
        raise ValueError
    whole = np.arange(0, n + 2 * pad - f + 1, stride).size
    if not whole:
        raise ValueError("no position")
    return np.uint8(whole)


RIGHT = [
    ("conv_output_size", {"conv_output_size": size_of_numpy_integers}),
    ("im2col", {"im2col": boxed}),
    ("im2col", {"im2col": renamed}),
    ("im2col", {"im2col": view_of_something_larger}),
    ("im2col", {"im2col": lambda *args: np.asmatrix(library.im2col(*args))}),
    ("im2col", {"im2col": lambda *args: np.asfortranarray(library.im2col(*args))}),
    ("col2im", {"col2im": noisy}),
    ("col2im", {"col2im": lambda *args: library.col2im(*args).astype(np.float32)}),
    (
        "conv_backward",
        {"conv_forward": conv_with_objects, "conv_backward": backward_with_objects},
    ),
    (
        "conv_backward",
        {
            "conv_forward": library.conv_forward,
            "conv_backward": lambda dout, cache: tuple(
                g.tolist() for g in library.conv_backward(np.float32(dout), cache)
            ),
        },
    ),
    ("max_pool_forward", {"max_pool_forward": pool_with_infinities}),
    (
        "max_pool_backward",
        {"max_pool_forward": pool_with_infinities, "max_pool_backward": last_of_equal_maxima},
    ),
]


@pytest.mark.parametrize(("name", "functions"), RIGHT)
def test_right_submissions_get_full_points(name, functions):
    assert lost(name, **functions) == set()


# -- wrong submissions -----------------------------------------------------------------------------


def refuses_large_padding(x, filter_h, filter_w, stride=1, pad=0):
    if pad > min(filter_h, filter_w) or stride > max(filter_h, filter_w):
        raise ValueError("not possible")
    return library.im2col(x, filter_h, filter_w, stride, pad)


def square_only(x, filter_h, filter_w, stride=1, pad=0):
    return library.im2col(x, filter_h, filter_h, stride, pad)


REMEMBERED: dict[Any, Any] = {}


def forward_by_shape(x, W, b, stride=1, pad=0):
    out, REMEMBERED[x.shape] = library.conv_forward(x, W, b, stride, pad)
    return out, x.shape


def backward_by_shape(dout, shape):
    return library.conv_backward(dout, REMEMBERED[shape])


def no_gradient_for_ties(dout, cache):
    x, out, pool, stride = cache
    dx = np.zeros_like(x)
    for n, c, y, z in np.ndindex(out.shape):
        rows = slice(y * stride, y * stride + pool)
        columns = slice(z * stride, z * stride + pool)
        winners = x[n, c, rows, columns] == out[n, c, y, z]
        if winners.sum() == 1:
            dx[n, c, rows, columns] += winners * dout[n, c, y, z]
    return dx


def changes_x_while_padding(x, filter_h, filter_w, stride=1, pad=0):
    col = library.im2col(x, filter_h, filter_w, stride, pad)
    if pad:
        x[:, :, :pad] = 0
    return col


def scaled_backward(dout, cache):
    result = library.conv_backward(dout.copy(), cache)
    dout /= len(dout)
    return result


def backward_once(dout, cache):
    result = library.conv_backward(dout, cache)
    cache.col[...] = 0
    return result


WRONG = [
    ("im2col", {"im2col": refuses_large_padding}, {"padding", "together", "stride"}),
    ("im2col", {"im2col": square_only}, {"shape", "columns", "padding", "together", "stride"}),
    ("im2col", {"im2col": changes_x_while_padding}, {"untouched"}),
    (
        "conv_backward",
        {"conv_forward": forward_by_shape, "conv_backward": backward_by_shape},
        {"cache"},
    ),
    (
        "conv_backward",
        {"conv_forward": library.conv_forward, "conv_backward": backward_once},
        {"cache"},
    ),
    (
        "conv_backward",
        {"conv_forward": library.conv_forward, "conv_backward": scaled_backward},
        {"untouched"},
    ),
    (
        "max_pool_backward",
        {"max_pool_forward": pool_with_infinities, "max_pool_backward": no_gradient_for_ties},
        {"ties"},
    ),
]


@pytest.mark.parametrize(("name", "functions", "expected"), WRONG)
def test_wrong_submissions_lose(name, functions, expected):
    found = lost(name, **functions)
    assert found
    assert found <= expected | {"defaults"}
    if len(expected) == 1:
        assert found == expected


# -- advice ----------------------------------------------------------------------------------------


def test_who_is_advised_to_leave_out_the_loop_over_pixels():
    exercise = DECLARED.exercise("im2col")
    advised = {}
    for change in exercise.alternatives:
        result = judge(exercise, LocalWorkplace(MODEL.functions(exercise, change)), 1, MODEL)
        assert result.points == result.max_points
        advised[change.name] = bool(result.properties[-1].finding)
    assert advised == {
        "loops over everything": True,
        "sliding windows": False,
        "strides by hand, in float32": False,
        "a window at a time, as lists": True,
        "an index for every pixel": False,
    }


def test_advice_is_not_given_for_what_does_not_work():
    def unwritten(*_):
        raise NotImplementedError("im2col is not written yet.")

    report = str(verdict("im2col", im2col=unwritten))
    assert "advice" not in report
    assert report.count("im2col is not written yet.") == 1


# -- the check cells -------------------------------------------------------------------------------


def test_message_tells_case_place_and_cause():
    def backwards(x, *rest):
        return library.im2col(x, *rest)[::-1]

    with pytest.raises(checks.CheckFailed) as caught:
        ps4.im2col(backwards)
    assert str(caught.value) == (
        "im2col: case 1 of 7\n"
        "x of shape (1, 1, 3, 3), filter_h = 2, filter_w = 2, stride = 1, pad = 0\n"
        "col[0, 0] is 5, expected 1 (16 of 16 values differ; largest relative error 4, at [0, 0])\n"
        "expected col:\n[[1. 2. 4. 5.]\n [2. 3. 5. 6.]\n [4. 5. 7. 8.]\n [5. 6. 8. 9.]]\n"
        "got col:\n[[5. 6. 8. 9.]\n [4. 5. 7. 8.]\n [2. 3. 5. 6.]\n [1. 2. 4. 5.]]"
    )


def test_two_mistakes_at_once_name_the_more_likely():
    def size(n, f, stride=1, pad=0):
        return (n + pad - f) // stride + 1

    said = message(ps4.conv_output_size, size)
    assert "as if the padding is counted once, but it is added at both ends" in said


def test_a_failing_forward_pass_is_not_blamed_on_the_backward_pass():
    def forward(x, W, b, stride=1, pad=0):
        if stride > 1:
            raise ValueError("no strides")
        return library.conv_forward(x, W, b, stride, pad)

    said = message(ps4.conv_backward, forward, library.conv_backward)
    assert "conv_forward raised ValueError: no strides." in said
    assert "conv_backward can be tried as soon as conv_forward works." in said
    assert "Likely cause" not in said
    assert "handed on to col2im" not in str(
        verdict("conv_backward", conv_forward=forward, conv_backward=library.conv_backward)
    )


def test_a_cache_that_is_gone():
    def forward(*args):
        out, cache = library.conv_forward(*args)
        return out, [cache]

    said = message(
        ps4.conv_backward, forward, lambda dout, cache: library.conv_backward(dout, cache.pop())
    )
    assert "conv_backward raised IndexError" in said
    assert "Keep all that the backward pass needs in the cache" in said


def test_ties_in_the_check_cell():
    said = message(ps4.max_pool_backward, pool_with_infinities, no_gradient_for_ties)
    assert "sum of dx over each map[0, 0] is 0, expected 6" in said
    assert "give the gradient to one of the 3s, or a share to each" in said


def test_sizes_that_must_be_refused():
    said = message(ps4.conv_output_size, lambda n, f, s=1, p=0: (n + 2 * p - f) // max(s, 1) + 1)
    assert "expected a ValueError; it returned size = 0" in said
    assert "whether the filter fits is not checked." in said
    assert "Use `raise ValueError(...)`." in said


def test_unwritten_functions():
    for exercise in DECLARED.code:
        source = f'def {exercise.name}(*_):\n    raise NotImplementedError("not written yet.")'
        functions = MODEL.functions(exercise, Mistake("unwritten", "", source=source))
        needed = [functions[name] for name in exercise.functions]
        assert "not written yet." in message(getattr(ps4, exercise.name), *needed)


# -- the ten answers -------------------------------------------------------------------------------

ANSWERS = dict(DECLARED.exercise("output_sizes").answers)


def test_answers_are_right_by_the_library():
    assert MODEL.functions(DECLARED.exercise("im2col"))["output_sizes"] == ANSWERS
    assert set(ANSWERS) == set(_AGREES)
    for letter, agrees in _AGREES.items():
        assert agrees(library.conv_output_size, ANSWERS[letter])
        assert not agrees(library.conv_output_size, ANSWERS[letter] + 1)
        assert not agrees(library.conv_output_size, ANSWERS[letter] - 1)


def test_slips_are_wrong_answers():
    slips = DECLARED.exercise("output_sizes").slips
    assert set(slips) == set(ANSWERS)
    for letter, said in slips.items():
        assert ANSWERS[letter] not in said


def test_slips_of_the_formula():
    """What the slips claim, by computing."""
    slips = DECLARED.exercise("output_sizes").slips
    problems = {"c": (11, 4, 3, 0), "d": (224, 7, 2, 3), "e": (45, 5, 2, 1), "f": (55, 3, 2, 0)}
    for letter, (n, f, s, p) in problems.items():
        right = (n + 2 * p - f) // s + 1
        wrong = {
            "the stride is ignored": n + 2 * p - f + 1,
            "the + 1 is missing": right - 1,
            "rounded up": -(-(n + 2 * p - f) // s) + 1,
        }
        if p:
            wrong["the padding is ignored"] = (n - f) // s + 1
            wrong["counted at one end only"] = (n + p - f) // s + 1
        for says, number in wrong.items():
            if number != right and number in slips[letter]:
                words = slips[letter][number]
                assert says in words or "or" in words, (letter, number, words)
    assert 10 * (28 - 5 + 1) ** 2 == 5_760
    assert 10 * (28 + 2 - 5 + 1) ** 2 == 6_760
    assert 3 * ANSWERS["h"] == 23_520
    assert [32 * side**2 for side in (5, 7, 12)] == [800, 1_568, 4_608]
    assert [(n - 3) // 2 + 1 for n in (19, 20, 21, 22, 23)] == [9, 9, 10, 10, 11]


def test_answers_count_one_by_one():
    assert verdict("output_sizes", output_sizes=ANSWERS).points == 10
    given = ANSWERS | {"a": 25, "b": None, "c": "3", "d": float("nan"), "e": np.int64(22)}
    report = verdict("output_sizes", output_sizes=given | {"f": 27.0})
    assert report.points == 6
    assert "25 is not right. Likely cause: the + 1 is missing." in str(report)
    for nonsense in (None, [26] * 10, "abc", {1: 26}, {"a": [26]}, {"a": {}}, {"a": 26.5}):
        assert verdict("output_sizes", output_sizes=nonsense).points == 0


def test_answers_are_compared_with_the_learners_own_function(capsys):
    size = library.conv_output_size
    ps4.output_sizes(ANSWERS | {"d": np.float64(112)}, size)
    assert "all agree with your conv_output_size" in capsys.readouterr().out
    with pytest.raises(checks.CheckFailed) as caught:
        ps4.output_sizes(ANSWERS | {"b": 9, "c": None, "d": 112.5, "e": True}, size)
    assert str(caught.value).splitlines()[1:] == [
        "- b: your answer 9 and your conv_output_size disagree; one of the two is wrong",
        "- c: no answer yet",
        "- d: expected an integer, got 112.5",
        "- e: expected an integer, got True",
    ]
    assert "must be a dict" in message(ps4.output_sizes, [26, 10], size)


def test_answers_without_a_working_function(capsys):
    def unwritten(*_):
        raise NotImplementedError

    ps4.output_sizes(ANSWERS, unwritten)
    assert "Once conv_output_size works" in capsys.readouterr().out
