"""Declaration of ps1_vanishing_gradients: activations, initial values, batch normalisation."""

from __future__ import annotations

from dlgrader.declarations import Assignment
from dlgrader.exercises.ps1_vanishing_gradients.batch_norm_backward import BATCH_NORM_BACKWARD
from dlgrader.exercises.ps1_vanishing_gradients.batch_norm_forward import BATCH_NORM_FORWARD
from dlgrader.exercises.ps1_vanishing_gradients.chain import CHAIN_RULE
from dlgrader.exercises.ps1_vanishing_gradients.initial_values import HE_NORMAL, XAVIER_NORMAL
from dlgrader.exercises.ps1_vanishing_gradients.questions import (
    BATCH_NORM_EFFECTS,
    SIGMOID_SLOPE,
    ZERO_WEIGHTS,
)
from dlgrader.exercises.ps1_vanishing_gradients.relu import RELU, RELU_GRAD
from dlgrader.exercises.ps1_vanishing_gradients.sigmoid import SIGMOID
from dlgrader.exercises.ps1_vanishing_gradients.sigmoid_grad import SIGMOID_GRAD

ASSIGNMENT = Assignment(
    name="ps1_vanishing_gradients",
    title="Vanishing gradients",
    seed=20_260_111,
    exercises=(
        CHAIN_RULE,
        SIGMOID,
        SIGMOID_GRAD,
        SIGMOID_SLOPE,
        RELU,
        RELU_GRAD,
        ZERO_WEIGHTS,
        XAVIER_NORMAL,
        HE_NORMAL,
        BATCH_NORM_FORWARD,
        BATCH_NORM_BACKWARD,
        BATCH_NORM_EFFECTS,
    ),
)
