"""The paths of a player's optimisers, for any multiple of their learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore._live import control_description, read_settings
from dlcore._validation import Array
from dlcore.interactive import Control, Span
from dlcore.surfaces import Surface, descend

if TYPE_CHECKING:
    from dlcore.player import Runner

# Points are stored in thousandths of the box; this far outside of it a line has long left.
_OUTSIDE = 3000
#: Heights are stored as 100 log₁₀; below this they count as 0.
LEAST = -1200


@dataclass(frozen=True)
class Track:
    """One path as the page keeps it: places in thousandths of the box, heights as 100 log₁₀.

    It ends early where the optimiser left for infinity.
    """

    rate: str
    x: list[int]
    y: list[int]
    height: list[int]

    @property
    def data(self) -> list[Any]:
        """What the page's script gets."""
        return [self.rate, self.x, self.y, self.height]


@dataclass(frozen=True)
class Race:
    """Everything a player shows; paths are computed when they are first asked for."""

    surfaces: Sequence[Surface]
    runners: Sequence[Runner]
    factors: Sequence[float]
    steps: list[int]
    _tracks: dict[tuple[int, int, float], Track] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def track(self, surface: int, runner: int, factor: float) -> Track:
        """Return the path of a runner with `factor` times its rate on a surface."""
        key = surface, runner, factor
        if key not in self._tracks:
            self._tracks[key] = self._run(*key)
        return self._tracks[key]

    def _run(self, surface: int, runner: int, factor: float) -> Track:
        ground, who = self.surfaces[surface], self.runners[runner]
        rate = who.rates[ground.name] * factor
        path = descend(who.make(rate), ground, self.steps[-1])[self.steps]
        return _track(f"{rate:.2g}", ground, path)


def _track(rate: str, surface: Surface, path: Array) -> Track:
    path = path[np.isfinite(path).all(axis=1)]
    low, high = np.transpose([surface.xlim, surface.ylim])
    places = np.rint(1000 * (path - low) / (high - low))
    places = places.clip(-_OUTSIDE, 1000 + _OUTSIDE).astype(int)
    with np.errstate(divide="ignore"):
        logs = np.rint(100 * np.log10(surface.f(path)))
    return Track(
        rate=rate,
        x=places[:, 0].tolist(),
        y=places[:, 1].tolist(),
        height=logs.clip(min=LEAST).astype(int).tolist(),
    )


def factor_text(factor: float) -> str:
    """Say which rates these are."""
    return "sensible rates" if factor == 1 else f"{factor:g} × the sensible rates"


def factor_control(factors: Sequence[float]) -> Control:
    """Return the control of the rates where Python computes."""
    ordered = sorted(factors)
    if len(ordered) == 1:
        ordered = [ordered[0] / 10, *ordered, ordered[0] * 10]
    return Control(
        "factor",
        ordered,
        label="Multiple of the sensible rates",
        default=1,
        format=lambda factor: f"{factor:g}",
        live=Span(ordered[0], ordered[-1]),
    )


class LivePlayer:
    """The paths of all runners, computed when the page asks."""

    def __init__(self, name: str, race: Race, control: Control) -> None:
        self.name = name
        self._race = race
        self._control = control

    def describe(self) -> dict[str, Any]:
        """Return the control of the rates."""
        return {"controls": [control_description(self._control)]}

    def draw(self, settings: Sequence[int | str]) -> dict[str, Any]:
        """Return the paths on a surface (the first setting) at the rates (the second)."""
        surface, setting = int(settings[0]), settings[1]
        read = read_settings([self._control], [setting])
        if "problem" in read:
            return read
        (factor,) = read.pop("values")
        tracks = [
            self._race.track(surface, runner, factor).data
            for runner in range(len(self._race.runners))
        ]
        return {**read, "tracks": tracks, "text": factor_text(factor), "surface": surface}
