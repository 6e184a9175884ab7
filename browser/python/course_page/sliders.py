"""What the page asks of its interactive figures: which controls they have, and pictures.

The figures themselves are in ``dlcore``; a cell that calls ``slider`` leaves its drawing function
in ``dlcore._live``, under the slider's name.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

__all__ = ["describe", "draw"]


def describe(name: str) -> dict[str, Any] | None:
    """Return the controls of a figure, and its version; None if its cell has not run.

    Parameters
    ----------
    name : str
        As given to ``slider``.
    """
    # Imported here: a page without NumPy must not wait for dlcore.
    from dlcore import _live

    try:
        figure, version = _live.find(name)
    except LookupError:
        return None
    # Looking through all that the modules hold for garbage takes a seventh of a picture's time.
    gc.collect()
    gc.freeze()
    return {**figure.describe(), "version": version}


def draw(name: str, version: int, settings: Sequence[int | str]) -> dict[str, Any]:
    """Draw a figure.

    Parameters
    ----------
    name : str
    version : int
        What `describe` said; a cell that has run anew has another figure.
    settings : sequence of int or str
        For each control a position, or what a reader typed.

    Returns
    -------
    dict
        What the figure gives, or ``{"outdated": True}`` if it is no longer the one described.
    """
    from dlcore import _live

    try:
        figure, newest = _live.find(name)
    except LookupError:
        return {"outdated": True}
    return {"outdated": True} if newest != version else figure.draw(settings)
