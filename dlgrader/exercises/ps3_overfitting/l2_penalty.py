"""``l2_penalty``."""

from __future__ import annotations

from dlcore import regularizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake
from dlgrader.exercises.ps3_overfitting.draw import NORMS
from dlgrader.exercises.ps3_overfitting.penalties import properties, public_cases, task_of

_TASK = task_of("l2_penalty")

L2_PENALTY = CodeExercise(
    name="l2_penalty",
    title="The L2 penalty: `l2_penalty`",
    signature="l2_penalty(weights, lam)",
    minutes=10,
    section=NORMS,
    functions=("l2_penalty",),
    reference={"l2_penalty": regularizers.l2_penalty},
    public=public_cases(_TASK),
    properties=properties(_TASK, "half the sum of the squares of one array"),
    mistakes=(
        Mistake(
            "no-half",
            "the factor ½ is missing; with it the gradient is λw, without it 2λw",
            edits=(("return 0.5 * lam * total", "return lam * total"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "norm-of-each-array",
            "the root of each array's sum of squares is taken; the penalty has no root",
            edits=(("np.sum(W**2)", "np.sqrt(np.sum(W**2))"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "norm-of-all",
            "the root of the whole sum is taken; the penalty is the square of the norm, no root",
            edits=(("0.5 * lam * total", "0.5 * lam * np.sqrt(total)"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "absolute-values",
            "absolute values are added: that is L1; L2 takes squares",
            edits=(("W**2", "np.abs(W)"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "square-of-sum",
            "the sum is squared; square each weight, then add",
            edits=(("np.sum(W**2)", "np.sum(W) ** 2"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "matrix-product",
            "a matrix product stands where each weight should be squared on its own",
            edits=(("np.sum(W**2)", "np.sum(W.T @ W)"),),
            loses=("one", "several", "dtypes"),
        ),
        Mistake(
            "mean",
            "the mean of each array is taken; the penalty is a sum",
            edits=(("np.sum(", "np.mean("),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "first-array-only",
            "the function returns inside the loop, after the first array",
            edits=(
                (
                    "    return 0.5 * lam * total",
                    "        return 0.5 * lam * total\n    return 0.0",
                ),
            ),
            loses=("several",),
        ),
        Mistake(
            "last-array-only",
            "each array replaces the total instead of being added to it",
            edits=(("total += ", "total = "),),
            loses=("several",),
        ),
        Mistake(
            "mean-over-arrays",
            "the total is divided by the number of arrays",
            edits=(("0.5 * lam * total", "0.5 * lam * total / max(len(weights), 1)"),),
            loses=("several", "strength", "dtypes"),
        ),
        Mistake(
            "one-number-per-array",
            "each array gets a number of its own; the penalty is one number for all of them",
            source="""
                def l2_penalty(weights, lam):
                    return [0.5 * lam * np.sum(W**2) for W in weights]
            """,
            loses=("one", "several", "empty"),
        ),
        Mistake(
            "lambda-in-the-denominator",
            "the sum is divided by λ; a stronger penalty would then cost less",
            edits=(("0.5 * lam * total", "total / (2 * lam)"),),
            loses=("strength",),
        ),
        Mistake(
            "lambda-forgotten",
            "the sum is not multiplied by λ",
            edits=(("0.5 * lam * total", "0.5 * total"),),
            loses=("strength",),
        ),
        Mistake(
            "lambda-twice",
            "λ is multiplied in twice, in the loop and at the end",
            edits=(("np.sum(W**2)", "lam * np.sum(W**2)"),),
            loses=("strength",),
        ),
        Mistake(
            "empty-list-fails",
            "np.concatenate needs at least one array, but the list may be empty",
            edits=(
                (
                    "total = 0.0\n    for W in weights:\n        total += np.sum(W**2)",
                    "total = np.sum(np.concatenate([W.ravel() for W in weights]) ** 2)",
                ),
            ),
            loses=("empty",),
        ),
        Mistake(
            "squares-written-back",
            "the squares are written into the weights themselves",
            edits=(("total += np.sum(W**2)", "W **= 2\n        total += np.sum(W)"),),
            loses=("untouched",),
        ),
        Mistake(
            "other-parameter-names",
            "the parameters are not called weights and lam",
            edits=(
                ("l2_penalty(weights, lam)", "l2_penalty(arrays, strength)"),
                ("for W in weights", "for W in arrays"),
                ("0.5 * lam *", "0.5 * strength *"),
            ),
            loses=("keywords",),
        ),
    ),
    alternatives=(
        Alternative(
            "one line",
            source="""
                def l2_penalty(weights, lam):
                    return lam / 2 * sum(np.square(W).sum() for W in weights)
            """,
        ),
        Alternative(
            "plain Python, number by number",
            source="""
                def l2_penalty(weights, lam):
                    total = 0
                    for W in weights:
                        for w in np.ravel(W).tolist():
                            total += w * w
                    return total * lam / 2
            """,
        ),
        Alternative(
            "scalar products of flat arrays",
            source="""
                def l2_penalty(weights, lam):
                    flat = [np.reshape(W, -1) for W in weights]
                    return np.array(0.5 * lam * sum(v @ v for v in flat))
            """,
        ),
        Alternative(
            "the norm squared, λ inside the loop",
            source="""
                def l2_penalty(weights, lam):
                    penalty = 0.0
                    for W in weights:
                        penalty += lam * np.linalg.norm(W.ravel()) ** 2 / 2
                    return penalty
            """,
        ),
    ),
)
