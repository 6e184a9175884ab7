"""Whole networks against the same networks written with PyTorch, forward and backward."""

import copy

import numpy as np
import oracle_cases as cases
import pytest

from dlcore.layers import Dropout
from dlcore.networks import DeepConvNet, LeNet5, MultiLayerNet
from dlcore.optimizers import SGD

torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'oracle')")
F = torch.nn.functional

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-4}
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE, ids=lambda dtype: dtype.__name__)


def generator(seed=0):
    return np.random.default_rng(seed)


def tensors(network):
    """The network's parameters as tensors of their own, and its buffers."""
    params = {name: torch.tensor(p, requires_grad=True) for name, p in network.params.items()}
    return params, {name: torch.tensor(b) for name, b in network.buffers.items()}


def masks(rng, shapes, dtype):
    """What the dropout layers of a network will multiply by, from a copy of their generator."""
    rng = copy.deepcopy(rng)
    return [
        torch.tensor(Dropout(0.5, rng=rng).forward(np.ones(shape, dtype), train=True))
        for shape in shapes
    ]


def compare(network, reference, x, t, dtype, penalty=lambda p: 0):
    """Compare scores at inference, loss and all gradients; give some parameters a bias first."""
    for name, p in network.params.items():
        if name.split(".")[-1].startswith("b"):
            p += generator(3).normal(scale=0.1, size=p.shape).astype(dtype)
    params, buffers = tensors(network)
    x = x.astype(dtype)
    x_t, t_t = torch.tensor(x), torch.tensor(t)
    expected = reference(x_t, params, buffers, train=False)
    scores = network.scores(x)
    assert scores.dtype == expected.detach().numpy().dtype == dtype
    assert cases.error(scores, expected.detach()) < TOLERANCE[dtype]

    loss_t = F.cross_entropy(reference(x_t, params, buffers, train=True), t_t) + penalty(params)
    loss_t.backward()
    loss, grads = network.loss_and_gradient(x, t)
    assert cases.error(loss, loss_t.item()) < TOLERANCE[dtype]
    assert grads.keys() == params.keys()
    for name, gradient in grads.items():
        assert gradient.dtype == dtype, name
        scale = max(p.grad.abs().max().item() for p in params.values())
        # Relative to all gradients: that of a bias before batch normalisation is rounding alone.
        error = np.abs(gradient - params[name].grad.numpy()).max() / scale
        assert error < TOLERANCE[dtype], name


# DeepConvNet


def deep_conv_net(x, p, dropped):
    """Scores with the masks for the two dropout layers, or with none."""
    paddings = {1: 1, 2: 1, 3: 1, 4: 2, 5: 1, 6: 1}
    for number, padding in paddings.items():
        x = torch.relu(F.conv2d(x, p[f"conv{number}.W"], p[f"conv{number}.b"], padding=padding))
        if number % 2 == 0:
            x = F.max_pool2d(x, 2)
    x = torch.relu(torch.flatten(x, 1) @ p["affine1.W"] + p["affine1.b"])
    scores = (x if dropped is None else x * dropped[0]) @ p["affine2.W"] + p["affine2.b"]
    return scores if dropped is None else scores * dropped[1]


@each_dtype
def test_deep_conv_net(dtype):
    rng = generator(1)
    network = DeepConvNet(rng=rng, dtype=dtype)
    x, t = generator(2).random((6, 1, 28, 28)), generator(2).integers(0, 10, 6)
    dropped = masks(rng, [(6, 50), (6, 10)], dtype)

    def reference(x, p, _, *, train):
        return deep_conv_net(x, p, dropped if train else None)

    compare(network, reference, x, t, dtype)


@each_dtype
def test_deep_conv_net_of_other_sizes_without_dropout(dtype):
    network = DeepConvNet(
        (2, 12, 10),
        channels=(3, 4, 5, 6, 7, 8),
        hidden=9,
        classes=4,
        dropout_ratio=0,
        rng=generator(1),
        dtype=dtype,
    )
    x, t = generator(2).normal(size=(5, 2, 12, 10)), generator(2).integers(0, 4, 5)
    compare(network, lambda x, p, _, **mode: deep_conv_net(x, p, None), x, t, dtype)


