"""The report as one HTML page that needs nothing else: no script, no file, no address."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dlgrader.report import analysis, figures, learners, wording
from dlgrader.report.analysis import Summary
from dlgrader.report.statistics import half_width

#: Rows of a list of learners, and of an assignment's misconceptions, that the page shows.
MOST_ROWS, MOST_HELD = 100, 15
#: Misconceptions and sections in the tables across all assignments.
_MOST_OVERALL = 10

_STYLE_ATTRIBUTE = re.compile(r' style="([^"]*)"')


class _Pictures:
    """Moves the style attributes of pictures into classes, so that the policy can forbid them."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def add(self, svg: str) -> Markup:
        """Return the picture with classes; what it holds was made by this program."""
        return Markup(_STYLE_ATTRIBUTE.sub(self._replace, svg).replace('class="dlc-picture" ', ""))

    def _replace(self, match: re.Match[str]) -> str:
        name = self._classes.setdefault(match[1], f"p{len(self._classes)}")
        return f' class="{name} dlc-picture"' if "max-width" in match[1] else f' class="{name}"'

    @property
    def css(self) -> str:
        """The rules of all classes."""
        return "\n".join(f".{name}{{{style}}}" for style, name in self._classes.items())


def render(
    summaries: Sequence[Summary],
    *,
    course: str,
    now: datetime.datetime,
    names: bool = True,
    book: str = "",
    zone: datetime.tzinfo = datetime.UTC,
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
    book : str
        The book's address; without, sections are named but not linked.
    zone : tzinfo
        By whose clock times are shown.
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
    environment = _environment(zone)
    style = environment.get_template("report.css").render() + pictures.css
    all_held = [held for summary in summaries for held in summary.held]
    everybody = {one.student: one.name for summary in summaries for one in summary.work.standings}
    shared_names = {name for name, count in Counter(everybody.values()).items() if count > 1}
    return environment.get_template("report.html").render(
        course=course,
        now=now,
        names=names,
        book=book.rstrip("/") if book.startswith(("https://", "http://")) else "",
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        summaries=summaries,
        pictures=drawn,
        overview=overview,
        learners=len(everybody),
        shared_names=shared_names,
        graded=sum(len(summary.work.students) for summary in summaries),
        judged=sum(len(summary.work.judged) for summary in summaries),
        sections=analysis.teach_again(summaries)[:_MOST_OVERALL],
        top=sorted(all_held, key=lambda held: -held.share)[:_MOST_OVERALL],
        help=learners.who_needs_help(summaries, now),
        waiting=learners.waiting(summaries),
        failures=sum(summary.counts["failed"] for summary in summaries),
        failed=learners.grouped(learners.failed(summaries), texts=names),
        missing=learners.grouped(learners.missing(summaries, now)),
        late=learners.late(summaries),
        remarks=learners.grouped(learners.remarks(summaries), texts=names),
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


def _environment(zone: datetime.tzinfo) -> Environment:
    environment = Environment(
        loader=PackageLoader("dlgrader.report", "templates"),
        autoescape=lambda name: name is None or name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters.update(
        code=wording.code,
        day=lambda moment: wording.day(moment, zone),
        minute=lambda moment: wording.minute(moment, zone),
        percent=wording.percent,
        points=wording.points,
        shown=wording.shown,
        signed=wording.signed,
    )
    return environment
