"""Pictures of images, training runs and networks.

Every function returns a matplotlib ``Figure`` and leaves it open, so that a notebook shows it. The
style is that of ``dlcore.figures``; call ``use_course_style()`` once before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore._drawing import WIDTH, canvas, cells, rectangle, write
from dlcore.figures import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlcore.networks import SummaryRow
    from dlcore.training import History

__all__ = [
    "confusion_matrix",
    "draw_map_sizes",
    "image_grid",
    "learning_curves",
    "result_dots",
]


def image_grid(
    images: ArrayLike,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 5,
    signed: bool = False,
) -> Figure:
    """Draw images in rows.

    Parameters
    ----------
    images : array (K, H, W)
    titles : K texts, optional
    columns : int
        Images in a row.
    signed : bool
        Colour from blue (negative) over pale (0) to orange (positive), on one scale for all,
        instead of pale to dark on a scale of each image's own.

    Examples
    --------
    >>> fig = image_grid(np.zeros((3, 8, 8)), ["a", "b", "c"], columns=2)
    >>> len(fig.axes)
    4
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LinearSegmentedColormap

    pictures = list(np.asarray(images))
    rows = -(-len(pictures) // columns)
    side = min(1.1, WIDTH / columns)
    height = rows * (side + (0.25 if titles else 0))
    fig, axes = plt.subplots(rows, columns, figsize=(side * columns, height), squeeze=False)
    if signed:
        colours = LinearSegmentedColormap.from_list(
            "signed", [PALETTE["blue"], "#f2f2f2", PALETTE["orange"]]
        )
        limit = max(float(np.abs(picture).max()) for picture in pictures) or 1.0
        style: dict[str, Any] = {"cmap": colours, "vmin": -limit, "vmax": limit}
    else:
        style = {"cmap": "gray_r"}
    for ax in axes.flat:
        ax.axis("off")
    for ax, picture in zip(axes.flat, pictures, strict=False):
        ax.imshow(picture, interpolation="nearest", **style)
    for ax, title in zip(axes.flat, titles or (), strict=False):
        ax.set_title(title, fontsize=10)
    return fig


def learning_curves(history: History) -> Figure:
    """Draw the loss of every batch, and the accuracies measured during training.

    Parameters
    ----------
    history : History
        What ``Trainer.fit`` returns.

    Examples
    --------
    >>> from dlcore.training import History
    >>> fig = learning_curves(History([2.3, 1.9], [1, 2], {"test": [0.2, 0.4]}))
    >>> [ax.get_ylabel() for ax in fig.axes]
    ['loss of the batch', 'accuracy']
    """
    import matplotlib.pyplot as plt

    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.8))
    left.plot(range(1, history.iterations + 1), history.loss, linewidth=1)
    left.set(xlabel="iteration", ylabel="loss of the batch", ylim=(0, None))
    for name, accuracies in history.evaluations.items():
        right.plot(history.evaluated_at, accuracies, label=name)
    right.set(xlabel="iteration", ylabel="accuracy", ylim=(0, 1.02))
    right.legend(loc="lower right")
    return fig


def result_dots(results: Mapping[str, Sequence[float]], label: str) -> Figure:
    """Draw the results of repeated runs: one dot a run, a bar at the mean.

    Parameters
    ----------
    results : dict of name to one number per run
    label : str
        What the numbers are.

    Examples
    --------
    >>> fig = result_dots({"a": [0.1, 0.3], "b": [0.4]}, "accuracy")
    >>> [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    ['a', 'b']
    """
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(WIDTH, 0.6 + 0.45 * len(results)))
    for row, values in enumerate(results.values()):
        ax.plot(values, [row] * len(values), "o", color=PALETTE["blue"], alpha=0.6)
        ax.plot([np.mean(values)], [row], "|", color=PALETTE["orange"], ms=18, mew=3)
    ax.set_yticks(range(len(results)), list(results))
    ax.set(xlabel=label, ylim=(len(results) - 0.5, -0.5))
    return fig


def confusion_matrix(t: ArrayLike, predicted: ArrayLike, classes: int = 10) -> Figure:
    """Count for every true class (row) how often each class (column) was predicted.

    Parameters
    ----------
    t, predicted : int arrays (N,)
        True and predicted class of each input, from 0 to classes − 1.
    classes : int
        Rows and columns of the table.

    Examples
    --------
    >>> fig = confusion_matrix([0, 0, 1], [0, 1, 1], classes=2)
    >>> [text.get_text() for text in fig.axes[0].texts[:3]]
    ['1', '1', '1']
    """
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (np.asarray(t), np.asarray(predicted)), 1)
    fig, ax = canvas(classes + 1.8, classes + 1.8, cell=0.34)
    for row, column in np.argwhere(counts):
        colour = PALETTE["blue"] if row == column else PALETTE["orange"]
        rectangle(ax, column + 1.8, row + 1.8, 1, 1, colour, line=0)
        write(ax, column + 2.3, row + 2.3, str(counts[row, column]), size=10)
    cells(ax, 1.8, 1.8, classes, classes)
    for k in range(classes):
        write(ax, k + 2.3, 1.35, str(k))
        write(ax, 1.4, k + 2.3, str(k))
    write(ax, 1.8 + classes / 2, 0.5, "predicted")
    write(ax, 0.5, 1.8 + classes / 2, "true", rotation=90)
    return fig


def draw_map_sizes(rows: Iterable[tuple[str, tuple[int, ...]] | SummaryRow]) -> Figure:
    r"""Draw a network's feature maps to scale: stacks of squares, then bars for rows of units.

    Parameters
    ----------
    rows : iterable of (name, shape without batch axis), or rows of a ``Summary``

    Examples
    --------
    >>> fig = draw_map_sizes([("input", (1, 32, 32)), ("F6", (84,))])
    >>> [text.get_text() for text in fig.axes[0].texts]
    ['input', '1 map\n32×32', 'F6', '84\nunits']
    """
    layers = [(row[0], row[1]) for row in rows]
    tall = max([shape[1] for _, shape in layers if len(shape) == 3], default=16) + 8
    # One unit is one pixel. A layer's column is at least as wide as the text below it.
    spans = [max(shape[2] + 8, 23) if len(shape) == 3 else 15 for _, shape in layers]
    fig, ax = canvas(sum(spans) + 1, tall + 22, cell=WIDTH / 190)
    left, middle = 0.0, 8 + tall / 2
    for (name, shape), span in zip(layers, spans, strict=True):
        if len(shape) == 3:
            count, height, width = shape
            shift = 0.7 * (min(count, 6) - 1)
            x, y = left + (span - width - shift) / 2, middle - (height + shift) / 2
            for k in range(min(count, 6)):
                rectangle(ax, x + 0.7 * k, y + 0.7 * k, width, height, "white", opaque=True)
                rectangle(ax, x + 0.7 * k, y + 0.7 * k, width, height, PALETTE["blue"], line=0.8)
            size = f"{count} map{'s' if count > 1 else ''}\n{height}×{width}"
        else:
            bar = min(shape[0] / 4, tall)
            x, y = left + span / 2 - 1.5, middle - bar / 2
            rectangle(ax, x, y, 3, bar, PALETTE["orange"], line=0.8)
            size = f"{shape[0]}\nunits"
        write(ax, left + span / 2, 3.5, name, size=10)
        write(ax, left + span / 2, tall + 15, size, size=10)
        left += span
    return fig
