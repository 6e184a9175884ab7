"""A player that lets optimisers walk over surfaces, side by side and step by step.

As with ``dlcore.interactive``, one call serves both: on the built page all paths have been computed
in advance and ``static/course-player.js`` draws them; in Jupyter the controls are ipywidgets. Where
Python computes, there and in a page that has it, the rates take finer steps.

Book: chapter 2.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dlcore import _live, _static_html
from dlcore._markup import inline_html
from dlcore._races import LEAST, LivePlayer, Race, factor_control, factor_text
from dlcore._validation import check_int, check_positive
from dlcore.figures import PALETTE, to_svg
from dlcore.optimizers import (
    SGD,
    SMORMS3,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    Eve,
    Momentum,
    Nadam,
    Nesterov,
    Optimizer,
    RMSProp,
    RMSpropGraves,
)
from dlcore.surfaces import SURFACES, Surface, draw_surface

__all__ = ["RUNNERS", "Runner", "kept_steps", "playground"]

# The picture in points: its size, and the box that holds the paths.
_SIZE = (360.0, 270.0)
_BOX = (48.0, 22.0, 304.0, 208.0)  # left, top, width, height
_RADIUS = 7.5

_COLOURS = tuple(PALETTE.values())
_DASHES = ("none", "7 2", "2 1.5", "7 2 2 2", "12 3 2 3 2 3", "4 3")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Runner:
    """One optimiser of a playground.

    Parameters
    ----------
    label : str
        Its name for the reader.
    mark : str
        One or two letters for the end of its path; different for each runner.
    make : callable, learning rate -> Optimizer
    rates : dict, name of a surface -> learning rate
        A sensible rate for each surface; the reader chooses multiples of it.

    Examples
    --------
    >>> Runner("SGD", "S", SGD, {"Ravine": 0.9}).make(0.5).lr
    0.5
    """

    label: str
    mark: str
    make: Callable[[float], Optimizer]
    rates: Mapping[str, float]


def _runner(label: str, mark: str, make: Callable[[float], Optimizer], *rates: float) -> Runner:
    return Runner(
        label, mark, make, {surface.name: r for surface, r in zip(SURFACES, rates, strict=True)}
    )


#: All twelve optimisers of the course, with rates for the surfaces of ``dlcore.surfaces``. The
#: rates were chosen by hand among 1, 2, 5 and 9 times powers of ten, so that 200 steps lead far.
RUNNERS: tuple[Runner, ...] = (
    _runner("SGD", "S", SGD, 0.9, 2e-3, 0.01, 0.2, 0.05),
    _runner("Momentum", "M", Momentum, 0.1, 5e-4, 2e-3, 0.05, 5e-3),
    _runner("AdaGrad", "Ag", AdaGrad, 1.0, 1.0, 1.0, 0.5, 0.5),
    _runner("RMSProp", "R", RMSProp, 0.1, 0.1, 0.1, 0.02, 0.05),
    _runner("Adam", "A", Adam, 0.2, 0.2, 0.2, 0.1, 0.2),
    _runner("AdamW", "W", AdamW, 0.2, 0.2, 0.2, 0.1, 0.2),
    _runner("Nesterov", "N", Nesterov, 0.1, 5e-4, 2e-3, 0.05, 5e-3),
    _runner("AdaMax", "X", AdaMax, 0.2, 0.5, 0.5, 0.1, 0.5),
    _runner("Nadam", "Na", Nadam, 0.2, 0.1, 0.2, 0.1, 0.2),
    _runner("RMSpropGraves", "Gr", RMSpropGraves, 0.01, 0.01, 5e-3, 5e-3, 5e-3),
    _runner("SMORMS3", "S3", SMORMS3, 0.1, 0.05, 0.05, 0.02, 0.05),
    _runner("Eve", "E", Eve, 0.2, 0.2, 0.2, 0.1, 0.2),
)


def kept_steps(steps: int) -> list[int]:
    """Return the steps whose points a page keeps: all at first, then every third, every fifth.

    The gaps (but for the last, perhaps) are odd, so that a path that swings from one side to the
    other with every step still does so in what is kept.

    Parameters
    ----------
    steps : int
        The last step.

    Examples
    --------
    >>> kept_steps(50)
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
     27, 30, 33, 36, 39, 42, 45, 48, 50]
    >>> len(kept_steps(200))
    67
    """
    steps = check_int(steps, "steps", where="kept_steps", minimum=1)
    kept = [*range(25), *range(27, 70, 3), *range(74, steps, 5)]
    return [step for step in kept if step < steps] + [steps]


@dataclass(frozen=True)
class _State:
    """What is shown: positions in the lists of the race."""

    surface: int
    factor: int
    step: int
    shown: frozenset[int]


def playground(
    name: str,
    surfaces: Sequence[Surface] = SURFACES,
    runners: Sequence[Runner] = RUNNERS,
    *,
    factors: Sequence[float] = (0.1, 0.3, 1, 3, 10),
    steps: int = 200,
    shown: Sequence[str] | None = None,
    caption: str | None = None,
) -> Any:
    """Let optimisers walk over surfaces, with a choice of surface, optimisers, rate and step.

    Nothing moves until the reader asks for it. Without its script, and on paper, the page shows the
    first surface with the paths of the optimisers in `shown`, up to the last step.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and ``-``; one name for each player of a page.
    surfaces : sequence of Surface
        The first one is shown at first.
    runners : sequence of Runner
        At most twelve, which is as many as can be told apart.
    factors : sequence of float
        What the rates of the runners are multiplied with; 1 must be among them.
    steps : int
        Length of the paths, at least 1.
    shown : sequence of str, optional
        Labels of the runners that are shown at first; all of them by default.
    caption : str, optional
        May hold ``code``, *emphasis*, **strong** and $mathematics$. Leave it out where the page
        itself captions the cell's output.

    Returns
    -------
    ipywidgets.VBox or HTML
        To be left as the last value of a cell.

    Raises
    ------
    TypeError, ValueError
        If `steps` is not a whole number, there is no surface, there are no runners or too many, a
        mark or label is used twice, a rate is missing, 1 is not among the factors, `shown` names
        somebody who does not run, or the page already has something else of this name.

    Examples
    --------
    >>> import os
    >>> from dlcore.surfaces import RAVINE
    >>> os.environ["DLCORE_STATIC"] = "1"
    >>> playground("example-player", [RAVINE], RUNNERS[:2], steps=10)
    <HTML fragment 'example-player': open the page to see it>
    >>> del os.environ["DLCORE_STATIC"]
    """
    _static_html.check_id("playground", name)
    labels = [runner.label for runner in runners]
    _check(name, surfaces, runners, factors)
    chosen = labels if shown is None else list(shown)
    for label in chosen:
        if label not in labels:
            raise ValueError(
                f"playground {name!r}: expected shown to name runners, {labels}, got {label!r}"
            )
    control = factor_control(factors)
    css_class = "dlc-player"
    if _live.is_live():
        # The page asks for all other rates.
        factors, css_class = (1,), f"{css_class} dlc-unprepared"
    elif not _static_html.is_static():
        factors = control.positions
    race = Race(tuple(surfaces), tuple(runners), tuple(factors), kept_steps(steps))
    first = _State(
        surface=0,
        factor=list(factors).index(1),
        step=len(race.steps) - 1,
        shown=frozenset(labels.index(label) for label in chosen),
    )
    if not _static_html.is_static():
        return _widgets(race, first, caption)
    fragment = _static_html.frame(css_class, name, _html(race, first, name), caption)
    if _live.is_live():
        _live.register(LivePlayer(name, race, control))
    return fragment


def _check(
    name: str, surfaces: Sequence[Surface], runners: Sequence[Runner], factors: Sequence[float]
) -> None:
    where = f"playground {name!r}"
    if not surfaces:
        raise ValueError(f"{where}: expected at least one surface, got none")
    most = 2 * len(_COLOURS)
    if not 1 <= len(runners) <= most:
        raise ValueError(f"{where}: expected 1 to {most} runners, got {len(runners)}")
    if 1 not in factors:
        raise ValueError(f"{where}: expected 1 among the factors, got {list(factors)}")
    for factor in factors:
        check_positive(factor, "each factor", where=where)
    names = {
        "surfaces of different names": [surface.name for surface in surfaces],
        "runners of different labels": [runner.label for runner in runners],
        "runners of different marks": [runner.mark for runner in runners],
    }
    for what, texts in names.items():
        for text in texts:
            if texts.count(text) > 1:
                raise ValueError(f"{where}: expected {what}, got {text!r} more than once")
    for runner in runners:
        for surface in surfaces:
            if surface.name not in runner.rates:
                raise ValueError(
                    f"{where}: expected a rate of {runner.label} for {surface.name!r}, "
                    f"got rates for {list(runner.rates)}"
                )


# --- What is shown: the same in the page's script ------------------------------------------------


def _height_text(centilog: int) -> str:
    """Write a height with two digits, given 100 log₁₀ of it."""
    if centilog <= LEAST:
        return "less than 10" + str(LEAST // 100).translate(_SUPERSCRIPTS)
    value = 10 ** (centilog / 100)
    if -200 <= centilog < 200:
        return f"{value:.{1 - math.floor(centilog / 100)}f}" if centilog < 100 else f"{value:.0f}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def _runner_text(race: Race, state: _State, runner: int) -> str:
    """Say how high a runner stands."""
    track = race.track(state.surface, runner, race.factors[state.factor])
    if state.step >= len(track.x):
        return "diverged"
    text = _height_text(track.height[state.step])
    inside = all(0 <= v <= 1000 for v in (track.x[state.step], track.y[state.step]))
    return text if inside else f"{text}, outside the picture"


def _sentence(race: Race, state: _State) -> str:
    """Say in words what the picture shows."""
    heights = [
        f"{race.runners[k].label} {_runner_text(race, state, k)}" for k in sorted(state.shown)
    ]
    return (
        f"{race.surfaces[state.surface].name}, {factor_text(race.factors[state.factor])}, "
        f"step {race.steps[state.step]} of {race.steps[-1]}. "
        f"Heights: {'; '.join(heights) or 'no optimiser chosen'}."
    )


def _paths(race: Race, state: _State) -> str:
    """Draw the paths up to the step shown: lines cut at the box, then the marks at their ends."""
    left, top, width, height = _BOX
    lines, marks = [], []
    for k in sorted(state.shown):
        track = race.track(state.surface, k, race.factors[state.factor])
        last = min(state.step, len(track.x) - 1)
        places = [
            (x * width / 1000, height - y * height / 1000)
            for x, y in zip(track.x[: last + 1], track.y[: last + 1], strict=True)
        ]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        lines.append(f'<polyline points="{points}" {_stroke(k)} fill="none"/>')
        x, y = places[-1]
        x, y = min(max(x, 0), width) + left, min(max(y, 0), height) + top
        marks.append(_mark(k, race.runners[k].mark, x, y))
    return (
        f'<svg x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}">{"".join(lines)}'
        f"</svg>{''.join(marks)}"
    )


def _look(runner: int) -> dict[str, str]:
    turn, place = divmod(runner, len(_COLOURS))
    return {"colour": _COLOURS[place], "dash": _DASHES[(place + 3 * turn) % len(_DASHES)]}


def _stroke(runner: int) -> str:
    look = _look(runner)
    return f'stroke="{look["colour"]}" stroke-width="1.8" stroke-dasharray="{look["dash"]}"'


def _mark(runner: int, text: str, x: float, y: float) -> str:
    colour = _look(runner)["colour"]
    return (
        f'<g class="dlc-mark" transform="translate({x:.1f} {y:.1f})"><circle r="{_RADIUS}" '
        f'stroke="{colour}" stroke-width="1.8"/><text text-anchor="middle" dy="0.35em" '
        f'font-size="8.5">{escape(text)}</text></g>'
    )


def _contours(surface: Surface) -> str:
    return f"Contour lines of the surface {surface.name}."


def _background(surface: Surface, prefix: str | None, description: str) -> str:
    """Draw the contour lines, with the box where the paths go."""
    import matplotlib.pyplot as plt

    left, top, width, height = _BOX
    fig = plt.figure(figsize=(_SIZE[0] / 72, _SIZE[1] / 72), layout="none")
    ax = fig.add_axes(
        (
            left / _SIZE[0],
            1 - (top + height) / _SIZE[1],
            width / _SIZE[0],
            height / _SIZE[1],
        )
    )
    draw_surface(surface, ax)
    ax.plot(*surface.start, "o", color="#000000", markerfacecolor="#ffffff", markersize=5)
    return to_svg(fig, description, prefix)


def _swatch(runner: int, mark: str) -> str:
    return (
        '<svg class="dlc-swatch" viewBox="0 0 52 18" width="52" height="18" aria-hidden="true" '
        f'focusable="false" fill="currentColor"><path d="M 0 9 H 42" {_stroke(runner)} '
        f'fill="none"/>{_mark(runner, mark, 43, 9)}</svg>'
    )


# --- The built page ------------------------------------------------------------------------------


def _html(race: Race, first: _State, name: str) -> str:
    sentence = _sentence(race, first)
    views = []
    for s, surface in enumerate(race.surfaces):
        seen = sentence if s == first.surface else _contours(surface)
        svg = _background(surface, f"{name}-{s}", seen)
        group = f'<g class="dlc-paths">{_paths(race, first) if s == first.surface else ""}</g>'
        svg = svg.removesuffix("</svg>") + group + "</svg>"
        hidden = "" if s == first.surface else " hidden"
        views.append(f'<div class="dlc-player-view"{hidden}>{svg}</div>')
    factors = [factor_text(factor) for factor in race.factors]
    steps = [f"{step} of {race.steps[-1]}" for step in race.steps]
    return (
        '<div class="dlc-controls" hidden>'
        + _select(f"{name}-surface", "Surface", [surface.name for surface in race.surfaces])
        + _static_html.range_control(
            f"{name}-rate", "Learning rates", factors, first.factor, 'data-dlc-control="factor"'
        )
        + _static_html.range_control(
            f"{name}-step", "Step", steps, first.step, 'data-dlc-control="step"'
        )
        + '<div class="dlc-buttons">'
        '<button type="button" data-dlc-action="play">Play</button>'
        '<button type="button" data-dlc-action="all">Show all optimisers</button>'
        '<button type="button" data-dlc-action="none">Show none</button></div></div>'
        + f'<div class="dlc-player-views">{"".join(views)}</div>'
        + '<fieldset class="dlc-runners"><legend>Optimiser, learning rate <i>η</i> and height '
        f"reached</legend>{_runner_rows(race, first, name)}</fieldset>"
        + f'<p class="dlc-settings">Shown: {escape(sentence)}</p>'
        + '<p class="dlc-live" role="status" aria-live="polite"></p>'
        + f'<script type="application/json">{_data(race)}</script>'
    )


def _select(identifier: str, label: str, options: Sequence[str]) -> str:
    items = "".join(f"<option>{escape(option)}</option>" for option in options)
    return (
        f'<div class="dlc-control"><label for="{identifier}">{label}</label>'
        f'<select id="{identifier}" autocomplete="off" data-dlc-control="surface">{items}'
        "</select></div>"
    )


def _runner_rows(race: Race, first: _State, name: str) -> str:
    rows = []
    for k, runner in enumerate(race.runners):
        checked = k in first.shown
        rate = race.track(first.surface, k, race.factors[first.factor]).rate
        rows.append(
            f'<div class="dlc-runner"{"" if checked else " hidden"}>'
            f'<input type="checkbox" id="{name}-show-{k}" value="{k}" autocomplete="off" hidden'
            f'{" checked" if checked else ""}><label for="{name}-show-{k}">'
            f"{_swatch(k, runner.mark)}{escape(runner.label)}</label>"
            f'<span class="dlc-rate">η = {rate}</span>'
            f'<span class="dlc-height">{escape(_runner_text(race, first, k))}</span></div>'
        )
    return "".join(rows)


def _data(race: Race) -> str:
    """Return what the script needs, as JSON that may stand in a page."""
    data = {
        "steps": race.steps,
        "factors": [factor_text(factor) for factor in race.factors],
        "box": _BOX,
        "least": LEAST,
        "surfaces": [surface.name for surface in race.surfaces],
        "runners": [
            {"label": runner.label, "mark": runner.mark, **_look(k)}
            for k, runner in enumerate(race.runners)
        ],
        # By surface, runner and factor: the rate, then x, y and heights.
        "tracks": [
            [
                [race.track(s, r, factor).data for factor in race.factors]
                for r in range(len(race.runners))
            ]
            for s in range(len(race.surfaces))
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("&", "\\u0026")


# --- Jupyter -------------------------------------------------------------------------------------


def _widgets(race: Race, first: _State, caption: str | None) -> Any:
    import ipywidgets as widgets

    wide = {"style": {"description_width": "initial"}, "layout": {"width": "auto"}}
    last = len(race.steps) - 1
    surface = widgets.Dropdown(
        options=[(s.name, k) for k, s in enumerate(race.surfaces)], description="Surface", **wide
    )
    rate = widgets.SelectionSlider(
        options=[(factor_text(factor), k) for k, factor in enumerate(race.factors)],
        value=first.factor,
        description="Learning rates",
        **wide,
    )
    step = widgets.SelectionSlider(
        options=[(f"{step} of {race.steps[-1]}", k) for k, step in enumerate(race.steps)],
        value=last,
        description="Step",
        **wide,
    )
    play = widgets.Play(min=0, max=last, value=last, interval=100)
    widgets.link((play, "value"), (step, "index"))
    boxes = [
        widgets.Checkbox(value=k in first.shown, description=f"{runner.mark}: {runner.label}")
        for k, runner in enumerate(race.runners)
    ]
    grid = widgets.GridBox(boxes, layout={"grid_template_columns": "repeat(3, max-content)"})
    view, words = widgets.HTML(), widgets.HTML()
    backgrounds: dict[int, str] = {}

    def show(_change: object = None) -> None:
        state = _State(
            surface.value,
            rate.value,
            step.index,
            frozenset(k for k, box in enumerate(boxes) if box.value),
        )
        name = race.surfaces[state.surface]
        if state.surface not in backgrounds:
            backgrounds[state.surface] = _background(name, None, _contours(name))
        svg = backgrounds[state.surface].removesuffix("</svg>")
        view.value = f"{svg}<g>{_paths(race, state)}</g></svg>"
        words.value = escape(_sentence(race, state))

    show()
    for control, trait in [(surface, "value"), (rate, "value"), (step, "index")]:
        control.observe(show, names=trait)
    for box in boxes:
        box.observe(show, names="value")
    below = [] if caption is None else [widgets.HTMLMath(inline_html(caption))]
    return widgets.VBox([surface, rate, widgets.HBox([play, step]), grid, view, words, *below])
