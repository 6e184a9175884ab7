"""Checks of assignment ps4_convolution, one function for each exercise."""

from __future__ import annotations

import contextlib
import io
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlcore import convolution
from dlcore.checks import ps4_mistakes
from dlcore.checks.calling import Call, Result, attempt
from dlcore.checks.reporting import CheckFailed, Task, check, failure

Array = np.ndarray[Any, Any]

__all__ = [
    "TASKS",
    "col2im",
    "conv_backward",
    "conv_forward",
    "conv_output_size",
    "im2col",
    "max_pool_backward",
    "max_pool_forward",
    "output_sizes",
    "ready",
]


# -- what is asked -------------------------------------------------------------------------------


def _single(name: str) -> Callable[..., tuple[Call, ...]]:
    return lambda *args: (Call(name, args),)


def _backward(x: Array, W: Array, b: Array, stride: int, pad: int, dout: Array) -> tuple[Call, ...]:
    forward = Call("conv_forward", (x, W, b, stride, pad))
    return forward, Call("conv_backward", (dout, Result(0, 1)))


def _pool_backward(x: Array, pool: int, stride: int, dout: Array) -> tuple[Call, ...]:
    forward = Call("max_pool_forward", (x, pool, stride))
    return forward, Call("max_pool_backward", (dout, Result(0, 1)))


#: What each exercise asks for, by the name of the function: arguments, results, known mistakes.
TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="conv_output_size",
            arguments=("input_size", "filter_size", "stride", "pad"),
            plan=_single("conv_output_size"),
            results={"size": Result(0)},
            reference=convolution.conv_output_size,
            mistakes=ps4_mistakes.OUTPUT_SIZE,
            integers=True,
        ),
        Task(
            name="im2col",
            arguments=("x", "filter_h", "filter_w", "stride", "pad"),
            plan=_single("im2col"),
            results={"col": Result(0)},
            reference=convolution.im2col,
            mistakes=ps4_mistakes.IM2COL,
        ),
        Task(
            name="col2im",
            arguments=("col", "input_shape", "filter_h", "filter_w", "stride", "pad"),
            plan=_single("col2im"),
            results={"x": Result(0)},
            reference=convolution.col2im,
            mistakes=ps4_mistakes.COL2IM,
        ),
        Task(
            name="conv_forward",
            arguments=("x", "W", "b", "stride", "pad"),
            plan=_single("conv_forward"),
            results={"out": Result(0, 0)},
            reference=lambda *args: convolution.conv_forward(*args)[0],
            mistakes=ps4_mistakes.CONV_FORWARD,
        ),
        Task(
            name="conv_backward",
            arguments=("x", "W", "b", "stride", "pad", "dout"),
            plan=_backward,
            results={"dx": Result(1, 0), "dW": Result(1, 1), "db": Result(1, 2)},
            reference=lambda *args: convolution.conv_backward(
                args[-1], convolution.conv_forward(*args[:-1])[1]
            ),
            mistakes=ps4_mistakes.CONV_BACKWARD,
        ),
        Task(
            name="max_pool_forward",
            arguments=("x", "pool", "stride"),
            plan=_single("max_pool_forward"),
            results={"out": Result(0, 0)},
            reference=lambda *args: convolution.max_pool_forward(*args)[0],
            mistakes=ps4_mistakes.MAX_POOL_FORWARD,
        ),
        Task(
            name="max_pool_backward",
            arguments=("x", "pool", "stride", "dout"),
            plan=_pool_backward,
            results={"dx": Result(1)},
            reference=lambda *args: convolution.max_pool_backward(
                args[-1], convolution.max_pool_forward(*args[:-1])[1]
            ),
            mistakes=ps4_mistakes.MAX_POOL_BACKWARD,
        ),
    )
}


# -- public cases --------------------------------------------------------------------------------


def _counting(*shape: int) -> Array:
    """1, 2, 3, …: values in which every mix-up shows."""
    return np.arange(1.0, math.prod(shape) + 1).reshape(shape)


