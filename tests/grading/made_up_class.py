"""A made-up class, written straight into a gradebook: for tests of the report, and for its picture.

Nothing is run. Who gets what right follows from a Rasch-like model: a learner's ability and the
difficulty of a part decide by chance, and who fails one mostly holds a misconception that costs it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from nbgrader import api
from nbgrader.api import Gradebook
from small_gradebook import new_gradebook
from sqlalchemy import insert

from dlgrader import records
from dlgrader.course import Course
from dlgrader.declarations import Assignment, CodeExercise, Exercise, Written, is_bonus
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.records import FAILED, GRADED, Record
from dlgrader.solutions import check_cell, points_cell

FIRST_DUE = datetime.datetime(2026, 4, 20, 12, 0)
FIRST_NAMES = (
    *("Aiko", "Amara", "Anton", "Beatriz", "Chidi", "Chloé", "Daniel", "Divya", "Elena", "Emre"),
    *("Farah", "Felix", "Hana", "Hugo", "Ines", "Jonas", "Kenji", "Lena", "Leo", "Łukasz", "Mai"),
    *("Marta", "Mehmet", "Nadia", "Noor", "Olga", "Priya", "Ravi", "Sanne", "Søren", "Tariq"),
    *("Thuy", "Valentina", "Wei", "Yara", "Yusuf", "Zoë"),
)
LAST_NAMES = (
    *("Abe", "Adeyemi", "Ahmadi", "Bauer", "Costa", "Demir", "Dubois", "Eriksen", "Fischer"),
    *("García", "Haddad", "Ito", "Jansen", "Kaya", "Kowalski", "Li", "Lindqvist", "Mori", "Müller"),
    *("Nguyen", "Novák", "Okafor", "Patel", "Petrov", "Rao", "Rossi", "Sato", "Silva", "Singh"),
    *("Tanaka", "Tran", "Virtanen", "Weber", "Yilmaz", "Zhang"),
)


CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "deep-learning-2026"
c.AssignLatePenalties.plugin_class = "dlgrader.late.PerDayPenalty"
c.PerDayPenalty.percent_per_day = 5.0
"""


@dataclass(frozen=True)
class Learner:
    """A made-up learner: how able, and how reliable."""

    student: str
    first_name: str
    last_name: str
    ability: float
    diligence: float


