"""The whole workflow on a made-up class, from generating the assignment to the exported grades."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config

from dlgrader.course import CONFIG_FILE, Course, quiet_environment
from dlgrader.declarations import Assignment
from dlgrader.exercises import load_assignment
from dlgrader.exports import export
from dlgrader.generate import write_source
from dlgrader.sample_class import SampleLearner, fill_in, load_class
from dlgrader.sandbox_settings import sandbox_problem
from dlgrader.solutions import points_of
from dlgrader.telling import Outcome, Teller


@dataclass(frozen=True)
class Row:
    """A line of the class table; `points` is empty if the submission could not be graded."""

    learner: SampleLearner
    points: Mapping[str, float]
    seconds: float
    status: str

    @property
    def total(self) -> float:
        """Points of all exercises and written answers."""
        return sum(self.points.values())

    @property
    def surprises(self) -> list[str]:
        """What differs from the points that the learner's file expects."""
        expected = {**self.learner.expected}
        expected |= {name: grade.points for name, grade in self.learner.written.items()}
        return [
            f"{name} {self.points.get(name)} instead of {expected.get(name, 0.0)}"
            for name in {**self.points, **expected}
            if self.points.get(name) != expected.get(name, 0.0)
        ]


def demonstrate(
    course_folder: Path, teller: Teller, name: str = "ps4_convolution", to: Path | None = None
) -> Outcome:
    """Run the workflow in a temporary folder, keep the results, say the class table.

    Parameters
    ----------
    course_folder : Path
    teller : Teller
    name : str
        The assignment.
    to : Path, optional
        Where grades and feedback are put; by default ``build/sample_class`` in the course.

    Returns
    -------
    Outcome
        Ok if every learner got the points that their file expects.
    """
    to = to or course_folder / "build" / "sample_class"
    declared = load_assignment(name)
    learners = load_class(course_folder, name)
    teller.say(f"{name}: the whole workflow with a made-up class of {len(learners)}")
    with tempfile.TemporaryDirectory(prefix="sample_class_") as temporary:
        folder = Path(temporary)
        with quiet_environment(folder / "home"):
            course = _set_up(course_folder, teller, name, folder)
            with _step(teller, "generate and release"):
                course.generate_assignment(name)
                course.release_assignment(name)
            with _step(teller, "fetch, submit, collect"):
                _hand_in(course, course_folder, name, learners, folder / "learners")
            rows = _autograde(course, teller, declared, learners)
            with _step(teller, "grade the written answers"):
                _grade_by_hand(course, name, learners)
            with _step(teller, "write and release the feedback"):
                course.generate_feedback(name)
                course.release_feedback(name)
            rows = [_with_points(course, declared, row) for row in rows]
            with _step(teller, "export"):
                _export(course, teller, name, learners, to)
    teller.say("")
    teller.say(class_table(declared, rows))
    teller.say(f"\nGrades:   {to / 'grades.csv'}\nFeedback: {to / 'feedback'}{os.sep}")
    surprises = [f"{row.learner.name}: {what}" for row in rows for what in row.surprises]
    for surprise in surprises:
        teller.say(f"NOT AS EXPECTED  {surprise}")
    points = {row.learner.name: dict(row.points) for row in rows}
    return Outcome(not surprises, {"points": points, "surprises": surprises})


# -- the steps -----------------------------------------------------------------------------------


def _set_up(course_folder: Path, teller: Teller, name: str, folder: Path) -> Course:
    """Make a course folder with the settings of the real one and an exchange of its own."""
    root = folder / "course"
    root.mkdir()
    shutil.copy(course_folder / CONFIG_FILE, root)
    write_source(course_folder, name, root)
    exchange = {"root": str(folder / "exchange"), "cache": str(folder / "cache")}
    # All learners of the class are the same user of this computer.
    settings: dict[str, dict[str, Any]] = {
        "Exchange": exchange,
        "ExchangeCollect": {"check_owner": False},
    }
    problem = sandbox_problem(Config())
    if problem:
        teller.say(
            f"  NOTE  {problem}\n  The made-up class, and nothing else, is graded without it."
        )
        settings["RunInSandbox"] = {"sandbox": False}
    return Course(root, settings)


