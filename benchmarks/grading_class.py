"""Made-up learners in any number: what they hand in is known, and the same each time.

A class is a mixture: the model solution, alternatives, misconceptions, answers left out, whole
notebooks left as they were, code that does not run, files that are no notebooks, late ones, and one
that takes its time. The n-th learner of a seed hands in the same whatever the size of the class.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from dlgrader.course import Course
from dlgrader.declarations import Assignment, CodeExercise
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.generate import released_notebook, source_notebook
from dlgrader.model import Model, load_model
from dlgrader.sample_class import solved_notebook
from dlgrader.solutions import solution_notebook

ROOT = Path(__file__).resolve().parents[1]

DUE = datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC)
SLOW = 1  # the number of the learner whose notebook waits a while

# How often each kind of submission comes, of a hundred.
KINDS = {
    "solved": 25,
    "alternatives": 15,
    "misconceptions": 30,
    "partly": 12,
    "unanswered": 4,
    "syntax error": 5,
    "no notebook": 3,
    "cut off": 3,
    "another name": 3,
}
_LATE = 0.15
_WRITES = 0.7  # of those who hand in anything, how many answer a question in words

Cells = dict[str, str]


@dataclass(frozen=True)
class Learner:
    """A made-up learner and what they handed in.

    Attributes
    ----------
    name : str
    kind : str
        A key of `KINDS`, or "slow".
    when : datetime
    files : dict of bytes
        By name.
    """

    name: str
    kind: str
    when: datetime
    files: Mapping[str, bytes]

    @property
    def late(self) -> bool:
        """Whether it came after `DUE`."""
        return self.when > DUE

    def write(self, folder: Path) -> None:
        """Write the files, and the time as nbgrader's exchange does."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        stamp = self.when.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        (folder / "timestamp.txt").write_text(stamp, encoding="ascii")


def made_up(course: Course, assignment: str, count: int, seed: int = 0) -> list[Learner]:
    """Return so many learners with what they hand in.

    Parameters
    ----------
    course : Course
        With the assignment generated. If the assignment is one of this package's, the learners know
        its misconceptions; otherwise they solve, empty or spoil the cells marked for a solution.
    assignment : str
    count : int
    seed : int
    """
    author = _author(course, assignment)
    return [learner(author, number, seed) for number in range(count)]


def make_class(course: Course, assignment: str, count: int, seed: int = 0) -> list[Learner]:
    """Write the submissions of made-up learners into the course's submitted folder."""
    learners = made_up(course, assignment, count, seed)
    for one in learners:
        one.write(course.submission("submitted", one.name, assignment))
    return learners


def learner(author: Author, number: int, seed: int = 0) -> Learner:
    """Return the learner of that number."""
    rng = random.Random(f"{seed} {author.assignment} {number}")
    kind = rng.choices(list(KINDS), weights=list(KINDS.values()))[0]
    late = rng.random() < _LATE
    minutes = rng.uniform(1, 4 * 24 * 60)
    when = DUE + timedelta(minutes=minutes if late else -minutes)
    if number == SLOW:
        kind = "slow"
    return Learner(f"learner{number:04}", kind, when, author.files(kind, rng))


class Author:
    """Writes submissions of one assignment.

    Parameters
    ----------
    assignment : str
    released : mapping
        The learners' notebook, as plain JSON.
    answers : dict of str
        The right answers by the id of the cell.
    questions : sequence of str
        The ids of the cells for answers in words.
    vary : callable
        Takes the kind, a cell's id, its right answer and a random generator; returns the cell as an
        alternative or a misconception has it.
    """

    def __init__(
        self,
        assignment: str,
        released: Mapping[str, Any],
        answers: Cells,
        questions: Sequence[str],
        vary: Callable[[str, str, str, random.Random], str],
    ) -> None:
        self.assignment, self.answers, self.vary = assignment, answers, vary
        self.questions = questions
        self._released = json.dumps(released)

    def files(self, kind: str, rng: random.Random) -> dict[str, bytes]:
        """Return the files of a submission of that kind."""
        if kind == "no notebook":
            return {"notes.txt": b"I could not open the notebook.\n"}
        text = self._notebook(self._cells(kind, rng))
        if kind == "cut off":
            text = text[: rng.randrange(len(text) // 2)]
        name = "Untitled" if kind == "another name" else self.assignment
        return {f"{name}.ipynb": text}

    def _cells(self, kind: str, rng: random.Random) -> Cells:
        if kind == "unanswered":
            return {}
        cells = dict(self.answers)
        if kind == "partly":
            for name in rng.sample(sorted(cells), rng.randint(1, len(cells))):
                del cells[name]
        elif kind in ("alternatives", "misconceptions"):
            most = len(cells) if kind == "alternatives" else max(1, len(cells) // 2)
            for name in rng.sample(sorted(cells), rng.randint(1, most)):
                cells[name] = self.vary(kind, name, cells[name], rng)
        elif kind == "syntax error":
            name = rng.choice(sorted(cells))
            cells[name] = f"{cells[name]}\n    )"
        elif kind == "slow":
            first = min(cells)
            cells[first] = f"import time\n\ntime.sleep(0.3)\n\n\n{cells[first]}"
        for name in self.questions:
            if rng.random() < _WRITES:
                cells[name] = f"Because of reason {rng.randint(1, 99)}."
        return cells

    def _notebook(self, cells: Cells) -> bytes:
        notebook = json.loads(self._released)
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = cells.get(name, cell["source"])
        return json.dumps(notebook, indent=1).encode()


def _author(course: Course, assignment: str) -> Author:
    released = nbformat.read(released_notebook(course.root, assignment), as_version=4)
    if assignment in assignment_names():
        declared = load_assignment(assignment)
        solution = _solution(assignment)
        vary = _Variations(declared, load_model(assignment))
    else:
        solution = nbformat.read(source_notebook(course.root, assignment), as_version=4)
        vary = _spoil
    solved = solved_notebook(released, solution)
    to_fill = [cell for cell in solved.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source for cell in to_fill if cell.cell_type == "code"
    }
    questions = [
        cell.metadata.nbgrader.grade_id for cell in to_fill if cell.cell_type == "markdown"
    ]
    return Author(assignment, released, answers, questions, vary)


@cache
def _solution(assignment: str) -> Any:
    return solution_notebook(ROOT, load_assignment(assignment))


class _Variations:
    """Alternatives and misconceptions of a declared assignment."""

    def __init__(self, declared: Assignment, model: Model) -> None:
        self.code = {exercise.name: exercise for exercise in declared.code}
        self.model = model

    def __call__(self, kind: str, name: str, answer: str, rng: random.Random) -> str:
        exercise = self.code.get(name)
        if exercise is None:
            return answer
        return self.model.source(exercise, rng.choice(self._changes(kind, exercise)))

    @staticmethod
    def _changes(kind: str, exercise: CodeExercise) -> Any:
        return exercise.alternatives if kind == "alternatives" else exercise.mistakes


def _spoil(kind: str, _name: str, answer: str, _rng: random.Random) -> str:
    """Return an answer with a wrong number, or with a remark, for an assignment of any kind."""
    if kind == "alternatives":
        return f"# My own way.\n{answer}"
    return answer.replace("2", "3") if "2" in answer else "raise ValueError('I do not know.')"