def made_up_course(
    folder: Path,
    learners: int = 300,
    seed: int = 2026,
    assignments: Sequence[str] | None = None,
) -> Course:
    """Make a course folder whose gradebook holds a made-up class; there are no notebooks in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    course = Course(folder)
    new_gradebook(folder / "gradebook.db")
    with course.gradebook() as book:
        fill(book, assignment_names() if assignments is None else assignments, learners, seed)
    return course


def fill(book: Gradebook, assignments: Sequence[str], learners: int, seed: int) -> None:
    """Write the class into the gradebook; the same seed gives the same class."""
    rng = np.random.default_rng(seed)
    people = [_learner(number, rng) for number in range(learners)]
    add_students(book, people)
    records.prepare(book)
    for number, name in enumerate(assignments):
        due = FIRST_DUE + datetime.timedelta(weeks=2 * number)
        declared = load_assignment(name)
        place = add_assignment(book, declared, due)
        last = number == len(assignments) - 1
        _hand_in(book, declared, place, due, people, rng, waiting=0.3 if last else 0.0)
    book.db.commit()


def add_students(book: Gradebook, people: Sequence[Learner]) -> None:
    """Write the learners."""
    rows = [
        {"id": one.student, "first_name": one.first_name, "last_name": one.last_name}
        for one in people
    ]
    if rows:
        book.db.execute(insert(api.Student.__table__), rows)


@dataclass(frozen=True)
class Place:
    """Ids of an assignment in the gradebook: itself, its notebook, its graded cells by name."""

    assignment: str
    notebook: str
    cells: Mapping[str, str]


def add_assignment(book: Gradebook, declared: Assignment, due: datetime.datetime | None) -> Place:
    """Write an assignment as `dlgrader release` does: notebook and graded cells."""
    name = declared.name
    book.update_or_create_assignment(name, duedate=due)
    notebook = book.update_or_create_notebook(name, name)
    for exercise in declared.exercises:
        if isinstance(exercise, Written):
            book.add_solution_cell(exercise.name, name, name)
            book.add_grade_cell(
                exercise.name, name, name, max_score=exercise.max_points, cell_type="markdown"
            )
            continue
        book.add_solution_cell(exercise.name, name, name)
        book.add_grade_cell(check_cell(exercise.name), name, name, max_score=0, cell_type="code")
        points = 0 if is_bonus(exercise) else exercise.max_points
        book.add_grade_cell(
            points_cell(exercise.name), name, name, max_score=points, cell_type="code"
        )
    cells = {cell.name: cell.id for cell in notebook.grade_cells}
    return Place(book.find_assignment(name).id, notebook.id, cells)


class Submissions:
    """Rows of submissions, written at once: one by one, 300 learners take many seconds."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._rows: dict[Any, list[dict[str, Any]]] = {
            api.SubmittedAssignment.__table__: [],
            api.SubmittedNotebook.__table__: [],
            api.Grade.__table__: [],
        }

    def add(
        self,
        student: str,
        timestamp: datetime.datetime | None,
        grades: Mapping[str, Mapping[str, Any]],
        penalty: float = 0.0,
    ) -> None:
        """Take in a submission; `grades` holds columns of nbgrader's table by the cell's name."""
        place = self._place
        submitted, notebooks, graded = self._rows.values()
        about = {"id": api.new_uuid(), "assignment_id": place.assignment, "student_id": student}
        submitted.append({**about, "timestamp": timestamp})
        notebook = {
            "id": api.new_uuid(),
            "assignment_id": about["id"],
            "notebook_id": place.notebook,
            "late_submission_penalty": penalty,
        }
        notebooks.append(notebook)
        graded += [
            {
                "auto_score": None,
                "manual_score": None,
                "extra_credit": None,
                "needs_manual_grade": False,
                **grades.get(name, {}),
                "id": api.new_uuid(),
                "cell_id": cell,
                "notebook_id": notebook["id"],
            }
            for name, cell in place.cells.items()
        ]

    def write(self, book: Gradebook) -> None:
        """Write all that was taken in."""
        for table, rows in self._rows.items():
            if rows:
                book.db.execute(insert(table), rows)


# -- the model -------------------------------------------------------------------------------------


def _learner(number: int, rng: np.random.Generator) -> Learner:
    ability = rng.normal()
    return Learner(
        student=f"s{number + 1:04}",
        first_name=FIRST_NAMES[rng.integers(len(FIRST_NAMES))],
        last_name=LAST_NAMES[rng.integers(len(LAST_NAMES))],
        ability=ability,
        # The able hand in more often, but not all of them.
        diligence=2.9 + 0.6 * ability + rng.normal(),
    )


def _hand_in(
    book: Gradebook,
    declared: Assignment,
    place: Place,
    due: datetime.datetime,
    people: Sequence[Learner],
    rng: np.random.Generator,
    waiting: float,
) -> None:
    # How hard each exercise is in this class; later ones of an assignment are somewhat harder.
    count = len(declared.exercises)
    hard = {
        exercise.name: rng.normal(-0.9 + 0.9 * place_in / count, 0.6)
        for place_in, exercise in enumerate(declared.exercises)
    }
    submissions = Submissions(place)
    for one in people:
        if not _happens(one.diligence, rng):
            continue
        late = rng.exponential(2.0) if rng.random() < 0.06 else 0.0
        # In whole minutes before the due date, or in days after it.
        early = datetime.timedelta(minutes=int(rng.exponential(1500)))
        timestamp = due + datetime.timedelta(days=late) if late else due - early
        if rng.random() < 0.008:
            _fail(book, declared, place, submissions, one, timestamp)
            continue
        _grade(book, declared, submissions, one, timestamp, hard, rng, waiting, late)
    submissions.write(book)


