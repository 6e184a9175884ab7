"""Surfaces over the plane, for watching optimisers walk.

Each surface is a function of two parameters, w = (x, y), with its gradient and a start. All of them
are at least 0 everywhere, so that Eve can take their values as losses. The variables:

- `RAVINE`: ½ (0.04 x² + 2 y²), a long valley, 50 times as curved across as along.
- `ROSENBROCK`: (1 − x)² + 100 (y − x²)², a bent valley with a nearly flat floor; minimum at (1, 1).
- `BEALE`: (1.5 − x + x y)² + (2.25 − x + x y²)² + (2.625 − x + x y³)², steep walls around flat
  ground, and a narrow minimum at (3, ½).
- `SADDLE`: ½ x² + ¼ (y² − 1)². The saddle point is (0, 0), of height ¼; since the surface rises
  again for large y, it is bounded below, with a minimum of 0 on either side, at (0, ±1).
- `TWO_VALLEYS`: ¼ (3 x⁴ − x³ − 6 x² + 3 x + 5) + y², a global minimum of 0 at (−1, 0) and a local
  one of height 1 at (1, 0), with the pass between them at (¼, 0).

`SURFACES` holds all five.

Book: chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, as_float, check_int
from dlcore.figures import GREY, PALETTE
from dlcore.optimizers import Eve, Optimizer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BEALE",
    "RAVINE",
    "ROSENBROCK",
    "SADDLE",
    "SURFACES",
    "TWO_VALLEYS",
    "Surface",
    "descend",
    "draw_paths",
    "draw_surface",
]

# Further out than this nothing is drawn, and powers of coordinates would overflow soon.
FAR = 1e6
# Eve divides by the loss; a path may hit a minimum of 0 exactly.
LEAST_LOSS = 1e-12

_GRID = 61
_MARKERS = "osD^vP"
_DASHES: list[Any] = ["-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1))]


@dataclass(frozen=True)
class Surface:
    """A function of two parameters, with its gradient, a start and the part that is drawn.

    Parameters
    ----------
    name : str
        As it stands in titles.
    f : callable, array (..., 2) -> array (...)
        The height; at least 0.
    gradient : callable, array (..., 2) -> array (..., 2)
    start : (x, y)
        Where paths begin unless told otherwise.
    xlim, ylim : (low, high)
        The part that is drawn.
    minima : tuple of (x, y)
        All minima, global ones first.
    levels : tuple of float
        Heights of the contour lines.

    Examples
    --------
    >>> RAVINE.f(np.array([[0.0, 0.0], [5.0, 1.0]]))
    array([0. , 1.5])
    >>> RAVINE.gradient(np.array([5.0, 1.0]))
    array([0.2, 2. ])
    """

    name: str
    f: Callable[[Array], Array]
    gradient: Callable[[Array], Array]
    start: tuple[float, float]
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    minima: tuple[tuple[float, float], ...]
    levels: tuple[float, ...]


def _xy(w: Array) -> tuple[Array, Array]:
    return w[..., 0], w[..., 1]


def _join(x: Array, y: Array) -> Array:
    return np.stack([x, y], axis=-1)


def _ravine(w: Array) -> Array:
    x, y = _xy(w)
    return 0.5 * (0.04 * x**2 + 2 * y**2)


def _ravine_gradient(w: Array) -> Array:
    x, y = _xy(w)
    return _join(0.04 * x, 2 * y)


def _rosenbrock(w: Array) -> Array:
    x, y = _xy(w)
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _rosenbrock_gradient(w: Array) -> Array:
    x, y = _xy(w)
    return _join(-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2))


def _beale(w: Array) -> Array:
    x, y = _xy(w)
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    return a**2 + b**2 + c**2


def _beale_gradient(w: Array) -> Array:
    x, y = _xy(w)
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    return _join(
        2 * a * (y - 1) + 2 * b * (y**2 - 1) + 2 * c * (y**3 - 1),
        2 * a * x + 4 * b * x * y + 6 * c * x * y**2,
    )


def _saddle(w: Array) -> Array:
    x, y = _xy(w)
    return 0.5 * x**2 + 0.25 * (y**2 - 1) ** 2


def _saddle_gradient(w: Array) -> Array:
    x, y = _xy(w)
    return _join(x, y * (y**2 - 1))


def _two_valleys(w: Array) -> Array:
    x, y = _xy(w)
    return 0.25 * (3 * x**4 - x**3 - 6 * x**2 + 3 * x + 5) + y**2


def _two_valleys_gradient(w: Array) -> Array:
    x, y = _xy(w)
    return _join(3 * (x**2 - 1) * (x - 0.25), 2 * y)


#: A long valley, 50 times as curved across as along.
RAVINE = Surface(
    "Ravine",
    _ravine,
    _ravine_gradient,
    start=(-8.0, 2.0),
    xlim=(-9.0, 3.0),
    ylim=(-3.0, 3.0),
    minima=((0.0, 0.0),),
    levels=(0.05, 0.25, 1.0, 2.5, 5.0, 8.0),
)

#: A bent valley with a nearly flat floor.
ROSENBROCK = Surface(
    "Rosenbrock",
    _rosenbrock,
    _rosenbrock_gradient,
    start=(-1.2, 1.0),
    xlim=(-1.8, 1.8),
    ylim=(-0.8, 2.2),
    minima=((1.0, 1.0),),
    levels=(2.0, 10.0, 40.0, 150.0, 500.0),
)

#: Steep walls around flat ground, and a narrow minimum.
BEALE = Surface(
    "Beale",
    _beale,
    _beale_gradient,
    start=(1.0, 1.5),
    xlim=(-0.5, 4.5),
    ylim=(-1.5, 1.8),
    minima=((3.0, 0.5),),
    levels=(0.15, 0.6, 2.0, 6.0, 16.0, 45.0, 200.0),
)

#: A saddle point between two minima.
SADDLE = Surface(
    "Saddle",
    _saddle,
    _saddle_gradient,
    start=(-1.5, 0.01),
    xlim=(-2.0, 1.0),
    ylim=(-1.6, 1.6),
    minima=((0.0, 1.0), (0.0, -1.0)),
    levels=(0.03, 0.12, 0.25, 0.5, 0.9, 1.6),
)

#: A global and a local minimum, with a pass between them.
TWO_VALLEYS = Surface(
    "Two valleys",
    _two_valleys,
    _two_valleys_gradient,
    start=(1.8, 1.2),
    xlim=(-2.0, 2.2),
    ylim=(-1.6, 1.6),
    minima=((-1.0, 0.0), (1.0, 0.0)),
    levels=(0.15, 0.6, 1.05, 1.34, 2.0, 3.0, 5.0),
)

#: All five.
SURFACES: tuple[Surface, ...] = (RAVINE, ROSENBROCK, BEALE, SADDLE, TWO_VALLEYS)


def descend(
    optimizer: Optimizer, surface: Surface, steps: int, start: ArrayLike | None = None
) -> Array:
    """Walk down a surface and return every point on the way.

    A path that leaves for infinity is no error, since that is what there is to see: once a
    coordinate is larger than 1e6 in size, the walk stops and the remaining rows are NaN. Rows that
    are not NaN are always the first ones.

    Parameters
    ----------
    optimizer : Optimizer
        Not used before. Eve gets the height of the surface as its loss.
    surface : Surface
    steps : int
        Number of updates, at least 1.
    start : array of shape (2,), optional
        By default that of the surface.

    Returns
    -------
    path : float64 array (steps + 1, 2)
        Row t is the point after t updates; row 0 is the start.

    Raises
    ------
    TypeError, ValueError
        If `steps` is not a whole number of at least 1, `start` is not two finite numbers, or the
        optimiser has been used before.

    Examples
    --------
    >>> from dlcore.optimizers import SGD
    >>> descend(SGD(lr=0.5), RAVINE, steps=2, start=(5, 1))
    array([[5.   , 1.   ],
           [4.9  , 0.   ],
           [4.802, 0.   ]])

    Too large a rate, and only the first rows are numbers:

    >>> path = descend(SGD(lr=5), RAVINE, steps=50)
    >>> int(np.isfinite(path).all(axis=1).sum())
    6
    """
    steps = check_int(steps, "steps", where="descend", minimum=1)
    if optimizer.t != 0:
        raise ValueError(
            f"descend: expected an optimizer that has not been used, got one after {optimizer.t} "
            "updates; make a new one for each path, for its state belongs to the old one"
        )
    w = as_float(surface.start if start is None else start, "start", where="descend")
    w = w.astype(np.float64)
    if w.shape != (2,) or not np.isfinite(w).all():
        raise ValueError(f"descend: expected start to be two finite numbers, got {start!r}")
    path = np.full((steps + 1, 2), np.nan)
    path[0] = w
    for row in path[1:]:
        grads = {"w": surface.gradient(w)}
        if isinstance(optimizer, Eve):
            optimizer.update({"w": w}, grads, max(float(surface.f(w)), LEAST_LOSS))
        else:
            optimizer.update({"w": w}, grads)
        if not np.abs(w).max() <= FAR:
            break
        row[:] = w
    return path


def draw_surface(surface: Surface, ax: Axes | None = None) -> Figure:
    """Draw the contour lines of a surface, and a star at each minimum.

    Parameters
    ----------
    surface : Surface
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The one of `ax`.

    Examples
    --------
    >>> fig = draw_surface(SADDLE)
    >>> fig.axes[0].get_title()
    'Saddle'
    """
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots()
    x, y = np.linspace(*surface.xlim, _GRID), np.linspace(*surface.ylim, _GRID)
    heights = surface.f(np.stack(np.meshgrid(x, y), axis=-1))
    ax.contour(x, y, heights, levels=surface.levels, colors=GREY, linewidths=0.8, alpha=0.75)
    ax.plot(*np.transpose(surface.minima), "*", color="#000000", markersize=9, zorder=5)
    ax.set(xlim=surface.xlim, ylim=surface.ylim, xlabel="x", ylabel="y", title=surface.name)
    ax.grid(False)
    return cast("Figure", ax.figure)


def draw_paths(
    surface: Surface,
    paths: Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    legend: bool = True,
) -> Figure:
    """Draw paths over the contour lines of their surface.

    Each path has a colour, a dash and a marker of its own; the marker stands at its end. The white
    dot is the surface's start, also for paths that begin elsewhere. Paths may leave the picture:
    what is outside is not drawn.

    Parameters
    ----------
    surface : Surface
    paths : dict, label -> array (steps + 1, 2)
        Such as ``descend`` returns; rows of NaN are left out.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.
    legend : bool
        Whether to name the paths below the picture.

    Returns
    -------
    matplotlib.figure.Figure
        The one of `ax`.

    Raises
    ------
    ValueError
        If a path is not of shape (steps + 1, 2), or has no point at all.

    Examples
    --------
    >>> from dlcore.optimizers import Adam, SGD
    >>> fig = draw_paths(RAVINE, {
    ...     "SGD": descend(SGD(lr=0.9), RAVINE, steps=30),
    ...     "Adam": descend(Adam(lr=0.5), RAVINE, steps=30),
    ... })
    >>> [text.get_text() for text in fig.axes[0].get_legend().get_texts()]
    ['SGD', 'Adam']
    """
    points = {label: _finite(path, label) for label, path in paths.items()}
    figure = draw_surface(surface, ax)
    ax = figure.axes[0] if ax is None else ax
    colours: Sequence[str] = tuple(PALETTE.values())
    # So far out that lines still leave the picture where they should, and files stay small.
    low = np.array([surface.xlim[0], surface.ylim[0]])
    size = np.array([surface.xlim[1], surface.ylim[1]]) - low
    for k, (label, path) in enumerate(points.items()):
        place, turn = k % len(colours), k // len(colours)
        ax.plot(
            *np.clip(path, low - 9 * size, low + 10 * size).T,
            color=colours[place],
            linestyle=_DASHES[(place + 2 * turn) % len(_DASHES)],
            linewidth=1.6,
            marker=_MARKERS[(place + 3 * turn) % len(_MARKERS)],
            markevery=[len(path) - 1],
            markersize=6,
            label=label,
        )
    ax.plot(*surface.start, "o", color="#000000", markerfacecolor="#ffffff", markersize=5)
    if legend and points:
        columns = 3 if len(points) > 2 else len(points)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=columns)
    return figure


def _finite(path: ArrayLike, label: str) -> Array:
    """Return the rows of a path that are numbers, after a look at its shape."""
    array = as_float(path, f"paths[{label!r}]", where="draw_paths")
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(
            f"draw_paths: expected paths[{label!r}] of shape (steps + 1, 2), got {array.shape}"
        )
    array = array[np.isfinite(array).all(axis=1)]
    if len(array) == 0:
        raise ValueError(f"draw_paths: expected paths[{label!r}] to hold points, got only NaN")
    return array
