"""dlcore against an installed PyTorch; ``test_golden.py`` stands in where there is none."""

import make_golden
import numpy as np
import oracle_cases as cases
import pytest

torch = pytest.importorskip(
    "torch",
    reason="PyTorch is not installed (the extra 'oracle'); the golden values are tested",
)

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-4}
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE, ids=lambda dtype: dtype.__name__)


@pytest.mark.parametrize("name", cases.LAYERS)
@each_dtype
def test_layer(name, dtype):
    case = cases.LAYERS[name]
    expected = make_golden.torch_layer(torch, case, dtype)
    layer = case.make(dtype)
    got = {"y": layer.forward(expected["x"]), "dx": layer.backward(expected["dy"])}
    got.update({f"d{key}": g for key, g in layer.grads.items()})
    for key, value in got.items():
        assert value.dtype == expected[key].dtype == dtype, key
        assert cases.error(value, expected[key]) < TOLERANCE[dtype], key


@pytest.mark.parametrize("name", cases.LOSSES)
@each_dtype
def test_loss(name, dtype):
    make, reference = cases.LOSSES[name]
    expected = make_golden.torch_loss(torch, reference, dtype)
    loss = make()
    assert (
        cases.error(loss.forward(expected["scores"], expected["t"]), expected["loss"])
        < (TOLERANCE[dtype])
    )
    assert cases.error(loss.backward(), expected["dscores"]) < TOLERANCE[dtype]


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_optimizer_on_two_parameters_and_random_gradients(name):
    make, make_torch = cases.OPTIMIZERS[name]
    rng = np.random.default_rng(6)
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    tensors = {key: torch.tensor(p) for key, p in params.items()}
    ours, theirs = make(), make_torch(torch, list(tensors.values()))
    for _ in range(cases.STEPS):
        grads = {key: rng.normal(size=p.shape) for key, p in params.items()}
        for key, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[key])
        ours.update(params, grads)
        theirs.step()
        for key, tensor in tensors.items():
            assert cases.error(params[key], tensor.numpy()) < 1e-12, key


@pytest.mark.parametrize("name", cases.INITIALIZERS)
def test_initializer(name):
    init, initialize = cases.INITIALIZERS[name]
    std = init(cases.FAN_IN, cases.FAN_OUT, np.random.default_rng(7)).std()
    assert std == pytest.approx(make_golden.torch_std(torch, initialize), rel=0.01)


@each_dtype
def test_simple_conv_net(dtype):
    expected = make_golden.torch_network(torch, dtype)
    network = cases.network(dtype)
    loss, grads = network.loss_and_gradient(expected["x"], expected["t"])
    assert cases.error(loss, expected["loss"]) < TOLERANCE[dtype]
    assert cases.error(network.scores(expected["x"]), expected["scores"]) < TOLERANCE[dtype]
    for key, gradient in grads.items():
        assert cases.error(gradient, expected[f"grads/{key}"]) < TOLERANCE[dtype], key


def test_simple_conv_net_trained_with_adam_stays_with_torch():
    network, (x, t) = cases.network(np.float64), cases.network_inputs()
    params = {key: torch.tensor(p, requires_grad=True) for key, p in network.params.items()}
    make, make_torch = cases.OPTIMIZERS["Adam"]
    ours, theirs = make(), make_torch(torch, list(params.values()))
    for _ in range(30):
        loss, grads = network.loss_and_gradient(x, t)
        ours.update(network.params, grads)
        theirs.zero_grad()
        scores = cases.network_reference(torch, torch.tensor(x), params)
        loss_torch = torch.nn.functional.cross_entropy(scores, torch.tensor(t))
        loss_torch.backward()
        theirs.step()
        assert loss == pytest.approx(loss_torch.item(), rel=1e-9)
    assert loss < 0.1


def test_the_golden_values_are_what_torch_says():
    with np.load(make_golden.PATH) as stored:
        fresh = make_golden.golden(torch)
        assert set(stored.files) == {*fresh, "torch_version"}
        for name, value in fresh.items():
            assert cases.error(stored[name], value) < 1e-9, name