def _mixed(*shape: int) -> Array:
    """Distinct small numbers of both signs, in no simple order."""
    size = math.prod(shape)
    return (np.random.default_rng(size).permutation(size) - size // 2).reshape(shape) / 2.0


def conv_output_size(function: Callable[..., Any]) -> None:
    """Check ``conv_output_size(input_size, filter_size, stride=1, pad=0)``.

    >>> conv_output_size(convolution.conv_output_size)
    conv_output_size: all 6 public cases are right. The points come from others.
    conv_output_size: impossible sizes are refused.
    """
    cases = [(5, 3, 1, 0), (6, 3, 1, 1), (7, 3, 2, 0), (8, 3, 2, 0), (10, 4, 3, 1), (3, 5, 1, 1)]
    task = TASKS["conv_output_size"]
    check(task, {task.name: function}, cases)
    for args in [(2, 5, 1, 1), (5, 3, 0, 0), (5, 3, 1, -1), (5, 0, 1, 0)]:
        tried = attempt(task.plan(*args), task.results, {task.name: function})
        if "ValueError" not in tried.raised:
            if "size" in tried.arrays:
                came = f"It returned {tried.arrays['size']}."
            else:
                came = tried.problem or f"Nothing was raised; size is {tried.unusable['size']}"
            raise failure(
                f"conv_output_size: {task.describe(args)}",
                f"expected a ValueError. {came}",
                "The filter must fit into the padded input; input_size, filter_size and stride "
                "must be at least 1, pad at least 0. Use `raise ValueError(...)`.",
            )
    print("conv_output_size: impossible sizes are refused.")


def im2col(function: Callable[..., Any]) -> None:
    """Check ``im2col(x, filter_h, filter_w, stride=1, pad=0)``.

    >>> im2col(convolution.im2col)
    im2col: all 6 public cases are right. The points come from others.
    """
    cases = [
        (_counting(1, 1, 3, 3), 2, 2, 1, 0),
        (_counting(1, 2, 3, 3), 2, 2, 1, 0),
        (_counting(2, 2, 3, 4), 3, 2, 1, 0),
        (_counting(1, 1, 5, 5), 3, 3, 2, 0),
        (_counting(1, 1, 2, 3), 2, 2, 1, 1),
        (_counting(2, 3, 6, 5), 3, 2, 2, 1),
    ]
    check(TASKS["im2col"], {"im2col": function}, cases)


def col2im(function: Callable[..., Any]) -> None:
    """Check ``col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0)``.

    >>> col2im(convolution.col2im)
    col2im: all 6 public cases are right. The points come from others.
    """
    cases = [
        (_counting(4, 4), (1, 1, 4, 4), 2, 2, 2, 0),
        (_counting(4, 4), (1, 1, 3, 3), 2, 2, 1, 0),
        (_counting(4, 8), (1, 2, 3, 3), 2, 2, 1, 0),
        (_counting(8, 12), (2, 2, 4, 3), 3, 2, 1, 0),
        (_counting(12, 4), (1, 1, 2, 3), 2, 2, 1, 1),
        (_counting(9, 4), (1, 1, 8, 8), 2, 2, 3, 0),
    ]
    check(TASKS["col2im"], {"col2im": function}, cases)


def conv_forward(function: Callable[..., Any]) -> None:
    """Check ``conv_forward(x, W, b, stride=1, pad=0)``.

    >>> conv_forward(convolution.conv_forward)
    conv_forward: all 8 public cases are right. The points come from others.
    """
    cases = [
        (_counting(1, 1, 3, 3), _counting(1, 1, 2, 2), np.zeros(1), 1, 0),
        (_counting(1, 1, 3, 3), _counting(1, 1, 2, 2), np.array([100.0]), 1, 0),
        (_mixed(1, 2, 3, 3), _mixed(1, 2, 2, 2), np.array([1.0]), 1, 0),
        (_mixed(1, 1, 4, 3), _mixed(3, 1, 2, 2), np.array([1.0, -2.0, 0.5]), 1, 0),
        (_mixed(2, 2, 4, 5), _mixed(3, 2, 3, 2), np.array([1.0, -2.0, 0.5]), 1, 0),
        (_mixed(1, 1, 5, 5), _mixed(1, 1, 3, 3), np.array([1.0]), 2, 0),
        (_mixed(1, 1, 3, 3), _mixed(1, 1, 3, 3), np.array([1.0]), 1, 1),
        (_mixed(2, 3, 6, 5), _mixed(2, 3, 3, 2), np.array([1.0, -1.0]), 2, 1),
    ]
    check(TASKS["conv_forward"], {"conv_forward": function}, cases)


def conv_backward(forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
    """Check ``conv_backward(dout, cache)``; the cache comes from the learner's ``conv_forward``.

    >>> conv_backward(convolution.conv_forward, convolution.conv_backward)
    conv_backward: all 5 public cases are right. The points come from others.
    """
    bias = np.array([0.5, -1.0])
    cases = [
        (_mixed(1, 1, 3, 3), _mixed(1, 1, 3, 3), bias[:1], 1, 0, _counting(1, 1, 1, 1)),
        (_mixed(1, 1, 3, 3), _mixed(1, 1, 2, 2), bias[:1], 1, 0, _counting(1, 1, 2, 2)),
        (_mixed(2, 2, 3, 3), _mixed(2, 2, 2, 2), bias, 1, 0, _mixed(2, 2, 2, 2)),
        (_mixed(2, 2, 5, 5), _mixed(2, 2, 3, 2), bias, 2, 0, _mixed(2, 2, 2, 2)),
        (_mixed(1, 2, 3, 4), _mixed(2, 2, 3, 3), bias, 1, 1, _mixed(1, 2, 3, 4)),
    ]
    functions = {"conv_forward": forward, "conv_backward": backward}
    check(TASKS["conv_backward"], functions, cases)


def max_pool_forward(function: Callable[..., Any]) -> None:
    """Check ``max_pool_forward(x, pool, stride)``.

    >>> max_pool_forward(convolution.max_pool_forward)
    max_pool_forward: all 6 public cases are right. The points come from others.
    """
    cases = [
        (_mixed(1, 1, 4, 4), 2, 2),
        (-_counting(1, 1, 4, 4), 2, 2),
        (_mixed(2, 3, 4, 6), 2, 2),
        (_mixed(1, 1, 5, 5), 3, 2),
        (_mixed(1, 2, 6, 5), 2, 3),
        (_mixed(1, 1, 3, 4), 2, 1),
    ]
    check(TASKS["max_pool_forward"], {"max_pool_forward": function}, cases)


def max_pool_backward(forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
    """Check ``max_pool_backward(dout, cache)``; the cache comes from ``max_pool_forward``.

    >>> max_pool_backward(convolution.max_pool_forward, convolution.max_pool_backward)
    max_pool_backward: all 4 public cases are right. The points come from others.
    max_pool_backward: equal maxima share one gradient.
    """
    cases = [
        (_mixed(1, 1, 4, 4), 2, 2, _counting(1, 1, 2, 2)),
        (_mixed(2, 3, 4, 5), 2, 2, _counting(2, 3, 2, 2)),
        (_mixed(1, 1, 5, 5), 3, 2, _counting(1, 1, 2, 2)),
        (_mixed(1, 1, 5, 5), 3, 1, _counting(1, 1, 3, 3)),
    ]
    functions = {"max_pool_forward": forward, "max_pool_backward": backward}
    check(TASKS["max_pool_backward"], functions, cases)
    tied = np.zeros((1, 1, 2, 2))
    task = TASKS["max_pool_backward"]
    tried = attempt(task.plan(tied, 2, 2, np.full((1, 1, 1, 1), 6.0)), task.results, functions)
    total = float(np.sum(tried.arrays.get("dx", np.nan)))
    if not abs(total - 6.0) < 1e-6:
        raise failure(
            "max_pool_backward: a 2 × 2 window of four equal values, with gradient 6",
            f"the gradients in the window must add up to 6, got {total:g}. {tried.problem}",
            f"Likely cause: {ps4_mistakes.TIES}. Give all to one of them, or a share to each.",
        )
    print("max_pool_backward: equal maxima share one gradient.")


# -- output-size problems ------------------------------------------------------------------------

# For each problem: does the answer agree with the learner's own conv_output_size?
_AGREES: Mapping[str, Callable[[Callable[..., int], int], bool]] = {
    "a": lambda size, answer: answer == size(28, 3),
    "b": lambda size, answer: answer == size(9, 2, 1, 1),
    "c": lambda size, answer: answer == size(11, 4, 3),
    "d": lambda size, answer: answer == size(224, 7, 2, 3),
    "e": lambda size, answer: answer == size(45, 5, 2, 1),
    "f": lambda size, answer: answer == size(55, 3, 2),
    "g": lambda size, answer: answer >= 0 and size(20, 9, 1, answer) == 20,
    "h": lambda size, answer: answer == 10 * size(28, 5, 1, 2) * size(28, 5, 1, 2),
    "i": lambda size, answer: (
        answer == 32 * size(size(size(size(28, 3, 1, 1), 2, 2), 3), 2, 2) ** 2
    ),
    "j": lambda size, answer: answer > 3 and size(answer, 3, 2) == 10 != size(answer - 1, 3, 2),
}


class _NotReadyError(Exception):
    """The learner's conv_output_size can't be used."""


def output_sizes(answers: Mapping[str, Any], conv_output_size: Callable[..., Any]) -> None:
    """Check that all problems are answered, and compare with the learner's own function.

    >>> try:
    ...     output_sizes({"a": 26}, convolution.conv_output_size)
    ... except CheckFailed as what:
    ...     print(str(what).splitlines()[:2])
    ['output_sizes: look again at', '- b: no answer yet']
    """

    def size(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> int:
        call = Call("conv_output_size", (input_size, filter_size, stride, pad))
        tried = attempt([call], {"size": Result(0)}, {call.function: conv_output_size})
        if "size" not in tried.arrays or tried.arrays["size"].ndim:
            raise _NotReadyError
        return int(tried.arrays["size"])

    if not isinstance(answers, Mapping):
        raise CheckFailed('output_sizes must be a dict, as it was: {"a": 1, "b": 2, …}.')
    findings = []
    comparable = True
    for letter, agrees in _AGREES.items():
        answer = answers.get(letter)
        if answer is None:
            findings.append(f"- {letter}: no answer yet")
        elif isinstance(answer, bool) or not isinstance(answer, (int, np.integer)):
            findings.append(f"- {letter}: expected an int, got {answer!r:.40}")
        elif comparable:
            try:
                if not agrees(size, int(answer)):
                    findings.append(
                        f"- {letter}: your answer {answer} and your conv_output_size disagree; "
                        "one of the two is wrong"
                    )
            except _NotReadyError:
                comparable = False
    if findings:
        raise CheckFailed("output_sizes: look again at\n" + "\n".join(findings))
    if comparable:
        print("output_sizes: ten answers, and all agree with your conv_output_size.")
    else:
        print("output_sizes: ten answers. Once conv_output_size works, they are compared with it.")


# -- the end of the notebook ---------------------------------------------------------------------

_CHECKS: Mapping[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "conv_forward": (conv_forward, ("conv_forward",)),
    "conv_backward": (conv_backward, ("conv_forward", "conv_backward")),
    "max_pool_forward": (max_pool_forward, ("max_pool_forward",)),
    "max_pool_backward": (max_pool_backward, ("max_pool_forward", "max_pool_backward")),
}


def ready(**functions: Callable[..., Any]) -> bool:
    """Whether these functions pass their checks; if not, say which one to go back to.

    While a notebook is graded or validated the answer is False, so that no time is spent on the
    pictures at its end.

    >>> ready(conv_forward=convolution.conv_forward)
    True
    >>> ready(conv_forward=lambda x, W, b, stride=1, pad=0: (x, None))
    This cell needs your conv_forward. Come back when its check passes; until then there is
    nothing to see here.
    False
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        print("Left out while the notebook is graded or validated.")
        return False
    for name in functions:
        run, needed = _CHECKS[name]
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                run(*(functions[part] for part in needed))
        except CheckFailed:
            print(
                f"This cell needs your {name}. Come back when its check passes; "
                "until then there is nothing to see here."
            )
            return False
    return True
