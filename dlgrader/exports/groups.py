"""Learners who hand in together: one submits, and the grade counts for all of the group.

nbgrader knows no groups. Here they are a file in the course's folder, ``groups.csv``, with a line
for each member, and the columns "group", "student" and, if groups differ between assignments,
"assignment". In an export, members who handed in nothing stand where the member stands who did; the
gradebook and the report keep one submission, which is graded once.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlgrader.course import GradingError
from dlgrader.standings import Standing

DEFAULT_FILE = "groups.csv"


@dataclass(frozen=True)
class Membership:
    """A line of the file; an empty assignment is every assignment."""

    assignment: str
    group: str
    student: str


def read_groups(path: Path) -> list[Membership]:
    """Read the file; no groups if there is none of the usual name.

    Raises
    ------
    GradingError
        If it can't be read as such a file, or puts a learner into two groups.
    """
    if path.name == DEFAULT_FILE and not path.exists():
        return []
    try:
        # Spreadsheets begin such a file with a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lines = [
                {key: (value or "").strip() for key, value in line.items() if isinstance(key, str)}
                for line in reader
            ]
            columns = set(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GradingError(f"the groups could not be read from {path}: {error}") from None
    if not {"group", "student"} <= columns:
        raise GradingError(
            f'{path} has the columns {", ".join(sorted(columns)) or "none"}; "group" and "student" '
            'are needed, "assignment" may be there'
        )
    found = []
    for number, line in enumerate(lines, start=2):
        if bool(line["group"]) != bool(line["student"]):
            raise GradingError(f"{path}, line {number}: either group or student is missing")
        if line["group"]:
            found.append(Membership(line.get("assignment", ""), line["group"], line["student"]))
    _demand_one_group(path, found)
    return found


def share(
    found: Sequence[Standing], groups: Iterable[Membership], assignment: str
) -> tuple[list[Standing], list[str]]:
    """Let the members of a group who handed in nothing stand where the one stands who did.

    If several handed in, they keep what is theirs, and the latest counts for the others. Groups
    for one assignment go before groups for all.

    Returns
    -------
    tuple of list of Standing, list of str
        The standings, and a line for each group in which several handed in.
    """
    standing = {one.student: one for one in found}
    attention = []
    for group, members in _members(groups, assignment).items():
        handed_in = [
            standing[student]
            for student in members
            if student in standing and standing[student].status != "missing"
        ]
        if not handed_in:
            continue
        latest = max(handed_in, key=lambda one: one.timestamp or datetime.datetime.min)
        for student in members:
            own = standing.get(student)
            if own is None or own.status == "missing":
                standing[student] = _in_place_of(own, student, latest)
        if len(handed_in) > 1:
            names = ", ".join(one.student for one in handed_in)
            attention.append(
                f"{names}: {assignment}: all of them handed in for group {group}; each keeps their "
                f"own grade, and that of {latest.student} counts for the others"
            )
    return list(standing.values()), attention


def _in_place_of(own: Standing | None, student: str, other: Standing) -> Standing:
    said = f"handed in by {other.student}"
    return replace(
        other,
        student=student,
        first_name=own.first_name if own else "",
        last_name=own.last_name if own else "",
        email=own.email if own else "",
        lms_user_id=own.lms_user_id if own else "",
        reason=f"{said}; {other.reason}" if other.reason else said,
    )


def _members(groups: Iterable[Membership], assignment: str) -> dict[str, list[str]]:
    groups = list(groups)
    chosen = {one.student: one.group for one in groups if not one.assignment}
    chosen |= {one.student: one.group for one in groups if one.assignment == assignment}
    members: dict[str, list[str]] = {}
    for student, group in chosen.items():
        members.setdefault(group, []).append(student)
    return members


def _demand_one_group(path: Path, found: Sequence[Membership]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for one in found:
        before = seen.setdefault((one.assignment, one.student), one.group)
        if before != one.group:
            raise GradingError(
                f"{path}: {one.student} is in group {before} and in group {one.group}"
                + (f" of {one.assignment}" if one.assignment else "")
            )
