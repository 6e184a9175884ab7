"""Make matplotlib draw a figure faster, without changing what it draws.

To find how much room an axis needs, matplotlib computes its ticks, and the boxes around their
labels, five to ten times for one picture, each time from the start. It also reads each formula
anew for every picture, such as the powers of ten beside a logarithmic axis. A picture of a slider
has to be there at once, and in the reader's browser all this takes three times as long as
elsewhere. So ticks and boxes are remembered for as long as neither the axis nor its place has
changed, and formulas from one picture to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Methods of ``matplotlib.axis.Axis`` whose results depend on nothing but the axis and its place.
_REMEMBERED = ("_update_ticks", "_get_ticklabel_bboxes")


@contextmanager
def remembered() -> Iterator[None]:
    """Remember what matplotlib would compute again and again, within the block.

    What a figure holds must not change in the block, only where its axes stand.
    """
    from matplotlib import text, textpath
    from matplotlib.axis import Axis

    changed: list[tuple[Any, str, Any]] = [
        (Axis, name, _remembering(getattr(Axis, name))) for name in _REMEMBERED
    ]
    # Each picture's renderer makes one of these, which remembers the formulas that it has read.
    changed.append((text, "TextToPath", lambda: textpath.text_to_path))
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in changed]
    for change in changed:
        setattr(*change)
    try:
        yield
    finally:
        for original in originals:
            setattr(*original)


def _remembering(original: Callable[..., Any]) -> Callable[..., Any]:
    results: dict[Any, tuple[Any, Any]] = {}

    def method(axis: Any, *arguments: Any) -> Any:
        state = (axis.axes.bbox.bounds, tuple(axis.get_view_interval()), axis.axes.figure.dpi)
        known_state, result = results.get(axis, (None, None))
        if known_state != state:
            result = original(axis, *arguments)
            results[axis] = state, result
        # Its callers extend these lists.
        return tuple(map(list, result)) if isinstance(result, tuple) else list(result)

    return method
