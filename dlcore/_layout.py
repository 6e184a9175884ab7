"""Make matplotlib lay a figure out faster, without changing what it draws.

To find how much room an axis needs, matplotlib computes its ticks, and the boxes around their
labels, five to ten times for one picture, each time from the start. A picture of a slider has to
be there at once, and in the reader's browser all this takes three times as long as elsewhere. So
they are remembered for as long as neither the axis nor its place has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Methods of ``matplotlib.axis.Axis`` whose results depend on nothing but the axis and its place.
_REMEMBERED = ("_update_ticks", "_get_ticklabel_bboxes")


@contextmanager
def remembered_ticks() -> Iterator[None]:
    """Compute ticks and boxes of labels once for each state of an axis, within the block.

    What a figure holds must not change in the block, only where its axes stand.
    """
    from matplotlib.axis import Axis

    originals = {name: getattr(Axis, name) for name in _REMEMBERED}
    for name, original in originals.items():
        setattr(Axis, name, _remembering(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(Axis, name, original)


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
