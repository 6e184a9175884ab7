"""``weight_decay_gradient``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlcore import regularizers
from dlcore.checks.plans import Call, Result
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Property, Task
from dlgrader.exercises.ps3_overfitting.draw import DECAY, alive, numbers, told

TASK = Task(
    name="weight_decay_gradient",
    arguments=("W", "weight_decay_lambda"),
    plan=lambda W, lam: (Call("weight_decay_gradient", (W, lam)),),
    results={"gradient": Result(0)},
    describe=told("W", "weight_decay_lambda"),
)
BY_NAME = replace(
    TASK,
    plan=lambda W, lam: (
        Call("weight_decay_gradient", kwargs={"weight_decay_lambda": lam, "W": W}),
    ),
    describe=lambda *args: f"{told('W', 'weight_decay_lambda')(*args)}, both passed by name",
)

WEIGHT_DECAY_GRADIENT = CodeExercise(
    name="weight_decay_gradient",
    title="The gradient of L2: `weight_decay_gradient`",
    signature="weight_decay_gradient(W, weight_decay_lambda)",
    minutes=10,
    section=DECAY,
    functions=("weight_decay_gradient",),
    reference={"weight_decay_gradient": regularizers.weight_decay_gradient},
    public=(
        public(TASK, np.array([[1.5, -2.0, 0.5], [-0.25, 3.0, 0.0]]), 0.1),
        public(TASK, np.array([4.0, -0.5, 1.0]), 3),
        public(TASK, np.array([0.5, -2.0]), 0.0),
        public(TASK, np.array([[[1.0, -1.0]], [[-2.0, 4.0]]]), 0.5),
        public(BY_NAME, np.array([[-1.0, 2.0]]), 0.3),
    ),
    properties=(
        Property(
            "values",
            "λ W for positive and negative weights",
            3.0,
            lambda rng: [
                values(TASK, numbers(rng, 3, 4), 0.3),
                values(TASK, numbers(rng, 7, 2), 1.5),
            ],
        ),
        Property(
            "strength",
            "λ of any size, also 0 or an integer",
            2.0,
            lambda rng: [
                values(TASK, 10 * numbers(rng, 2, 5), 0.01),
                values(TASK, numbers(rng, 4, 2), 3),
                values(TASK, numbers(rng, 3, 3), np.float64(0.7)),
                values(TASK, numbers(rng, 3, 2), 0.0),
            ],
        ),
        Property(
            "shapes",
            "any shape, memory order and float type, large weights",
            1.5,
            lambda rng: [
                values(TASK, numbers(rng, 6), 0.3),
                values(TASK, numbers(rng, 2, 3, 2, 2), 0.3),
                values(TASK, numbers(rng, 4, 3).T, 0.3),
                values(TASK, numbers(rng, 3, 4).astype(np.float32), 0.3),
                values(TASK, 1e6 * numbers(rng, 3, 4), 0.3),
            ],
        ),
        Property(
            "keywords",
            "arguments by name",
            0.5,
            lambda rng: [values(BY_NAME, numbers(rng, 3, 2), 0.3)],
        ),
        Property(
            "untouched",
            "W stays as it was",
            1.0,
            lambda rng: [
                untouched(TASK, numbers(rng, 3, 4), 0.3),
                alive(TASK, numbers(rng, 3, 4), 0.3),
            ],
        ),
    ),
    mistakes=(
        Mistake(
            "half",
            "a factor ½ is left over: the 2 of the derivative of w² cancels it",
            edits=(("weight_decay_lambda * W", "0.5 * weight_decay_lambda * W"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "double",
            "the 2 of the derivative of w² is there, but not the ½ of the penalty",
            edits=(("weight_decay_lambda * W", "2 * weight_decay_lambda * W"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "penalty-itself",
            "that is the penalty, weight by weight; wanted is its derivative",
            edits=(("weight_decay_lambda * W", "0.5 * weight_decay_lambda * W**2"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "added",
            "λ is added to W; it is a factor",
            edits=(("weight_decay_lambda * W", "weight_decay_lambda + W"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "lambda-forgotten",
            "W is not multiplied by λ",
            edits=(("weight_decay_lambda * W", "1.0 * W"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "sign",
            "the sign of the weight stands in place of the weight: that is the gradient of L1",
            edits=(("weight_decay_lambda * W", "weight_decay_lambda * np.sign(W)"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "absolute-value",
            "the weight has lost its sign: negative weights must be pushed up, towards 0",
            edits=(("weight_decay_lambda * W", "weight_decay_lambda * np.abs(W)"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "minus",
            "the sign is the wrong way round: the minus comes with the optimiser's step",
            edits=(("weight_decay_lambda * W", "-weight_decay_lambda * W"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "decayed-weights",
            "the decay is subtracted from W already; return λ W alone",
            edits=(("weight_decay_lambda * W", "W - weight_decay_lambda * W"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "added-to-w",
            "W itself is added once more; return λ W alone",
            edits=(("weight_decay_lambda * W", "W + weight_decay_lambda * W"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "gradient-of-the-norm",
            "W is divided by its norm: that belongs to a penalty without the square",
            edits=(
                (
                    "weight_decay_lambda * W",
                    "weight_decay_lambda * W / np.sqrt(np.sum(W**2))",
                ),
            ),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "mean",
            "the result is divided by the number of weights; the penalty is a sum, not a mean",
            edits=(("weight_decay_lambda * W", "weight_decay_lambda * W / W.size"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "sum",
            "the gradient is added up to one number; each weight has its own",
            edits=(("weight_decay_lambda * W", "weight_decay_lambda * np.sum(W)"),),
            loses=("values", "strength", "shapes"),
        ),
        Mistake(
            "written-into-w",
            "W itself is multiplied, with *=",
            edits=(("return weight_decay_lambda * W", "W *= weight_decay_lambda\n    return W"),),
            loses=("untouched",),
        ),
        Mistake(
            "other-parameter-names",
            "the second parameter is not called weight_decay_lambda",
            edits=(
                ("(W, weight_decay_lambda)", "(W, lam)"),
                ("return weight_decay_lambda *", "return lam *"),
            ),
            loses=("keywords",),
        ),
    ),
    alternatives=(
        Alternative(
            "a copy that is scaled",
            source="""
                def weight_decay_gradient(W, weight_decay_lambda):
                    gradient = np.array(W, dtype=np.float64)
                    gradient *= weight_decay_lambda
                    return gradient
            """,
        ),
        Alternative(
            "number by number",
            source="""
                def weight_decay_gradient(W, weight_decay_lambda):
                    gradient = np.empty(W.shape)
                    for place in np.ndindex(W.shape):
                        gradient[place] = W[place] * float(weight_decay_lambda)
                    return gradient
            """,
        ),
        Alternative(
            "half of the derivative of w², in nested lists",
            source="""
                def _scaled(values, factor):
                    if isinstance(values, list):
                        return [_scaled(value, factor) for value in values]
                    return factor / 2 * (2 * values)


                def weight_decay_gradient(W, weight_decay_lambda):
                    return _scaled(W.tolist(), weight_decay_lambda)
            """,
        ),
        Alternative(
            "einsum",
            source="""
                def weight_decay_gradient(W, weight_decay_lambda):
                    return np.einsum("...,->...", W, weight_decay_lambda)
            """,
        ),
    ),
)
