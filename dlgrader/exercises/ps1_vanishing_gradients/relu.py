"""``relu`` and ``relu_grad``."""

from __future__ import annotations

import numpy as np

from dlcore import functional
from dlgrader.cases import public, values
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Property, Section
from dlgrader.exercises.ps1_vanishing_gradients.common import elementwise, integers, numbers

RELU_TASK, GRAD_TASK = elementwise("relu"), elementwise("relu_grad")

_SECTION = Section("1", "Activation functions", "ch1/vanishing")
_EVERYWHERE = ("values", "numbers", "integers")

RELU = CodeExercise(
    name="relu",
    title="The ReLU: `relu`",
    signature="relu(x)",
    minutes=10,
    section=_SECTION,
    functions=("relu",),
    reference={"relu": functional.relu},
    public=(
        public(RELU_TASK, 2.5),
        public(RELU_TASK, np.array([-2.0, -0.5, 0.0, 0.75, 3.0])),
        public(RELU_TASK, np.array([[1, -1, 0], [2, -3, 4]])),
        public(RELU_TASK, -1.5),
    ),
    properties=(
        Property(
            "values",
            "arrays of any shape",
            1.5,
            lambda rng: [
                values(RELU_TASK, numbers(rng, 6)),
                values(RELU_TASK, np.append(-np.abs(numbers(rng, 5)), 0.5)),
                values(RELU_TASK, numbers(rng, 3, 4)[:, ::2]),
                values(RELU_TASK, np.asfortranarray(numbers(rng, 2, 3, 2, 2))),
                values(RELU_TASK, numbers(rng, 4, 3).astype(np.float32)),
                values(RELU_TASK, np.array([-10_000.0, 0.0, 10_000.0, -0.125])),
            ],
        ),
        Property(
            "numbers",
            "Python's numbers",
            0.5,
            lambda rng: [values(RELU_TASK, float(x)) for x in (*numbers(rng, 4), 0.0)],
        ),
        Property(
            "integers",
            "integers",
            0.5,
            lambda rng: [
                values(RELU_TASK, integers(rng, 6)),
                values(RELU_TASK, integers(rng, 2, 4).astype(np.int32)),
                values(RELU_TASK, 3),
                values(RELU_TASK, -3),
            ],
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [public(RELU_TASK, numbers(rng, 6)), public(RELU_TASK, numbers(rng, 3, 2))],
        ),
    ),
    mistakes=(
        Mistake(
            "abs",
            "that is the absolute value: negative numbers become 0, not positive",
            edits=(("np.maximum(x, 0.0)", "np.abs(x)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "capped",
            "large values are cut off at 1; the ReLU has no upper limit",
            edits=(("np.maximum(x, 0.0)", "np.clip(x, 0.0, 1.0)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "leaky",
            "that is the leaky ReLU: it lets a little of the negative numbers through",
            edits=(("np.maximum(x, 0.0)", "np.maximum(x, 0.01 * np.asarray(x))"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "minimum",
            "the smaller of x and 0 is taken; it should be the larger",
            edits=(("np.maximum(x, 0.0)", "np.minimum(x, 0.0)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "step",
            "that is a step function (the derivative): positive numbers pass unchanged, not as 1",
            edits=(("np.maximum(x, 0.0)", "np.where(np.asarray(x) > 0, 1.0, 0.0)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "softplus",
            "that is softplus, a smooth relative of the ReLU",
            edits=(("np.maximum(x, 0.0)", "np.logaddexp(0.0, x)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "np-max",
            "np.max(x, 0) is the largest value along axis 0; np.maximum compares number by number",
            edits=(("np.maximum(x, 0.0)", "np.max(x, 0)"),),
            loses=("values", "numbers", "integers"),
        ),
        Mistake(
            "python-max",
            "max and if need a single True or False, and an array has one for each of its numbers",
            edits=(("np.maximum(x, 0.0)", "max(x, 0.0)"),),
            loses=("values", "integers"),
        ),
        Mistake(
            "left-out",
            "negative numbers are left out, where they should become 0",
            edits=(("np.maximum(x, 0.0)", "np.asarray(x)[np.asarray(x) > 0]"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "sign-flipped",
            "the sign of the positive numbers is turned round",
            edits=(("np.maximum(x, 0.0)", "-np.maximum(x, 0.0)"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "threshold-one",
            "the limit is at 1; it belongs at 0",
            edits=(("np.maximum(x, 0.0)", "np.where(np.asarray(x) > 1, x, 0.0)"),),
            loses=("values",),
        ),
        Mistake(
            "unchanged",
            "negative numbers pass through unchanged",
            edits=(("np.maximum(x, 0.0)", "np.asarray(x) * 1.0"),),
            loses=_EVERYWHERE,
        ),
        Mistake(
            "all-at-once",
            "one decision is made for the whole array; each number has its own",
            edits=(("np.maximum(x, 0.0)", "np.asarray(x) * float(np.sum(x) > 0)"),),
            loses=("values", "integers"),
        ),
        Mistake(
            "in-place",
            "the zeros are written into the array x itself",
            edits=(
                ("return np.maximum(x, 0.0)", "x = np.asarray(x)\n    x[x < 0] = 0\n    return x"),
            ),
            loses=("untouched",),
        ),
    ),
    alternatives=(
        Alternative(
            "a factor of 0 or 1", edits=(("np.maximum(x, 0.0)", "x * (np.asarray(x) > 0)"),)
        ),
        Alternative(
            "half of x + |x|", edits=(("np.maximum(x, 0.0)", "(np.asarray(x) + np.abs(x)) / 2"),)
        ),
        Alternative(
            "a copy and a mask",
            source="""
                def relu(x):
                    out = np.array(x, dtype=np.float32)
                    out[out < 0] = 0
                    return out
            """,
        ),
        Alternative(
            "number by number, in nested lists",
            source="""
                def relu(x):
                    if np.ndim(x) > 0:
                        return [relu(part) for part in x]
                    return float(x) if x > 0 else 0
            """,
        ),
        Alternative(
            "np.where", edits=(("np.maximum(x, 0.0)", "np.where(np.greater(x, 0), x, 0)"),)
        ),
    ),
)

_NO_ZEROS = ("values", "numbers")

RELU_GRAD = CodeExercise(
    name="relu_grad",
    title="Its slope: `relu_grad`",
    signature="relu_grad(x)",
    minutes=10,
    section=_SECTION,
    functions=("relu_grad",),
    reference={"relu_grad": functional.relu_grad},
    public=(
        public(GRAD_TASK, 2.5),
        public(GRAD_TASK, np.array([-2.0, -0.5, 0.75, 3.0])),
        public(GRAD_TASK, np.array([[1.0, 0.0, 2.0], [4.0, 0.5, 0.0]])),
        public(GRAD_TASK, np.array([3, -1, 0, 2])),
        public(GRAD_TASK, 0.0),
    ),
    properties=(
        Property(
            "values",
            "arrays of any shape, with positive and negative numbers",
            1.0,
            lambda rng: [
                values(GRAD_TASK, numbers(rng, 6)),
                values(GRAD_TASK, np.append(-np.abs(numbers(rng, 5)), 0.5)),
                values(GRAD_TASK, numbers(rng, 4, 4)[::2, ::-1]),
                values(GRAD_TASK, np.asfortranarray(numbers(rng, 2, 3, 2, 2))),
                values(GRAD_TASK, numbers(rng, 4, 3).astype(np.float32)),
                values(GRAD_TASK, np.array([-10_000.0, 10_000.0, -0.125])),
                values(GRAD_TASK, integers(rng, 2, 4)),
            ],
        ),
        Property(
            "zero",
            "0 at the kink x = 0",
            1.0,
            lambda rng: [
                values(GRAD_TASK, rng.permutation([0.0, 1.5, 0.0, 2.5, -0.0])),
                values(GRAD_TASK, rng.permutation([0, 1, 3, 0])),
                values(GRAD_TASK, 0),
                values(GRAD_TASK, np.zeros((2, 3))),
            ],
        ),
        Property(
            "numbers",
            "Python's numbers",
            0.5,
            lambda rng: (
                [values(GRAD_TASK, float(x)) for x in numbers(rng, 4)]
                + [values(GRAD_TASK, 3), values(GRAD_TASK, -3)]
            ),
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [public(GRAD_TASK, numbers(rng, 6)), public(GRAD_TASK, numbers(rng, 3, 2))],
        ),
    ),
    mistakes=(
        Mistake(
            "one-at-zero",
            "the slope at 0 is set to 1 (>= where > is needed); here the value 0 is agreed on",
            edits=(("np.asarray(x) > 0", "np.asarray(x) >= 0"),),
            loses=("zero",),
        ),
        Mistake(
            "half-at-zero",
            "the slope at 0 is set to 1/2; here the value 0 is agreed on",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.heaviside(x, 0.5)"),),
            loses=("zero",),
        ),
        Mistake(
            "divided",
            "dividing relu(x) by x gives 0/0, not a number, at 0",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.divide(np.maximum(x, 0.0), x)"),),
            loses=("zero",),
        ),
        Mistake(
            "relu-itself",
            "that is relu(x) itself, not its derivative",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.maximum(x, 0.0)"),),
            loses=_NO_ZEROS,
        ),
        Mistake(
            "ones",
            "the slope is 1 everywhere; for negative x the ReLU is flat",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.ones_like(x)"),),
            loses=_NO_ZEROS,
        ),
        Mistake(
            "sign",
            "the slope is −1 for negative x: that is the derivative of |x|",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.sign(x)"),),
            loses=_NO_ZEROS,
        ),
        Mistake(
            "leaky",
            "that is the slope of the leaky ReLU, which is not 0 on the negative side",
            edits=(("1.0, 0.0)", "1.0, 0.01)"),),
            loses=("values", "numbers", "zero"),
        ),
        Mistake(
            "threshold-one",
            "the limit is at 1; it belongs at 0",
            edits=(("np.asarray(x) > 0", "np.asarray(x) > 1"),),
            loses=("values",),
        ),
        Mistake(
            "inverted",
            "1 and 0 are exchanged: the slope is 1 where x is positive",
            edits=(("1.0, 0.0)", "0.0, 1.0)"),),
            loses=_NO_ZEROS,
        ),
        Mistake(
            "sigmoid-slope",
            "that is the sigmoid's slope; the ReLU's takes only the values 0 and 1",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "sigmoid(x) * (1 - sigmoid(x))"),),
            loses=_NO_ZEROS,
        ),
        Mistake(
            "python-if",
            "if needs a single True or False, and an array has one for each of its numbers",
            source="""
                def relu_grad(x):
                    if x > 0:
                        return 1.0
                    return 0.0
            """,
            loses=("values", "zero"),
        ),
        Mistake(
            "all-at-once",
            "one decision is made for the whole array; each number has its own",
            edits=(
                (
                    "np.where(np.asarray(x) > 0, 1.0, 0.0)",
                    "np.ones_like(x) * float(np.all(np.asarray(x) > 0))",
                ),
            ),
            loses=("values",),
        ),
        Mistake(
            "in-place",
            "zeros and ones are written into the array x itself",
            edits=(
                (
                    "return np.where(np.asarray(x) > 0, 1.0, 0.0)",
                    "x = np.asarray(x)\n    x[x <= 0] = 0\n    x[x > 0] = 1\n    return x",
                ),
            ),
            loses=("untouched",),
        ),
    ),
    alternatives=(
        Alternative(
            "True and False",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.asarray(x) > 0"),),
        ),
        Alternative("integers", edits=(("1.0, 0.0)", "1, 0)"),)),
        Alternative(
            "heaviside", edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.heaviside(x, 0)"),)
        ),
        Alternative(
            "a copy and masks",
            source="""
                def relu_grad(x):
                    grad = np.array(x, dtype=np.float32)
                    grad[grad <= 0] = 0
                    grad[grad > 0] = 1
                    return grad
            """,
        ),
        Alternative(
            "number by number, in nested lists",
            source="""
                def relu_grad(x):
                    if np.ndim(x) > 0:
                        return [relu_grad(part) for part in x]
                    return 1 if x > 0 else 0
            """,
        ),
        Alternative(
            "from the output of relu",
            edits=(("np.where(np.asarray(x) > 0, 1.0, 0.0)", "np.sign(relu(x))"),),
        ),
    ),
)
