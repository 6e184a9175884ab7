"""What is compared with PyTorch: one table each for layers, optimisers, losses, initialisers.

``test_torch.py`` runs the tables against an installed torch, ``make_golden.py`` stores what torch
says on them, and ``test_golden.py`` compares with the stored values. The module does not import
torch: references receive it as an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore import initializers, layers, losses, optimizers
from dlcore.networks import SimpleConvNet


@dataclass(frozen=True)
class LayerCase:
    """A layer, the shape of its input, and the same function written with torch."""

    make: Callable[[Any], layers.Layer]  # dtype -> layer
    shape: tuple[int, ...]
    reference: Callable[..., Any]  # (torch, x, params) -> y

    def inputs(self) -> tuple[np.ndarray, np.ndarray]:
        """Input and upstream gradient, both float64."""
        rng = np.random.default_rng(2)
        layer = self.make(np.float64)
        return rng.normal(size=self.shape), rng.normal(
            size=(self.shape[0], *layer.output_shape(self.shape[1:]))
        )


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def _convolution(filter_size: Any, **options: int) -> LayerCase:
    def make(dtype: Any) -> layers.Layer:
        layer = layers.Convolution(2, 3, filter_size, rng=_rng(), dtype=dtype, **options)
        layer.params["b"] += np.array([0.5, -1, 2], dtype=dtype)
        return layer

    def reference(torch: Any, x: Any, p: dict[str, Any]) -> Any:
        stride, padding = options.get("stride", 1), options.get("pad", 0)
        return torch.nn.functional.conv2d(x, p["W"], p["b"], stride=stride, padding=padding)

    return LayerCase(make, (2, 2, 5, 4), reference)


def _max_pool(size: int, stride: int) -> LayerCase:
    def reference(torch: Any, x: Any, _: dict[str, Any]) -> Any:
        return torch.nn.functional.max_pool2d(x, size, stride)

    return LayerCase(lambda _: layers.MaxPool(size, stride=stride), (2, 2, 5, 4), reference)


def _affine(dtype: Any) -> layers.Layer:
    layer = layers.Affine(4, 3, rng=_rng(), dtype=dtype)
    layer.params["b"] += np.array([0.5, -1, 2], dtype=dtype)
    return layer


LAYERS = {
    "affine": LayerCase(_affine, (5, 4), lambda torch, x, p: x @ p["W"] + p["b"]),
    "convolution": _convolution(3),
    "convolution, stride and padding": _convolution((2, 3), stride=2, pad=1),
    "convolution, stride larger than filter": _convolution(2, stride=3),
    "convolution, padding larger than filter": _convolution(2, stride=2, pad=3),
    "max pool": _max_pool(2, 2),
    "max pool, overlapping": _max_pool(3, 1),
    "max pool with gaps": _max_pool(2, 3),
    "flatten": LayerCase(
        lambda _: layers.Flatten(), (2, 2, 3, 2), lambda torch, x, _: torch.flatten(x, 1)
    ),
    "sigmoid": LayerCase(lambda _: layers.Sigmoid(), (3, 5), lambda torch, x, _: torch.sigmoid(x)),
    "tanh": LayerCase(lambda _: layers.Tanh(), (3, 5), lambda torch, x, _: torch.tanh(x)),
    "relu": LayerCase(lambda _: layers.ReLU(), (3, 5), lambda torch, x, _: torch.relu(x)),
    "identity": LayerCase(
        lambda _: layers.Identity(), (3, 5), lambda torch, x, _: torch.nn.Identity()(x)
    ),
}

# Name: (dlcore's optimiser, torch's on a list of tensors).
OPTIMIZERS = {
    "SGD": (
        lambda: optimizers.SGD(lr=0.05),
        lambda torch, w: torch.optim.SGD(w, lr=0.05),
    ),
    "Adam": (
        lambda: optimizers.Adam(lr=0.05),
        lambda torch, w: torch.optim.Adam(w, lr=0.05),
    ),
    "Adam, other settings": (
        lambda: optimizers.Adam(lr=0.01, beta1=0.7, beta2=0.95, eps=1e-3),
        lambda torch, w: torch.optim.Adam(w, lr=0.01, betas=(0.7, 0.95), eps=1e-3),
    ),
}

# Name: (dlcore's loss, torch's function of scores and labels).
LOSSES = {
    "SoftmaxCrossEntropy": (
        losses.SoftmaxCrossEntropy,
        lambda torch, scores, t: torch.nn.functional.cross_entropy(scores, t),
    ),
}

# Name: (dlcore's initialiser, torch's in-place one for a weight (out, in) as torch keeps it).
INITIALIZERS = {
    "zeros": (initializers.zeros, lambda torch, w: torch.nn.init.zeros_(w)),
    "normal": (
        initializers.normal(0.01),
        lambda torch, w: torch.nn.init.normal_(w, std=0.01),
    ),
    # Torch has no fan-in Xavier by that name: its Kaiming form of gain 1 is the same.
    "xavier_normal": (
        initializers.xavier_normal,
        lambda torch, w: torch.nn.init.kaiming_normal_(w, nonlinearity="linear"),
    ),
    "he_normal": (
        initializers.he_normal,
        lambda torch, w: torch.nn.init.kaiming_normal_(w, nonlinearity="relu"),
    ),
}
FAN_IN, FAN_OUT = 500, 800  # 400,000 draws: the standard deviation is known to 0.1 %


def loss_inputs() -> tuple[np.ndarray, np.ndarray]:
    """Scores, some of them far apart, and labels."""
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(6, 4))
    scores[1] *= 30
    return scores, rng.integers(0, 4, 6)


STEPS = 200
CHECKPOINTS = (1, 2, 10, STEPS)


def quadratic() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, c and a start w for the gradient A w − c; A is positive definite and ill-conditioned."""
    rng = np.random.default_rng(4)
    Q, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    return Q @ np.diag([0.01, 0.1, 1, 3, 10]) @ Q.T, rng.normal(size=5), rng.normal(size=5)


def network(dtype: Any) -> SimpleConvNet:
    """A SimpleConvNet small enough for its gradients to be stored."""
    return SimpleConvNet(
        (1, 7, 6),
        filters=2,
        filter_size=3,
        stride=1,
        pad=1,
        hidden=4,
        classes=3,
        init=initializers.he_normal,
        rng=_rng(),
        dtype=dtype,
    )


def network_inputs() -> tuple[np.ndarray, np.ndarray]:
    """A batch of images and labels."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(4, 1, 7, 6)), rng.integers(0, 3, 4)


def network_reference(torch: Any, x: Any, p: dict[str, Any]) -> Any:
    """Scores of ``network`` written with torch."""
    F = torch.nn.functional
    maps = F.max_pool2d(torch.relu(F.conv2d(x, p["conv1.W"], p["conv1.b"], padding=1)), 2)
    hidden = torch.relu(torch.flatten(maps, 1) @ p["affine1.W"] + p["affine1.b"])
    return hidden @ p["affine2.W"] + p["affine2.b"]


def error(got: Any, expected: Any) -> float:
    """Largest difference relative to the largest expected value."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    return float(np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-300))
