"""What optimisers refuse: gradients, settings and losses that do not fit."""

import math

import numpy as np
import pytest
from test_optimizers import each_optimizer, update

from dlcore.optimizers import (
    SGD,
    SMORMS3,
    AdaGrad,
    AdaMax,
    AdamW,
    Eve,
    Momentum,
    Nesterov,
    RMSProp,
    RMSpropGraves,
)


@each_optimizer
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (np.ones(3), ValueError, r"grads\['b'\] of shape \(2,\), got \(3,\)"),
        (
            [1, np.nan],
            FloatingPointError,
            r"finite grads\['b'\], got NaN or infinity in 1 of 2 places; nothing was changed\. Try",
        ),
        ([np.inf, -np.inf], FloatingPointError, r"grads\['b'\], .* in 2 of 2 places"),
        (["x", "y"], TypeError, r"grads\['b'\] to hold real numbers, got dtype <U1"),
    ],
)
def test_nothing_is_changed_when_an_update_is_refused(make, bad, error, message):
    params = {"a": np.ones(2), "b": np.ones(2)}
    good = {"a": np.ones(2), "b": np.ones(2)}
    optimizer, unharmed = make(), make()
    for _ in range(2):
        before = {key: p.copy() for key, p in params.items()}
        state = optimizer.state_dict()
        with pytest.raises(error, match=rf"{make.__name__}\.update: .*{message}"):
            update(optimizer, params, {"a": np.ones(2), "b": bad})
        for key, p in params.items():
            np.testing.assert_array_equal(p, before[key])
        np.testing.assert_equal(optimizer.state_dict(), state)
        update(optimizer, params, good)
    expected = {"a": np.ones(2), "b": np.ones(2)}
    for _ in range(2):
        update(unharmed, expected, good)
    np.testing.assert_equal(params, expected)


def test_a_parameter_keeps_its_shape():
    optimizer = SGD()
    optimizer.update({"a": np.ones(2)}, {"a": np.ones(2)})
    with pytest.raises(ValueError, match=r"the first call \(2,\), got \(3,\); make a new optimi"):
        optimizer.update({"a": np.ones(3)}, {"a": np.ones(3)})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Momentum(momentum=1), ValueError, "Momentum: .* 0 <= momentum < 1, got 1"),
        (lambda: Nesterov(momentum=-0.1), ValueError, "Nesterov: .*momentum"),
        (lambda: RMSProp(decay=1.5), ValueError, "RMSProp: .*decay"),
        (lambda: AdaGrad(eps=0), ValueError, "AdaGrad: expected eps to be a positive number"),
        (lambda: RMSpropGraves(rho="x"), TypeError, "RMSpropGraves: .*rho"),
        (lambda: SMORMS3(eps=-1), ValueError, "SMORMS3: .*eps"),
        (lambda: AdaMax(beta2=1), ValueError, "AdaMax: .*beta2"),
        (lambda: AdamW(weight_decay=-1), ValueError, "AdamW: .*weight_decay .*at least 0, got -1"),
        (lambda: AdamW(decayed="W"), TypeError, "AdamW: .*function of a name, got 'W'; .*is_weig"),
        (lambda: Eve(beta3=1), ValueError, "Eve: .*beta3"),
        (lambda: Eve(k=2, K=1), ValueError, "Eve: expected k < K, .*got k=2, K=1"),
    ],
)
def test_settings_out_of_range(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (None, TypeError, r"Eve\.update: expected the loss .*call update\(params, grads, loss\)"),
        (0.0, ValueError, r"Eve\.update: expected loss to be a positive number, got 0\.0"),
        (-1, ValueError, "got -1"),
        (np.nan, ValueError, "got nan"),
        (math.inf, ValueError, "got inf"),
        ("1", TypeError, "got '1'"),
        (np.ones(2), TypeError, "loss"),
    ],
)
def test_eve_refuses_a_loss_that_is_none(loss, error, message):
    optimizer, w = Eve(), np.ones(1)
    with pytest.raises(error, match=message):
        optimizer.update({"w": w}, {"w": np.ones(1)}, loss)
    assert (w[0], optimizer.t) == (1, 0)


def test_eve_without_a_loss():
    with pytest.raises(TypeError, match="Eve adapts to the loss"):
        Eve().update({"w": np.ones(1)}, {"w": np.ones(1)})
