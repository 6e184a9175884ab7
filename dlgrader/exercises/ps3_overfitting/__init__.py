"""Assignment ps3_overfitting: penalties, weight decay, dropout."""

from __future__ import annotations

from dlgrader.declarations import Assignment
from dlgrader.exercises.ps3_overfitting.choices import BLANK_I, BLANK_U, L1_PICTURE, RIDGE
from dlgrader.exercises.ps3_overfitting.dropout import DROPOUT_FORWARD
from dlgrader.exercises.ps3_overfitting.dropout_backward import DROPOUT_BACKWARD
from dlgrader.exercises.ps3_overfitting.l1_gradient import L1_GRADIENT
from dlgrader.exercises.ps3_overfitting.l1_penalty import L1_PENALTY
from dlgrader.exercises.ps3_overfitting.l2_penalty import L2_PENALTY
from dlgrader.exercises.ps3_overfitting.weight_decay import WEIGHT_DECAY_GRADIENT

ASSIGNMENT = Assignment(
    name="ps3_overfitting",
    title="Against overfitting",
    seed=20_263,
    exercises=(
        L1_PENALTY,
        L2_PENALTY,
        RIDGE,
        L1_PICTURE,
        L1_GRADIENT,
        WEIGHT_DECAY_GRADIENT,
        BLANK_I,
        BLANK_U,
        DROPOUT_FORWARD,
        DROPOUT_BACKWARD,
    ),
)
