"""What a learner hands in: solutions to type into a notebook, and what is given for them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from dlgrader.autograde import autograde
from dlgrader.course import CONFIG_FILE, Course
from dlgrader.declarations import Written
from dlgrader.exercises import load_assignment
from dlgrader.generate import write_source
from dlgrader.sandbox import Bubblewrap
from dlgrader.solutions import solution_notebook
from dlgrader.telling import Teller

ROOT = Path(__file__).resolve().parents[2]
LEARNER = "ada"


def solutions(name: str) -> dict[str, str]:
    """Return the right answers by the ids of their cells; for the written ones, some text."""
    assignment = load_assignment(name)
    written = {exercise.name for exercise in assignment.exercises if isinstance(exercise, Written)}
    answers = {}
    for cell in solution_notebook(ROOT, assignment).cells:
        if cell.id in written:
            answers[cell.id] = "Because of the weights that are shared."
        elif cell.metadata.get("nbgrader", {}).get("solution"):
            answers[cell.id] = re.sub(r"[ \t]*### (BEGIN|END) SOLUTION\n", "", cell.source)
    return answers


@dataclass(frozen=True)
class Points:
    """What was given without a person, and how much that can be."""

    given: float
    most: float


def graded(folder: Path, name: str, notebook: Path) -> Points:
    """Hand a notebook in, in a course of its own, and have it graded."""
    folder.mkdir()
    shutil.copy(ROOT / CONFIG_FILE, folder)
    course = Course(folder)
    write_source(ROOT, name, folder)
    course.generate_assignment(name)
    place = course.submission("submitted", LEARNER, name)
    place.mkdir(parents=True)
    shutil.copy(notebook, place / f"{name}.ipynb")
    # Without the sandbox, where there is none: the code is our own.
    outcome = autograde(course, Teller(), name, jobs=1, sandbox=not Bubblewrap().problem())
    assert outcome.ok, outcome
    with course.gradebook() as book:
        grades = [
            grade
            for grade in book.find_submission_notebook(name, name, LEARNER).grades
            if not grade.needs_manual_grade
        ]
        return Points(sum(one.auto_score for one in grades), sum(one.max_score for one in grades))
