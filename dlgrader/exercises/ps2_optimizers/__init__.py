"""Points, properties and hidden cases of assignment ps2_optimizers."""

from __future__ import annotations

from dlgrader.declarations import Assignment
from dlgrader.exercises.ps2_optimizers.adagrad import ADAGRAD
from dlgrader.exercises.ps2_optimizers.adam import ADAM
from dlgrader.exercises.ps2_optimizers.adamax import ADAMAX
from dlgrader.exercises.ps2_optimizers.eve import EVE
from dlgrader.exercises.ps2_optimizers.graves import RMSPROP_GRAVES
from dlgrader.exercises.ps2_optimizers.momentum import MOMENTUM
from dlgrader.exercises.ps2_optimizers.nadam import NADAM
from dlgrader.exercises.ps2_optimizers.nesterov import NESTEROV
from dlgrader.exercises.ps2_optimizers.rmsprop import RMSPROP
from dlgrader.exercises.ps2_optimizers.sgd import SGD
from dlgrader.exercises.ps2_optimizers.smorms3 import SMORMS3
from dlgrader.exercises.ps2_optimizers.written import (
    ADAGRAD_WORDS,
    MOMENTUM_WORDS,
    RMSPROP_WORDS,
)

ASSIGNMENT = Assignment(
    name="ps2_optimizers",
    title="Optimisers by hand",
    seed=2_2015,
    exercises=(
        SGD,
        MOMENTUM,
        ADAGRAD,
        RMSPROP,
        ADAM,
        MOMENTUM_WORDS,
        ADAGRAD_WORDS,
        RMSPROP_WORDS,
        NESTEROV,
        ADAMAX,
        NADAM,
        RMSPROP_GRAVES,
        SMORMS3,
        EVE,
    ),
)
