"""Dropout: units switched off at random while training."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, as_float, check_batch, check_fraction, check_rng
from dlcore.layers.base import Layer


class Dropout(Layer):
    """Inverted dropout: in training each element is kept with probability 1 − rate.

    Training: y = x · m / (1 − rate), with an independent m from {0, 1} for each element.
    Inference: y = x. The division keeps the expectation of y equal to x, so that nothing needs to
    be scaled at inference. Backward: dx = dy · m / (1 − rate), with the m of the forward pass.

    Parameters
    ----------
    rate : float
        Probability of dropping an element, 0 <= rate < 1.
    rng : np.random.Generator
        Source of the masks. Give a network's layers one generator, or several that were spawned
        from one.

    Shapes
    ------
    x and y : any shape; the first axis is the batch

    Raises
    ------
    ValueError
        If rate is outside the range, or x is empty.
    TypeError
        If rng is not a Generator.
    FloatingPointError
        If x holds NaN or infinity.

    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
    overfitting".

    Differs from: the paper, which scales by 1 − rate at inference instead. For maps every element
    has a mask of its own; whole channels are not dropped together.

    >>> layer = Dropout(0.5, rng=np.random.default_rng(0))
    >>> layer.forward([1.0, 2.0, 3.0, 4.0], train=True)
    array([2., 0., 0., 0.])
    >>> layer.forward([1.0, 2.0, 3.0, 4.0])
    array([1., 2., 3., 4.])
    """

    default_name = "dropout"

    def __init__(self, rate: float, *, rng: np.random.Generator) -> None:
        super().__init__()
        self.rate = check_fraction(rate, "rate", where="Dropout")
        self.rng = check_rng(rng, where="Dropout")

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = check_batch(as_float(x, where="Dropout", integers=np.float32), where="Dropout")
        if not train:
            self._cache = x.shape, x.dtype, None
            return x
        # Half as many random bits are enough for float32, and twice as fast.
        uniform = self.rng.random(x.shape, np.float32 if x.dtype == np.float32 else np.float64)
        mask = np.multiply(uniform >= self.rate, 1 / (1 - self.rate), dtype=x.dtype)
        self._cache = x.shape, x.dtype, mask
        return np.asarray(x * mask)

    def backward(self, dy: ArrayLike) -> Array:
        shape, dtype, mask = self._recall()
        dy = self._gradient(dy, shape, dtype)
        return dy if mask is None else np.asarray(dy * mask)

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g})"
