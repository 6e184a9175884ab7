"""Drawings of networks and of computational graphs with their forward values and gradients.

Book: chapter 0, sections "Five steps" and "Backward: the computational graph".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from dlcore.figures import GREY, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Operation", "Value", "draw_chain", "draw_layers", "number_texts"]

# All lengths are inches: the axes of draw_chain cover the figure one to one.
WIDTH = 5.6
LINE = 0.2
PADDING = 0.07
GAP = 0.2
OPERATION_HEIGHT = 0.3
CHAIN_X, CHAIN_WIDTH = 1.4, 2.55
SIDE_X, SIDE_WIDTH = 4.35, 2.4
MIDDLE_X = 2.9  # between the two columns
FIRST_COLUMN, COLUMN = 1.2, 0.57  # right edges of the numbers, from the left edge of their box


@dataclass(frozen=True)
class Value:
    """A number or array in the graph: its name (TeX), forward value and, if there is one, gradient.

    Examples
    --------
    >>> Value("a", [2, -1]).gradient is None
    True
    """

    name: str
    forward: ArrayLike
    gradient: ArrayLike | None = None


@dataclass(frozen=True)
class Operation:
    """A node that computes: its label and the values that enter from the side.

    Examples
    --------
    >>> Operation("ReLU").inputs
    ()
    """

    label: str
    inputs: Sequence[Value] = ()


def number_texts(array: ArrayLike, digits: int = 2) -> list[list[str]]:
    """Write the elements of a number, vector or matrix as short texts with true minus signs.

    Parameters
    ----------
    array : array of shape (), (K,) or (N, K)
    digits : int, default 2
        Digits after the point; trailing zeros are dropped.

    Returns
    -------
    list of list of str
        One list per row; a number or a vector is one row.

    Raises
    ------
    ValueError
        If `array` has more than two axes.

    Examples
    --------
    >>> number_texts([[0.5, -1], [0.731, 0]])
    [['0.5', '−1'], ['0.73', '0']]
    """
    values = np.asarray(array, dtype=float)
    if values.ndim > 2:
        raise ValueError(
            f"number_texts: expected array with at most 2 axes, got shape {values.shape}; "
            "pick the matrix to show, for example array[0]"
        )
    return [[_number(v, digits) for v in row] for row in np.atleast_2d(values)]


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def draw_chain(
    values: Sequence[Value],
    operations: Sequence[Operation],
    *,
    result: str = "L",
    digits: int = 2,
) -> Figure:
    """Draw a computational graph whose main path runs from top to bottom.

    Each value is a box with two fields: above its forward value, below the gradient of the result
    with respect to it. Solid arrows go forward, dashed arrows backward.

    Parameters
    ----------
    values : sequence of Value
        The main path, from the input to the result.
    operations : sequence of Operation
        ``operations[i]`` leads from ``values[i]`` to ``values[i + 1]``.
    result : str, default "L"
        Name (TeX) of the last value, used to write the gradients.
    digits : int, default 2
        Digits after the point.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is not exactly one operation between two neighbouring values.

    Examples
    --------
    >>> fig = draw_chain([Value("x", 3, 6), Value("f", 9, 1)], [Operation("square")], result="f")
    >>> fig.get_size_inches()[0].round(1).item()
    5.6
    """
    import matplotlib.pyplot as plt

    if len(operations) != len(values) - 1:
        raise ValueError(
            f"draw_chain: expected one operation between neighbouring values, that is "
            f"{len(values) - 1} for {len(values)} values, got {len(operations)}"
        )
    boxes = _Boxes(result, digits)
    centres, operation_ys, side_ys, height = _chain_layout(values, operations, boxes)
    fig = plt.figure(figsize=(WIDTH, height), layout="none")
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(height, 0))
    ax.axis("off")

    for value, y in zip(values, centres, strict=True):
        _draw_value(ax, CHAIN_X, y, CHAIN_WIDTH, boxes.fields(value))
    for i, (operation, y) in enumerate(zip(operations, operation_ys, strict=True)):
        _draw_operation(ax, operation.label, y)
        above, below = values[i], values[i + 1]
        y_top = centres[i] + boxes.height(above) / 2
        y_bottom = centres[i + 1] - boxes.height(below) / 2
        half = OPERATION_HEIGHT / 2
        flows_back = above.gradient is not None
        _draw_flow(ax, [(CHAIN_X, y_top), (CHAIN_X, y - half)], flows_back)
        _draw_flow(ax, [(CHAIN_X, y + half), (CHAIN_X, y_bottom)], flows_back)
        edge = CHAIN_X + _operation_width(operation.label) / 2
        for k, (value, side_y) in enumerate(zip(operation.inputs, side_ys[i], strict=True)):
            _draw_value(ax, SIDE_X, side_y, SIDE_WIDTH, boxes.fields(value))
            # Arrows from several boxes end side by side, each with its own way down the middle.
            place = k - (len(operation.inputs) - 1) / 2
            end_y, middle = y + 0.16 * place, MIDDLE_X - 0.2 * place
            path = [(SIDE_X - SIDE_WIDTH / 2, side_y), (middle, side_y)]
            path += [(middle, end_y), (edge, end_y)]
            _draw_flow(ax, path, value.gradient is not None)
    return fig


@dataclass(frozen=True)
class _Field:
    """One half of a value's box: what it shows and the rows of numbers."""

    name: str
    rows: list[list[str]]
    colour: str

    @property
    def height(self) -> float:
        return LINE * len(self.rows) + PADDING


