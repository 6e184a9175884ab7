"""The report's pictures, as SVG that follows the page's light and dark mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from dlcore.figures import GREY, PALETTE, to_svg, use_course_style
from dlgrader.report.analysis import PARTS, ItemFigures, Summary
from dlgrader.report.wording import percent, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: From no points to all: two hues that stay apart for every kind of colour vision.
STEPS = ("#b24a00", "#eba865", "#8dbde6", "#0067b8")
# Not pure black and white, which would change with the page.
_ON_STEPS = ("#fdfdfd", "#141414", "#141414", "#fdfdfd")
_WIDTH = 5.3
_LONGEST_LABEL = 24


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context():
        use_course_style()
        # Names of cells are an instructor's own; a $ in them begins no formula.
        mpl.rcParams["text.parse_math"] = False
        yield


def overview(summaries: Sequence[Summary]) -> str:
    """Draw the spread of each assignment: the middle half as a box, the middle 90 % as a line.

    Returns
    -------
    str
        An ``<svg>`` element; empty if nothing is graded.
    """
    drawn = [summary for summary in summaries if summary.spread.learners]
    if not drawn:
        return ""
    with _style():
        fig, ax = _axes(0.55 + 0.48 * len(drawn))
        for place, summary in enumerate(drawn):
            spread = summary.spread
            ax.plot([spread.low, spread.high], [place, place], "-", color=GREY, lw=1.5, zorder=2)
            ax.barh(
                place,
                max(spread.three_quarters - spread.quarter, 0.004),
                left=spread.quarter,
                height=0.5,
                color=STEPS[2],
                zorder=3,
            )
            middle = [place - 0.25, place + 0.25]
            ax.plot([spread.median] * 2, middle, "-", color=STEPS[3], lw=3, zorder=4)
        _names(
            ax,
            [_label(summary.work.name, str(place)) for place, summary in enumerate(drawn, start=1)],
        )
        _share_axis(ax, "share of the points")
        said = "; ".join(
            f"{shown(summary.work.name)}: median {percent(summary.spread.median)}, middle half "
            f"{percent(summary.spread.quarter)} to {percent(summary.spread.three_quarters)}"
            for summary in drawn
        )
        return to_svg(fig, f"Spread of the points by assignment. {said}.")


def histogram(summary: Summary) -> str:
    """Draw how many learners reached which share of an assignment's points, in steps of 10 %."""
    totals = summary.totals[~np.isnan(summary.totals)]
    if not totals.size:
        return ""
    # The last step holds those with all points. Rounded, so that 0.3 lies in the step it begins.
    steps = np.minimum(np.floor(np.round(totals * 10, 9)).astype(int), 9)
    counts = np.bincount(steps, minlength=10)
    with _style():
        fig, ax = _axes(2.3)
        ax.bar(np.arange(10) / 10 + 0.05, counts, width=0.092, color=STEPS[3], zorder=2)
        for place, count in enumerate(counts):
            if count:
                ax.annotate(
                    str(count),
                    (place / 10 + 0.05, count),
                    xytext=(0, 2),
                    textcoords="offset points",
                    ha="center",
                    fontsize=9,
                )
        _mark_median(ax, summary.spread.median)
        ax.set_ylim(0, counts.max() * 1.14)
        ax.yaxis.get_major_locator().set_params(integer=True)
        ax.set_ylabel("learners")
        ax.grid(visible=False, axis="x")
        _share_axis(ax, "share of the points")
        said = ", ".join(
            f"{count} with {10 * place} to {10 * place + 10} %"
            for place, count in enumerate(counts)
            if count
        )
        return to_svg(fig, f"Learners by their share of the points: {said}.")


def by_exercise(summary: Summary) -> str:
    """Draw for each exercise which part of the learners has none, some or all of the points."""
    drawn = [figures for figures in summary.items if figures.learners]
    if not drawn:
        return ""
    with _style():
        fig, ax = _axes(0.95 + 0.31 * len(drawn))
        for place, figures in enumerate(drawn):
            _stack(ax, place, figures)
        _names(ax, [_label(figures.item.name, str(figures.number)) for figures in drawn])
        _share_axis(ax, "share of the learners")
        ax.grid(visible=False)
        handles = [
            mpl.patches.Patch(facecolor=colour, label=part)
            for colour, part in zip(STEPS, PARTS, strict=True)
        ]
        fig.legend(
            handles=handles,
            loc="outside upper left",
            ncols=4,
            handlelength=1,
            handleheight=1,
            columnspacing=1.2,
            title="points:",
            title_fontsize=10,
            alignment="left",
        )
        said = "; ".join(
            f"{shown(one.item.name)}: all points {percent(one.parts[3] / one.learners)}, "
            f"none {percent(one.parts[0] / one.learners)}"
            for one in drawn
        )
        return to_svg(fig, f"Learners by their points in each exercise. {said}.")


def _mark_median(ax: Axes, median: float) -> None:
    """Point at the median from above, where no bar or number is."""
    left = median > 0.5
    ax.plot(
        [median],
        [1.04],
        "v",
        color=PALETTE["orange"],
        markersize=7,
        transform=ax.get_xaxis_transform(),
        clip_on=False,
    )
    ax.annotate(
        f"median {percent(median)}",
        (median, 1.04),
        xycoords=("data", "axes fraction"),
        xytext=(-8 if left else 8, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center_baseline",
        fontsize=10,
    )


def _stack(ax: Axes, place: int, figures: ItemFigures) -> None:
    left = 0.0
    for count, colour, ink in zip(figures.parts, STEPS, _ON_STEPS, strict=True):
        share = count / figures.learners
        if not share:
            continue
        ax.barh(place, share, left=left, height=0.74, color=colour, edgecolor="white", lw=0.8)
        if share >= 0.07:
            ax.text(
                left + share / 2,
                place,
                percent(share),
                color=ink,
                ha="center",
                va="center_baseline",
                fontsize=8.5,
            )
        left += share


def _axes(height: float) -> tuple[Figure, Any]:
    fig = Figure(figsize=(_WIDTH, height), layout="constrained")
    return fig, fig.add_subplot()


def _share_axis(ax: Axes, label: str) -> None:
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 6), [f"{tenth} %" for tenth in range(0, 101, 20)])
    ax.set_xlabel(label)


def _names(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")


def _label(name: str, number: str) -> str:
    """Return a name as it fits beside a bar; the number if the pictures' font may not have it."""
    if not (name.isascii() and name.isprintable()):
        return number
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