def _hand_in(
    course: Course, course_folder: Path, name: str, learners: Sequence[SampleLearner], folder: Path
) -> None:
    for learner in learners:
        work = course.fetch(name, learner.name, folder / learner.name)
        fill_in(work / f"{name}.ipynb", learner, course_folder, name)
        course.submit(name, learner.name, folder / learner.name)
    course.collect(name)


def _autograde(
    course: Course, teller: Teller, declared: Assignment, learners: Sequence[SampleLearner]
) -> list[Row]:
    rows = []
    for number, learner in enumerate(learners, start=1):
        start = time.perf_counter()
        failure = course.autograde(declared.name, learner.name)
        seconds = time.perf_counter() - start
        status = f"not graded: {failure.splitlines()[-1]}" if failure else "graded"
        teller.say(f"  autograde {number} of {len(learners)}: {learner.name:8} {seconds:6.1f} s")
        rows.append(Row(learner, {}, seconds, status))
    return rows


def _grade_by_hand(course: Course, name: str, learners: Sequence[SampleLearner]) -> None:
    with course.gradebook() as book:
        for learner in learners:
            for question, given in learner.written.items():
                place = (question, name, name, learner.name)
                grade = book.find_grade(*place)
                grade.manual_score = given.points
                grade.needs_manual_grade = False
                book.find_comment(*place).manual_comment = given.comment
        book.db.commit()


def _with_points(course: Course, declared: Assignment, row: Row) -> Row:
    if row.status != "graded":
        return row
    ids = {cell.removesuffix("-points"): cell for cell in points_of(declared)}
    with course.gradebook() as book:
        found = {
            part: book.find_grade(grade_id, declared.name, declared.name, row.learner.name)
            for part, grade_id in ids.items()
        }
        points = {part: float(grade.score) for part, grade in found.items()}
        waiting = any(grade.needs_manual_grade for grade in found.values())
    return Row(row.learner, points, row.seconds, "waits for a grader" if waiting else row.status)


def _export(
    course: Course, teller: Teller, name: str, learners: Sequence[SampleLearner], to: Path
) -> None:
    pages = to / "feedback"
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(parents=True)
    for learner in learners:
        page = course.submission("feedback", learner.name, name) / f"{name}.html"
        if page.is_file():
            shutil.copy(page, pages / f"{learner.name}.html")
    export(course, teller, to=to / "grades.csv")


# -- what is seen --------------------------------------------------------------------------------


def class_table(declared: Assignment, rows: Sequence[Row]) -> str:
    """Lay out the points, one line for each learner; the columns carry the exercises' numbers."""
    parts = declared.exercises
    head = ["learner", *(str(number) for number, _ in enumerate(parts, start=1)), "total", "time"]
    body = [
        [
            row.learner.name,
            *(f"{row.points[part.name]:g}" if row.points else "-" for part in parts),
            f"{row.total:g}" if row.points else "-",
            f"{row.seconds:.1f} s",
        ]
        for row in rows
    ]
    top = ["of", *(f"{part.max_points:g}" for part in parts), f"{declared.max_points:g}", ""]
    widths = [max(len(line[i]) for line in [head, top, *body]) for i in range(len(head))]

    def aligned(line: Sequence[str], end: str) -> str:
        first = line[0].ljust(widths[0])
        rest = "  ".join(
            text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)
        )
        return f"{first}  {rest}  {end}".rstrip()

    lines = [aligned(head, "status: what was handed in"), aligned(top, "")]
    lines += [
        aligned(line, f"{row.status}: {row.learner.story}")
        for line, row in zip(body, rows, strict=True)
    ]
    legend = ", ".join(f"{number} {part.name}" for number, part in enumerate(parts, start=1))
    return "\n".join([*lines, "", f"Columns: {legend}"])


@contextmanager
def _step(teller: Teller, title: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    teller.say(f"  {title}: {time.perf_counter() - start:.1f} s")
