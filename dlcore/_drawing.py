"""What the course's drawings are made of: a canvas measured in cells, grids, rectangles, text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.figures import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 5.6  # inches; the width of a page's text
CELL = 0.42  # inches; a cell that holds a number of two or three digits


def canvas(columns: float, rows: float, cell: float = CELL) -> tuple[Figure, Axes]:
    """Figure whose one axes is measured in cells, y downwards."""
    import matplotlib.pyplot as plt

    margin = 0.1
    cell = min(cell, WIDTH / (columns + 2 * margin))
    size = (cell * (columns + 2 * margin), cell * (rows + 2 * margin))
    fig = plt.figure(figsize=size, layout="none")
    ax = fig.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set(xlim=(-margin, columns + margin), ylim=(rows + margin, -margin))
    ax.axis("off")
    return fig, ax


def write(ax: Axes, x: float, y: float, text: str, size: float = 11, **style: Any) -> None:
    """Put text with its middle at (x, y)."""
    ax.text(x, y, text, ha="center", va="center", fontsize=size, **style)


def rectangle(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
    *,
    line: float = 2,
    opaque: bool = False,
) -> None:
    """Frame with a tint that lets numbers under it be read, unless `opaque`."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    face = to_rgba(colour, 1.0 if opaque else 0.25)
    box = Rectangle((x, y), width, height, facecolor=face, edgecolor=colour, linewidth=line)
    ax.add_patch(box)


def cells(
    ax: Axes,
    left: float,
    top: float,
    rows: int,
    columns: int,
    *,
    pad: int = 0,
    rows_padded: bool = True,
) -> None:
    """Grid of empty cells; the outer `pad` rings (or columns only) are grey."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    if pad:
        across = pad if rows_padded else 0
        ends = [(0, 0, rows, pad), (0, columns - pad, rows, pad)]
        if across:
            inner = columns - 2 * pad
            ends += [(0, pad, across, inner), (rows - across, pad, across, inner)]
        for r, c, height, width in ends:
            grey = Rectangle((left + c, top + r), width, height, linewidth=0)
            grey.set_facecolor(to_rgba(GREY, 0.3))
            ax.add_patch(grey)
    ends_x, ends_y = (left, left + columns), (top, top + rows)
    ax.hlines(top + np.arange(rows + 1), *ends_x, color=GREY, linewidth=0.8)
    ax.vlines(left + np.arange(columns + 1), *ends_y, color=GREY, linewidth=0.8)
