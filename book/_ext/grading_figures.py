"""What the benchmark of grading has measured, as a table in the book.

``{grading-figures}`` reads ``benchmarks/results/grading.json``, which ``benchmarks/grading.py``
writes. So no such number is typed by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "grading.json"

WAYS = {
    "plain nbgrader": "`nbgrader autograde` without this course's settings: no sandbox, no judge",
    "nbgrader autograde": "`nbgrader autograde` with them",
    "dlgrader autograde": "`dlgrader autograde`",
}
_NIGHT_MINUTES = 8 * 60


class GradingFigures(SphinxDirective):
    """The table, and what follows from it."""

    option_spec: ClassVar[OptionSpec | None] = {}

    def run(self) -> list[nodes.Node]:
        """Return what becomes of the text."""
        self.env.note_dependency(str(RESULTS))
        found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        node = nodes.Element()
        node.document = self.state.document
        lines = StringList(text(found).split("\n"), self.get_source_info()[0])
        self.state.nested_parse(lines, 0, node)
        return list(node.children)


def text(found: Mapping[str, Any]) -> str:
    """Return the figures in MyST."""
    speeds = found.get("per_minute")
    if not speeds:
        return (
            "Measure it on your machine: `python -m benchmarks.grading`, in a copy of the course."
        )
    plain = speeds.get("plain nbgrader")
    rows = ["| | submissions a minute | |", "|---|--:|--:|"]
    for way, told in WAYS.items():
        if speed := speeds.get(way):
            gain = f"{speed / plain:.1f} ×" if plain else ""
            rows.append(f"| {told} | {speed:.0f} | {gain} |")
    machine, count = found.get("machine", ""), found.get("submissions", "")
    where = f" on {machine}" if isinstance(machine, str) and machine else ""
    parts = [
        f"Measured with the same {count} submissions of two assignments{where}, sandboxed and "
        "judged where nothing else is said:",
        "\n".join(rows),
        *_night(speeds.get("dlgrader autograde")),
        *_many(found.get("many", {})),
    ]
    return "\n\n".join(parts)


def _night(speed: float | None) -> list[str]:
    if not speed:
        return []
    learners = int(speed * _NIGHT_MINUTES / 1000) * 1000
    return [
        f"So one machine like this one grades an assignment of about {learners:,} learners in a "
        f"night of eight hours, and one of 300 learners in about {_minutes(300 / speed)}. "
        "Twice the cores, half the time; beyond that, see the next section."
    ]


def _minutes(amount: float) -> str:
    whole = max(1, round(amount))
    return "a minute" if whole == 1 else f"{whole} minutes"


def _many(many: Mapping[str, Any]) -> list[str]:
    said = []
    if "first_tenth_seconds" in many and "last_tenth_seconds" in many:
        said.append(
            f"In a run of {many['submissions']:,} submissions the first tenth took "
            f"{many['first_tenth_seconds']:.2f} s for each, the last tenth "
            f"{many['last_tenth_seconds']:.2f} s: the cost does not grow with the class."
        )
    for name, who in (("worker_mib", "A worker"), ("writer_mib", "The process that writes")):
        if name in many:
            first, last = many[name]
            said.append(f"{who} held {first:.0f} MiB at the beginning and {last:.0f} at the end.")
    return [" ".join(said)] if said else []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_directive("grading-figures", GradingFigures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
