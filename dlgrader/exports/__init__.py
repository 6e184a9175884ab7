"""`dlgrader export`: the grades as a file for Canvas, Moodle, other gradebooks, or a script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlgrader.course import Course, GradingError
from dlgrader.exports.grades import what_to_do
from dlgrader.exports.plugin import FILES, KINDS, GradeExport
from dlgrader.telling import Outcome, Teller

__all__ = ["KINDS", "GradeExport", "export"]

_NEXT = {
    "csv": "",
    "generic": "",
    "canvas": "In Canvas: Grades, Import. Canvas shows every change before it saves any; a learner "
    "or an assignment that it does not know it asks about.",
    "moodle": 'In Moodle: Grades, Import, CSV file. "Identify user by": map the column "{column}" '
    "to Moodle's field of that name. Map each assignment's column to its grade item; the others "
    'stay at "Ignore".',
}


def export(
    course: Course,
    teller: Teller,
    kind: str = "csv",
    to: Path | str | None = None,
    assignment: str | None = None,
    students: Sequence[str] = (),
) -> Outcome:
    """Write the grades into a file.

    Parameters
    ----------
    course : Course
    teller : Teller
    kind : {"csv", "canvas", "moodle", "generic"}
        What will read the file; see `GradeExport`, whose settings hold here, too.
    to : Path, optional
        The file, or a folder for it; otherwise in the course's folder.
    assignment : str, optional
        Otherwise all.
    students : sequence of str, optional
        Otherwise all.

    Raises
    ------
    GradingError
        If something named is not there, or the file can't be written.
    """
    if kind not in KINDS:
        raise GradingError(f"there is no export of the kind {kind!r}; there is {', '.join(KINDS)}")
    path = course.root / FILES[kind] if to is None else Path(to)
    if path.is_dir():
        path /= FILES[kind]
    plugin = GradeExport(config=course.config, kind=kind)
    with course.gradebook() as book:
        found = plugin.read(book, [assignment] if assignment else [], students)
    table = plugin.table(found)
    plugin.write(table, path)
    for grades in found:
        said = ", ".join(f"{number} {status}" for status, number in grades.counts.items())
        teller.say(f"  {grades.assignment}: {said or 'no learners'}")
    teller.say(f"Grades: {path}")
    if _NEXT[kind]:
        teller.say(_NEXT[kind].format(column=table.head[2]))
    counts = {grades.assignment: grades.counts for grades in found}
    return Outcome(
        facts={"kind": kind, "file": str(path), "counts": counts},
        attention=[*table.attention, *what_to_do(found)],
    )
