"""dlcore against values that PyTorch computed, stored in ``golden.npz`` by ``make_golden.py``."""

import make_golden
import numpy as np
import optimizer_cases
import oracle_cases as cases
import pytest


@pytest.fixture(scope="module")
def stored():
    with np.load(make_golden.PATH) as file:
        return dict(file)


def group(stored, prefix):
    """The values whose names begin with prefix, without it."""
    return {
        name.removeprefix(f"{prefix}/"): value
        for name, value in stored.items()
        if name.startswith(f"{prefix}/")
    }


@pytest.mark.parametrize("name", cases.LAYERS)
def test_layer(name, stored):
    expected = group(stored, f"layer/{name}")
    layer = cases.LAYERS[name].make(np.float64)
    for key, p in layer.params.items():
        p[...] = expected[key]
    y = layer.forward(expected["x"], train=cases.LAYERS[name].train)
    assert cases.error(y, expected["y"]) < 1e-10
    assert cases.error(layer.backward(expected["dy"]), expected["dx"]) < 1e-10
    for key, gradient in layer.grads.items():
        assert cases.error(gradient, expected[f"d{key}"]) < 1e-10, key


@pytest.mark.parametrize("name", cases.LOSSES)
def test_loss(name, stored):
    expected = group(stored, f"loss/{name}")
    loss = cases.LOSSES[name][0]()
    assert loss.forward(expected["scores"], expected["t"]) == pytest.approx(
        float(expected["loss"]), rel=1e-12
    )
    assert cases.error(loss.backward(), expected["dscores"]) < 1e-10


@pytest.mark.parametrize("name", optimizer_cases.OPTIMIZERS)
def test_optimizer(name, stored):
    problem = group(stored, "quadratic")
    w = problem["start"].copy()
    optimizer = optimizer_cases.OPTIMIZERS[name][0]()
    path = []
    for step in range(1, optimizer_cases.STEPS + 1):
        optimizer.update({"w": w}, {"w": problem["A"] @ w - problem["c"]})
        if step in optimizer_cases.CHECKPOINTS:
            path.append(w.copy())
    assert cases.error(path, stored[f"optimizer/{name}/path"]) < 1e-12


@pytest.mark.parametrize("name", cases.INITIALIZERS)
def test_initializer(name, stored):
    init = cases.INITIALIZERS[name][0]
    std = init(cases.FAN_IN, cases.FAN_OUT, np.random.default_rng(7)).std()
    assert std == pytest.approx(float(stored[f"initializer/{name}/std"]), rel=0.01)


def test_simple_conv_net(stored):
    expected = group(stored, "network")
    network = cases.network(np.float64)
    for key, p in network.params.items():
        p[...] = expected[f"params/{key}"]
    loss, grads = network.loss_and_gradient(expected["x"], expected["t"])
    assert loss == pytest.approx(float(expected["loss"]), rel=1e-12)
    assert cases.error(network.scores(expected["x"]), expected["scores"]) < 1e-10
    assert len(grads) == 6
    for key, gradient in grads.items():
        assert cases.error(gradient, expected[f"grads/{key}"]) < 1e-10, key


def test_the_file_is_small():
    assert make_golden.PATH.stat().st_size <= 100_000
