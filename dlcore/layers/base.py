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
    buffers : dict of str to array
        State that is not trained but saved with the parameters, such as running averages.
    rng : np.random.Generator
        Only of a layer that draws random numbers in training, such as Dropout.
    default_name : str
        What ``Sequential`` calls such a layer, followed by a number.

    Shapes
    ------
    x and y : the first axis is the batch; dx has the shape of x, dy that of y

    A layer of your own needs no more than the two passes:

    >>> class Double(Layer):
    ...     def forward(self, x, *, train=False):
    ...         return 2 * x
    ...
    ...     def backward(self, dy):
    ...         return 2 * dy
    >>> Double().output_shape((3,)), Double().num_params
    ((3,), 0)
    """

    default_name = "layer"

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self.buffers: dict[str, Array] = {}
        self._cache: Any = None

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        """Output for a batch x; `train` tells layers that behave differently in training.

        Raises
        ------
        ValueError
            If the shape of x does not fit, or the batch is empty.
        FloatingPointError
            If x holds NaN or infinity: training has diverged, or the input is broken.
        TypeError
            If x does not hold real numbers.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define forward")

    def backward(self, dy: ArrayLike) -> Array:
        """Gradient of the input from that of the output; fills ``grads``.

        Raises
        ------
        RuntimeError
            If forward was not called before.
        ValueError
            If dy does not have the shape of forward's output.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define backward")

    def fill_grads(self, dy: ArrayLike) -> None:
        """Fill ``grads`` only; the first layer of a network need not compute more."""
        self.backward(dy)

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
