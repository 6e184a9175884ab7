"""``l1_gradient``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlcore import regularizers
from dlcore.checks.plans import Call, Result
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Property, Task
from dlgrader.exercises.ps3_overfitting.draw import NORMS, alive, numbers, told

L1 = Task(
    name="l1_gradient",
    arguments=("W", "lam"),
    plan=lambda W, lam: (Call("l1_gradient", (W, lam)),),
    results={"gradient": Result(0)},
    describe=told("W", "lam"),
)
L1_BY_NAME = replace(
    L1,
    plan=lambda W, lam: (Call("l1_gradient", kwargs={"lam": lam, "W": W}),),
    describe=lambda *args: f"{told('W', 'lam')(*args)}, both passed by name",
)

L1_GRADIENT = CodeExercise(
    name="l1_gradient",
    title="The gradient of L1: `l1_gradient`",
    signature="l1_gradient(W, lam)",
    minutes=10,
    section=NORMS,
    functions=("l1_gradient",),
    reference={"l1_gradient": regularizers.l1_gradient},
    public=(
        public(L1, np.array([[1.5, -2.0, 0.5], [-0.25, 3.0, -1.0]]), 0.1),
        public(L1, np.array([2.0, 0.0, -3.0, 0.0]), 0.5),
        public(L1, np.array([0.5, -2.0]), 0.0),
        public(L1, np.array([1e-9, -1e-9, 1e9]), 0.5),
        public(L1, np.array([[[1.0, -1.0]], [[-2.0, 4.0]]]), 2),
        public(L1_BY_NAME, np.array([[-1.0, 2.0]]), 0.3),
    ),
    properties=(
        Property(
            "signs",
            "λ for positive weights, −λ for negative ones",
            2.5,
            lambda rng: [
                values(L1, numbers(rng, 3, 4), 0.3),
                values(L1, numbers(rng, 7, 2), 1.5),
            ],
        ),
        Property(
            "strength",
            "the size is λ, also if λ is 0 or an integer",
            1.5,
            lambda rng: [
                values(L1, numbers(rng, 2, 5), 0.02),
                values(L1, numbers(rng, 4, 2), 3),
                values(L1, numbers(rng, 3, 3), np.float64(0.7)),
                values(L1, numbers(rng, 3, 2), 0.0),
            ],
        ),
        Property(
            "zero",
            "0 where the weight is 0",
            1.5,
            lambda rng: [
                values(L1, numbers(rng, 4, 5) * rng.permuted([0, 1] * 10).reshape(4, 5), 0.4),
                values(L1, np.array([0.0, -0.0, 1.0, -1.0, 0.0]), 0.6),
            ],
        ),
        Property(
            "shapes",
            "any shape, memory order and float type, weights of any size",
            1.0,
            lambda rng: [
                values(L1, numbers(rng, 6), 0.3),
                values(L1, numbers(rng, 2, 3, 2, 2), 0.3),
                values(L1, numbers(rng, 4, 3).T, 0.3),
                values(L1, numbers(rng, 3, 4).astype(np.float32), 0.3),
                values(L1, 10.0 ** rng.uniform(-9, 9, (3, 4)) * numbers(rng, 3, 4), 0.3),
            ],
        ),
        Property(
            "keywords",
            "arguments by name",
            0.5,
            lambda rng: [values(L1_BY_NAME, numbers(rng, 3, 2), 0.3)],
        ),
        Property(
            "untouched",
            "W stays as it was",
            1.0,
            lambda rng: [
                untouched(L1, numbers(rng, 3, 4), 0.3),
                untouched(L1, numbers(rng, 5), 0.3),
                alive(L1, numbers(rng, 3, 4), 0.3),
            ],
        ),
    ),
    mistakes=(
        Mistake(
            "lambda-forgotten",
            "the signs are not multiplied by λ",
            edits=(("lam * np.sign(W)", "np.sign(W)"),),
            loses=("signs", "strength"),
        ),
        Mistake(
            "lambda-inside",
            "λ stands inside the sign, where it is swallowed",
            edits=(("lam * np.sign(W)", "np.sign(lam * W)"),),
            loses=("signs", "strength"),
        ),
        Mistake(
            "weight-itself",
            "λ is multiplied by the weight: that is the gradient of L2",
            edits=(("np.sign(W)", "W"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "absolute-value",
            "λ is multiplied by the absolute value; wanted is its derivative, the sign",
            edits=(("np.sign(W)", "np.abs(W)"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "lambda-everywhere",
            "the sign is forgotten: negative weights must be pushed the other way",
            edits=(("lam * np.sign(W)", "np.full(W.shape, lam)"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "plus-at-zero",
            "a weight of 0 is treated like a positive one; there the gradient is 0",
            edits=(("np.sign(W)", "np.where(W >= 0, 1, -1)"),),
            loses=("zero",),
        ),
        Mistake(
            "minus-at-zero",
            "a weight of 0 is treated like a negative one; there the gradient is 0",
            edits=(("np.sign(W)", "np.where(W > 0, 1, -1)"),),
            loses=("zero",),
        ),
        Mistake(
            "division-by-zero",
            "W is divided by its absolute value, and 0 / 0 is not a number",
            edits=(("np.sign(W)", "W / np.abs(W)"),),
            loses=("zero",),
        ),
        Mistake(
            "minus",
            "the sign is the wrong way round: the gradient points to where the penalty grows",
            edits=(("lam * np.sign(W)", "-lam * np.sign(W)"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "half",
            "there is a factor ½: L1 has none",
            edits=(("lam * np.sign(W)", "0.5 * lam * np.sign(W)"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "mean",
            "the result is divided by the number of weights; the penalty is a sum, not a mean",
            edits=(("lam * np.sign(W)", "lam * np.sign(W) / W.size"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "sum",
            "the gradient is added up to one number; each weight has its own",
            edits=(("lam * np.sign(W)", "np.sum(lam * np.sign(W))"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "updated-weights",
            "the gradient is subtracted from W already; return the gradient alone",
            edits=(("lam * np.sign(W)", "W - lam * np.sign(W)"),),
            loses=("signs", "strength", "zero", "shapes"),
        ),
        Mistake(
            "smoothed",
            "W is divided by a smoothed absolute value, so that small weights get less than λ",
            edits=(("np.sign(W)", "W / np.sqrt(W**2 + 1e-8)"),),
            loses=("shapes",),
        ),
        Mistake(
            "two-axes-only",
            "the loops expect exactly two axes, but W may have any number",
            source="""
                def l1_gradient(W, lam):
                    gradient = np.zeros(W.shape)
                    for i in range(W.shape[0]):
                        for j in range(W.shape[1]):
                            if W[i, j] > 0:
                                gradient[i, j] = lam
                            elif W[i, j] < 0:
                                gradient[i, j] = -lam
                    return gradient
            """,
            loses=("shapes",),
        ),
        Mistake(
            "written-into-w",
            "the gradient is written into W itself",
            edits=(("return lam * np.sign(W)", "W[:] = lam * np.sign(W)\n    return W"),),
            loses=("untouched",),
        ),
        Mistake(
            "other-parameter-names",
            "the parameters are not called W and lam",
            edits=(
                ("l1_gradient(W, lam)", "l1_gradient(weights, strength)"),
                ("lam * np.sign(W)", "strength * np.sign(weights)"),
            ),
            loses=("keywords",),
        ),
    ),
    alternatives=(
        Alternative(
            "two comparisons",
            source="""
                def l1_gradient(W, lam):
                    return lam * ((W > 0).astype(float) - (W < 0))
            """,
        ),
        Alternative(
            "number by number, as nested lists",
            source="""
                def l1_gradient(W, lam):
                    W = np.asarray(W)
                    signs = [(w > 0) - (w < 0) for w in W.ravel().tolist()]
                    return np.array([lam * s for s in signs]).reshape(W.shape).tolist()
            """,
        ),
        Alternative(
            "filled in where the weight has a sign",
            source="""
                def l1_gradient(W, lam):
                    gradient = np.zeros_like(W)
                    gradient[W > 0] = lam
                    gradient[W < 0] = -lam
                    return gradient
            """,
        ),
        Alternative(
            "division where it is safe",
            source="""
                def _sign(W):
                    size = np.abs(W)
                    return np.divide(W, size, out=np.zeros_like(W), where=size != 0)


                def l1_gradient(W, lam):
                    return np.multiply(_sign(W), lam)
            """,
        ),
    ),
)
