"""``sigmoid``."""

from __future__ import annotations

import numpy as np

from dlcore import functional
from dlgrader.cases import public
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps1_vanishing_gradients.common import elementwise, smooth

TASK = elementwise("sigmoid")

_EVERYWHERE = ("values", "numbers", "integers", "large")

SIGMOID = CodeExercise(
    name="sigmoid",
    title="The sigmoid: `sigmoid`",
    signature="sigmoid(x)",
    minutes=15,
    section=Section("1", "The sigmoid's slope is at most a quarter", "ch1/vanishing"),
    functions=("sigmoid",),
    reference={"sigmoid": functional.sigmoid},
    public=(
        public(TASK, 0.5),
        public(TASK, np.array([-7.0, -2.0, 0.0, 1.0, 7.0])),
        public(TASK, np.array([[1, -1, 0], [2, -3, 4]])),
        public(TASK, np.array([-1_000.0, 0.25, 1_000.0])),
        public(TASK, 1_000.0),
    ),
    properties=smooth(TASK),
    mistakes=(
        Mistake(
            "wrong-sign",
            "the minus sign in the exponent is missing, which gives 1 − σ(x)",
            edits=(
                ("np.where(np.asarray(x) >= 0, 1.0, e)", "np.where(np.asarray(x) < 0, 1.0, e)"),
            ),
            loses=("values", "numbers", "integers", "large"),
        ),
        Mistake(
            "overflow",
            "eˣ / (1 + eˣ) is inf / inf, not a number, for large x",
            source="""
                def sigmoid(x):
                    return np.exp(x) / (1 + np.exp(x))
            """,
            loses=("large",),
        ),
        Mistake(
            "tanh",
            "that is tanh; it runs from −1 to 1, the sigmoid from 0 to 1",
            source="""
                def sigmoid(x):
                    return np.tanh(x)
            """,
            loses=_EVERYWHERE,
        ),
        Mistake(
            "brackets",
            "brackets are missing: 1 / 1 + exp(−x) divides before it adds",
            source="""
                def sigmoid(x):
                    return 1 / 1 + np.exp(-x)
            """,
            loses=_EVERYWHERE,
        ),
        Mistake(
            "no-one",
            "the 1 in the denominator is missing, which leaves exp(x)",
            source="""
                def sigmoid(x):
                    return 1 / np.exp(-x)
            """,
            loses=_EVERYWHERE,
        ),
        Mistake(
            "softmax",
            "that is the softmax, which divides by a sum over all numbers",
            source="""
                def sigmoid(x):
                    e = np.exp(x - np.max(x))
                    return e / np.sum(e)
            """,
            loses=_EVERYWHERE,
        ),
        Mistake(
            "integer-result",
            "the result is stored in an array of integers, which cuts the decimal places off",
            edits=(
                (
                    "return np.where(np.asarray(x) >= 0, 1.0, e) / (1 + e)",
                    "out = np.empty_like(x)\n"
                    "    out[...] = np.where(np.asarray(x) >= 0, 1.0, e) / (1 + e)\n"
                    "    return out",
                ),
            ),
            loses=("integers",),
        ),
        Mistake(
            "math-exp",
            "math.exp takes a single number; np.exp takes arrays",
            source="""
                import math

                def sigmoid(x):
                    if x > 0:
                        return 1 / (1 + math.exp(-x))
                    return math.exp(x) / (1 + math.exp(x))
            """,
            loses=("values",),
        ),
        Mistake(
            "math-exp-overflow",
            "math.exp takes a single number, and raises an OverflowError for large ones",
            source="""
                import math

                def sigmoid(x):
                    return 1 / (1 + math.exp(-x))
            """,
            loses=("values", "large"),
        ),
        Mistake(
            "in-place",
            "the steps are computed in the array x itself",
            source="""
                def sigmoid(x):
                    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
                        x = np.array(x, dtype=float)
                    e = np.exp(-np.abs(x))
                    positive = x >= 0
                    np.divide(np.where(positive, 1.0, e), 1 + e, out=x)
                    return x
            """,
            loses=("untouched",),
        ),
        Mistake(
            "clipped",
            "x is clipped to a range that is too narrow, so both ends become flat too early",
            edits=(("e = np.exp", "x = np.clip(x, -5, 5)\n    e = np.exp"),),
            loses=("values", "large"),
        ),
        Mistake(
            "hard-sigmoid",
            "that is the “hard” sigmoid, made of three straight pieces",
            source="""
                def sigmoid(x):
                    return np.clip(0.2 * np.asarray(x) + 0.5, 0.0, 1.0)
            """,
            loses=("values", "numbers", "integers"),
        ),
        Mistake(
            "derivative",
            "that is the derivative, σ(x)·(1 − σ(x)), which the next exercise asks for",
            source="""
                def sigmoid(x):
                    s = 1 / (1 + np.exp(-np.asarray(x, dtype=float)))
                    return s * (1 - s)
            """,
            loses=_EVERYWHERE,
        ),
        Mistake(
            "rounded",
            "the result is rounded to 0 or 1, as a step function gives it",
            source="""
                def sigmoid(x):
                    return np.where(np.asarray(x) > 0, 1.0, 0.0)
            """,
            loses=("values", "numbers", "integers"),
        ),
    ),
    alternatives=(
        Alternative(
            "the formula as it stands, with its warning",
            source="""
                def sigmoid(x):
                    return 1 / (1 + np.exp(-x))
            """,
        ),
        Alternative(
            "by tanh",
            source="""
                def sigmoid(x):
                    return 0.5 * (1 + np.tanh(0.5 * np.asarray(x, dtype=float)))
            """,
        ),
        Alternative(
            "a loop with math.exp",
            source="""
                import math

                def of_one(v):
                    if v >= 0:
                        return 1 / (1 + math.exp(-v))
                    return math.exp(v) / (1 + math.exp(v))

                def sigmoid(x):
                    x = np.asarray(x, dtype=np.float64)
                    out = np.zeros(x.shape)
                    for index in np.ndindex(x.shape):
                        out[index] = of_one(x[index])
                    return out
            """,
        ),
        Alternative(
            "two masks, in float32",
            source="""
                def sigmoid(x):
                    x = np.asarray(x, dtype=np.float64)
                    out = np.empty_like(x)
                    low = x < 0
                    out[low] = np.exp(x[low]) / (1 + np.exp(x[low]))
                    out[~low] = 1 / (1 + np.exp(-x[~low]))
                    return out.astype(np.float32)
            """,
        ),
        Alternative(
            "clipped far out, where the tail is 0 anyway",
            source="""
                sigmoid = lambda x: 1.0 / (1.0 + np.exp(-np.clip(x, -500, 500)))
            """,
        ),
        Alternative(
            "by a logarithm, as nested lists",
            source="""
                def sigmoid(x):
                    return np.exp(-np.logaddexp(0.0, -np.asarray(x))).tolist()
            """,
        ),
    ),
)
