"""``dlgrader similarity``: which answers a person should look at side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlgrader.batch.released import ReleasedNotebook, released_notebooks
from dlgrader.batch.submissions import read_submission
from dlgrader.course import Course, GradingError
from dlgrader.exports.cells import Table, text, write_table
from dlgrader.intake import read_content
from dlgrader.similarity.answers import (
    MODEL,
    Exercise,
    Reference,
    answers_of,
    exercises_of,
    library,
    model_solutions,
    right_forms,
)
from dlgrader.similarity.page import render
from dlgrader.similarity.pairs import THRESHOLD, Compared, Pair, compare_answers, ranked
from dlgrader.telling import Outcome, Teller
from dlgrader.whole_files import write_whole

FOLDER = "similarity"
PAGE, TABLE, FACTS = "similarity.html", "similarity.csv", "similarity.json"

_MOST_NAMED = 30
"""Pairs that are named where the command is given; all are in the files."""

_HEAD = (
    "learner",
    "other",
    "kind",
    "exercise",
    "share of the learner's code",
    "share of the other's code",
    "tokens in common",
)


def similarity(
    course: Course,
    teller: Teller,
    assignment: str,
    to: Path | None = None,
    threshold: float = THRESHOLD,
) -> Outcome:
    """List answers with much code in common; nobody loses a point by it.

    Parameters
    ----------
    course : Course
    teller : Teller
    assignment : str
    to : Path, optional
        The folder to write into; by default ``similarity/ASSIGNMENT/`` in the course's folder.
    threshold : float
        Least share of one of two answers that stands in the other, too.

    Raises
    ------
    GradingError
        If there is no such assignment or nothing was handed in, or the folder can't be written.
    """
    if not 0 < threshold <= 1:
        raise GradingError(f"the threshold is {threshold}; expected a share above 0, at most 1")
    with course.gradebook() as book:
        folder = course.release_folder(assignment)
        notebooks = released_notebooks(book, assignment, folder, course.config)
    exercises = exercises_of(notebooks)
    if not exercises:
        raise GradingError(f"{assignment} has no exercise in which code is written")
    students = course.students(assignment)
    if not students:
        raise GradingError(
            f"there are no submissions of {assignment}; take them in: dlgrader collect"
        )
    codes, unreadable = _read(course, teller, assignment, students, notebooks, exercises)
    compared = _compare(course, teller, assignment, exercises, codes, threshold)
    pairs = ranked([finding for one in compared.values() for finding in one.findings])
    facts = _facts(assignment, threshold, compared, pairs, unreadable)
    target = to or course.root / FOLDER / assignment
    read = len(students) - len(unreadable)
    page = render(assignment, pairs, compared, read, unreadable, threshold)
    try:
        target.mkdir(parents=True, exist_ok=True)
        write_whole(target / FACTS, json.dumps(facts, ensure_ascii=True, indent=1) + "\n")
        write_whole(target / PAGE, page)
    except OSError as error:
        raise GradingError(
            f"the comparison can't be written to {target}: {error.strerror}"
        ) from None
    write_table(Table(_HEAD, _rows(pairs)), target / TABLE)
    alike, rest = sum(pair.is_learner for pair in pairs), len(pairs) - _MOST_NAMED
    teller.say(
        f"{read} submissions compared: {alike} pairs of learners, and {len(pairs) - alike} times "
        f"the library or the model solution. Nobody loses a point by this: {target / PAGE}"
    )
    return Outcome(
        facts={"page": str(target / PAGE), "table": str(target / TABLE), **facts},
        attention=[
            *map(_line, pairs[:_MOST_NAMED]),
            *([f"{rest} more pairs: see {target / PAGE}"] if rest > 0 else []),
            *(f"{student}: not compared: {reason}" for student, reason in unreadable),
        ],
    )


Codes = dict[str, dict[str, str]]


def _read(
    course: Course,
    teller: Teller,
    assignment: str,
    students: Sequence[str],
    notebooks: Sequence[ReleasedNotebook],
    exercises: Sequence[Exercise],
) -> tuple[Codes, list[tuple[str, str]]]:
    """Return the code by exercise and learner, and who could not be read, and why."""
    codes: Codes = {exercise.key: {} for exercise in exercises}
    unreadable = []
    names = [notebook.name for notebook in notebooks]
    teller.begin()
    for number, student in enumerate(students, start=1):
        submission = read_submission(course, assignment, student, names)
        reasons = []
        for notebook in notebooks:
            file = submission.notebooks[notebook.name]
            if file.reason:
                reasons.append(f"{notebook.name}.ipynb {file.reason}")
                continue
            taken = read_content(file.content, {cell.name for cell in notebook.cells})
            if not taken.readable:
                reasons += taken.remarks
                continue
            own = [one for one in exercises if one.notebook == notebook.name]
            released = {(cell.shown or cell.source).strip() for cell in notebook.cells}
            for key, code in answers_of(taken.notebook.cells, own, released).items():
                codes[key][student] = code
        if len(reasons) == len(notebooks):
            unreadable.append((student, " ".join(reasons)))
        if number % 100 == 0:
            teller.progress(number, len(students), "submissions read")
    return codes, unreadable


def _compare(
    course: Course,
    teller: Teller,
    assignment: str,
    exercises: Sequence[Exercise],
    codes: Mapping[str, Mapping[str, str]],
    threshold: float,
) -> dict[str, Compared]:
    source = course.source_folder(assignment)
    models = model_solutions(assignment, exercises, source)
    parts, forms = library(assignment), right_forms(assignment)
    compared = {}
    teller.begin()
    for number, exercise in enumerate(exercises, start=1):
        model = [Reference(MODEL, models[exercise.key])] if exercise.key in models else []
        compared[exercise.key] = compare_answers(
            exercise.key,
            exercise.template,
            codes[exercise.key],
            [*model, *parts],
            forms.get(exercise.cell, ()),
            threshold,
        )
        teller.progress(number, len(exercises), exercise.key)
    return compared


def _kind(pair: Pair) -> str:
    return "learner" if pair.is_learner else pair.other.removeprefix("the ")


def _rows(pairs: Sequence[Pair]) -> list[list[str]]:
    return [
        [
            text(finding.student),
            text(finding.other),
            _kind(pair),
            text(finding.exercise),
            f"{finding.match.shares[0]:.3f}",
            f"{finding.match.shares[1]:.3f}",
            str(finding.match.tokens),
        ]
        for pair in pairs
        for finding in pair.findings
    ]


def _facts(
    assignment: str,
    threshold: float,
    compared: Mapping[str, Compared],
    pairs: Sequence[Pair],
    unreadable: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """Return what was found as plain data."""
    return {
        "assignment": assignment,
        "threshold": threshold,
        "pairs": [
            {
                "student": pair.student,
                "other": pair.other,
                "kind": _kind(pair),
                "tokens": pair.tokens,
                "exercises": {
                    finding.exercise: {
                        "other": finding.other,
                        "tokens": finding.match.tokens,
                        "shares": [round(share, 3) for share in finding.match.shares],
                    }
                    for finding in pair.findings
                },
            }
            for pair in pairs
        ],
        "found_by_many": [
            {"exercise": group.exercise, "students": list(group.students)}
            for one in compared.values()
            for group in one.groups
        ],
        "exercises": {
            name: {"compared": one.answers, "too_short": one.too_short}
            for name, one in compared.items()
        },
        "not_compared": [{"student": name, "reason": reason} for name, reason in unreadable],
    }


def _line(pair: Pair) -> str:
    """Say in a line what there is to look at."""
    parts = ", ".join(
        f"{finding.exercise} {100 * finding.match.share:.0f} %" for finding in pair.findings
    )
    return f"{pair.student}: code in common with {pair.other}: {parts}"
