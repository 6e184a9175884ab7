"""What is compared with PyTorch: one table each for layers, losses, initialisers.

``test_torch.py`` runs the tables against an installed torch, ``make_golden.py`` stores what torch
says on them, and ``test_golden.py`` compares with the stored values. The module does not import
torch: references receive it as an argument. The optimisers are in ``optimizer_cases.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore import initializers, layers, losses
from dlcore.networks import SimpleConvNet


@dataclass(frozen=True)
class LayerCase:
    """A layer, the shape of its input, and the same function written with torch."""

    make: Callable[[Any], layers.Layer]  # dtype -> layer
    shape: tuple[int, ...]
    reference: Callable[..., Any]  # (torch, x, params) -> y
    train: bool = False

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


def _pool(kind: Any, function: str, size: int, stride: int) -> LayerCase:
    def reference(torch: Any, x: Any, _: dict[str, Any]) -> Any:
        return getattr(torch.nn.functional, function)(x, size, stride)

    return LayerCase(lambda _: kind(size, stride=stride), (2, 2, 5, 4), reference)


def _batch_norm(shape: tuple[int, ...], *, train: bool, **options: Any) -> LayerCase:
    def make(dtype: Any) -> layers.BatchNorm:
        layer = layers.BatchNorm(shape[1], dtype=dtype, **options)
        for arrays in (layer.params, layer.buffers):
            for p in arrays.values():
                p += np.linspace(0.2, 1.7, len(p), dtype=dtype)
        return layer

    def reference(torch: Any, x: Any, p: dict[str, Any]) -> Any:
        buffers = {
            key: torch.tensor(value).to(x.dtype) for key, value in make(np.float64).buffers.items()
        }
        return torch.nn.functional.batch_norm(
            x,
            buffers["running_mean"],
            buffers["running_var"],
            p.get("gamma"),
            p.get("beta"),
            training=train,
            eps=options.get("eps", 1e-5),
        )

    return LayerCase(make, shape, reference, train=train)


def _dropout(*, train: bool) -> LayerCase:
    def reference(torch: Any, x: Any, _: dict[str, Any]) -> Any:
        if not train:
            return torch.nn.functional.dropout(x, 0.4, training=False)
        dtype = np.float64 if x.dtype == torch.float64 else np.float32
        kept = _rng().random(x.shape, dtype=dtype) >= 0.4
        return x * torch.tensor(kept) / 0.6

    return LayerCase(lambda _: layers.Dropout(0.4, rng=_rng()), (4, 5), reference, train=train)


def _rnn(activation: str) -> LayerCase:
    def make(dtype: Any) -> layers.Layer:
        layer = layers.RNN(3, 4, activation=activation, rng=_rng(), dtype=dtype)
        layer.params["b"] += np.array([0.5, -1, 2, 0], dtype=dtype)
        return layer

    def reference(torch: Any, x: Any, p: dict[str, Any]) -> Any:
        module = torch.nn.RNN(3, 4, nonlinearity=activation, batch_first=True, dtype=x.dtype)
        weights = {
            "weight_ih_l0": p["W_x"].T,
            "weight_hh_l0": p["W_h"].T,
            "bias_ih_l0": p["b"],
            "bias_hh_l0": torch.zeros_like(p["b"]),
        }
        return torch.func.functional_call(module, weights, (x,))[0]

    return LayerCase(make, (2, 6, 3), reference)


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
    "max pool": _pool(layers.MaxPool, "max_pool2d", 2, 2),
    "max pool, overlapping": _pool(layers.MaxPool, "max_pool2d", 3, 1),
    "max pool with gaps": _pool(layers.MaxPool, "max_pool2d", 2, 3),
    "average pool": _pool(layers.AveragePool, "avg_pool2d", 2, 2),
    "average pool, overlapping": _pool(layers.AveragePool, "avg_pool2d", 3, 1),
    "average pool with gaps": _pool(layers.AveragePool, "avg_pool2d", 2, 3),
    "global average pool": LayerCase(
        lambda _: layers.GlobalAveragePool(),
        (2, 2, 5, 4),
        lambda torch, x, _: torch.nn.functional.adaptive_avg_pool2d(x, 1).flatten(1),
    ),
    "global max pool": LayerCase(
        lambda _: layers.GlobalMaxPool(),
        (2, 2, 5, 4),
        lambda torch, x, _: torch.nn.functional.adaptive_max_pool2d(x, 1).flatten(1),
    ),
    "batch norm": _batch_norm((5, 4), train=True),
    "batch norm, inference": _batch_norm((5, 4), train=False),
    "batch norm of maps": _batch_norm((3, 2, 2, 4), train=True, eps=1e-3),
    "batch norm of maps, inference": _batch_norm((3, 2, 2, 4), train=False),
    "batch norm without γ and β": _batch_norm((5, 4), train=True, affine=False),
    "dropout": _dropout(train=True),
    "dropout, inference": _dropout(train=False),
    "rnn": _rnn("tanh"),
    "rnn, relu": _rnn("relu"),
    "flatten": LayerCase(
        lambda _: layers.Flatten(), (2, 2, 3, 2), lambda torch, x, _: torch.flatten(x, 1)
    ),
    "sigmoid": LayerCase(lambda _: layers.Sigmoid(), (3, 5), lambda torch, x, _: torch.sigmoid(x)),
    "tanh": LayerCase(lambda _: layers.Tanh(), (3, 5), lambda torch, x, _: torch.tanh(x)),
    "relu": LayerCase(lambda _: layers.ReLU(), (3, 5), lambda torch, x, _: torch.relu(x)),
    "leaky relu": LayerCase(
        lambda _: layers.LeakyReLU(0.2),
        (3, 5),
        lambda torch, x, _: torch.nn.functional.leaky_relu(x, 0.2),
    ),
    "gelu": LayerCase(
        lambda _: layers.GELU(), (3, 5), lambda torch, x, _: torch.nn.functional.gelu(x)
    ),
    "identity": LayerCase(
        lambda _: layers.Identity(), (3, 5), lambda torch, x, _: torch.nn.Identity()(x)
    ),
}


def loss_inputs() -> tuple[np.ndarray, np.ndarray]:
    """Scores, some of them far apart, and labels."""
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(6, 4))
    scores[1] *= 30
    return scores, rng.integers(0, 4, 6)


def regression_inputs() -> tuple[np.ndarray, np.ndarray]:
    """Predictions and targets."""
    y, t = np.random.default_rng(3).normal(size=(2, 6, 4))
    return y, t


# Name: (dlcore's loss, torch's function of scores and targets, both of them).
LOSSES = {
    "SoftmaxCrossEntropy": (
        losses.SoftmaxCrossEntropy,
        lambda torch, scores, t: torch.nn.functional.cross_entropy(scores, t),
        loss_inputs,
    ),
    "MeanSquaredError": (
        losses.MeanSquaredError,
        lambda torch, y, t: torch.nn.functional.mse_loss(y, t),
        regression_inputs,
    ),
}

# Name: (dlcore's initialiser, torch's in-place one for a weight (out, in) as torch keeps it).
INITIALIZERS = {
    "zeros": (initializers.zeros, lambda torch, w: torch.nn.init.zeros_(w)),
    "normal": (
        initializers.normal(0.01),
        lambda torch, w: torch.nn.init.normal_(w, std=0.01),
    ),
    "constant": (
        initializers.constant(0.5),
        lambda torch, w: torch.nn.init.constant_(w, 0.5),
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
    "he_uniform": (
        initializers.he_uniform,
        lambda torch, w: torch.nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    ),
    "glorot_normal": (
        initializers.glorot_normal,
        lambda torch, w: torch.nn.init.xavier_normal_(w),
    ),
    "glorot_uniform": (
        initializers.glorot_uniform,
        lambda torch, w: torch.nn.init.xavier_uniform_(w),
    ),
    "orthogonal": (
        initializers.orthogonal,
        lambda torch, w: torch.nn.init.orthogonal_(w),
    ),
}
FAN_IN, FAN_OUT = 500, 800  # 400,000 draws: the standard deviation is known to 0.1 %


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
