"""Networks: layers in a row, and the simple convolutional network of chapter 4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore._validation import Array, check_int, check_labels, check_shape_tuple
from dlcore.initializers import Initializer, normal
from dlcore.layers import Affine, Convolution, Flatten, Layer, MaxPool, ReLU
from dlcore.layers.base import Shape
from dlcore.layers.plugins import FunctionPair
from dlcore.losses import SoftmaxCrossEntropy

__all__ = ["Sequential", "SimpleConvNet", "Summary", "SummaryRow"]


class SummaryRow(NamedTuple):
    """One layer of a network, for one input."""

    name: str
    output_shape: Shape
    params: int
    multiply_adds: int


class Summary:
    """Sizes of a network, layer by layer; prints as a table.

    Attributes
    ----------
    input_shape : shape of one input, without batch axis
    rows : list of SummaryRow
    params, multiply_adds : totals
    """

    def __init__(self, input_shape: Shape, rows: Sequence[SummaryRow]) -> None:
        self.input_shape = input_shape
        self.rows = list(rows)
        self.params = sum(row.params for row in rows)
        self.multiply_adds = sum(row.multiply_adds for row in rows)

    _header = ("layer", "output shape", "parameters", "multiply-adds")

    def _cells(self) -> list[tuple[str, str, str, str]]:
        """The rows of the table as text, first the input, last the totals."""
        return [
            ("input", str(self.input_shape), "", ""),
            *(
                (r.name, str(r.output_shape), f"{r.params:,}", f"{r.multiply_adds:,}")
                for r in self.rows
            ),
            ("total", "", f"{self.params:,}", f"{self.multiply_adds:,}"),
        ]

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(self._header, *cells, strict=True)]

        def line(row: tuple[str, str, str, str]) -> str:
            texts = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
            numbers = [row[2].rjust(widths[2]), row[3].rjust(widths[3])]
            return "  ".join(texts + numbers).rstrip()

        rule = "-" * (sum(widths) + 6)
        body = [line(row) for row in cells]
        return "\n".join([line(self._header), rule, *body[:-1], rule, body[-1]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{title}</th>' for title in self._header)
        body = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self._cells()
        )
        return (
            '<table class="network-summary"><caption>Output shapes and costs for one input'
            f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


class Sequential:
    """Layers in a row, with a loss at the end.

    Parameters
    ----------
    layers : sequence of layers or of pairs (name, layer)
        A layer without a name gets its type and a number: "conv1", "relu1", "conv2" …
    loss : optional
        Object with ``forward(scores, t)`` and ``backward()``; by default SoftmaxCrossEntropy.

    Attributes
    ----------
    layers : dict of str to layer, in order
    params, grads : dicts with keys such as "conv1.W", collected from the layers
    loss_function : the loss

    >>> rng = np.random.default_rng(0)
    >>> network = Sequential([Affine(4, 3, rng=rng), ReLU(), Affine(3, 2, rng=rng)])
    >>> list(network.params)
    ['affine1.W', 'affine1.b', 'affine2.W', 'affine2.b']
    >>> network.predict(np.ones((5, 4))).shape
    (5,)
    """

    def __init__(
        self, layers: Sequence[Layer | tuple[str, Layer]], loss: Any | None = None
    ) -> None:
        self.layers = _named(layers)
        self.loss_function = SoftmaxCrossEntropy() if loss is None else loss

    @property
    def params(self) -> dict[str, Array]:
        """Parameters of all layers: the layers' own arrays, to be updated in place."""
        return {
            f"{name}.{key}": p
            for name, layer in self.layers.items()
            for key, p in layer.params.items()
        }

    @property
    def grads(self) -> dict[str, Array]:
        """Gradients of all layers, as of the last backward pass."""
        return {
            f"{name}.{key}": g
            for name, layer in self.layers.items()
            for key, g in layer.grads.items()
        }

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

    def loss(self, x: ArrayLike, t: ArrayLike) -> float:
        """Mean loss as at inference; no gradient."""
        return float(self.loss_function.forward(self.forward(x), t))

    def loss_and_gradient(self, x: ArrayLike, t: ArrayLike) -> tuple[float, dict[str, Array]]:
        """Mean loss of one training pass, and the gradients of all parameters."""
        loss = float(self.loss_function.forward(self.forward(x, train=True), t))
        self.backward(self.loss_function.backward())
        return loss, self.grads

    def scores(self, x: ArrayLike, *, batch_size: int = 500) -> Array:
        """Scores (N, K), computed in batches to bound the memory."""
        return np.concatenate([self.forward(batch) for batch in _batches(x, batch_size)])

    def predict(self, x: ArrayLike, *, batch_size: int = 500) -> Array:
        """Class of the highest score, (N,)."""
        return np.asarray(self.scores(x, batch_size=batch_size).argmax(axis=1))

    def accuracy(self, x: ArrayLike, t: ArrayLike, *, batch_size: int = 500) -> float:
        """Share of inputs whose class is predicted rightly; t (N,) or one-hot (N, K)."""
        scores = self.scores(x, batch_size=batch_size)
        labels = check_labels(t, *scores.shape, where="accuracy")
        return float((scores.argmax(axis=1) == labels).mean())

    def summary(self, input_shape: Shape) -> Summary:
        """Output shapes, parameters and multiply-adds, layer by layer, for one input.

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


class SimpleConvNet(Sequential):
    """Convolution – ReLU – max pooling – flatten – affine – ReLU – affine.

    The defaults are those of the report's experiment 2-6 on MNIST.

    Parameters
    ----------
    input_shape : (C, H, W)
    filters, filter_size, stride, pad : the convolution
    pool : size and stride of the pooling window
    hidden, classes : units of the two affine layers
    init : initialiser of all three layers
    rng : np.random.Generator
    conv, pool_functions : pairs (forward, backward), optional
        Your own functions in place of the library's, as in Convolution and MaxPool.

    >>> network = SimpleConvNet((1, 8, 8), filters=4, filter_size=3, rng=np.random.default_rng(0))
    >>> [row.output_shape for row in network.summary((1, 8, 8)).rows]
    [(4, 6, 6), (4, 6, 6), (4, 3, 3), (36,), (100,), (100,), (10,)]
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        filters: int = 30,
        filter_size: int | tuple[int, int] = 5,
        stride: int = 1,
        pad: int = 0,
        pool: int = 2,
        hidden: int = 100,
        classes: int = 10,
        init: Initializer = normal(0.01),  # noqa: B008  (a pure function, shared safely)
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
        conv: FunctionPair | None = None,
        pool_functions: FunctionPair | None = None,
    ) -> None:
        shape = check_shape_tuple(input_shape, 3, "input_shape", where="SimpleConvNet")
        convolution = Convolution(
            shape[0],
            filters,
            filter_size,
            stride=stride,
            pad=pad,
            init=init,
            rng=rng,
            dtype=dtype,
            conv=conv,
        )
        pooling = MaxPool(pool, pool=pool_functions)
        flat = Flatten().output_shape(pooling.output_shape(convolution.output_shape(shape)))[0]
        super().__init__(
            [
                convolution,
                ReLU(),
                pooling,
                Flatten(),
                Affine(flat, hidden, init=init, rng=rng, dtype=dtype),
                ReLU(),
                Affine(hidden, classes, init=init, rng=rng, dtype=dtype),
            ]
        )
        self.input_shape = shape


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
        named[name] = layer
    if not named:
        raise ValueError("Sequential: expected at least one layer, got none")
    return named


def _batches(x: ArrayLike, batch_size: int) -> Iterator[Array]:
    batch_size = check_int(batch_size, "batch_size", where="Sequential", minimum=1)
    x = np.asarray(x)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"Sequential: expected x with at least one input, got shape {x.shape}")
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size]
