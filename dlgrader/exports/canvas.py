"""Grades as Canvas imports them (Grades, Import).

The columns are those of Canvas' own export, "Student, ID, SIS User ID, SIS Login ID, Section" and
one for each assignment, "Title (number)"; below the head stands a row "Points Possible". See
https://community.instructure.com/en/kb/articles/660862-how-do-i-import-grades-in-the-gradebook and,
for what is read of it, lib/gradebook_importer.rb of https://github.com/instructure/canvas-lms:

- a learner is found by "ID", Canvas' own number (``lms_user_id`` of nbgrader's learners), else by
  "SIS Login ID" (here nbgrader's student id), else by the name;
- an assignment is found by its number in brackets, else by its title; if neither is there, Canvas
  offers to make one that is worth the "Points Possible";
- an empty cell is no score; it never becomes 0, but takes the place of a score that Canvas has;
- columns with "Current Grade" in their name are passed over, as they are computed in Canvas' own
  export. There the status stands: missing and failed must be told apart here, too.

Canvas shows all changes and asks before it saves them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dlgrader.course import GradingError
from dlgrader.exports.cells import Table, is_changed, number, text
from dlgrader.exports.grades import Grades, by_learner

LEARNER = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
_PASSED_OVER = re.compile(
    "(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)", re.IGNORECASE
)


def canvas_table(all_grades: Sequence[Grades], columns: Mapping[str, str]) -> Table:
    """Return the table.

    Parameters
    ----------
    all_grades : sequence of Grades
    columns : mapping of str to str
        By the name of an assignment, what its column is called in Canvas; see the setting
        ``GradeExport.canvas_columns``. Otherwise it is called as here.

    Raises
    ------
    GradingError
        If Canvas would pass over a column of that name, or two have the same.
    """
    titles = [columns.get(grades.assignment, grades.assignment) for grades in all_grades]
    for title in titles:
        if _PASSED_OVER.search(title) or titles.count(title) > 1 or title in LEARNER:
            raise GradingError(
                f"Canvas would not import a column named {title!r}, or mistake it for another; "
                "give it the assignment's title in Canvas: GradeExport.canvas_columns"
            )
    points = [number(grades.max_points) for grades in all_grades]
    rows = [["    Points Possible", "", "", "", "", *points, *("(read only)" for _ in points)]]
    attention = []
    for learner, places in by_learner(all_grades):
        graded = [one if one is not None and one.status == "graded" else None for one in places]
        name = ", ".join(part for part in (learner.last_name, learner.first_name) if part)
        number_in_canvas = learner.lms_user_id if learner.lms_user_id.isdecimal() else ""
        if not number_in_canvas and is_changed(learner.student):
            attention.append(
                f"{text(learner.student)}: this id can't stand in a table; enter the grades in "
                "Canvas by hand, or give the learner's lms_user_id"
            )
        rows.append(
            [
                text(name or learner.student),
                number_in_canvas,
                "",
                text(learner.student),
                "",
                *(number(one.points) if one else "" for one in graded),
                *(one.status if one else "missing" for one in places),
            ]
        )
    statuses = [f"{grades.assignment} status (Current Grade)" for grades in all_grades]
    return Table([*LEARNER, *titles, *statuses], rows, attention)
