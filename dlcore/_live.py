"""Interactive figures of a page that has Python behind it: they are drawn when the page asks.

The page's Python runs with ``DLCORE_STATIC=1``, so that all else is HTML as in the build, and with
``DLCORE_LIVE=1``. Then ``dlcore.interactive.slider`` draws one picture only and leaves its drawing
function here; the page asks for the others by the slider's name. Everything given out is plain
data that can travel as JSON.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from dlcore.interactive import Control

Picture = Callable[[Mapping[str, Any], str | None], tuple[str, str]]


class LiveFigure(Protocol):
    """What the page can talk to."""

    name: str

    def describe(self) -> dict[str, Any]:
        """Say which controls there are."""

    def draw(self, settings: Sequence[int | str]) -> dict[str, Any]:
        """Draw for one setting of each control: a position, or the text that a reader typed."""


# Name -> figure, of the cell that ran last, and how many had been registered before.
_figures: dict[str, tuple[LiveFigure, int]] = {}
_count = itertools.count(1)


def is_live() -> bool:
    """Whether the page can ask this Python for pictures."""
    return os.environ.get("DLCORE_LIVE") == "1"


def register(figure: LiveFigure) -> None:
    """Offer a figure to the page; one of the same name from before is forgotten."""
    _figures[figure.name] = figure, next(_count)


def find(name: str) -> tuple[LiveFigure, int]:
    """Return the figure of this name, and a number that no other figure has.

    Raises
    ------
    LookupError
        If no cell with it has run.
    """
    if name not in _figures:
        raise LookupError(f"no interactive figure {name!r} here; run its cell first")
    return _figures[name]


class LiveSlider:
    """A picture with its controls, drawn for any values of them."""

    def __init__(self, name: str, controls: Sequence[Control], picture: Picture) -> None:
        self.name = name
        self._controls = tuple(controls)
        self._picture = picture

    def first(self) -> str:
        """Return the picture for the defaults."""
        defaults = {control.name: control.default for control in self._controls}
        return self._picture(defaults, f"{self.name}-first")[0]

    def describe(self) -> dict[str, Any]:
        """Return the controls: their texts, where they start, and what can be typed."""
        return {"controls": [control_description(control) for control in self._controls]}

    def draw(self, settings: Sequence[int | str]) -> dict[str, Any]:
        """Return picture, description, and the controls' texts and nearest positions."""
        read = read_settings(self._controls, settings)
        if "problem" in read:
            return read
        names = [control.name for control in self._controls]
        values = dict(zip(names, read.pop("values"), strict=True))
        svg, description = self._picture(values, f"{self.name}-live")
        return {**read, "svg": svg, "alt": description}


def control_description(control: Control) -> dict[str, Any]:
    """Return what the page has to know of a control."""
    positions = control.positions
    return {
        "label": control.label,
        "texts": [control.format(value) for value in positions],
        "start": positions.index(control.default),
        # Where the values of the prepared pictures stand among the positions.
        "given": [positions.index(value) for value in control.values],
        # What can be typed; empty where only the positions can be chosen.
        "expected": control.expected if control.live is not None else "",
    }


def read_settings(controls: Sequence[Control], settings: Sequence[int | str]) -> dict[str, Any]:
    """Return values, texts and nearest positions for a position or a typed text of each control.

    Text that is no value gives ``{"problem": what to write, "control": which one}`` instead.
    """
    values = []
    for k, (control, setting) in enumerate(zip(controls, settings, strict=True)):
        try:
            if isinstance(setting, int):
                values.append(control.positions[setting])
            else:
                values.append(control.read(setting))
        except ValueError as error:
            return {"problem": str(error), "control": k}
    pairs = list(zip(controls, values, strict=True))
    return {
        "values": values,
        "texts": [control.format(value) for control, value in pairs],
        "positions": [nearest(control, value) for control, value in pairs],
    }


def nearest(control: Control, value: Any) -> int:
    """Return the position of a value, or of the number closest to it."""
    positions = control.positions
    if value in positions:
        return positions.index(value)
    numbers = [k for k, other in enumerate(positions) if other in (control.live or ())]
    return min(numbers, key=lambda k: abs(positions[k] - value))
