"""Regularisers: a penalty on large weights, added to the loss, and its gradient.

A regulariser is an object with ``penalty(weights) -> float`` and ``gradient(W) -> array``; ``L1``
and ``L2`` are two, and a class of your own will do. Only weights are penalised, not biases:
``is_weight`` tells them apart by name.

Book: chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, as_float

__all__ = [
    "L1",
    "L2",
    "is_weight",
    "l1_gradient",
    "l1_penalty",
    "l2_penalty",
    "weight_decay_gradient",
]


def l1_penalty(weights: Iterable[ArrayLike], lam: float) -> float:
    """Return λ Σ ``|w|`` over all elements of all arrays.

    Parameters
    ----------
    weights : list of arrays
        Of any shapes; an empty list gives 0.
    lam : float
        The strength λ, at least 0.

    Raises
    ------
    TypeError, ValueError
        If `lam` is not a number of at least 0, or an array does not hold numbers.

    Examples
    --------
    >>> l1_penalty([np.array([[1.0, -2.0]]), np.array([3.0])], lam=0.5)
    3.0
    """
    lam = check_strength(lam, "lam", where="l1_penalty")
    return lam * sum(float(np.abs(W).sum()) for W in _arrays(weights, where="l1_penalty"))


def l2_penalty(weights: Iterable[ArrayLike], lam: float) -> float:
    """Return ½ λ Σ w² over all elements of all arrays.

    Parameters
    ----------
    weights : list of arrays
        Of any shapes; an empty list gives 0.
    lam : float
        The strength λ, at least 0.

    Raises
    ------
    TypeError, ValueError
        If `lam` is not a number of at least 0, or an array does not hold numbers.

    Notes
    -----
    Differs from: some texts leave out the ½; the gradient is then 2 λ w.

    Examples
    --------
    >>> l2_penalty([np.array([[1.0, -2.0]]), np.array([3.0])], lam=0.5)
    3.5
    """
    lam = check_strength(lam, "lam", where="l2_penalty")
    squares = sum(float(np.vdot(W, W)) for W in _arrays(weights, where="l2_penalty"))
    return 0.5 * lam * squares


def l1_gradient(W: ArrayLike, lam: float) -> Array:
    """Return the gradient of the L1 penalty, λ sign(w), 0 where w is 0.

    Parameters
    ----------
    W : array of any shape
    lam : float
        The strength λ, at least 0.

    Examples
    --------
    >>> l1_gradient(np.array([3.0, 0.0, -0.5]), lam=0.1)
    array([ 0.1,  0. , -0.1])
    """
    lam = check_strength(lam, "lam", where="l1_gradient")
    return np.asarray(lam * np.sign(as_float(W, "W", where="l1_gradient")))


def weight_decay_gradient(W: ArrayLike, weight_decay_lambda: float) -> Array:
    """Return the gradient of the L2 penalty, λ w.

    Parameters
    ----------
    W : array of any shape
    weight_decay_lambda : float
        The strength λ, at least 0.

    Examples
    --------
    >>> weight_decay_gradient(np.array([3.0, 0.0, -0.5]), weight_decay_lambda=0.1)
    array([ 0.3 ,  0.  , -0.05])
    """
    where = "weight_decay_gradient"
    lam = check_strength(weight_decay_lambda, "weight_decay_lambda", where=where)
    return np.asarray(lam * as_float(W, "W", where=where))


class L1:
    """The penalty λ Σ ``|w|``, which makes many weights exactly or nearly 0 (lasso).

    Parameters
    ----------
    lam : float
        The strength λ, at least 0.

    Notes
    -----
    Source: Tibshirani 1996, "Regression shrinkage and selection via the lasso".

    Examples
    --------
    >>> regularizer = L1(0.5)
    >>> regularizer.penalty([np.array([1.0, -2.0])]), regularizer.gradient(np.array([1.0, -2.0]))
    (1.5, array([ 0.5, -0.5]))
    """

    def __init__(self, lam: float) -> None:
        self.lam = check_strength(lam, "lam", where="L1")

    def penalty(self, weights: Iterable[ArrayLike]) -> float:
        """Return what is added to the loss; see ``l1_penalty``."""
        return l1_penalty(weights, self.lam)

    def gradient(self, W: ArrayLike) -> Array:
        """Return what is added to the gradient of `W`; see ``l1_gradient``."""
        return l1_gradient(W, self.lam)

    def __repr__(self) -> str:
        return f"L1({self.lam})"


class L2:
    """The penalty ½ λ Σ w², which makes all weights smaller (ridge, weight decay).

    Parameters
    ----------
    lam : float
        The strength λ, at least 0.

    Notes
    -----
    Source: Hoerl & Kennard 1970, "Ridge regression: biased estimation for nonorthogonal problems".

    Differs from: the decoupled decay of ``dlcore.optimizers.AdamW``, which does not go through the
    gradient. For SGD the two are the same.

    Examples
    --------
    >>> regularizer = L2(0.5)
    >>> regularizer.penalty([np.array([1.0, -2.0])]), regularizer.gradient(np.array([1.0, -2.0]))
    (1.25, array([ 0.5, -1. ]))
    """

    def __init__(self, lam: float) -> None:
        self.lam = check_strength(lam, "lam", where="L2")

    def penalty(self, weights: Iterable[ArrayLike]) -> float:
        """Return what is added to the loss; see ``l2_penalty``."""
        return l2_penalty(weights, self.lam)

    def gradient(self, W: ArrayLike) -> Array:
        """Return what is added to the gradient of `W`; see ``weight_decay_gradient``."""
        return weight_decay_gradient(W, self.lam)

    def __repr__(self) -> str:
        return f"L2({self.lam})"


def is_weight(name: str) -> bool:
    """Whether a parameter of this name is a weight, to be penalised or decayed.

    True if the last part of the dotted name starts with W. Biases and the γ and β of batch
    normalisation are no weights.

    >>> [is_weight(name) for name in ("conv1.W", "rnn1.W_h", "affine1.b", "norm1.gamma")]
    [True, True, False, False]
    """
    return name.rpartition(".")[2].startswith("W")


def check_strength(value: Any, name: str, *, where: str) -> float:
    """Return the strength of a penalty as a ``float`` of at least 0."""
    expected = f"{where}: expected {name} to be a finite number of at least 0, got {value!r}"
    if isinstance(value, (bool, str)) or not np.isscalar(value) or np.iscomplexobj(value):
        raise TypeError(f"{expected}; 0 switches it off")
    number = float(value)  # type: ignore[arg-type]
    if not 0 <= number < np.inf:  # also refuses NaN
        raise ValueError(f"{expected}; 0 switches it off")
    return number


def _arrays(weights: Iterable[ArrayLike], *, where: str) -> Iterable[Array]:
    return (as_float(W, "weights", where=where) for W in weights)
