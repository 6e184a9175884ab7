"""The choice questions; ``tests/exercises/test_ps3.py`` computes the right answers."""

from __future__ import annotations

from dlgrader.declarations import ChoiceExercise, Section
from dlgrader.exercises.ps3_overfitting.draw import DECAY

RIDGE = ChoiceExercise(
    name="ridge",
    title="Ridge regression",
    minutes=5,
    section=Section("3.1", "Ridge and lasso", "ch3/penalties"),
    right="c",
    why={
        "a": (
            "with λ = 0 the penalty is gone, and what remains is ordinary linear regression. A "
            "penalty changes which line is chosen, never the kind of model."
        ),
        "b": (
            "the intercept is left out of the penalty. Otherwise the fit would change if all "
            "targets were moved up by the same amount."
        ),
        "c": (
            "along each eigendirection, with curvature h, the solution is h / (h + λ) times the "
            "one without penalty, and that goes to 0 as λ grows."
        ),
        "d": (
            "linear regression has no hidden layer. The penalty is added to the loss, over all "
            "weights."
        ),
    },
    max_points=2.0,
)

L1_PICTURE = ChoiceExercise(
    name="l1_picture",
    title="Which picture is L1?",
    minutes=5,
    section=Section("3.1", "The constraint region", "ch3/penalties"),
    right="b",
    why={
        "a": (
            "a disc is the set of points whose distance from the origin, the root of the sum of "
            "squares, is limited: that is L2, ridge regression."
        ),
        "b": (
            "|w₁| + |w₂| ≤ t has four straight edges and its corners on the axes. The ellipse "
            "touches it at a corner, where one weight is 0."
        ),
        "c": (
            "with edges along the axes the region is max(|w₁|, |w₂|) ≤ t, the maximum norm: each "
            "weight has a limit of its own. Its corners are where both weights are equally large."
        ),
        "d": (
            "edges that curve inwards come from powers of |w| below 1. The corners lie on the axes "
            "as well, but the edges of the region of L1 are straight."
        ),
    },
    max_points=2.0,
)

BLANK_I = ChoiceExercise(
    name="blank_i",
    title="The weight-decay program: blank (イ)",
    minutes=5,
    section=Section("3.1", "The exam question", "ch3/penalties"),
    right="d",
    why={
        "a": (
            "λ is added where it should multiply. The weights would decay with the strength 1, "
            "whatever λ is, and towards −λ instead of 0."
        ),
        "b": (
            "the derivative of W² has a factor 2, which cancels the ½. This is weight decay of "
            "half the strength; no curve looks wrong, only a gradient check notices."
        ),
        "c": (
            "that is the penalty, element by element, not its derivative. It is never negative, so "
            "negative weights would be pushed away from 0."
        ),
        "d": "the derivative of ½ λ W² is λ W.",
    },
    max_points=2.0,
)

BLANK_U = ChoiceExercise(
    name="blank_u",
    title="The weight-decay program: blank (ウ)",
    minutes=5,
    section=DECAY,
    right="a",
    why={
        "a": "the penalty does not contain the biases: their gradient is that of the loss alone.",
        "b": (
            "that would decay the biases. The penalty is the sum over the weights; a bias only "
            "moves the output, it does not make the function steeper."
        ),
        "c": "that is the bias, not its gradient.",
        "d": (
            "that adds the decay of the weights, an array of the shape of W, to a gradient of the "
            "shape of the biases."
        ),
    },
    max_points=2.0,
)
