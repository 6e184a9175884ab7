"""Batch normalisation of features and, channel by channel, of maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore._validation import (
    Array,
    as_float,
    check_batch,
    check_float_dtype,
    check_fraction,
    check_int,
    check_positive,
)
from dlcore.layers.base import Layer, Shape


class BatchNorm(Layer):
    """Batch normalisation: each feature gets mean 0 and variance 1 over the batch, then γ and β.

    Training: μ and σ² are the mean and the biased variance over the batch, for maps over N, H and
    W; x̂ = (x − μ) / √(σ² + ε); y = γ x̂ + β. Inference: the same with the running averages in
    place of μ and σ². After each training step, running ← momentum · running + (1 − momentum) ·
    batch.

    Backward, with m values per feature: dβ = Σ dy; dγ = Σ dy · x̂;
    dx = γ / (m √(σ² + ε)) · (m · dy − Σ dy − x̂ · Σ dy · x̂). At inference the statistics are
    constants, and dx = γ / √(σ² + ε) · dy.

    Parameters
    ----------
    features : int
        D for x of shape (N, D), C for maps (N, C, H, W).
    momentum : float
        Share of the old running average that is kept, 0 <= momentum < 1.
    eps : float
        ε, added to the variance inside the root.
    affine : bool
        With False the layer has no γ and β: y = x̂.
    dtype : float dtype

    Shapes
    ------
    x and y : (N, features) or (N, features, H, W)
    params : gamma (features,), ones at first; beta (features,), zeros at first
    buffers : running_mean (features,), zeros at first; running_var (features,), ones at first

    A batch of one row has the variance 0 and gives y = β.

    Raises
    ------
    ValueError
        If x has another shape or is empty.
    FloatingPointError
        If x holds NaN or infinity.

    Source: Ioffe & Szegedy 2015, arXiv 1502.03167, Algorithms 1 and 2.

    Differs from: PyTorch keeps the unbiased variance in its running average, and its momentum is
    1 − momentum. Keras does as we do.

    >>> layer = BatchNorm(2, dtype=np.float64)
    >>> layer.forward([[1.0, 10.0], [3.0, 30.0]], train=True).round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    >>> layer.buffers["running_mean"]
    array([0.2, 2. ])
    """

    default_name = "batchnorm"

    def __init__(
        self,
        features: int,
        *,
        momentum: float = 0.9,
        eps: float = 1e-5,
        affine: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        self.features = check_int(features, "features", where="BatchNorm", minimum=1)
        self.momentum = check_fraction(momentum, "momentum", where="BatchNorm")
        self.eps = check_positive(eps, "eps", where="BatchNorm")
        self.affine = affine
        self.dtype = check_float_dtype(dtype, where="BatchNorm")
        zeros, ones = np.zeros(features, self.dtype), np.ones(features, self.dtype)
        self.buffers = {"running_mean": zeros, "running_var": ones}
        if affine:
            self.params = {"gamma": ones.copy(), "beta": zeros.copy()}
            self.grads = {key: np.zeros_like(p) for key, p in self.params.items()}

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = as_float(x, where="BatchNorm").astype(self.dtype, copy=False)
        if x.ndim not in (2, 4) or x.shape[1] != self.features:
            raise ValueError(
                f"BatchNorm: expected x of shape (N, {self.features}) or "
                f"(N, {self.features}, H, W), got {x.shape}; features is the length of axis 1"
            )
        layout = _Layout(check_batch(x, where="BatchNorm"))
        rows = layout.rows(x)
        if train:
            mean = layout.mean(np.add.reduce(rows))
            centred = rows - layout.columns(mean)
            var = layout.mean(np.einsum("nk,nk->k", centred, centred))
            self._update("running_mean", mean)
            self._update("running_var", var)
        else:
            mean, var = self.buffers["running_mean"], self.buffers["running_var"]
            centred = rows - layout.columns(mean)
        inverse_std = 1 / np.sqrt(var + self.eps)
        y = centred * layout.columns(self.params.get("gamma", 1) * inverse_std)
        if self.affine:
            y += layout.columns(self.params["beta"])
        self._cache = layout, centred, inverse_std, train
        return layout.restore(y)

    def backward(self, dy: ArrayLike) -> Array:
        layout, centred, inverse_std, train = self._recall()
        rows = layout.rows(self._gradient(dy, layout.shape, self.dtype))
        mean_dy = layout.mean(np.add.reduce(rows))
        mean_product = layout.mean(np.einsum("nk,nk->k", rows, centred)) * inverse_std
        if self.affine:
            self.grads["gamma"] = (mean_product * layout.count).astype(self.dtype)
            self.grads["beta"] = (mean_dy * layout.count).astype(self.dtype)
        scale = self.params.get("gamma", 1) * inverse_std
        dx = rows * layout.columns(scale)
        if train:
            dx -= centred * layout.columns(scale * inverse_std * mean_product)
            dx -= layout.columns(scale * mean_dy)
        return layout.restore(dx)

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = tuple(input_shape)
        if len(shape) not in (1, 3) or shape[0] != self.features:
            raise ValueError(
                f"BatchNorm: expected input_shape ({self.features},) or ({self.features}, H, W), "
                f"got {shape}; features is the number of features or channels"
            )
        return shape

    def _update(self, key: str, batch: Array) -> None:
        """Move a running average, in place, towards the statistic of a batch."""
        running = self.buffers[key]
        running *= self.momentum
        running += ((1 - self.momentum) * batch).astype(self.dtype)

    def __repr__(self) -> str:
        return f"BatchNorm({self.features})"


class _Layout:
    """Maps as a matrix with one row per image, in the order in which they lie in memory.

    A statistic of a channel is spread over the channel's columns, so that each operation runs over
    long rows. With an axis for the channels, the maps of the library's convolution, whose channels
    lie side by side, would be handled in runs of a few numbers, several times slower.
    """

    def __init__(self, x: Array) -> None:
        self.shape, self.dtype = x.shape, x.dtype
        channels = np.arange(x.shape[1])
        self.count = x.size // x.shape[1]
        self.channels_last = x.ndim == 4 and not x.flags.c_contiguous
        positions = self.count // len(x)
        repeat = np.tile if self.channels_last else np.repeat
        self.channel_of_column = repeat(channels, positions)

    def rows(self, x: Array) -> Array:
        """Matrix (N, C·H·W), a view where the memory allows one."""
        if self.channels_last:
            x = x.transpose(0, 2, 3, 1)
        return x.reshape(len(x), -1)

    def restore(self, rows: Array) -> Array:
        """The matrix in the shape of x again."""
        if not self.channels_last:
            return rows.reshape(self.shape)
        N, C, H, W = self.shape
        return rows.reshape(N, H, W, C).transpose(0, 3, 1, 2)

    def columns(self, statistic: Array) -> Array:
        """The statistic (C,) of each column's channel, (C·H·W,)."""
        return statistic.astype(self.dtype)[self.channel_of_column]

    def mean(self, column_sums: Array) -> Array:
        """Mean of each channel (C,), in float64, from the sums of the columns."""
        return np.bincount(self.channel_of_column, column_sums) / self.count
