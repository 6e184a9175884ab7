"""Whatever dlcore makes public must stand in the tables that are compared with PyTorch."""

import numpy as np
import oracle_cases as cases

from dlcore import initializers, layers, losses, optimizers


def test_every_public_layer():
    compared = {type(case.make(np.float64)).__name__ for case in cases.LAYERS.values()}
    assert compared == set(layers.__all__) - {"Layer"}


def test_every_public_optimizer():
    compared = {type(make()).__name__ for make, _ in cases.OPTIMIZERS.values()}
    assert compared == set(optimizers.__all__) - {"Optimizer"}


def test_every_public_loss():
    compared = {make.__name__ for make, _ in cases.LOSSES.values()}
    assert compared == set(losses.__all__)


def test_every_public_initializer():
    assert cases.INITIALIZERS.keys() == set(initializers.__all__) - {"Initializer"}
