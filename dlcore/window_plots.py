"""Pictures of matrices, windows and ``im2col``.

Every function returns a matplotlib ``Figure`` and leaves it open, so that a notebook shows it. The
style is that of ``dlcore.figures``; call ``use_course_style()`` once before.

Rows are numbered from the top and columns from the left, both from 0, as in NumPy. A *window* is
written ``(row, column, height, width)``. Padding is grey; pixels that no window reaches are
hatched.

Book: chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from dlcore._drawing import canvas, cells, rectangle, write
from dlcore._validation import Array
from dlcore.convolution import conv_output_size
from dlcore.figures import GREY, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_im2col", "draw_positions", "draw_windows", "show_matrices"]

Window = tuple[int, int, int, int]

_WINDOW_COLOURS = [PALETTE[name] for name in ("orange", "blue", "green", "purple")]


def show_matrices(
    matrices: Mapping[str, ArrayLike],
    *,
    signs: Sequence[str] = (),
    windows: Mapping[str, Sequence[Window]] | None = None,
    pads: Mapping[str, int] | None = None,
) -> Figure:
    """Draw small matrices with their numbers, side by side.

    Parameters
    ----------
    matrices : dict of title to array (H, W)
    signs : sequence of str
        What stands between neighbours, such as "∗" and "=".
    windows : dict of title to list of windows, optional
        Parts of that matrix to emphasise.
    pads : dict of title to int, optional
        How many of that matrix's outer rings are padding.

    Returns
    -------
    Figure

    Examples
    --------
    >>> fig = show_matrices({"x": [[1, 2], [3, 4]], "y": [[10]]}, signs=["→"])
    >>> sorted(text.get_text() for text in fig.axes[0].texts)
    ['1', '10', '2', '3', '4', 'x', 'y', '→']
    """
    arrays = {title: np.atleast_2d(np.asarray(values)) for title, values in matrices.items()}
    windows, pads = windows or {}, pads or {}
    gap = 1.1 if signs else 0.7
    tallest = max(len(values) for values in arrays.values())
    columns = sum(values.shape[1] for values in arrays.values()) + gap * (len(arrays) - 1)
    fig, ax = canvas(columns, tallest + 0.8)

    left = 0.0
    for number, (title, values) in enumerate(arrays.items()):
        if number and number <= len(signs):
            write(ax, left - gap / 2, 0.8 + tallest / 2, signs[number - 1], size=14)
        top = 0.8 + (tallest - len(values)) / 2
        _matrix(ax, values, left, top, windows=windows.get(title, ()), pad=pads.get(title, 0))
        write(ax, left + values.shape[1] / 2, top - 0.4, title)
        left += values.shape[1] + gap
    return fig


def draw_positions(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> Figure:
    """Draw all positions of a filter along one axis, one below the other.

    Padding is grey; pixels that no window reaches are hatched.

    Examples
    --------
    >>> fig = draw_positions(6, 2, stride=1, pad=1)
    >>> fig.axes[0].texts[-1].get_text()
    'position 7'
    """
    count = conv_output_size(input_size, filter_size, stride, pad)
    padded = input_size + 2 * pad
    fig, ax = canvas(padded + 3, 1.4 + 0.75 * count)
    cells(ax, 0, 0, 1, padded, pad=pad, rows_padded=False)
    for pixel in range(input_size):
        write(ax, pad + pixel + 0.5, 0.5, str(pixel + 1))
    for end in [*range(pad), *range(padded - pad, padded)]:
        write(ax, end + 0.5, 0.5, "0")
    _unreached(ax, (0, (count - 1) * stride + filter_size, 1, padded), 0)
    for position in range(count):
        top = 1.3 + 0.75 * position
        rectangle(ax, position * stride, top, filter_size, 0.55, PALETTE["orange"])
        write(ax, padded + 1.6, top + 0.28, f"position {position + 1}")
    return fig


def draw_windows(
    input_size: int, filter_size: int, stride: int = 1, pad: int = 0, *, largest: int = 0
) -> Figure:
    """Draw a square input with padding, the windows of a filter, and the output.

    A dot marks the top left corner of each window. The first window and its output are orange,
    the last ones blue; padding is grey; pixels that no window reaches are hatched.

    Parameters
    ----------
    input_size, filter_size, stride, pad : int
    largest : int
        Room for this many cells in height and width, so that several pictures have one size.

    Examples
    --------
    >>> fig = draw_windows(6, 2, stride=1, pad=1)
    >>> [text.get_text() for text in fig.axes[0].texts]
    ['padded input 8 × 8', 'output 7 × 7']
    """
    count = conv_output_size(input_size, filter_size, stride, pad)
    padded = input_size + 2 * pad
    room = max(largest, padded)
    fig, ax = canvas(2 * room + 0.6, room + 1)
    right = room + 1.6

    cells(ax, 0, 1, padded, padded, pad=pad)
    reached = (count - 1) * stride + filter_size
    _unreached(ax, (0, reached, padded, padded), 1)
    _unreached(ax, (reached, 0, padded, reached), 1)
    cells(ax, right, 1, count, count)
    last = (count - 1) * stride
    for corner, out, colour in ((0, 0, "orange"), (last, count - 1, "blue")):
        rectangle(ax, corner, 1 + corner, filter_size, filter_size, PALETTE[colour])
        rectangle(ax, right + out, 1 + out, 1, 1, PALETTE[colour])
    corners = 0.5 + stride * np.arange(count)
    x, y = np.meshgrid(corners, corners + 1)
    ax.scatter(x, y, s=9, color="black", linewidths=0, zorder=4)
    write(ax, padded / 2, 0.45, f"padded input {padded} × {padded}")
    write(ax, right + max(count, 4) / 2, 0.45, f"output {count} × {count}")
    return fig


def draw_im2col(
    images: ArrayLike, col: ArrayLike, row: int, window: Window, image: int = 0
) -> Figure:
    """Draw images beside their ``im2col`` matrix; mark one window and the row it becomes.

    Parameters
    ----------
    images : array (N, H, W), the one channel of a batch
    col : array (rows, columns)
    row : int, the row of `col` to mark
    window : the part of the image to mark
    image : int, which image it is

    Examples
    --------
    >>> fig = draw_im2col(np.ones((1, 2, 2)), np.ones((2, 2)), row=1, window=(1, 0, 1, 2))
    >>> [text.get_text() for text in fig.axes[0].texts][-1]
    'im2col(x)'
    """
    images, col = np.asarray(images), np.asarray(col)
    count, height, width = images.shape
    stacked = count * (height + 1)
    tall = max(stacked, len(col) + 1)
    fig, ax = canvas(width + 1.2 + col.shape[1], tall)
    for number, values in enumerate(images):
        top = number * (height + 1) + (tall - stacked) / 2 + 0.9
        write(ax, width / 2, top - 0.42, f"image {number}")
        _matrix(ax, values, 0, top, windows=[window] if number == image else ())
    left, top = width + 1.2, (tall - len(col) - 1) / 2 + 0.9
    _matrix(ax, col, left, top, windows=[(row, 0, 1, col.shape[1])])
    for index in range(len(col)):
        write(ax, left - 0.35, top + index + 0.5, str(index), color=GREY)
    write(ax, left + col.shape[1] / 2, top - 0.42, "im2col(x)")
    return fig


def _unreached(ax: Axes, area: tuple[int, int, int, int], top: float) -> None:
    """Hatch the cells from (first row, first column) up to (last row, last column), if any."""
    from matplotlib.patches import Rectangle

    row, column, last_row, last_column = area
    if row < last_row and column < last_column:
        size = last_column - column, last_row - row
        ax.add_patch(
            Rectangle((column, top + row), *size, fill=False, hatch="///", linewidth=0, color=GREY)
        )


def _matrix(
    ax: Axes,
    values: Array,
    left: float,
    top: float,
    *,
    windows: Sequence[Window] = (),
    pad: int = 0,
) -> None:
    """Grid of numbers, some of its windows emphasised."""
    rows, columns = values.shape
    cells(ax, left, top, rows, columns, pad=pad)
    for (r, c, height, width), colour in zip(windows, _WINDOW_COLOURS, strict=False):
        rectangle(ax, left + c, top + r, width, height, colour)
    for (r, c), value in np.ndenumerate(values):
        write(ax, left + c + 0.5, top + r + 0.5, _number(value))


def _number(value: object) -> str:
    return (value if isinstance(value, str) else f"{value:g}").replace("-", "−")
