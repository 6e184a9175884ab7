"""Checks of assignment ps4_convolution, one for each exercise.

>>> from dlcore import convolution
>>> im2col(convolution.im2col)
im2col: all 7 public cases are right. The points come from others.
>>> conv_backward(convolution.conv_forward, convolution.conv_backward)
conv_backward: all 6 public cases are right. The points come from others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.plans import Call, Result, attempt
from dlcore.checks.public import Check
from dlcore.checks.reporting import CheckFailed

_NAME = "ps4_convolution"

conv_output_size = Check(_NAME, "conv_output_size")
im2col = Check(_NAME, "im2col")
col2im = Check(_NAME, "col2im")
conv_forward = Check(_NAME, "conv_forward")
conv_backward = Check(_NAME, "conv_backward")
max_pool_forward = Check(_NAME, "max_pool_forward")
max_pool_backward = Check(_NAME, "max_pool_backward")

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

    >>> from dlcore import convolution
    >>> try:
    ...     output_sizes({"a": 26}, convolution.conv_output_size)
    ... except CheckFailed as what:
    ...     print(str(what).splitlines()[:2])
    ['output_sizes: look again at', '- b: no answer yet']
    """

    def size(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> int:
        call = Call("conv_output_size", (input_size, filter_size, stride, pad))
        player = LocalPlayer({call.function: conv_output_size})
        tried = attempt((call,), {"size": Result(0)}, player)
        if "size" not in tried.arrays or tried.arrays["size"].ndim:
            raise _NotReadyError
        return int(tried.arrays["size"])

    if not isinstance(answers, Mapping):
        raise CheckFailed('output_sizes must be a dict, as it was: {"a": 1, "b": 2, …}.')
    findings = []
    comparable = True
    for letter, agrees in _AGREES.items():
        answer = answers.get(letter)
        whole = _whole(answer)
        if answer is None:
            findings.append(f"- {letter}: no answer yet")
        elif whole is None:
            findings.append(f"- {letter}: expected an integer, got {answer!r:.40}")
        elif comparable:
            try:
                if not agrees(size, whole):
                    findings.append(
                        f"- {letter}: your answer {whole} and your conv_output_size disagree; "
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


def _whole(answer: Any) -> int | None:
    """Return an answer that is a whole number, as the judge counts it, too."""
    if isinstance(answer, bool) or not isinstance(answer, (int, float, np.integer, np.floating)):
        return None
    return int(answer) if float(answer).is_integer() else None
