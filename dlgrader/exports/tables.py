"""Tables for people, programs, and gradebooks that have no kind of their own here."""

from __future__ import annotations

from collections.abc import Sequence

from dlgrader.exports.cells import Table, number, text
from dlgrader.exports.grades import Grades, by_learner


def long_table(all_grades: Sequence[Grades]) -> Table:
    """Return a row for each learner and assignment, with all that is known.

    The first eleven columns are those of nbgrader's own export. "score" is empty unless all is
    graded, and so is "raw_score", the points before the late penalty, unless something is; "status"
    says why. A graded submission that is worth nothing has 0.0. Times are in UTC.
    """
    head = [
        "assignment",
        "duedate",
        "timestamp",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "raw_score",
        "late_submission_penalty",
        "score",
        "max_score",
        "extra_credit",
        "seconds_late",
        "status",
        "reason",
    ]
    rows = [
        [
            text(grades.assignment),
            "" if grades.due is None else str(grades.due),
            "" if one.timestamp is None else str(one.timestamp),
            text(one.student),
            text(one.last_name),
            text(one.first_name),
            text(one.email),
            number(one.raw_points),
            "" if one.points is None else number(one.late_penalty),
            number(one.points) if one.status == "graded" else "",
            number(one.max_points),
            "" if one.points is None else number(one.extra),
            number(one.seconds_late),
            one.status,
            text(one.reason),
        ]
        for grades in all_grades
        for one in grades.standings
    ]
    return Table(head, rows)


def wide_table(all_grades: Sequence[Grades]) -> Table:
    """Return a row for each learner, with points and status of each assignment.

    What most gradebooks and spreadsheets read: an identifying column, and for each assignment a
    column of points that is empty unless all is graded.
    """
    head = ["student_id", "last_name", "first_name", "email"]
    for grades in all_grades:
        head += [grades.assignment, f"{grades.assignment} status"]
    rows = []
    for learner, places in by_learner(all_grades):
        row = [
            text(learner.student),
            text(learner.last_name),
            text(learner.first_name),
            text(learner.email),
        ]
        for one in places:
            graded = one is not None and one.status == "graded"
            row += [
                number(one.points) if one and graded else "",
                one.status if one else "missing",
            ]
        rows.append(row)
    return Table(head, rows)