# LeNet-5


@each_dtype
def test_lenet5(dtype):
    def reference(x, p, _, **mode):
        x = F.avg_pool2d(torch.tanh(F.conv2d(x, p["C1.W"], p["C1.b"])), 2)
        x = F.avg_pool2d(torch.tanh(F.conv2d(x, p["C3.W"], p["C3.b"])), 2)
        x = torch.tanh(torch.flatten(x, 1) @ p["C5.W"] + p["C5.b"])
        x = torch.tanh(x @ p["F6.W"] + p["F6.b"])
        return x @ p["OUTPUT.W"] + p["OUTPUT.b"]

    network = LeNet5(rng=generator(1), dtype=dtype)
    x, t = generator(2).random((6, 1, 32, 32)), generator(2).integers(0, 10, 6)
    compare(network, reference, x, t, dtype)


# MultiLayerNet

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "gelu": F.gelu,
    "identity": lambda x: x,
}
HIDDEN = (9, 7)


def multi_layer_net(activation, *, batch_norm, dropped):
    def reference(x, p, buffers, *, train):
        for number in range(1, len(HIDDEN) + 1):
            x = x @ p[f"W{number}"] + p[f"b{number}"]
            if batch_norm:
                mean, var = (buffers[f"running_{kind}{number}"].clone() for kind in ("mean", "var"))
                gamma, beta = p.get(f"gamma{number}"), p.get(f"beta{number}")
                x = F.batch_norm(x, mean, var, gamma, beta, training=train)
            x = ACTIVATIONS[activation](x)
            if train and dropped:
                x = x * dropped[number - 1]
        return x @ p[f"W{number + 1}"] + p[f"b{number + 1}"]

    return reference


@each_dtype
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_norm": True},
        {"batch_norm": True, "train_gamma_beta": False},
        {"weight_decay_lambda": 0.1},
        {"dropout_ratio": 0.5},
        {"batch_norm": True, "weight_decay_lambda": 0.1, "dropout_ratio": 0.5},
    ],
    ids=lambda options: ", ".join(options) or "plain",
)
def test_multi_layer_net(activation, options, dtype):
    rng = generator(1)
    network = MultiLayerNet(12, HIDDEN, 5, activation=activation, rng=rng, dtype=dtype, **options)
    x, t = generator(2).normal(size=(10, 12)), generator(2).integers(0, 5, 10)
    reference = multi_layer_net(
        activation,
        batch_norm=options.get("batch_norm"),
        dropped=masks(rng, [(10, 9), (10, 7)], dtype) if "dropout_ratio" in options else None,
    )
    half_lambda = options.get("weight_decay_lambda", 0) / 2

    def penalty(params):
        return half_lambda * sum((params[f"W{number}"] ** 2).sum() for number in (1, 2, 3))

    compare(network, reference, x, t, dtype, penalty)


def test_multi_layer_net_trained_with_weight_decay_stays_with_torch():
    """In torch λW is an option of SGD, there for the weights alone."""
    network = MultiLayerNet(
        12, HIDDEN, 5, weight_decay_lambda=0.05, rng=generator(1), dtype=np.float64
    )
    x, t = generator(2).normal(size=(40, 12)), generator(2).integers(0, 5, 40)
    params, _ = tensors(network)
    theirs = torch.optim.SGD(
        [
            {"params": [p for name, p in params.items() if name[0] == "W"], "weight_decay": 0.05},
            {"params": [p for name, p in params.items() if name[0] == "b"]},
        ],
        lr=0.1,
    )
    ours, reference = SGD(lr=0.1), multi_layer_net("relu", batch_norm=False, dropped=None)
    for _ in range(60):
        ours.update(network.params, network.gradient(x, t))
        theirs.zero_grad()
        F.cross_entropy(
            reference(torch.tensor(x), params, {}, train=True), torch.tensor(t)
        ).backward()
        theirs.step()
    for name, p in network.params.items():
        assert cases.error(p, params[name].detach()) < 1e-10, name