def _fail(
    book: Gradebook,
    declared: Assignment,
    place: Place,
    submissions: Submissions,
    one: Learner,
    timestamp: datetime.datetime,
) -> None:
    grades = {name: {"needs_manual_grade": True} for name in place.cells}
    submissions.add(one.student, timestamp, grades)
    reason = "the notebook took longer than the 600 s that it may take in all"
    digest = f"made up {one.student}"
    records.save(book, Record(declared.name, one.student, FAILED, digest, reason, when=timestamp))


def _grade(
    book: Gradebook,
    declared: Assignment,
    submissions: Submissions,
    one: Learner,
    timestamp: datetime.datetime,
    hard: Mapping[str, float],
    rng: np.random.Generator,
    waiting: float,
    late: float,
) -> None:
    grades: dict[str, dict[str, Any]] = {}
    judged: dict[str, dict[str, Any]] = {}
    wait = rng.random() < waiting
    for exercise in declared.exercises:
        lead = one.ability - hard[exercise.name]
        if isinstance(exercise, Written):
            points = round(2 * exercise.max_points / (1 + np.exp(-lead + rng.normal(0, 0.7)))) / 2
            if lead < -1.2:  # left empty, which nbgrader gives 0 by itself
                grades[exercise.name] = {"auto_score": 0.0}
            elif wait:
                grades[exercise.name] = {"needs_manual_grade": True}
            else:
                grades[exercise.name] = {"manual_score": points}
            continue
        about = judged[exercise.name] = _judged(exercise, lead, rng)
        bonus = is_bonus(exercise)
        grades[check_cell(exercise.name)] = {"auto_score": 0.0}
        grades[points_cell(exercise.name)] = {
            "auto_score": 0.0 if bonus else about["points"],
            "extra_credit": about["points"] if bonus else None,
        }
    penalty = min(declared.max_points, np.ceil(late) * 0.05 * declared.max_points) if late else 0.0
    submissions.add(one.student, timestamp, grades, float(penalty))
    remarks = ["A locked cell was changed; the released one was put back."]
    records.save(
        book,
        Record(
            declared.name,
            one.student,
            GRADED,
            f"made up {one.student}",
            remarks=remarks if rng.random() < 0.01 else [],
            exercises=judged,
            when=timestamp,
        ),
    )


def _judged(exercise: Exercise, lead: float, rng: np.random.Generator) -> dict[str, Any]:
    """Return what the judge would have found; as the grader puts it into its record."""
    if isinstance(exercise, CodeExercise):
        parts, mistakes = _code(exercise, lead, rng)
    elif hasattr(exercise, "answers"):
        each = exercise.points_each
        parts = {
            letter: [each if _happens(lead + 0.6, rng) else 0.0, each]
            for letter in exercise.answers
        }
        mistakes = []
    else:
        most = exercise.max_points
        parts, mistakes = {"answer": [most if _happens(lead, rng) else 0.0, most]}, []
    return {
        "points": float(sum(points for points, _ in parts.values())),
        "max_points": exercise.max_points,
        "bonus": is_bonus(exercise),
        "mistakes": mistakes,
        "properties": parts,
    }


def _code(
    exercise: CodeExercise, lead: float, rng: np.random.Generator
) -> tuple[dict[str, list[float]], list[str]]:
    worth = {part.key: part.points for part in exercise.properties}
    if lead < 1.4 and rng.random() < (0.55 if exercise.bonus else 0.04):
        return {key: [0.0, most] for key, most in worth.items()}, []  # not tried
    if _happens(1.5 * lead, rng):
        return {key: [most, most] for key, most in worth.items()}, []
    known = [one for one in exercise.mistakes if one.loses]
    if known and rng.random() < 0.8:
        # The first that are declared are the usual ones.
        weights = 1.0 / np.arange(1, len(known) + 1) ** 1.7
        mistake = known[rng.choice(len(known), p=weights / weights.sum())]
        lost, mistakes = set(mistake.loses), [mistake.name]
    else:
        lost, mistakes = {key for key in worth if rng.random() < 0.6}, []
    return {key: [0.0 if key in lost else most, most] for key, most in worth.items()}, mistakes


def _happens(logit: float, rng: np.random.Generator) -> bool:
    return bool(rng.random() < 1.0 / (1.0 + np.exp(-logit)))
