"""The networks and batches that are timed, from dlcore."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore import optimizers
from dlcore._fast_convolution import BLOCK_BYTES
from dlcore.initializers import he_normal
from dlcore.layers import Convolution
from dlcore.networks import DeepConvNet, MultiLayerNet, SimpleConvNet

# So small that thousands of steps on one batch leave the network where training starts: with the
# usual 0.001 it would soon know the batch by heart, and vanishing gradients are no usual numbers.
LEARNING_RATE = 1e-6

HIDDEN: dict[str, tuple[int, ...]] = {
    "MLP 784-40-20-10": (40, 20),
    "MLP 784-6×100-10": (100,) * 6,
}
NETWORKS = ("DeepConvNet", "SimpleConvNet", *HIDDEN)


def network(name: str, dtype: Any = np.float32) -> Any:
    """A network by its name in ``NETWORKS``, or "depth 8" for an MLP with 8 hidden layers."""
    rng = np.random.default_rng(0)
    if name == "DeepConvNet":
        return DeepConvNet(rng=rng, dtype=dtype)
    if name == "SimpleConvNet":
        return SimpleConvNet(init=he_normal, rng=rng, dtype=dtype)
    hidden = HIDDEN.get(name) or (100,) * int(name.removeprefix("depth "))
    return MultiLayerNet(784, hidden, 10, rng=rng, dtype=dtype)


def images(name: str, count: int, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    """Random images, a fifth of the pixels inked as in MNIST, and labels."""
    rng = np.random.default_rng(1)
    shape = (count, 1, 28, 28) if name.endswith("ConvNet") else (count, 784)
    x = rng.random(shape, dtype=np.float32)
    x *= rng.random(shape, dtype=np.float32) < 0.2
    return x.astype(dtype, copy=False), rng.integers(0, 10, count)


def training_step(name: str, x: np.ndarray, t: np.ndarray) -> Callable[[], None]:
    """A function that does forward, loss, backward and Adam's step on one batch."""
    net = network(name, x.dtype)
    adam = optimizers.Adam(lr=LEARNING_RATE)

    def step() -> None:
        _, grads = net.loss_and_gradient(x, t)
        adam.update(net.params, grads)

    return step


def straightforward_step(x: np.ndarray, t: np.ndarray) -> Callable[[], None]:
    """The same by the baseline, for DeepConvNet."""
    from benchmarks import straightforward

    net = straightforward.DeepConvNet(np.random.default_rng(0))
    adam = straightforward.Adam(net.params, lr=LEARNING_RATE)

    def step() -> None:
        _, grads = net.loss_and_gradient(x, t)
        adam.update(grads)

    return step


def products_alone(name: str, x: np.ndarray) -> Callable[[], None]:
    """A function that does the matrix products of a training step and nothing else.

    They are as large as a block of the library's convolution and always of the same arrays, which
    stay in the cache. What is compiled around the products can at best bring a step down to this.
    """
    net = network(name, x.dtype)
    rng = np.random.default_rng(3)
    products = []
    shape = x.shape[1:]
    for position, layer in enumerate(net.layers.values()):
        before, shape = shape, layer.output_shape(shape)
        if "W" not in layer.params:
            continue
        if isinstance(layer, Convolution):
            FN, C, FH, FW = layer.params["W"].shape
            outputs, inputs = len(x) * math.prod(shape[1:]), len(x) * math.prod(before[1:])
            sizes = [(outputs, FH * FW * C, FN), (inputs, FH * FW * FN, C)]
        else:
            K, FN = layer.params["W"].shape
            sizes = [(len(x), K, FN), (len(x), FN, K)]
        # Forward, gradient of W, and for all but the first layer gradient of x.
        forward, backward = sizes
        for rows, inner, outer in (forward, forward, backward)[: 2 if position == 0 else 3]:
            count = max(1, rows * inner * x.itemsize // BLOCK_BYTES)
            A = rng.random((rows // count, inner)).astype(x.dtype)
            B = rng.random((inner, outer)).astype(x.dtype)
            products.append((count, A, B, np.empty((rows // count, outer), x.dtype)))

    def step() -> None:
        for count, A, B, out in products:
            for _ in range(count):
                np.matmul(A, B, out=out)

    return step


def updates() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, Callable[[], Any]]]:
    """Parameters of SimpleConvNet, random gradients, and a step of each optimiser of dlcore."""
    params = network("SimpleConvNet").params
    rng = np.random.default_rng(2)
    grads = {key: (0.01 * rng.normal(size=p.shape)).astype(np.float32) for key, p in params.items()}
    steps = {}
    for name in OPTIMIZERS:
        optimizer = getattr(optimizers, name)(lr=LEARNING_RATE)
        own = {key: p.copy() for key, p in params.items()}
        extra = {"loss": 2.3} if name == "Eve" else {}
        steps[name] = _update(optimizer, own, grads, extra)
    return params, grads, steps


def _update(optimizer: Any, params: Any, grads: Any, extra: dict[str, float]) -> Callable[[], Any]:
    return lambda: optimizer.update(params, grads, **extra)


OPTIMIZERS = (
    "SGD",
    "Momentum",
    "Nesterov",
    "AdaGrad",
    "RMSProp",
    "Adam",
    "AdamW",
    "AdaMax",
    "Nadam",
    "RMSpropGraves",
    "SMORMS3",
    "Eve",
)
