"""Compare the gradients of ``backward`` with central differences.

Use float64, a small network and a random upstream gradient. An error above 1e-2 means a mistake,
below 1e-7 all is well; for smooth layers expect at most 1e-6. At a kink, such as that of the ReLU
at 0, the difference quotient is not the derivative: keep inputs away from it by more than h.

A layer that draws random numbers in training, such as Dropout, gets the same ones in each forward
pass: its generator, the attribute ``rng``, is set back before each.

Book: chapter 0, section on the gradient check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, check_positive, check_rng

__all__ = ["check_layer", "check_network", "numerical_gradient", "relative_error"]


def numerical_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """Gradient of f at x by central differences, (f(x + h e_i) − f(x − h e_i)) / 2h.

    Parameters
    ----------
    f : callable, array -> float
    x : float64 array of any shape
        Changed element by element while f runs, so f may also read it through a layer that holds
        the same array; restored at the end, even when f raises.
    h : float

    Raises
    ------
    TypeError
        If x is not a float64 array: in float32 rounding errors drown the difference.

    >>> numerical_gradient(lambda x: float((x**2).sum()), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    h = check_positive(h, "h", where="numerical_gradient")
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        kind = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(
            f"numerical_gradient: expected x to be a float64 array, got {kind}; "
            "convert x, or make the layer with dtype=np.float64"
        )
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        original = x[index]
        try:
            x[index] = original + h
            above = f(x)
            x[index] = original - h
            below = f(x)
        finally:
            x[index] = original
        gradient[index] = (above - below) / (2 * h)
    return gradient


def relative_error(a: ArrayLike, b: ArrayLike, floor: float = 1e-8) -> float:
    """Largest difference relative to the size of the arrays, max|a − b| / (max|a| + max|b|).

    The denominator is at least `floor`: arrays that are both 0 up to rounding are equal.
    One number for the arrays as a whole: entries near 0 do not blow it up, and no mean can hide
    one wrong entry. NaN in an array gives NaN, which is below no tolerance.

    Parameters
    ----------
    a, b : arrays of one shape
    floor : float
        Positive.

    Raises
    ------
    ValueError
        If the shapes differ.

    >>> relative_error([1.0, 2.0], [1.0, 2.0])
    0.0
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"relative_error: expected arrays of one shape, got {a.shape}, {b.shape}")
    if a.size == 0:
        return 0.0
    scale = float(np.abs(a).max() + np.abs(b).max())
    return float(np.abs(a - b).max()) / (scale if not scale < floor else floor)


def check_layer(
    layer: Any, x: ArrayLike, rng: np.random.Generator, h: float = 1e-5
) -> dict[str, float]:
    """Relative error of each gradient of a layer, for a random upstream gradient.

    The loss is Σ y · dy with dy drawn from N(0, 1). With dy = 1 everywhere some wrong gradients
    would pass: the softmax's, for one, is then zero whatever its factor.

    Parameters
    ----------
    layer : Layer
        Parameters in float64.
    x : array (N, …)
        One batch, in the shape that the layer asks for.
    rng : np.random.Generator

    Returns
    -------
    dict
        Error by name: "x" for the input, then the names of the parameters.

    >>> from dlcore.layers import Tanh
    >>> errors = check_layer(Tanh(), [[0.5, -1.0]], np.random.default_rng(0))
    >>> errors["x"] < 1e-6
    True
    """
    rng = check_rng(rng, where="check_layer")
    x = np.array(x, dtype=np.float64)
    replay = _replay([layer])
    y = layer.forward(x, train=True)
    dy = rng.normal(size=y.shape)

    def loss(_: Array) -> float:
        replay()
        return float((layer.forward(x, train=True) * dy).sum())

    analytic = {"x": layer.backward(dy.copy())}  # a copy: a layer that writes into dy is found out
    analytic.update({key: layer.grads[key].copy() for key in layer.params})
    variables = {"x": x, **layer.params}
    return _errors(analytic, variables, loss, float((y * dy).sum()), h)


def check_network(network: Any, x: ArrayLike, t: ArrayLike, h: float = 1e-5) -> dict[str, float]:
    """Relative error of the gradient of each parameter of a network; ``max`` names the worst.

    The loss is that of training, with the penalty of the network's regulariser.

    Parameters
    ----------
    network : Sequential
        Parameters in float64.
    x, t : arrays (N, …) and (N,)
        One batch and its labels, in the shapes that the network and its loss ask for.

    >>> from dlcore.layers import Affine
    >>> from dlcore.networks import Sequential
    >>> rng = np.random.default_rng(0)
    >>> network = Sequential([Affine(3, 2, rng=rng, dtype=np.float64)])
    >>> errors = check_network(network, rng.normal(size=(4, 3)), [0, 1, 1, 0])
    >>> max(errors.values()) < 1e-6
    True
    >>> worst = max(errors, key=errors.get)
    """
    replay = _replay(network.layers.values())
    value, grads = network.loss_and_gradient(x, t)
    analytic = {key: g.copy() for key, g in grads.items()}

    def loss(_: Array) -> float:
        replay()
        return float(network.loss(x, t, train=True))

    return _errors(analytic, network.params, loss, value, h)


def _errors(
    analytic: Mapping[str, Array],
    variables: Mapping[str, Array],
    loss: Callable[[Array], float],
    value: float,
    h: float,
) -> dict[str, float]:
    """Relative error of each gradient of a loss that has this value.

    Some gradients are 0, as that of a bias before batch normalisation. Rounding of the loss makes
    central differences of about ε · loss / h of them; a millionth of the floor, so that it stays
    below the error to be expected of a right gradient.
    """
    floor = 1e6 * np.finfo(np.float64).eps * max(1.0, abs(value)) / h
    return {
        key: relative_error(analytic[key], numerical_gradient(loss, variable, h), floor)
        for key, variable in variables.items()
    }


def _replay(layers: Iterable[Any]) -> Callable[[], None]:
    """Return a function that sets the generators of the layers back to where they are now."""
    generators = [layer.rng for layer in layers if hasattr(layer, "rng")]
    states = [generator.bit_generator.state for generator in generators]

    def set_back() -> None:
        for generator, state in zip(generators, states, strict=True):
            generator.bit_generator.state = state

    return set_back
