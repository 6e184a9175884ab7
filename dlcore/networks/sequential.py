"""Layers in a row, with a loss at the end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from os import PathLike
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from dlcore._threads import one_blas_thread, share_out
from dlcore._validation import Array, check_int, check_labels
from dlcore.checkpoints import load_weights, save_weights
from dlcore.layers import Layer
from dlcore.layers.base import Shape
from dlcore.losses import SoftmaxCrossEntropy
from dlcore.networks.summary import Summary, SummaryRow
from dlcore.regularizers import is_weight

Result = TypeVar("Result")

IN_CACHE = 2**20  # values; 4 MiB in float32


class Regularizer(Protocol):
    """What ``Sequential`` needs of a regulariser; a class of your own will do."""

    def penalty(self, weights: list[Array]) -> float:
        """Return what the weights together add to the loss."""

    def gradient(self, W: Array) -> Array:
        """Return the gradient of the penalty for one array of weights."""


class Sequential:
    """Layers in a row, with a loss at the end.

    Parameters
    ----------
    layers : sequence of layers or of pairs (name, layer)
        A layer without a name gets its type and a number: "conv1", "relu1", "conv2" …
    loss : optional
        Object with ``forward(scores, t)`` and ``backward()``; by default SoftmaxCrossEntropy.
    regularizer : optional
        Object with ``penalty(weights)`` and ``gradient(W)``, such as ``L2(lam)``. The penalty is
        part of the loss; biases and the parameters of batch normalisation do not count.

    Attributes
    ----------
    layers : dict of str to layer, in order
    loss_function : the loss
    regularizer : the regulariser, or None

    Raises
    ------
    TypeError
        If something among the layers is not a layer, or the regulariser is not one.
    ValueError
        If there is no layer, or a name or a layer comes twice.

    Notes
    -----
    Inputs are checked by the layers: an empty batch is a ValueError, NaN or infinity a
    FloatingPointError.

    A matrix product uses one thread, whatever the number of threads BLAS is set to: networks of
    this size are faster so. In training each convolution shares its images among as many threads,
    in prediction the batches are shared.

    Examples
    --------
    >>> from dlcore.layers import Affine, ReLU
    >>> rng = np.random.default_rng(0)
    >>> network = Sequential([Affine(4, 3, rng=rng), ReLU(), Affine(3, 2, rng=rng)])
    >>> list(network.params)
    ['affine1.W', 'affine1.b', 'affine2.W', 'affine2.b']
    >>> network.predict(np.ones((5, 4))).shape
    (5,)
    """

    def __init__(
        self,
        layers: Sequence[Layer | tuple[str, Layer]],
        loss: Any | None = None,
        regularizer: Regularizer | None = None,
    ) -> None:
        self.layers = _named(layers)
        self.loss_function = SoftmaxCrossEntropy() if loss is None else loss
        self.regularizer = _checked(regularizer)

    @property
    def params(self) -> dict[str, Array]:
        """Parameters of all layers: the layers' own arrays, to be updated in place."""
        return self._collected("params")

    @property
    def grads(self) -> dict[str, Array]:
        """Gradients of all layers as of the last backward pass, without the regulariser's."""
        return self._collected("grads")

    @property
    def buffers(self) -> dict[str, Array]:
        """Arrays that are kept but not trained, such as "batchnorm1.running_mean"."""
        return self._collected("buffers")

    @property
    def weights(self) -> dict[str, Array]:
        """The parameters that a regulariser acts on: those called W, without biases."""
        return {name: p for name, p in self.params.items() if is_weight(name)}

    @property
    def num_params(self) -> int:
        """Number of trainable values."""
        return sum(p.size for p in self.params.values())

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        """Scores (N, K) for a batch x."""
        for layer in self.layers.values():
            x = layer.forward(x, train=train)
        return np.asarray(x)

    def backward(self, dscores: ArrayLike) -> Array:
        """Gradient of the input from that of the scores; fills the ``grads`` of every layer."""
        for layer in reversed(self.layers.values()):
            dscores = layer.backward(dscores)
        return np.asarray(dscores)

    def loss(self, x: ArrayLike, t: ArrayLike, *, train: bool = False) -> float:
        """Mean loss of a batch and the regulariser's penalty; no gradient.

        Parameters
        ----------
        x, t : arrays
            A batch and its labels.
        train : bool
            Compute as in training: with dropout, and with the statistics of this batch.
        """
        loss = float(self.loss_function.forward(self.forward(x, train=train), t))
        if self.regularizer is not None:
            loss += float(self.regularizer.penalty(list(self.weights.values())))
        return loss

    def loss_and_gradient(self, x: ArrayLike, t: ArrayLike) -> tuple[float, dict[str, Array]]:
        """Loss of one training pass and the gradients of all parameters, the penalty in both."""
        with one_blas_thread():
            loss = self.loss(x, t, train=True)
            self._fill_grads(self.loss_function.backward())
        grads = self.grads
        if self.regularizer is not None:
            for name, W in self.weights.items():
                grads[name] = grads[name] + self.regularizer.gradient(W)
        return loss, grads

    def scores(self, x: ArrayLike, *, batch_size: int | None = None) -> Array:
        """Scores (N, K) as at inference, computed in batches to bound the memory.

        Without `batch_size`, here as in ``predict`` and ``accuracy``, as many inputs are taken at a
        time as keep the output of each layer in the processor's cache.
        """
        return np.concatenate(self._over_batches(lambda _, scores: scores, x, batch_size))

    def predict(self, x: ArrayLike, *, batch_size: int | None = None) -> Array:
        """Class of the highest score, (N,)."""
        return np.concatenate(
            self._over_batches(lambda _, scores: scores.argmax(axis=1), x, batch_size)
        )

    def accuracy(self, x: ArrayLike, t: ArrayLike, *, batch_size: int | None = None) -> float:
        """Share of inputs whose class is predicted rightly; t (N,) or one-hot (N, K).

        Of each batch only the number of right answers is kept, so the memory needed does not
        depend on the number of inputs.
        """
        x, t = np.asarray(x), np.asarray(t)
        if t.shape[:1] != x.shape[:1]:
            raise ValueError(
                f"accuracy: expected t of shape {x.shape[:1]}, got {t.shape}; "
                "one label for each row of x"
            )

        def count_right(rows: slice, scores: Array) -> int:
            labels = check_labels(t[rows], *scores.shape, where="accuracy")
            return int(np.count_nonzero(scores.argmax(axis=1) == labels))

        return sum(self._over_batches(count_right, x, batch_size)) / len(x)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the parameters and buffers to a file, as ``checkpoints.save_weights`` does."""
        save_weights(self, path)

    def load(self, path: str | PathLike[str]) -> None:
        """Read the parameters and buffers from a file, as ``checkpoints.load_weights`` does."""
        load_weights(self, path)

    def summary(self, input_shape: Shape) -> Summary:
        """Output shapes, parameters and multiply-adds, layer by layer, for one input.

        >>> from dlcore.layers import Affine, Flatten
        >>> network = Sequential([Flatten(), Affine(4, 2, init=np.zeros((4, 2)))])
        >>> print(network.summary((1, 2, 2)))
        layer     output shape  parameters  multiply-adds
        -------------------------------------------------
        input     (1, 2, 2)
        flatten1  (4,)                   0              0
        affine1   (2,)                  10              8
        -------------------------------------------------
        total                           10              8
        """
        shape = tuple(input_shape)
        rows = []
        for name, layer in self.layers.items():
            cost = layer.multiply_adds(shape)
            shape = layer.output_shape(shape)
            rows.append(SummaryRow(name, shape, layer.num_params, cost))
        return Summary(tuple(input_shape), rows)

    def __repr__(self) -> str:
        lines = [f"    ({name!r}, {layer!r})," for name, layer in self.layers.items()]
        return "\n".join([f"{type(self).__name__}([", *lines, "])"])

    def _fill_grads(self, dscores: Array) -> None:
        """Do what ``backward`` does without the gradient of the input, which takes its time."""
        first, *others = self.layers.values()
        for layer in reversed(others):
            dscores = layer.backward(dscores)
        # A layer of your own need not have the method.
        getattr(first, "fill_grads", first.backward)(dscores)

    def _key(self, layer_name: str, name: str) -> str:
        """What the network calls the array `name` of a layer."""
        return f"{layer_name}.{name}"

    def _collected(self, kind: str) -> dict[str, Array]:
        """The layers' params, grads or buffers in one dict; a layer of your own may lack one."""
        return {
            self._key(layer_name, name): array
            for layer_name, layer in self.layers.items()
            for name, array in getattr(layer, kind, {}).items()
        }

    def _over_batches(
        self, function: Callable[[slice, Array], Result], x: ArrayLike, batch_size: int | None
    ) -> list[Result]:
        """What ``function(rows, scores as at inference)`` returns for the batches, in order."""
        x = np.asarray(x)
        if x.ndim == 0 or len(x) == 0:
            raise ValueError(f"Sequential: expected x with at least one input, got shape {x.shape}")
        if batch_size is None:
            batch_size = self._fitting_batch(x.shape[1:])
        batch_size = check_int(batch_size, "batch_size", where="Sequential", minimum=1)
        batches = [slice(start, start + batch_size) for start in range(0, len(x), batch_size)]

        def work(share: Sequence[slice]) -> list[Result]:
            network = copy(self)  # a layer remembers its input, so each thread has its own layers
            network.layers = {name: copy(layer) for name, layer in self.layers.items()}
            return [function(rows, network.forward(x[rows])) for rows in share]

        shares = share_out(work, batches)
        return [shares[k % len(shares)][k // len(shares)] for k in range(len(batches))]

    def _fitting_batch(self, input_shape: Shape) -> int:
        """Number of inputs for which no layer puts out more than IN_CACHE values."""
        largest, shape = math.prod(input_shape), input_shape
        try:
            for layer in self.layers.values():
                shape = layer.output_shape(shape)
                largest = max(largest, math.prod(shape))
        except (AttributeError, ValueError):
            # A layer of your own need not know its shapes; and if the input does not fit, forward
            # says so better.
            return 100
        return min(max(1, IN_CACHE // largest), 1000)


def _named(layers: Iterable[Layer | tuple[str, Layer]]) -> dict[str, Layer]:
    """Layers by name; those without a name are numbered per type."""
    named: dict[str, Layer] = {}
    counts: Counter[str] = Counter()
    for entry in layers:
        name, layer = entry if isinstance(entry, tuple) else (None, entry)
        if isinstance(layer, type) or not hasattr(layer, "forward"):
            raise TypeError(
                f"Sequential: expected layers or pairs (name, layer), got {layer!r}; "
                "write ReLU() rather than ReLU"
            )
        if name is None:
            kind = getattr(layer, "default_name", type(layer).__name__.lower())
            counts[kind] += 1
            name = f"{kind}{counts[kind]}"
        if not isinstance(name, str) or "." in name:
            raise ValueError(f"Sequential: expected a name that is text without '.', got {name!r}")
        if name in named:
            raise ValueError(f"Sequential: expected every name once, got {name!r} twice")
        if any(layer is other for other in named.values()):
            raise ValueError(
                f"Sequential: expected every layer once, got {layer!r} again as {name!r}; "
                "a layer remembers one input only, so make another for each place"
            )
        named[name] = layer
    if not named:
        raise ValueError("Sequential: expected at least one layer, got none")
    return named


def _checked(regularizer: Any) -> Any:
    """The regulariser, if it can be used as one."""
    methods = ("penalty", "gradient")
    if regularizer is not None and (
        isinstance(regularizer, type)
        or not all(callable(getattr(regularizer, name, None)) for name in methods)
    ):
        raise TypeError(
            "Sequential: expected regularizer to be an object with methods penalty and gradient, "
            f"got {regularizer!r}; write L2(lam), say"
        )
    return regularizer
