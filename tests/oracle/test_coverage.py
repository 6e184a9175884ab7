"""Whatever dlcore makes public must be compared with PyTorch, or with exact arithmetic."""

import exact_optimizers
import numpy as np
import optimizer_cases
import oracle_cases as cases

from dlcore import initializers, layers, losses, optimizers


def test_every_public_layer():
    compared = {type(case.make(np.float64)).__name__ for case in cases.LAYERS.values()}
    assert compared == set(layers.__all__) - {"Layer"}


def test_every_public_optimizer():
    public = set(optimizers.__all__) - {"Optimizer", "clip_by_norm"}
    with_torch = {type(make()).__name__ for make, _ in optimizer_cases.OPTIMIZERS.values()}
    assert with_torch == public - {"RMSpropGraves", "SMORMS3", "Eve"}  # torch has no such
    assert {cls.__name__ for cls in exact_optimizers.EXACT} == public


def test_every_public_loss():
    compared = {make.__name__ for make, *_ in cases.LOSSES.values()}
    assert compared == set(losses.__all__)


def test_every_public_initializer():
    assert cases.INITIALIZERS.keys() == set(initializers.__all__) - {"Initializer"}
