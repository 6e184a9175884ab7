"""A network's layers and settings as plain data, and the network that such data describe.

The weights themselves are not part of it, only how large they are: what is rebuilt starts afresh.

Book: chapter 5. Assignment ps5_modern_cnn hands a network over in this form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlcore import layers
from dlcore._validation import check_rng
from dlcore.layers import Layer
from dlcore.networks.sequential import Sequential

__all__ = ["layout", "rebuild"]

#: The settings of each layer, by the names of its constructor's arguments.
_SETTINGS: dict[type[Layer], tuple[str, ...]] = {
    layers.Affine: ("in_features", "out_features"),
    layers.AveragePool: ("size", "stride"),
    layers.BatchNorm: ("features", "momentum", "eps", "affine"),
    layers.Convolution: ("in_channels", "out_channels", "filter_size", "stride", "pad"),
    layers.Dropout: ("rate",),
    layers.Flatten: (),
    layers.GELU: (),
    layers.GlobalAveragePool: (),
    layers.GlobalMaxPool: (),
    layers.Identity: (),
    layers.LeakyReLU: ("slope",),
    layers.MaxPool: ("size", "stride"),
    layers.ReLU: (),
    layers.Sigmoid: (),
    layers.Tanh: (),
}
_KINDS = {kind.__name__: kind for kind in _SETTINGS}

_MOST_LAYERS, _MOST_WEIGHTS = 60, 2_000_000


def layout(network: Any) -> dict[str, Any]:
    """Return the layers of a network and their settings, in numbers and text.

    Parameters
    ----------
    network : Sequential
        Functions that were plugged in, the loss and the regulariser are left out.

    Returns
    -------
    dict
        ``"layers"`` holds for each layer its ``"name"``, its ``"kind"`` (the class), its
        ``"settings"`` by the names of the constructor's arguments, and under ``"start"``, for each
        array of parameters, mean and standard deviation. A layer that is not one of
        ``dlcore.layers`` has None for its settings.

    Raises
    ------
    TypeError
        If `network` is not a Sequential.

    Examples
    --------
    >>> network = Sequential([layers.Flatten(), layers.Affine(4, 2, init=np.zeros((4, 2)))])
    >>> for layer in layout(network)["layers"]:
    ...     print(layer["name"], layer["kind"], layer["settings"], layer["start"])
    flatten1 Flatten {} {}
    affine1 Affine {'in_features': 4, 'out_features': 2} {'W': (0.0, 0.0), 'b': (0.0, 0.0)}
    """
    if not isinstance(network, Sequential):
        what = f"the class {network.__name__}" if isinstance(network, type) else None
        raise TypeError(
            f"layout: expected a Sequential, got {what or type(network).__name__}; "
            "put the layers into Sequential([...])"
        )
    return {"layers": [_described(name, layer) for name, layer in network.layers.items()]}


def _described(name: str, layer: Layer) -> dict[str, Any]:
    names = _SETTINGS.get(type(layer))
    return {
        "name": name,
        "kind": type(layer).__name__,
        "settings": None if names is None else {key: getattr(layer, key) for key in names},
        "start": {key: _start(array) for key, array in getattr(layer, "params", {}).items()},
    }


def _start(array: Any) -> tuple[float, float]:
    """Return mean and standard deviation; the latter is exactly 0 where all values are equal."""
    values = np.asarray(array, dtype=np.float64)
    spread = 0.0 if np.ptp(values) == 0 else float(values.std())
    return float(values.mean()), spread


def rebuild(data: Mapping[str, Any], rng: np.random.Generator) -> Sequential:
    """Return a network with the layers that `data` describe and fresh initial values.

    Every array of parameters is drawn from a normal distribution with the mean and the standard
    deviation that `data` give.

    Parameters
    ----------
    data : mapping
        What ``layout`` returned, possibly in another process.
    rng : numpy.random.Generator
        Draws the initial values; layers such as Dropout keep it.

    Raises
    ------
    ValueError
        If a layer is none of ``dlcore.layers``, or there are too many layers or weights (60 layers,
        two million weights), or the data are not what ``layout`` returns.
    TypeError
        If a setting is of a wrong type.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = Sequential([layers.Convolution(1, 4, 3, rng=rng), layers.ReLU()])
    >>> rebuild(layout(network), rng)
    Sequential([
        ('conv1', Convolution(1, 4, (3, 3), stride=1, pad=0)),
        ('relu1', ReLU()),
    ])
    """
    rng = check_rng(rng, where="rebuild")
    rows = data.get("layers") if isinstance(data, Mapping) else None
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError("rebuild: expected what layout returns")
    if len(rows) > _MOST_LAYERS:
        raise ValueError(f"rebuild: {len(rows)} layers, at most {_MOST_LAYERS} are possible")
    parts = [(str(row.get("name")), str(row.get("kind")), row.get("settings")) for row in rows]
    for name, kind, settings in parts:
        if kind not in _KINDS or not isinstance(settings, Mapping):
            raise ValueError(
                f"rebuild: layer {name} is a {kind}, which is not one of the layers of "
                "dlcore.layers that can be rebuilt"
            )
    weights = sum(_weights(kind, settings) for _, kind, settings in parts)
    if weights > _MOST_WEIGHTS:
        raise ValueError(f"rebuild: {weights:,} weights, at most {_MOST_WEIGHTS:,} are possible")
    named = [(name, _made(kind, settings, rng)) for name, kind, settings in parts]
    for (_, layer), row in zip(named, rows, strict=True):
        _fill(layer, row.get("start"), rng)
    return Sequential(named)


def _weights(kind: str, settings: Mapping[str, Any]) -> int:
    """Number of weights, found before any memory is used for them."""
    if kind == "Affine":
        return _product(settings["in_features"], settings["out_features"])
    if kind == "Convolution":
        size = settings["filter_size"]
        sides = size if isinstance(size, (tuple, list)) else (size, size)
        return _product(settings["in_channels"], settings["out_channels"], *sides)
    return _product(settings["features"]) if kind == "BatchNorm" else 0


def _product(*sizes: Any) -> int:
    if not all(isinstance(size, int) for size in sizes):
        raise TypeError(f"rebuild: expected integers as sizes, got {sizes}")
    return math.prod(sizes)


def _made(kind: str, settings: Mapping[str, Any], rng: np.random.Generator) -> Layer:
    allowed = _SETTINGS[_KINDS[kind]]
    if set(settings) != set(allowed):
        raise ValueError(
            f"rebuild: expected the settings {', '.join(allowed) or '(none)'} of {kind}"
        )
    keywords = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()}
    if kind in ("Affine", "Convolution", "Dropout"):
        keywords["rng"] = rng
    return _KINDS[kind](**keywords)


def _fill(layer: Layer, start: Any, rng: np.random.Generator) -> None:
    for key, array in layer.params.items():
        mean, spread = (float(value) for value in start[key])
        array[...] = mean + spread * rng.standard_normal(array.shape)
