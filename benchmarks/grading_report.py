"""The figures of grading as tables in README.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

BEGIN = "<!-- grading: begin (written by python -m benchmarks.grading; see grading_report.py) -->"
END = "<!-- grading: end -->"
TARGET = 5.0  # times as many a minute as plain nbgrader

_SAYS = {
    "sandbox": "fork of the template, end of its processes",
    "cells": "the notebook's cells",
    "judge": "hidden cases: calls in the sandbox, comparison",
    "conversion": "reading, restoring and writing the notebook",
    "gradebook": "gradebook and folder",
    "rest": "anything else",
    "in all": "**in all**",
    "template": "once in each worker: the template, with all imports",
}


def tables(found: Mapping[str, Any]) -> str:
    """Return the tables as Markdown."""
    parts = [f"Measured on {found['date']}: {found['machine']}."]
    if speeds := found.get("per_minute"):
        parts.append(_speeds(found, speeds))
    if milliseconds := found.get("milliseconds"):
        parts.append(_milliseconds(milliseconds))
    if many := found.get("many"):
        parts.append(_many(many))
    return "\n\n".join(parts)


def _speeds(found: Mapping[str, Any], speeds: Mapping[str, float]) -> str:
    lines = [
        f"| the same {found['submissions']} submissions by | submissions a minute "
        "| seconds, by round | times plain nbgrader |",
        "| --- | --: | --: | --: |",
    ]
    plain = speeds["plain nbgrader"]
    for way, speed in speeds.items():
        seconds = ", ".join(f"{one:.1f}" for one in found["seconds"][way])
        lines.append(f"| {way} | **{speed:.0f}** | {seconds} | {speed / plain:.1f} |")
    gain = speeds["dlgrader autograde"] / plain
    met = "met" if gain >= TARGET else "**not met**"
    lines += ["", f"Target: {TARGET:g} times plain nbgrader; measured {gain:.1f} times: {met}."]
    return "\n".join(lines)


def _milliseconds(found: Mapping[str, Mapping[str, float]]) -> str:
    names = list(found)
    lines = [
        f"| milliseconds per submission, one worker | {' | '.join(names)} |",
        f"| --- | {' | '.join('--:' for _ in names)} |",
    ]
    for part, says in _SAYS.items():
        numbers = " | ".join(f"{found[name][part]:.0f}" for name in names)
        lines.append(f"| {says} | {numbers} |")
    return "\n".join(lines)


def _many(many: Mapping[str, Any]) -> str:
    rows = {
        "seconds per submission": [many["first_tenth_seconds"], many["last_tenth_seconds"]],
        "MiB of a worker with its sandbox, not shared": many["worker_mib"],
        "MiB of the process that writes, not shared": many["writer_mib"],
    }
    lines = [
        f"| {many['submissions']:,} submissions in one run of {many['seconds']:.0f} s "
        "| first tenth | last tenth |",
        "| --- | --: | --: |",
    ]
    lines += [f"| {what} | {first:.3g} | {last:.3g} |" for what, (first, last) in rows.items()]
    return "\n".join(lines)


def renew_readme(found: Mapping[str, Any], path: Path) -> None:
    """Write the tables between the marks of the file; into an empty one, if it is not there."""
    text = path.read_text(encoding="utf-8") if path.is_file() else f"{BEGIN}\n{END}\n"
    head, mark, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{path}: expected the marks {BEGIN!r} and {END!r}, found not both")
    path.write_text(f"{head}{BEGIN}\n{tables(found)}\n{END}{tail}", encoding="utf-8")
