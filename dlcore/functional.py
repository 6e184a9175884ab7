"""Activations and losses as pure functions, each activation beside its derivative.

All activations take numbers or arrays of any shape and leave them as they are. Floats keep their
dtype, integers become float64. The derivatives take the input x, not the output.

Book: chapter 0 (softmax and cross entropy), chapter 1 (activations).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore._validation import (
    Array,
    as_float,
    as_real,
    check_fraction,
    check_int,
    check_labels,
    check_shape,
)

__all__ = [
    "cross_entropy",
    "gelu",
    "gelu_grad",
    "identity",
    "identity_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "mean_squared_error",
    "one_hot",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "step",
    "step_grad",
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
    # On large float32 arrays clip is about three times as fast as np.maximum(x, 0).
    return np.clip(as_float(x, where="relu"), 0, np.inf)


def relu_grad(x: ArrayLike) -> Any:
    """Derivative of the ReLU: 1 where x > 0, else 0; at the kink x = 0 the value 0 is chosen.

    >>> relu_grad([-1.0, 0.0, 2.0])
    array([0., 0., 1.])
    """
    x = as_float(x, where="relu_grad")
    return (x > 0).astype(x.dtype)


def leaky_relu(x: ArrayLike, slope: float = 0.01) -> Any:
    """Leaky rectified linear unit: x where x > 0, else slope · x.

    Parameters
    ----------
    x : number or array
    slope : float
        0 <= slope < 1; with 0 it is the ReLU.

    Raises
    ------
    ValueError
        If slope is outside the range.

    Source: Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic
    models".

    >>> leaky_relu([-1.0, 0.0, 2.0])
    array([-0.01,  0.  ,  2.  ])
    """
    slope = check_fraction(slope, "slope", where="leaky_relu")
    x = as_float(x, where="leaky_relu")
    return np.maximum(x, slope * x)


def leaky_relu_grad(x: ArrayLike, slope: float = 0.01) -> Any:
    """Derivative of the leaky ReLU: 1 where x > 0, else slope, which is also the choice at 0.

    >>> leaky_relu_grad([-1.0, 0.0, 2.0])
    array([0.01, 0.01, 1.  ])
    """
    slope = check_fraction(slope, "slope", where="leaky_relu_grad")
    x = as_float(x, where="leaky_relu_grad")
    return np.maximum(x > 0, x.dtype.type(slope))


def gelu(x: ArrayLike) -> Any:
    """Gaussian error linear unit, x · Φ(x) with the normal distribution function Φ.

    Exact, through Python's ``math.erfc`` element by element, and so about a hundred times slower
    than the ReLU: meant for figures and small networks.

    Source: Hendrycks & Gimpel 2016, arXiv 1606.08415.

    Differs from: many networks use an approximation with tanh, off by up to 5e-4. PyTorch's
    default is exact too.

    >>> gelu([-1.0, 0.0, 1.0]).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    x = as_float(x, where="gelu")
    return x * _normal_cdf(x)


def gelu_grad(x: ArrayLike) -> Any:
    """Derivative of the GELU, Φ(x) + x · φ(x) with the normal density φ(x) = exp(−x²/2) / √(2π).

    >>> gelu_grad([-1.0, 0.0, 1.0]).round(4)
    array([-0.0833,  0.5   ,  1.0833])
    """
    x = as_float(x, where="gelu_grad")
    density = np.exp(-(np.minimum(np.abs(x), 40) ** 2) / 2) / math.sqrt(2 * math.pi)
    return _normal_cdf(x) + x * density


def _normal_cdf(x: Array) -> Any:
    """Φ(x) = erfc(−x/√2) / 2: unlike (1 + erf(x/√2)) / 2 it keeps its digits for negative x."""
    erfc = np.frompyfunc(math.erfc, 1, 1)
    return np.asarray(erfc(x / -math.sqrt(2)) / 2).astype(x.dtype)


def step(x: ArrayLike) -> Any:
    """Step function: 1 where x > 0, else 0; the perceptron's activation.

    >>> step([-1.0, 0.0, 2.0])
    array([0., 0., 1.])
    """
    x = as_float(x, where="step")
    return (x > 0).astype(x.dtype)


def step_grad(x: ArrayLike) -> Any:
    """Derivative of the step function: 0 everywhere, the value chosen at the jump too.

    This is why a network of steps cannot be trained by gradient descent.

    >>> step_grad([-1.0, 0.0, 2.0])
    array([0., 0., 0.])
    """
    return np.zeros_like(as_float(x, where="step_grad"))


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


def mean_squared_error(y: ArrayLike, t: ArrayLike) -> float:
    """Mean squared error over all elements, (1/(N·D)) Σ (y − t)².

    Shapes
    ------
    y, t : equal shapes, such as (N, D) for N predictions of D numbers

    Raises
    ------
    ValueError
        If the shapes differ (nothing is broadcast) or the arrays are empty.

    Differs from: textbooks often take ½ Σ (y − t)², per example. PyTorch's ``mse_loss`` is as here.

    >>> mean_squared_error([[1.0, 2.0]], [[1.0, 4.0]])
    2.0
    """
    y, t = (as_float(a, name, where="mean_squared_error") for a, name in ((y, "y"), (t, "t")))
    check_shape(t, y.shape, "t", where="mean_squared_error", remedy="the shape of y")
    if y.size == 0:
        raise ValueError(f"mean_squared_error: expected at least one value, got shape {y.shape}")
    return float(((y - t) ** 2).mean())


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
