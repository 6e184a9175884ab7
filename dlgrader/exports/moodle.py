"""Grades as Moodle imports them (Grades, Import, CSV file).

Moodle asks what each column is: see https://docs.moodle.org/en/Grade_import, and for what becomes
of each cell grade/import/csv/classes/load_data.php of https://github.com/moodle/moodle:

- "Identify user by": one column, mapped from ours to Moodle's field of the same name, "Email
  address", "Username" or "ID number". Upper and lower case count. If one learner is not found,
  Moodle imports nothing; a row without an identification would go to the learner above. So there is
  one such column only, and who has nothing to stand there is left out, and named;
- "Grade item mappings": each column with the name of an assignment, to the grade item; all others
  stay at "Ignore". The status may be mapped as feedback of the same grade item;
- "-" is no grade. An empty cell is none for a grade item that Moodle has, but not for a new one;
- one grade above 100, or above what the site allows, and Moodle imports nothing.

The file is in UTF-8, separated by commas: what Moodle's page is set to at first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from dlgrader.course import GradingError
from dlgrader.exports.cells import Table, is_changed, number, text
from dlgrader.exports.grades import Grades, by_learner

Identifier = Literal["email", "student_id", "lms_user_id"]
FIELDS: dict[str, str] = {
    "email": "Email address",
    "student_id": "Username",
    "lms_user_id": "ID number",
}
"""Moodle's field, by what it is called here."""

_NO_GRADE = "-"
_MOST_POINTS = 100


def moodle_table(all_grades: Sequence[Grades], identifier: str = "email") -> Table:
    """Return the table.

    Parameters
    ----------
    all_grades : sequence of Grades
    identifier : str
        By what Moodle finds a learner, a key of `FIELDS`.

    Raises
    ------
    GradingError
        If no learner at all has it.
    """
    learners = by_learner(all_grades)
    attribute = "student" if identifier == "student_id" else identifier
    ids = [getattr(learner, attribute) for learner, _ in learners]
    if learners and not any(ids):
        raise GradingError(
            f"no learner in the gradebook has the {FIELDS[identifier].lower()} by which Moodle "
            "would find them: add it with `nbgrader db student import`, or choose another one "
            f"({', '.join(FIELDS)}) with GradeExport.moodle_identifier"
        )
    often = Counter(ids)
    head = ["First name", "Last name", FIELDS[identifier]]
    for grades in all_grades:
        head += [grades.assignment, f"{grades.assignment} status"]
    rows, attention = [], []
    for (learner, places), identification in zip(learners, ids, strict=True):
        problem = _problem(identification, often[identification])
        if problem:
            attention.append(
                f"{text(learner.student)}: left out of the file, for the "
                f"{FIELDS[identifier].lower()} {problem}; enter the grades in Moodle by hand"
            )
            continue
        row = [text(learner.first_name), text(learner.last_name), identification]
        for one in places:
            points = one.points if one is not None and one.status == "graded" else None
            row += [
                _NO_GRADE if points is None else number(points),
                one.status if one else "missing",
            ]
            if points is not None and points > _MOST_POINTS:
                attention.append(
                    f"{learner.student}: {number(points)} points: Moodle imports nothing of a file "
                    f"with a grade above {_MOST_POINTS}, unless the site allows unlimited grades"
                )
        rows.append(row)
    return Table(head, rows, attention)


def _problem(identification: str, often: int) -> str:
    if not identification:
        return "is not in the gradebook"
    if often > 1:
        return "is another learner's, too"
    if is_changed(identification):
        return "can't stand in a table"
    return ""
