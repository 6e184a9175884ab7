"""``sigmoid_grad``."""

from __future__ import annotations

import numpy as np

from dlcore import functional
from dlgrader.cases import public
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps1_vanishing_gradients.common import elementwise, smooth

TASK = elementwise("sigmoid_grad")

_EVERYWHERE = ("values", "numbers", "integers", "large")

SIGMOID_GRAD = CodeExercise(
    name="sigmoid_grad",
    title="Its slope: `sigmoid_grad`",
    signature="sigmoid_grad(x)",
    minutes=10,
    section=Section("1", "The sigmoid's slope is at most a quarter", "ch1/vanishing"),
    functions=("sigmoid_grad",),
    reference={"sigmoid_grad": functional.sigmoid_grad},
    public=(
        public(TASK, 0.25),
        public(TASK, np.array([-4.0, -1.0, 0.5, 2.0])),
        public(TASK, np.array([[1, -1, 0], [2, -3, 4]])),
        public(TASK, np.array([-1_000.0, 0.25, 1_000.0])),
        public(TASK, -1_000.0),
    ),
    properties=smooth(TASK),
    mistakes=(
        Mistake(
            "takes-output",
            "the formula is used as if x were the output: here x is the input, so take σ first",
            edits=(("s = sigmoid(x)", "s = np.asarray(x)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "sigmoid-itself",
            "that is σ(x) itself, not its derivative",
            edits=(("s * (1 - s)", "s"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "one-minus",
            "only the factor 1 − σ(x) is there; σ(x) is missing",
            edits=(("s * (1 - s)", "1 - s"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "twice",
            "the sigmoid is applied twice, to x and then to its own output",
            edits=(("s = sigmoid(x)", "s = sigmoid(sigmoid(x))"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "tanh-slope",
            "that is the derivative of tanh, 1 − tanh²(x)",
            edits=(("s * (1 - s)", "1 - np.tanh(x) ** 2"),),
            loses=("values", "numbers", "integers", "large"),
        ),
        Mistake(
            "wrong-sign",
            "the sign is wrong: the inner derivative, −1, was forgotten or counted twice",
            edits=(("s * (1 - s)", "s * (s - 1)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "plus",
            "σ(x)·(1 + σ(x)) has a plus where a minus belongs",
            edits=(("s * (1 - s)", "s * (1 + s)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "one-minus-square",
            "1 − σ² mixes up two formulas: that pattern belongs to tanh",
            edits=(("s * (1 - s)", "1 - s**2"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "square",
            "the numerator e⁻ˣ is missing, which leaves σ(x)²",
            edits=(("s * (1 - s)", "s**2"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "overflow",
            "e⁻ˣ / (1 + e⁻ˣ)² is inf / inf, not a number, for large negative x",
            source="""
                def sigmoid_grad(x):
                    e = np.exp(-np.asarray(x, dtype=float))
                    return e / (1 + e) ** 2
            """,
            loses=("large",),
        ),
        Mistake(
            "times-x",
            "there is a factor x too many; nothing is multiplied by the input",
            edits=(("s * (1 - s)", "s * (1 - s) * x"),),
            loses=("values", "numbers", "integers", "large"),
        ),
        Mistake(
            "largest-everywhere",
            "1/4 is the largest slope; elsewhere the slope is smaller",
            edits=(("s * (1 - s)", "0.25 + 0 * s"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "integer-result",
            "the result is stored in an array of integers, which cuts the decimal places off",
            edits=(
                (
                    "return s * (1 - s)",
                    "out = np.empty_like(x)\n    out[...] = s * (1 - s)\n    return out",
                ),
            ),
            loses=("integers",),
        ),
        Mistake(
            "in-place",
            "the steps are computed in the array x itself",
            edits=(
                (
                    "return s * (1 - s)",
                    "if isinstance(x, np.ndarray) and x.dtype.kind == 'f':\n"
                    "        x[...] = s * (1 - s)\n"
                    "        return x\n"
                    "    return s * (1 - s)",
                ),
            ),
            loses=("untouched",),
        ),
    ),
    alternatives=(
        Alternative(
            "by exp(−|x|)",
            source="""
                def sigmoid_grad(x):
                    e = np.exp(-np.abs(np.asarray(x, dtype=float)))
                    return e / (1.0 + e) ** 2
            """,
        ),
        Alternative("σ(x)·σ(−x)", edits=(("s * (1 - s)", "s * sigmoid(np.negative(x))"),)),
        Alternative("a quarter minus a square", edits=(("s * (1 - s)", "0.25 - (s - 0.5) ** 2"),)),
        Alternative(
            "by cosh, in a loop over a list",
            source="""
                import math

                def sigmoid_grad(x):
                    if np.ndim(x) > 0:
                        return [sigmoid_grad(part) for part in x]
                    if abs(x) > 700:
                        return 0.0
                    return 1 / (2 * math.cosh(float(x) / 2)) ** 2
            """,
        ),
        Alternative(
            "by tanh, in float32",
            edits=(
                (
                    "s * (1 - s)",
                    "(0.25 * (1 - np.tanh(np.asarray(x) / 2) ** 2)).astype(np.float32)",
                ),
            ),
        ),
    ),
)
