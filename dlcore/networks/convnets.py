"""Convolutional networks: the two of the report, and LeNet-5."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from dlcore._validation import check_shape_tuple
from dlcore.initializers import Initializer, he_normal, normal, xavier_normal
from dlcore.layers import (
    Affine,
    AveragePool,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
    ReLU,
    Tanh,
)
from dlcore.layers.base import Shape
from dlcore.layers.plugins import FunctionPair
from dlcore.networks.sequential import Sequential


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


class DeepConvNet(Sequential):
    """Six convolutions in three groups, each followed by pooling, and two affine layers.

    (convolution – ReLU – convolution – ReLU – max pooling) × 3 – flatten –
    affine – ReLU – dropout – affine – dropout

    The defaults are those of the report's experiment 2-8 on MNIST: the maps are
    28 → 28 → 28 → 14 → 14 → 16 → 8 → 8 → 8 → 4 wide, so that 64·4·4 = 1024 values are flattened.
    The fourth convolution pads by 2, which makes its maps even before they are halved.

    Parameters
    ----------
    input_shape : (C, H, W)
    channels : sequence of six ints
        Filters of each convolution.
    pads : sequence of six ints
        Padding of each convolution.
    filter_size : int or (height, width)
    hidden, classes : int
        Units of the two affine layers.
    dropout_ratio : float
        Share of the values dropped in training; 0 for no dropout layers.
    dropout_on_scores : bool
        Drop class scores too, after the last affine layer, as the report does.
    init : callable ``(fan_in, fan_out, rng) -> (fan_in, fan_out)``
        Initial weights of all layers.
    rng : np.random.Generator
        Draws the weights, and while training what is dropped.
    dtype : float dtype

    Shapes
    ------
    x : (N, C, H, W); scores : (N, classes)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range; the message says which.

    Notes
    -----
    Book: chapter 5. Source: the report's notebook 2_8_deep_convolution_net.

    Examples
    --------
    >>> network = DeepConvNet(rng=np.random.default_rng(0))
    >>> rows = network.summary((1, 28, 28)).rows
    >>> [row.output_shape for row in rows if row.name.startswith("pool")]
    [(16, 14, 14), (32, 8, 8), (64, 4, 4)]
    >>> network.params["conv4.W"].shape, network.num_params
    ((32, 32, 3, 3), 123552)
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        channels: Sequence[int] = (16, 16, 32, 32, 64, 64),
        pads: Sequence[int] = (1, 1, 1, 2, 1, 1),
        filter_size: int | tuple[int, int] = 3,
        hidden: int = 50,
        classes: int = 10,
        dropout_ratio: float = 0.5,
        dropout_on_scores: bool = True,
        init: Initializer = he_normal,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        shape = check_shape_tuple(input_shape, 3, "input_shape", where="DeepConvNet")
        for name, values in ("channels", channels), ("pads", pads):
            if len(values) != 6:
                raise ValueError(
                    f"DeepConvNet: expected {name} with 6 numbers, one for each convolution, "
                    f"got {values!r}"
                )
        options: dict[str, Any] = {"init": init, "rng": rng, "dtype": dtype}
        layers: list[Layer] = []
        in_channels = shape[0]
        for number, (out_channels, pad) in enumerate(zip(channels, pads, strict=True), start=1):
            layers += [
                Convolution(in_channels, out_channels, filter_size, pad=pad, **options),
                ReLU(),
            ]
            if number % 2 == 0:
                layers.append(MaxPool(2))
            in_channels = out_channels
        layers += [
            Flatten(),
            Affine(_flat(layers, shape), hidden, **options),
            ReLU(),
            *([Dropout(dropout_ratio, rng=rng)] if dropout_ratio else []),
            Affine(hidden, classes, **options),
            *([Dropout(dropout_ratio, rng=rng)] if dropout_ratio and dropout_on_scores else []),
        ]
        super().__init__(layers)
        self.input_shape = shape


class LeNet5(Sequential):
    """LeNet-5 as it is usually built today: 61,706 parameters for images of 32×32.

    C1, C3: convolutions with 6 and 16 filters of 5×5; S2, S4: average pooling; C5, F6, OUTPUT:
    affine layers with 120, 84 and 10 units. Tanh after C1, C3, C5 and F6.

    Parameters
    ----------
    input_shape : (C, H, W)
        MNIST's images of 28×28 become 32×32 with two rows of zeros on every side:
        ``np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))``.
    classes : int
    init : callable ``(fan_in, fan_out, rng) -> (fan_in, fan_out)``
        Initial weights of all layers.
    rng : np.random.Generator
    dtype : float dtype

    Shapes
    ------
    x : (N, C, H, W); scores : (N, classes)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range; the message says which.

    Notes
    -----
    Differs from: the network of 1998 has 60,000 parameters. There S2 and S4 have a trained
    coefficient and bias for each map, C3 sees only some maps of S2, and the output measures
    distances from fixed patterns; its loss is another, and its tanh is scaled.

    Book: chapters 4 and 5. Source: LeCun et al. 1998, "Gradient-based learning applied to
    document recognition".

    Examples
    --------
    >>> network = LeNet5(rng=np.random.default_rng(0))
    >>> {row.name: row.output_shape for row in network.summary((1, 32, 32)).rows if row.params}
    {'C1': (6, 28, 28), 'C3': (16, 10, 10), 'C5': (120,), 'F6': (84,), 'OUTPUT': (10,)}
    >>> network.num_params
    61706
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (1, 32, 32),
        *,
        classes: int = 10,
        init: Initializer = xavier_normal,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        shape = check_shape_tuple(input_shape, 3, "input_shape", where="LeNet5")
        options: dict[str, Any] = {"init": init, "rng": rng, "dtype": dtype}
        maps: list[Layer | tuple[str, Layer]] = [
            ("C1", Convolution(shape[0], 6, 5, **options)),
            Tanh(),
            ("S2", AveragePool(2)),
            ("C3", Convolution(6, 16, 5, **options)),
            Tanh(),
            ("S4", AveragePool(2)),
        ]
        super().__init__(
            [
                *maps,
                Flatten(),
                ("C5", Affine(_flat(maps, shape), 120, **options)),
                Tanh(),
                ("F6", Affine(120, 84, **options)),
                Tanh(),
                ("OUTPUT", Affine(84, classes, **options)),
            ]
        )
        self.input_shape = shape


def _flat(layers: Sequence[Layer | tuple[str, Layer]], input_shape: Shape) -> int:
    """Number of values that come out of the layers for one input."""
    return math.prod(Sequential(layers).summary(input_shape).rows[-1].output_shape)
