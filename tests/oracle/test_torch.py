"""dlcore against an installed PyTorch; ``test_golden.py`` stands in where there is none."""

import make_golden
import numpy as np
import optimizer_cases
import oracle_cases as cases
import pytest

from dlcore.layers import BatchNorm
from dlcore.optimizers import clip_by_norm

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
    y = layer.forward(expected["x"], train=case.train)
    got = {"y": y, "dx": layer.backward(expected["dy"])}
    got.update({f"d{key}": g for key, g in layer.grads.items()})
    for key, value in got.items():
        assert value.dtype == expected[key].dtype == dtype, key
        assert cases.error(value, expected[key]) < TOLERANCE[dtype], key


@pytest.mark.parametrize("shape", [(5, 4), (3, 4, 2, 6)])
@each_dtype
def test_running_statistics_of_batch_norm(shape, dtype):
    """Torch's momentum is 1 − ours, and its running variance unbiased."""
    ours = BatchNorm(4, momentum=0.7, dtype=dtype)
    kind = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    theirs = kind(4, momentum=0.3, dtype=torch.tensor(np.zeros(1, dtype)).dtype)
    rng = np.random.default_rng(8)
    mean, var, count = np.zeros(4), np.ones(4), np.prod(shape) // 4
    for step in range(4):
        x = rng.normal(step, 1 + step, size=shape).astype(dtype)
        y = ours.forward(x, train=True)
        assert cases.error(y, theirs(torch.tensor(x)).detach()) < TOLERANCE[dtype]
        axes = (0, *range(2, len(shape)))
        mean = 0.7 * mean + 0.3 * x.mean(axis=axes, dtype=np.float64)
        var = 0.7 * var + 0.3 * x.var(axis=axes, dtype=np.float64)
    assert cases.error(ours.buffers["running_mean"], theirs.running_mean) < TOLERANCE[dtype]
    assert cases.error(ours.buffers["running_mean"], mean) < TOLERANCE[dtype]
    assert cases.error(ours.buffers["running_var"], var) < TOLERANCE[dtype]
    biased_share = (count - 1) / count
    theirs_biased = biased_share * (theirs.running_var.numpy() - 0.7**4) + 0.7**4
    assert cases.error(ours.buffers["running_var"], theirs_biased) < TOLERANCE[dtype]


@pytest.mark.parametrize("name", cases.LOSSES)
@each_dtype
def test_loss(name, dtype):
    make, reference, inputs = cases.LOSSES[name]
    expected = make_golden.torch_loss(torch, reference, inputs, dtype)
    loss = make()
    assert (
        cases.error(loss.forward(expected["scores"], expected["t"]), expected["loss"])
        < (TOLERANCE[dtype])
    )
    assert cases.error(loss.backward(), expected["dscores"]) < TOLERANCE[dtype]


@pytest.mark.parametrize("name", optimizer_cases.OPTIMIZERS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_optimizer_on_two_parameters_and_random_gradients(name, dtype, tolerance):
    make, make_torch = optimizer_cases.OPTIMIZERS[name]
    rng = np.random.default_rng(6)
    params = {"W": rng.normal(size=(3, 2)).astype(dtype), "b": rng.normal(size=2).astype(dtype)}
    tensors = {key: torch.tensor(p) for key, p in params.items()}
    ours, theirs = make(), make_torch(torch, list(tensors.values()))
    with optimizer_cases.default_float64(torch):
        for _ in range(optimizer_cases.STEPS):
            grads = {key: rng.normal(size=p.shape).astype(dtype) for key, p in params.items()}
            for key, tensor in tensors.items():
                tensor.grad = torch.tensor(grads[key])
            ours.update(params, grads)
            theirs.step()
            for key, tensor in tensors.items():
                assert params[key].dtype == dtype
                assert cases.error(params[key], tensor.numpy()) < tolerance, key


@pytest.mark.parametrize("max_norm", [0.5, 3.0, 1e3])
def test_clip_by_norm(max_norm):
    rng = np.random.default_rng(10)
    grads = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=3)}
    tensors = [torch.zeros(g.shape, dtype=torch.float64) for g in grads.values()]
    for tensor, g in zip(tensors, grads.values(), strict=True):
        tensor.grad = torch.tensor(g)
    clipped, norm = clip_by_norm(grads, max_norm)
    norm_torch = torch.nn.utils.clip_grad_norm_(tensors, max_norm).item()
    assert norm == pytest.approx(norm_torch, rel=1e-14)
    for tensor, g in zip(tensors, clipped.values(), strict=True):
        assert cases.error(g, tensor.grad.numpy()) < 1e-5  # torch divides by the norm + 1e-6


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
    make, make_torch = optimizer_cases.OPTIMIZERS["Adam"]
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
