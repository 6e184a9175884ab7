"""AlexNet as a table: sizes and counts, with no weights."""

from __future__ import annotations

import math
from typing import NamedTuple

from dlcore.convolution import conv_output_size
from dlcore.layers.base import Shape
from dlcore.networks.summary import Summary, SummaryRow


class _Convolution(NamedTuple):
    name: str
    filters: int
    size: int
    stride: int = 1
    pad: int = 0
    groups: int = 1  # each filter sees 1/groups of the channels

    def row(self, shape: Shape) -> SummaryRow:
        channels, height, width = shape
        weights = self.filters * (channels // self.groups) * self.size**2
        out_h = conv_output_size(height, self.size, self.stride, self.pad)
        out_w = conv_output_size(width, self.size, self.stride, self.pad)
        output = (self.filters, out_h, out_w)
        return SummaryRow(self.name, output, weights + self.filters, weights * out_h * out_w)


class _Pool(NamedTuple):
    name: str
    size: int = 3
    stride: int = 2

    def row(self, shape: Shape) -> SummaryRow:
        channels, height, width = shape
        out_h = conv_output_size(height, self.size, self.stride)
        out_w = conv_output_size(width, self.size, self.stride)
        return SummaryRow(self.name, (channels, out_h, out_w), 0, 0)


class _Affine(NamedTuple):
    name: str
    units: int

    def row(self, shape: Shape) -> SummaryRow:
        weights = shape[0] * self.units
        return SummaryRow(self.name, (self.units,), weights + self.units, weights)


class _Flatten(NamedTuple):
    name: str

    def row(self, shape: Shape) -> SummaryRow:
        return SummaryRow(self.name, (math.prod(shape),), 0, 0)


class _Elementwise(NamedTuple):
    name: str

    def row(self, shape: Shape) -> SummaryRow:
        return SummaryRow(self.name, shape, 0, 0)


_AnyLayer = _Convolution | _Pool | _Affine | _Flatten | _Elementwise


def _layers(groups: int) -> tuple[_AnyLayer, ...]:
    """The layers in order; `groups` is 2 in the paper's form and 1 without groups."""
    return (
        _Convolution("conv1", 96, 11, stride=4),
        _Elementwise("relu1"),
        _Pool("pool1"),
        _Convolution("conv2", 256, 5, pad=2, groups=groups),
        _Elementwise("relu2"),
        _Pool("pool2"),
        _Convolution("conv3", 384, 3, pad=1),
        _Elementwise("relu3"),
        _Convolution("conv4", 384, 3, pad=1, groups=groups),
        _Elementwise("relu4"),
        _Convolution("conv5", 256, 3, pad=1, groups=groups),
        _Elementwise("relu5"),
        _Pool("pool5"),
        _Flatten("flatten"),
        _Affine("fc6", 4096),
        _Elementwise("relu6"),
        _Elementwise("dropout6"),
        _Affine("fc7", 4096),
        _Elementwise("relu7"),
        _Elementwise("dropout7"),
        _Affine("fc8", 1000),
    )


class AlexNet:
    """AlexNet layer by layer: sizes, parameters and multiply-adds.

    Nothing is allocated, so it costs nothing to look at; the weights alone would take 250 MB.

    Parameters
    ----------
    grouped : bool
        Count as in the paper, where the network was split over two GPUs and each filter of
        conv2, conv4 and conv5 sees only the half of the channels that is on its own GPU.

    Attributes
    ----------
    input_shape : (3, 227, 227)
    grouped : bool

    Notes
    -----
    Local response normalisation, which has no parameters and keeps the sizes, is left out.

    Differs from: the paper speaks of inputs of 224×224, which fit no whole number of strides; with
    227 everything fits, conv1 gives 55×55.

    Book: chapter 5. Source: Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with
    deep convolutional neural networks".

    Examples
    --------
    >>> sum(AlexNet().parameters().values()), sum(AlexNet(grouped=True).parameters().values())
    (62378344, 60965224)
    >>> [row.output_shape for row in AlexNet().summary().rows if row.name.startswith("pool")]
    [(96, 27, 27), (256, 13, 13), (256, 6, 6)]
    """

    input_shape: Shape = (3, 227, 227)

    def __init__(self, *, grouped: bool = False) -> None:
        self.grouped = bool(grouped)

    def summary(self) -> Summary:
        """Output shapes, parameters and multiply-adds, layer by layer, for one image."""
        shape, rows = self.input_shape, []
        for layer in _layers(groups=2 if self.grouped else 1):
            row = layer.row(shape)
            rows.append(row)
            shape = row.output_shape
        return Summary(self.input_shape, rows)

    def parameters(self) -> dict[str, int]:
        """Weights and biases together of each layer that has any, conv1 … fc8.

        >>> AlexNet().parameters()["conv1"]
        34944
        """
        return {row.name: row.params for row in self.summary().rows if row.params}

    def __repr__(self) -> str:
        return f"AlexNet(grouped={self.grouped})"