@dataclass(frozen=True)
class _Boxes:
    """Turns values into the fields of their boxes."""

    result: str
    digits: int

    def fields(self, value: Value) -> list[_Field]:
        forward = number_texts(value.forward, self.digits)
        fields = [_Field(f"${value.name}$", forward, PALETTE["blue"])]
        if value.gradient is not None:
            name = rf"$\partial {self.result}/\partial {value.name}$"
            gradient = number_texts(value.gradient, self.digits)
            fields.append(_Field(name, gradient, PALETTE["orange"]))
        return fields

    def height(self, value: Value) -> float:
        return sum(field.height for field in self.fields(value))


def _chain_layout(
    values: Sequence[Value], operations: Sequence[Operation], boxes: _Boxes
) -> tuple[list[float], list[float], list[list[float]], float]:
    """Return the centres of values, operations and side values, and the height of the picture."""
    bottom = PADDING  # of the main path so far
    side_bottom = 0.0
    centres, operation_ys, side_ys = [], [], []
    for i, value in enumerate(values):
        centres.append(bottom + boxes.height(value) / 2)
        bottom += boxes.height(value)
        if i == len(operations):
            break
        inputs = operations[i].inputs
        heights = [boxes.height(v) for v in inputs]
        stack = sum(heights) + PADDING * max(len(heights) - 1, 0)
        # Side values stand around their operation, but below those of the operation before.
        y = max(bottom + GAP + OPERATION_HEIGHT / 2, side_bottom + PADDING + stack / 2)
        operation_ys.append(y)
        top = y - stack / 2
        ys = []
        for height in heights:
            ys.append(top + height / 2)
            top += height + PADDING
        side_ys.append(ys)
        side_bottom = max(side_bottom, top)
        bottom = y + OPERATION_HEIGHT / 2 + GAP
    return centres, operation_ys, side_ys, max(bottom, side_bottom) + PADDING


def _draw_value(ax: Axes, x: float, y: float, width: float, fields: list[_Field]) -> None:
    from matplotlib.patches import Rectangle

    left = x - width / 2
    top = y - sum(field.height for field in fields) / 2
    for field in fields:
        box, colour = (left, top), field.colour
        ax.add_patch(Rectangle(box, width, field.height, facecolor=colour, alpha=0.2))
        ax.add_patch(Rectangle(box, width, field.height, fill=False, edgecolor=colour))
        for i, row in enumerate(field.rows):
            line = top + PADDING / 2 + LINE * (i + 0.5)
            if i == 0:
                ax.text(left + 0.1, line, field.name, va="center", fontsize=10)
            for k, text in enumerate(row):
                at = left + FIRST_COLUMN + COLUMN * k
                ax.text(at, line, text, ha="right", va="center", fontsize=10)
        top += field.height


