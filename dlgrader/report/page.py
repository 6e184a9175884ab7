"""The report as one HTML page that needs nothing else: no script, no file, no address."""

from __future__ import annotations

import base64
import datetime
import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from dlgrader.declarations import Section
from dlgrader.report import analysis, figures, learners
from dlgrader.report.analysis import Summary
from dlgrader.report.statistics import half_width

#: Rows of a list of learners, and of an assignment's misconceptions, that the page shows.
MOST_ROWS, MOST_HELD = 100, 15
#: Misconceptions in the table across all assignments.
_TOP = 10

_STYLE_ATTRIBUTE = re.compile(r' style="([^"]*)"')


class _Pictures:
    """Moves the style attributes of pictures into classes, so that the policy can forbid them."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def add(self, svg: str) -> Markup:
        """Return the picture with classes; what it holds was made by this program."""
        return Markup(_STYLE_ATTRIBUTE.sub(self._replace, svg).replace('class="dlc-picture" ', ""))  # noqa: S704

    def _replace(self, match: re.Match[str]) -> str:
        name = self._classes.setdefault(match[1], f"p{len(self._classes)}")
        return f' class="{name} dlc-picture"' if "max-width" in match[1] else f' class="{name}"'

    @property
    def css(self) -> str:
        """The rules of all classes."""
        return "\n".join(f".{name}{{{style}}}" for style, name in self._classes.items())


def render(
    summaries: Sequence[Summary], *, course: str, now: datetime.datetime, names: bool = True
) -> str:
    """Return the page.

    Parameters
    ----------
    summaries : sequence of Summary
    course : str
        Its name.
    now : datetime
        In UTC; decides what is due.
    names : bool
        Without, no learner is named.
    """
    pictures = _Pictures()
    drawn = [
        {
            "histogram": pictures.add(figures.histogram(summary)),
            "by_exercise": pictures.add(figures.by_exercise(summary)),
        }
        for summary in summaries
    ]
    overview = pictures.add(figures.overview(summaries))
    environment = _environment()
    style = environment.get_template("report.css").render() + pictures.css
    all_held = [held for summary in summaries for held in summary.held]
    everybody = {one.student for summary in summaries for one in summary.work.standings}
    return environment.get_template("report.html").render(
        course=course,
        now=now,
        names=names,
        style=Markup(style),  # noqa: S704 (the program's own)
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        summaries=summaries,
        pictures=drawn,
        overview=overview,
        learners=len(everybody),
        graded=sum(len(summary.work.students) for summary in summaries),
        judged=sum(summary.judged for summary in summaries),
        sections=analysis.teach_again(summaries),
        top=sorted(all_held, key=lambda held: -held.share)[:_TOP],
        help=learners.who_needs_help(summaries, now),
        waiting=learners.waiting(summaries),
        failed=learners.failed(summaries),
        missing=learners.missing(summaries, now),
        late=learners.late(summaries),
        remarks=learners.remarks(summaries),
        rule=learners,
        most_rows=MOST_ROWS,
        most_held=MOST_HELD,
        half_width=half_width,
        smallest_class=analysis.SMALLEST_CLASS,
        small_class=analysis.SMALL_CLASS,
        too_easy=analysis.TOO_EASY,
        too_hard=analysis.TOO_HARD,
        poor=analysis.POOR,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dlgrader.report", "templates"),
        autoescape=lambda name: name is None or name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters.update(
        code=_code,
        day=lambda moment: f"{moment.day} {moment:%B %Y}",
        percent=_percent,
        place=_place,
        points=lambda points: f"{points:.1f}".removesuffix(".0"),
        sentence=_sentence,
        shown=_shown,
        signed=_signed,
    )
    return environment


def _shown(text: Any) -> str:
    """Show signs that can't be seen, and would break or turn the line, as a replacement sign.

    >>> _shown("a" + chr(0x202E) + "b" + chr(10) + "c"), _shown("Łukasz Ō")
    ('a\ufffdb\ufffdc', 'Łukasz Ō')
    """
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(text))


def _code(text: str) -> Markup:
    """Set what stands in backquotes as code.

    >>> str(_code("the `dx` of <x>"))
    'the <code>dx</code> of &lt;x&gt;'
    """
    parts = _shown(text).split("`")
    if len(parts) % 2 == 0:  # a backquote without its fellow is itself
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def _sentence(text: Markup) -> Markup:
    """Begin with a capital letter, unless with code.

    >>> str(_sentence(Markup("the rate"))), str(_sentence(Markup("<code>x</code> is")))
    ('The rate', '<code>x</code> is')
    """
    return text[:1].upper() + text[1:]


def _percent(share: float) -> str:
    """Return a share in per cent; what is not none or all does not look like it.

    >>> print(*(_percent(share) for share in (0, 0.001, 0.426, 0.997, 1, math.nan)), sep=", ")
    0 %, < 1 %, 43 %, > 99 %, 100 %, –
    """
    if math.isnan(share):
        return "–"
    if 0 < share < 0.005:
        return "<\u00a01\u00a0%"
    if 0.995 <= share < 1:
        return ">\u00a099\u00a0%"
    return f"{100 * share:.0f}\u00a0%"


def _signed(number: float) -> str:
    """Return a correlation with a proper minus sign.

    >>> _signed(0.456), _signed(-0.1), _signed(float("nan"))
    ('0.46', '−0.10', '–')
    """
    return "–" if math.isnan(number) else f"{number:.2f}".replace("-", "−")


def _place(section: Section) -> str:
    return f"{section.number} {section.title}"
