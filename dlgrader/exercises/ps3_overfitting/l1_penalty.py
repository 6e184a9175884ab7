"""``l1_penalty``."""

from __future__ import annotations

from dlcore import regularizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake
from dlgrader.exercises.ps3_overfitting.draw import NORMS
from dlgrader.exercises.ps3_overfitting.penalties import properties, public_cases, task_of

_TASK = task_of("l1_penalty")

L1_PENALTY = CodeExercise(
    name="l1_penalty",
    title="The L1 penalty: `l1_penalty`",
    signature="l1_penalty(weights, lam)",
    minutes=10,
    section=NORMS,
    functions=("l1_penalty",),
    reference={"l1_penalty": regularizers.l1_penalty},
    public=public_cases(_TASK),
    properties=properties(_TASK, "the absolute values of one array, added up"),
    mistakes=(
        Mistake(
            "squares",
            "the weights are squared: that is what L2 does; L1 takes absolute values",
            edits=(("np.abs(W)", "W**2"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "half",
            "there is a factor ½: it belongs to L2 only",
            edits=(("return lam * total", "return 0.5 * lam * total"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "signed-sum",
            "the weights are added with their signs, so positive and negative ones cancel",
            edits=(("np.abs(W)", "W"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "absolute-value-of-sum",
            "the absolute value is taken of the sum; take it of each weight, then add",
            edits=(("np.sum(np.abs(W))", "np.abs(np.sum(W))"),),
            loses=("one", "several", "dtypes"),
        ),
        Mistake(
            "mean",
            "the mean of each array is taken; the penalty is a sum",
            edits=(("np.sum(", "np.mean("),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "matrix-norm",
            "np.linalg.norm(W, 1) of a matrix is its largest column sum, not the sum of all",
            edits=(("np.sum(np.abs(W))", "np.linalg.norm(W, 1)"),),
            loses=("one", "several", "dtypes"),
        ),
        Mistake(
            "length",
            "the root of the sum of squares is taken: that is the length, the 2-norm",
            edits=(("np.sum(np.abs(W))", "np.sqrt(np.sum(W**2))"),),
            loses=("one", "several", "strength", "dtypes"),
        ),
        Mistake(
            "first-array-only",
            "the function returns inside the loop, after the first array",
            edits=(("    return lam * total", "        return lam * total\n    return 0.0"),),
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
            edits=(("return lam * total", "return lam * total / max(len(weights), 1)"),),
            loses=("several", "strength", "dtypes"),
        ),
        Mistake(
            "one-number-per-array",
            "each array gets a number of its own; the penalty is one number for all of them",
            source="""
                def l1_penalty(weights, lam):
                    return [lam * np.sum(np.abs(W)) for W in weights]
            """,
            loses=("one", "several", "empty"),
        ),
        Mistake(
            "lambda-forgotten",
            "the sum is not multiplied by λ",
            edits=(("return lam * total", "return total"),),
            loses=("strength",),
        ),
        Mistake(
            "lambda-twice",
            "λ is multiplied in twice, in the loop and at the end",
            edits=(("np.sum(np.abs(W))", "lam * np.sum(np.abs(W))"),),
            loses=("strength",),
        ),
        Mistake(
            "empty-list-fails",
            "np.concatenate needs at least one array, but the list may be empty",
            edits=(
                (
                    "total = 0.0\n    for W in weights:\n        total += np.sum(np.abs(W))",
                    "total = np.sum(np.abs(np.concatenate([W.ravel() for W in weights])))",
                ),
            ),
            loses=("empty",),
        ),
        Mistake(
            "absolute-values-written-back",
            "the absolute values are written into the weights themselves",
            edits=(("np.abs(W)", "np.abs(W, out=W)"),),
            loses=("untouched",),
        ),
        Mistake(
            "other-parameter-names",
            "the parameters are not called weights and lam",
            edits=(
                ("l1_penalty(weights, lam)", "l1_penalty(arrays, strength)"),
                ("for W in weights", "for W in arrays"),
                ("return lam *", "return strength *"),
            ),
            loses=("keywords",),
        ),
    ),
    alternatives=(
        Alternative(
            "one line",
            source="""
                def l1_penalty(weights, lam):
                    return lam * sum(np.abs(W).sum() for W in weights)
            """,
        ),
        Alternative(
            "plain Python, number by number",
            source="""
                def l1_penalty(weights, lam):
                    total = 0
                    for W in weights:
                        for w in np.ravel(W).tolist():
                            total += w if w >= 0 else -w
                    return float(lam) * total
            """,
        ),
        Alternative(
            "a norm of the flat array, λ inside the loop",
            source="""
                def l1_penalty(weights, lam):
                    penalty = np.zeros(())
                    for W in weights:
                        penalty = penalty + lam * np.linalg.norm(W.reshape(-1), ord=1)
                    return penalty
            """,
        ),
        Alternative(
            "weights times their signs, from the last array to the first",
            source="""
                def l1_penalty(weights, lam):
                    if len(weights) == 0:
                        return 0
                    *others, W = weights
                    return lam * np.vdot(np.sign(W), W) + l1_penalty(others, lam)
            """,
        ),
    ),
)
