"""Positions of a window on an image, with the checks that convolution and pooling share."""

from __future__ import annotations

from typing import Any, NamedTuple

from dlcore._validation import check_int


class Geometry(NamedTuple):
    """Sizes of a convolution or pooling, all plain integers."""

    FH: int
    FW: int
    stride: int
    pad: int
    OH: int
    OW: int


def geometry(
    where: str,
    image: tuple[int, ...],
    window: tuple[Any, Any],
    stride: Any,
    pad: Any,
    names: tuple[str, str] = ("filter_h", "filter_w"),
) -> Geometry:
    """Check the sizes; small NumPy integers become ``int`` here, so that no product wraps."""
    stride = check_int(stride, "stride", where=where, minimum=1)
    pad = check_int(pad, "pad", where=where, minimum=0)
    H, W = image
    FH, OH = window_positions(where, "height", H, names[0], window[0], stride, pad)
    FW, OW = window_positions(where, "width", W, names[1], window[1], stride, pad)
    return Geometry(FH, FW, stride, pad, OH, OW)


def window_positions(
    where: str, axis: str, input_size: int, name: str, filter_size: Any, stride: int, pad: int
) -> tuple[int, int]:
    """Checked filter size and number of filter positions along one axis."""
    filter_size = check_int(filter_size, name, where=where, minimum=1)
    padded = input_size + 2 * pad
    if filter_size > padded:
        raise ValueError(
            f"{where}: expected {name} to be at most {padded} ({axis} {input_size} plus twice "
            f"the padding {pad}), got {filter_size}; use a smaller filter or more padding"
        )
    return filter_size, (padded - filter_size) // stride + 1
