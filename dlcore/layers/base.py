"""The base class of all layers."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from dlcore._validation import Array, as_float, check_shape

Shape = tuple[int, ...]


class Layer:
    """Base class of all layers: subclasses define ``forward`` and ``backward``.

    Attributes
    ----------
    params, grads : dict of str to array
        Parameters, and after ``backward`` their gradients, under the same keys; both are empty
        for a layer without parameters.
    default_name : str
        What ``Sequential`` calls such a layer, followed by a number.
    """

    default_name = "layer"

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self._cache: Any = None

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        """Output for a batch x; `train` tells layers that behave differently in training."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward")

    def backward(self, dy: ArrayLike) -> Array:
        """Gradient of the input from that of the output; fills ``grads``."""
        raise NotImplementedError(f"{type(self).__name__} does not define backward")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output for one input of shape `input_shape`, both without batch axis."""
        return tuple(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiply-add operations for one input; those of biases and activations not counted."""
        return 0

    @property
    def num_params(self) -> int:
        """Number of trainable values."""
        return sum(p.size for p in self.params.values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _recall(self) -> Any:
        """What forward has stored for backward."""
        if self._cache is None:
            raise RuntimeError(f"{type(self).__name__}.backward: call forward first")
        return self._cache

    def _gradient(self, dy: ArrayLike, shape: Shape, dtype: DTypeLike) -> Array:
        """Dy as an array of the layer's dtype, its shape checked against the output's."""
        where = f"{type(self).__name__}.backward"
        dy = as_float(dy, "dy", where=where).astype(dtype, copy=False)
        check_shape(dy, shape, "dy", where=where, remedy="it has the shape of forward's output")
        return dy
