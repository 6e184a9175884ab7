"""Losses: a number to be made small, and its gradient.

Book: chapter 0, section on softmax and cross entropy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, as_float, check_batch, check_labels, check_shape
from dlcore.functional import mean_squared_error, one_hot

__all__ = ["MeanSquaredError", "SoftmaxCrossEntropy"]


class SoftmaxCrossEntropy:
    """Softmax and cross entropy in one, averaged over the batch.

    L = −(1/N) Σ_n log y[n, t_n] with y = softmax(scores); ∂L/∂scores = (y − onehot(t)) / N.

    The logarithm is taken of the softmax as a whole, log y_k = s_k − log Σ_j exp(s_j), so the
    loss is exact however far apart the scores are.

    Shapes
    ------
    scores : (N, K)
    t : (N,) integer labels from 0 to K − 1, or (N, K) one-hot

    >>> loss = SoftmaxCrossEntropy()
    >>> round(loss.forward([[0.0, 0.0]], [1]), 4)
    0.6931
    >>> loss.backward()
    array([[ 0.5, -0.5]])
    """

    def __init__(self) -> None:
        self._cache: Any = None

    def forward(self, scores: ArrayLike, t: ArrayLike) -> float:
        """Mean loss.

        Raises
        ------
        ValueError
            If the shapes do not fit or a label is outside 0 … K − 1.
        TypeError
            If labels are not integers.
        FloatingPointError
            If a score is NaN or infinite: the network has diverged.
        """
        where = "SoftmaxCrossEntropy"
        scores = as_float(scores, "scores", where=where)
        if scores.ndim != 2 or scores.size == 0:
            raise ValueError(f"{where}: expected scores of shape (N, K), got {scores.shape}")
        labels = check_labels(t, *scores.shape, where=where)
        check_batch(scores, "scores", where=where)
        shifted = scores - scores.max(axis=1, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(axis=1)
        self._cache = e / total[:, np.newaxis], labels
        return float((np.log(total) - shifted[np.arange(len(labels)), labels]).mean())

    def backward(self, dout: float = 1.0) -> Array:
        """Gradient of dout times the mean loss with respect to the scores, (N, K)."""
        if self._cache is None:
            raise RuntimeError("SoftmaxCrossEntropy.backward: call forward first")
        y, labels = self._cache
        return np.asarray((y - one_hot(labels, y.shape[1], y.dtype)) / len(y) * float(dout))


class MeanSquaredError:
    """Mean squared error over all elements: the loss of regression.

    L = (1/(N·D)) Σ (y − t)²; ∂L/∂y = 2 (y − t) / (N·D).

    Shapes
    ------
    y, t : equal shapes, such as (N, D) for N predictions of D numbers

    Differs from: textbooks often take ½ Σ (y − t)², per example. PyTorch's ``MSELoss`` is as here.

    >>> loss = MeanSquaredError()
    >>> loss.forward([[1.0, 2.0]], [[1.0, 4.0]])
    2.0
    >>> loss.backward()
    array([[ 0., -2.]])
    """

    def __init__(self) -> None:
        self._cache: Any = None

    def forward(self, y: ArrayLike, t: ArrayLike) -> float:
        """Mean loss.

        Raises
        ------
        ValueError
            If the shapes differ (nothing is broadcast) or the arrays are empty.
        FloatingPointError
            If y or t holds NaN or infinity.
        """
        where = "MeanSquaredError"
        y = check_batch(as_float(y, "y", where=where), "y", where=where)
        t = as_float(t, "t", where=where)
        check_shape(t, y.shape, "t", where=where, remedy="the shape of the predictions y")
        check_batch(t, "t", where=where)
        self._cache = y - t.astype(y.dtype, copy=False)
        return mean_squared_error(y, t)

    def backward(self, dout: float = 1.0) -> Array:
        """Gradient of dout times the loss with respect to y, in the shape of y."""
        if self._cache is None:
            raise RuntimeError("MeanSquaredError.backward: call forward first")
        return np.asarray(self._cache * (2 * float(dout) / self._cache.size))
