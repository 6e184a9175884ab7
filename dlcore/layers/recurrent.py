"""A plain recurrent layer: small enough to watch gradients explode or vanish through time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore import functional
from dlcore._validation import Array, as_float, check_batch, check_float_dtype, check_int
from dlcore.initializers import Initializer, orthogonal, xavier_normal
from dlcore.layers.base import Layer, Shape
from dlcore.layers.plugins import draw, ready_array

_ACTIVATIONS = {
    "tanh": (functional.tanh, functional.tanh_grad),
    "relu": (functional.relu, functional.relu_grad),
    "identity": (functional.identity, functional.identity_grad),
}


class RNN(Layer):
    """Plain recurrent layer, h_t = f(x_t W_x + h_{t−1} W_h + b) with h_0 = 0.

    Backward, from the last step T to the first: with a_t the argument of f,
    ∂L/∂h_t = dy_t + ∂L/∂a_{t+1} W_hᵀ and ∂L/∂a_t = ∂L/∂h_t · f'(a_t); the gradients of W_x, W_h
    and b are sums over all steps. Each step back multiplies by W_hᵀ once more: if the largest
    singular value of W_h is below 1 the gradient vanishes over many steps; if f is the identity and
    the spectral radius of W_h is above 1, it explodes, save for special dy.

    Parameters
    ----------
    in_features, hidden : int
        D and H.
    activation : "tanh", "relu" or "identity"
        f.
    init, recurrent_init : callable ``(fan_in, fan_out, rng) -> (fan_in, fan_out)``, or an array
        Initial W_x and W_h; b starts at 0.
    rng : np.random.Generator
        Needed unless both are arrays or draw nothing, as ``zeros``.
    dtype : float dtype

    Attributes
    ----------
    dh : (N, T, H)
        After ``backward``: gradient of the loss with respect to each hidden state, through all
        later steps.

    Shapes
    ------
    x : (N, T, D), T steps of D numbers; y : (N, T, H), the hidden states h_1 … h_T
    params : W_x (D, H), W_h (H, H), b (H,)

    Raises
    ------
    ValueError
        If activation is unknown, or if x has another shape or is empty.
    FloatingPointError
        If x holds NaN or infinity.

    Source: Elman 1990, "Finding structure in time"; for the gradients Pascanu, Mikolov & Bengio
    2013, arXiv 1211.5063.

    Differs from: PyTorch keeps the weights transposed and has two biases, of which only the sum
    matters.

    >>> layer = RNN(1, 1, activation="identity", init=np.ones((1, 1)), recurrent_init=[[0.5]])
    >>> layer.forward([[[1.0], [0.0], [0.0]]])[0, :, 0]
    array([1.  , 0.5 , 0.25], dtype=float32)
    """

    default_name = "rnn"

    def __init__(
        self,
        in_features: int,
        hidden: int,
        *,
        activation: str = "tanh",
        init: Initializer | ArrayLike = xavier_normal,
        recurrent_init: Initializer | ArrayLike = orthogonal,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        self.in_features = check_int(in_features, "in_features", where="RNN", minimum=1)
        self.hidden = check_int(hidden, "hidden", where="RNN", minimum=1)
        self.dtype = check_float_dtype(dtype, where="RNN")
        if activation not in _ACTIVATIONS:
            raise ValueError(
                f"RNN: expected activation to be one of {sorted(_ACTIVATIONS)}, got {activation!r}"
            )
        self.activation = activation
        W_x, W_h = (
            draw(choice, fan_in, self.hidden, rng, where="RNN")
            if callable(choice)
            else ready_array(choice, (fan_in, self.hidden), where="RNN")
            for choice, fan_in in ((init, self.in_features), (recurrent_init, self.hidden))
        )
        self.params = {
            "W_x": np.array(W_x, dtype=self.dtype),
            "W_h": np.array(W_h, dtype=self.dtype),
            "b": np.zeros(self.hidden, dtype=self.dtype),
        }
        self.grads = {key: np.zeros_like(p) for key, p in self.params.items()}
        self.dh: Array | None = None

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = as_float(x, where="RNN").astype(self.dtype, copy=False)
        if x.ndim != 3 or x.shape[2] != self.in_features:
            raise ValueError(
                f"RNN: expected x of shape (N, T, {self.in_features}), got {x.shape}; "
                "the axes are batch, time and features"
            )
        function, _ = _ACTIVATIONS[self.activation]
        W_h = self.params["W_h"]
        a = check_batch(x, where="RNN") @ self.params["W_x"] + self.params["b"]
        h = np.empty_like(a)
        h[:, 0] = function(a[:, 0])
        for t in range(1, x.shape[1]):
            a[:, t] += h[:, t - 1] @ W_h
            h[:, t] = function(a[:, t])
        self._cache = x, a, h
        return h.copy()

    def backward(self, dy: ArrayLike) -> Array:
        x, a, h = self._recall()
        _, derivative = _ACTIVATIONS[self.activation]
        W_h_transposed = self.params["W_h"].T
        self.dh = self._gradient(dy, a.shape, self.dtype).copy()
        da = derivative(a)
        da[:, -1] *= self.dh[:, -1]
        for t in range(x.shape[1] - 2, -1, -1):
            self.dh[:, t] += da[:, t + 1] @ W_h_transposed
            da[:, t] *= self.dh[:, t]
        self.grads["W_x"] = np.tensordot(x, da, axes=((0, 1), (0, 1)))
        self.grads["W_h"] = np.tensordot(h[:, :-1], da[:, 1:], axes=((0, 1), (0, 1)))
        self.grads["b"] = da.sum(axis=(0, 1))
        return np.asarray(da @ self.params["W_x"].T)

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = tuple(input_shape)
        if len(shape) != 2 or shape[1] != self.in_features:
            raise ValueError(
                f"RNN: expected input_shape (T, {self.in_features}), got {shape}; "
                "the axes are time and features"
            )
        return shape[0], self.hidden

    def multiply_adds(self, input_shape: Shape) -> int:
        steps, hidden = self.output_shape(input_shape)
        return steps * hidden * (self.in_features + hidden)

    def __repr__(self) -> str:
        return f"RNN({self.in_features}, {self.hidden}, activation={self.activation!r})"
