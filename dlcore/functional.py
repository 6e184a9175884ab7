"""Activations, softmax and cross entropy as pure functions, each beside its derivative.

All functions take numbers or arrays of any shape and leave them as they are. Floats keep their
dtype, integers become float64. The derivatives take the input x, not the output.

Book: chapter 0 (softmax and cross entropy), chapter 1 (activations).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore._validation import (
    Array,
    as_float,
    as_real,
    check_int,
    check_labels,
)

__all__ = [
    "cross_entropy",
    "identity",
    "identity_grad",
    "one_hot",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "tanh",
    "tanh_grad",
]


def sigmoid(x: ArrayLike) -> Any:
    """Logistic sigmoid, σ(x) = 1 / (1 + exp(−x)).

    Written with exp(−|x|), which lies between 0 and 1 and so never overflows.

    >>> print(sigmoid(0))
    0.5
    """
    x = as_float(x, where="sigmoid")
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid_grad(x: ArrayLike) -> Any:
    """Derivative of the sigmoid, σ'(x) = σ(x) · (1 − σ(x)), at most 1/4.

    Computed as e / (1 + e)² with e = exp(−|x|): 1 − σ(x) would round to 0 for large x.

    >>> print(sigmoid_grad(0))
    0.25
    """
    e = np.exp(-np.abs(as_float(x, where="sigmoid_grad")))
    return e / (1 + e) ** 2


def tanh(x: ArrayLike) -> Any:
    """Hyperbolic tangent.

    >>> print(tanh(0))
    0.0
    """
    return np.tanh(as_float(x, where="tanh"))


def tanh_grad(x: ArrayLike) -> Any:
    """Derivative of the hyperbolic tangent, 1 − tanh(x)², at most 1.

    >>> print(tanh_grad(0))
    1.0
    """
    return 1 - np.tanh(as_float(x, where="tanh_grad")) ** 2


def relu(x: ArrayLike) -> Any:
    """Rectified linear unit, max(x, 0).

    >>> relu([-1.0, 0.0, 2.0])
    array([0., 0., 2.])
    """
    return np.maximum(as_float(x, where="relu"), 0)


def relu_grad(x: ArrayLike) -> Any:
    """Derivative of the ReLU: 1 where x > 0, else 0; at the kink x = 0 the value 0 is chosen.

    >>> relu_grad([-1.0, 0.0, 2.0])
    array([0., 0., 1.])
    """
    x = as_float(x, where="relu_grad")
    return (x > 0).astype(x.dtype)


def identity(x: ArrayLike) -> Any:
    """The identity, as a copy: the activation of an output layer for regression.

    >>> identity([1, 2])
    array([1., 2.])
    """
    return np.positive(as_float(x, where="identity"))


def identity_grad(x: ArrayLike) -> Any:
    """Derivative of the identity: 1 everywhere.

    >>> identity_grad([1, 2])
    array([1., 1.])
    """
    return np.ones_like(as_float(x, where="identity_grad"))


def softmax(x: ArrayLike) -> Array:
    """Softmax over the last axis, y_k = exp(x_k) / Σ_j exp(x_j).

    The maximum of each row is subtracted first. It cancels in the quotient and keeps exp from
    overflowing.

    Shapes
    ------
    x : (..., K) scores
    returns : (..., K) probabilities, each row summing to 1

    Raises
    ------
    ValueError
        If x has no axis or no classes.

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5])
    """
    scores = as_float(x, where="softmax")
    if scores.ndim == 0 or scores.shape[-1] == 0:
        raise ValueError(
            f"softmax: expected x of shape (..., K) with at least one class, got {scores.shape}"
        )
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def cross_entropy(y: ArrayLike, t: ArrayLike) -> float:
    """Cross entropy of probabilities and labels, −(1/N) Σ_n log y[n, t_n].

    A probability of exactly 0 counts as the smallest normal number of its dtype, so that the
    result stays finite. To train a network use :class:`dlcore.losses.SoftmaxCrossEntropy`, which
    starts from the scores and needs no such guard.

    Shapes
    ------
    y : (N, K) probabilities
    t : (N,) integer labels from 0 to K − 1, or (N, K) one-hot

    Raises
    ------
    ValueError
        If shapes or labels do not fit, or if y leaves the range from 0 to 1.
    TypeError
        If labels are not integers.

    >>> round(cross_entropy([[0.5, 0.5], [0.25, 0.75]], [0, 1]), 4)
    0.4904
    """
    y = as_float(y, "y", where="cross_entropy")
    if y.ndim != 2 or y.size == 0:
        raise ValueError(f"cross_entropy: expected y of shape (N, K), got {y.shape}")
    # Rounding may carry a float32 probability slightly above 1; scores are far outside.
    if not np.all((y >= 0) & (y <= 1.001)):
        raise ValueError(
            f"cross_entropy: expected probabilities y from 0 to 1, got values from {y.min():g} "
            f"to {y.max():g}; turn scores into probabilities with softmax first"
        )
    labels = check_labels(t, *y.shape, where="cross_entropy")
    picked = y[np.arange(len(y)), labels]
    return float(-np.log(np.maximum(picked, np.finfo(y.dtype).tiny)).mean())


def one_hot(t: ArrayLike, num_classes: int, dtype: DTypeLike = np.float32) -> Array:
    """Integer labels (N,) as rows (N, num_classes) with a single 1.

    Raises
    ------
    ValueError
        If t does not have one axis or a label is outside 0 … num_classes − 1.
    TypeError
        If labels or num_classes are not integers.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    num_classes = check_int(num_classes, "num_classes", where="one_hot", minimum=1)
    labels = as_real(t, "t", where="one_hot")
    if labels.ndim != 1:
        raise ValueError(f"one_hot: expected labels t of shape (N,), got {labels.shape}")
    labels = check_labels(labels, len(labels), num_classes, where="one_hot")
    rows = np.zeros((len(labels), num_classes), dtype=dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows
