"""The report's figures as CSV files, for those who want to go on computing."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlgrader.report.analysis import PARTS, Summary
from dlgrader.report.learners import NeedsHelp
from dlgrader.whole_files import write_whole

#: Files with names in them.
WITH_NAMES = ("learners.csv", "help.csv")

Row = Mapping[str, Any]


def write_tables(
    folder: Path, summaries: Sequence[Summary], help_needed: Sequence[NeedsHelp], *, names: bool
) -> list[Path]:
    """Write the tables; return their paths. Those with learners' names only if `names`."""
    tables: dict[str, Iterable[Row]] = {
        "assignments.csv": map(_assignment, summaries),
        "exercises.csv": (row for summary in summaries for row in _exercises(summary)),
        "misconceptions.csv": (row for summary in summaries for row in _misconceptions(summary)),
        "properties.csv": (row for summary in summaries for row in _properties(summary)),
    }
    if names:
        tables["learners.csv"] = (row for summary in summaries for row in _learners(summary))
        tables["help.csv"] = map(_help, help_needed)
    written = []
    for name, rows in tables.items():
        path = folder / name
        _write(path, list(rows), _COLUMNS[name])
        written.append(path)
    return written


_COLUMNS: dict[str, Sequence[str]] = {
    "assignments.csv": (
        *("assignment", "title", "graded", "needs grading", "submitted", "failed", "missing"),
        *("late", "learners", "mean", "standard deviation", "quantile 0.05", "quantile 0.25"),
        *("median", "quantile 0.75", "quantile 0.95"),
    ),
    "exercises.csv": (
        *("assignment", "number", "exercise", "title", "max points", "bonus", "by hand"),
        *("learners", "waiting", "difficulty", *PARTS),
        *("item-rest correlation", "upper-lower index", "notes"),
    ),
    "misconceptions.csv": (
        *("assignment", "exercise", "misconception", "sentence", "learners", "judged", "share"),
        *("mean points lost", "section", "section title"),
    ),
    "properties.csv": (
        *("assignment", "exercise", "property", "title", "judged", "failed", "share"),
    ),
    "learners.csv": (
        *("assignment", "student", "first name", "last name", "status", "points", "max points"),
        *("bonus", "late penalty", "seconds late", "share", "reason", "remarks"),
    ),
    "help.csv": ("student", "first name", "last name", "share", "reasons"),
}


def _write(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns)
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    # With a byte-order mark: without, Excel takes names with accents for something else.
    write_whole(path, buffer.getvalue().encode("utf-8-sig"))


def _cell(value: Any) -> Any:
    """Return a cell that a spreadsheet takes for what it is: a text is never a formula.

    >>> _cell(float("nan")), _cell(1 / 3), _cell("=1+1"), _cell(-1.0), _cell(True)
    ('', 0.333333, "'=1+1", -1.0, 'yes')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return value


def _assignment(summary: Summary) -> Row:
    spread = summary.spread
    return {
        "assignment": summary.work.name,
        "title": summary.work.title,
        **summary.counts,
        "late": summary.late,
        "learners": spread.learners,
        "mean": spread.mean,
        "standard deviation": spread.deviation,
        "quantile 0.05": spread.low,
        "quantile 0.25": spread.quarter,
        "median": spread.median,
        "quantile 0.75": spread.three_quarters,
        "quantile 0.95": spread.high,
    }


def _exercises(summary: Summary) -> Iterable[Row]:
    for figures in summary.items:
        item = figures.item
        yield {
            "assignment": summary.work.name,
            "number": figures.number,
            "exercise": item.name,
            "title": item.title,
            "max points": item.max_points,
            "bonus": item.bonus,
            "by hand": item.by_hand,
            "learners": figures.learners,
            "waiting": figures.waiting,
            "difficulty": figures.difficulty,
            **dict(zip(PARTS, figures.parts, strict=True)),
            "item-rest correlation": figures.item_rest,
            "upper-lower index": figures.upper_lower,
            "notes": "; ".join(figures.notes),
        }


def _misconceptions(summary: Summary) -> Iterable[Row]:
    for held in summary.held:
        section = held.section
        yield {
            "assignment": summary.work.name,
            "exercise": held.item.name,
            "misconception": held.name,
            "sentence": held.says,
            "learners": held.learners,
            "judged": len(summary.work.judged),
            "share": held.share,
            "mean points lost": held.lost,
            "section": section.number if section else "",
            "section title": section.title if section else "",
        }


def _properties(summary: Summary) -> Iterable[Row]:
    for figures in summary.properties:
        yield {
            "assignment": summary.work.name,
            "exercise": figures.item.name,
            "property": figures.key,
            "title": figures.title,
            "judged": figures.judged,
            "failed": figures.failed,
            "share": figures.share,
        }


def _learners(summary: Summary) -> Iterable[Row]:
    share = dict(zip(summary.work.students, summary.totals.tolist(), strict=True))
    for one in summary.work.standings:
        record = summary.work.records.get(one.student)
        yield {
            "assignment": summary.work.name,
            "student": one.student,
            "first name": one.first_name,
            "last name": one.last_name,
            "status": one.status,
            "points": one.points,
            "max points": one.max_points,
            "bonus": one.extra if one.points is not None else None,
            "late penalty": one.late_penalty if one.points is not None else None,
            "seconds late": one.seconds_late,
            "share": share.get(one.student),
            "reason": one.reason,
            "remarks": " ".join(record.remarks) if record else "",
        }


def _help(one: NeedsHelp) -> Row:
    return {
        "student": one.standing.student,
        "first name": one.standing.first_name,
        "last name": one.standing.last_name,
        "share": one.share,
        "reasons": "; ".join(one.reasons),
    }
