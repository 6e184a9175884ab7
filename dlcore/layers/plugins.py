"""What a layer accepts from outside: initial values, and functions to use in place of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, check_rng, check_shape
from dlcore.initializers import Initializer
from dlcore.layers.base import Shape

FunctionPair = tuple[Callable[..., Any], Callable[..., Any]]


def draw(init: Initializer, fan_in: int, fan_out: int, rng: Any, *, where: str) -> Array:
    """Initial weights (fan_in, fan_out) from an initialiser, their shape checked."""
    if _needs_rng(init):
        check_rng(rng, where=where)
    W = np.asarray(init(fan_in, fan_out, rng))
    name = getattr(init, "__name__", type(init).__name__)
    check_shape(
        W,
        (fan_in, fan_out),
        f"init ({name}) to return an array",
        where=where,
        remedy="an initialiser returns (fan_in, fan_out)",
    )
    return W


def _needs_rng(init: Initializer) -> bool:
    """Tell whether the third argument of an initialiser has no default."""
    rng = list(inspect.signature(init).parameters.values())[2:3]
    return all(parameter.default is inspect.Parameter.empty for parameter in rng)


def ready_array(W: ArrayLike, shape: Shape, *, where: str) -> Array:
    """Initial weights given as an array, their shape checked."""
    W = np.asarray(W)
    check_shape(W, shape, "the array init", where=where, remedy="init is W itself or a callable")
    return W


def parameters(W: Array, outputs: int, dtype: np.dtype[Any]) -> dict[str, Array]:
    """W as the layer's own, contiguous copy, beside a zero bias."""
    return {"W": np.array(W, dtype=dtype, order="C"), "b": np.zeros(outputs, dtype=dtype)}


def function_pair(
    pair: FunctionPair | None, library: FunctionPair, name: str, *, where: str
) -> FunctionPair:
    """The pair of functions passed in, or the library's own."""
    if pair is None:
        return library
    if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(map(callable, pair)):
        raise TypeError(
            f"{where}: expected {name} to be a pair of functions (forward, backward), got {pair!r}"
        )
    return pair[0], pair[1]


def returned(
    value: ArrayLike, shape: Shape, dtype: np.dtype[Any], name: str, function: Callable[..., Any]
) -> Array:
    """What a function that was plugged in returned, its shape checked, in the layer's dtype."""
    where = getattr(function, "__name__", type(function).__name__)
    array = np.asarray(value, dtype=dtype)
    check_shape(array, shape, f"the returned {name}", where=where)
    return array