def _operation_width(label: str) -> float:
    return max(0.5, 0.085 * len(label) + 0.2)


def _draw_operation(ax: Axes, label: str, y: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    width = _operation_width(label)
    ax.add_patch(
        FancyBboxPatch(
            (CHAIN_X - width / 2, y - OPERATION_HEIGHT / 2),
            width,
            OPERATION_HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.12",
            facecolor="none",
            edgecolor="black",
        )
    )
    ax.text(CHAIN_X, y, label, ha="center", va="center", fontsize=10)


def _draw_flow(ax: Axes, path: list[tuple[float, float]], flows_back: bool) -> None:
    """Draw an arrow along a path of level and upright pieces and, beside it, the arrow back."""
    shift = 0.045 if flows_back else 0.0
    # A path that goes up is shifted the other way, or the two arrows would cross.
    offset = np.array([shift, shift if path[-1][1] >= path[0][1] else -shift])
    _draw_arrow(ax, path, -offset, "black", "-")
    if flows_back:
        _draw_arrow(ax, path[::-1], offset, PALETTE["orange"], "--")


def _draw_arrow(
    ax: Axes, path: list[tuple[float, float]], offset: np.ndarray, colour: str, dashes: str
) -> None:
    points = np.array(path) + offset
    for end, neighbour in ((0, 1), (-1, -2)):
        # The ends stay where the path meets its boxes.
        along = 0 if path[end][1] == path[neighbour][1] else 1
        points[end, along] = path[end][along]
    ax.plot(*points[:-1].T, color=colour, linestyle=dashes, linewidth=1.2)
    ax.annotate(
        "",
        xy=tuple(points[-1]),
        xytext=tuple(points[-2]),
        arrowprops={
            "arrowstyle": "->",
            "color": colour,
            "linestyle": dashes,
            "linewidth": 1.2,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )


def draw_layers(layers: Mapping[str, Sequence[str]]) -> Figure:
    """Draw a fully connected network: a column of circles per layer, a line per weight.

    Parameters
    ----------
    layers : mapping of str to sequence of str
        Name of each layer and the labels of its units, from input to output.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> fig = draw_layers({"input": ["x"], "output": ["y", "z"]})
    >>> len(fig.axes[0].lines)
    2
    """
    import matplotlib.pyplot as plt

    tallest = max(len(units) for units in layers.values())
    fig, ax = plt.subplots(figsize=(WIDTH, 0.8 * tallest + 0.5))
    positions = []
    for column, (name, units) in enumerate(layers.items()):
        ys = [(len(units) - 1) / 2 - i for i in range(len(units))]
        positions.append([(2.0 * column, y) for y in ys])
        ax.text(2.0 * column, tallest / 2 + 0.25, name, ha="center", va="center")
        for y, label in zip(ys, units, strict=True):
            ax.add_patch(
                plt.Circle((2.0 * column, y), 0.4, facecolor="white", edgecolor="black", zorder=2)
            )
            ax.text(2.0 * column, y, label, ha="center", va="center", fontsize=10, zorder=3)
    for left, right in pairwise(positions):
        for x0, y0 in left:
            for x1, y1 in right:
                ax.plot([x0, x1], [y0, y1], color=GREY, linestyle="-", linewidth=1, zorder=1)
    ax.set(
        xlim=(-0.7, 2.0 * (len(layers) - 1) + 0.7),
        ylim=(-tallest / 2 - 0.05, tallest / 2 + 0.5),
        aspect="equal",
    )
    ax.axis("off")
    return fig
