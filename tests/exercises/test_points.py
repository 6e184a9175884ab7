"""The judge: what a learner's function may do, and what the report says then."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from dlcore import convolution as library
from dlgrader.declarations import ChoiceExercise
from dlgrader.exercises import load_assignment
from dlgrader.judge import Verdict, judge, nothing
from dlgrader.local import LocalWorkplace, _LocalBench

# Warnings of the made-up learners are part of the tests.
pytestmark = pytest.mark.filterwarnings("ignore")

DECLARED = load_assignment("ps4_convolution")
RIGHT = {exercise.name: getattr(library, exercise.name) for exercise in DECLARED.code}


def verdict(name: str, functions: dict[str, Any]) -> Verdict:
    return judge(DECLARED.exercise(name), LocalWorkplace(functions), DECLARED.seed)


class Quick(LocalWorkplace):
    """A place where calls may take 0.2 seconds."""

    @contextmanager
    def branch(self):
        yield _LocalBench(self._namespace, seconds=0.2)


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
        np.array("x"), (n for n in range(4)),
    ],
    ids=lambda value: type(value).__name__,
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
def test_endless_loops_are_stopped(function):
    place = Quick(RIGHT | {"max_pool_backward": function})
    result = judge(DECLARED.exercise("max_pool_backward"), place, DECLARED.seed)
    assert result.points == 0.0
    assert str(result).count("was stopped after 0.2 s") == 1
    assert "As above." in str(result)
    assert "Not tried any more" in str(result)


def test_a_loop_that_hangs_in_one_property_keeps_the_others():
    def hangs_with_stride(x, filter_h, filter_w, stride=1, pad=0):
        while stride > 1:
            pass
        return library.im2col(x, filter_h, filter_w, stride, pad)

    result = judge(DECLARED.exercise("im2col"), Quick({"im2col": hangs_with_stride}), 1)
    lost = {part.key for part in result.properties if part.points < part.max_points}
    assert {"stride", "together"} <= lost
    assert not lost & {"shape", "rows", "columns", "padding"}


def test_an_earlier_function_that_fails_is_named():
    def fails(*_):
        raise ValueError("no")

    report = str(verdict("conv_backward", RIGHT | {"conv_forward": fails}))
    assert "conv_forward raised ValueError: no." in report
    assert "conv_backward can be judged when conv_forward works." in report


def test_report_names_the_property_the_case_and_the_cause():
    from dlgrader.model import load_model

    exercise, model = DECLARED.exercise("im2col"), load_model(DECLARED.name)
    (change,) = [part for part in exercise.mistakes if part.name == "padding-after-only"]
    place = LocalWorkplace(model.functions(exercise, change))
    report = str(judge(exercise, place, DECLARED.seed, model))
    assert "im2col: 6 of 8 points" in report
    assert "  0.0 of 1.0  zeros at all four sides, also more than the filter is large" in report
    assert "x of shape (1, 1, 1, 4), filter_h = 3, filter_w = 1, stride = 1, pad = 1" in report
    assert "Likely cause: all the padding is put after the last row and column" in report
    assert "Read again: chapter 4.1, “im2col: every window becomes a row”." in report


def test_points_without_the_model_solution_are_the_same():
    named = judge(DECLARED.exercise("im2col"), LocalWorkplace(RIGHT), DECLARED.seed)
    assert named.points == 8.0
    assert type(named.points) is float


CHOICE = ChoiceExercise(
    name="largest",
    title="Which is larger?",
    minutes=1,
    section=DECLARED.exercises[0].section,
    right="b",
    why={"a": "1 is smaller than 2.", "b": "2 is larger than 1."},
    max_points=2.0,
)


@pytest.mark.parametrize(
    ("given", "points", "said"),
    [
        ("b", 2.0, "2.0 of 2.0"),
        (" B\n", 2.0, "2.0 of 2.0"),
        ("a", 0.0, "a is not right: 1 is smaller than 2."),
        ("ab", 0.0, "No answer: expected one of the letters a, b."),
        (None, 0.0, "No answer"),
        (["b"], 0.0, "No answer"),
        (Liar(), 0.0, "largest: 0 of 2"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_choices(given, points, said):
    result = judge(CHOICE, LocalWorkplace({"largest": given}), 0)
    assert result.points == points
    assert said in str(result)


def test_what_could_not_be_judged():
    result = nothing(CHOICE, "the kernel died")
    assert result.points == 0.0
    assert result.max_points == 2.0
    assert "the kernel died" in str(result)


def test_unknown_names():
    with pytest.raises(ValueError, match=r"there is .*ps4_convolution"):
        load_assignment("ps9")
    with pytest.raises(ValueError, match="it has conv_output_size"):
        DECLARED.exercise("im2rows")
