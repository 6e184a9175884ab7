"""How good the tests are is itself tested: submissions whose right grade is known are graded.

Graded are the model solutions, the alternatives, the misconceptions, the unanswered notebook and
the hostile submissions, as a class would be: through nbgrader, in the sandbox. One submission holds
one mistake, or one alternative, of every exercise: each exercise is judged on its own, and after it
the model solution takes the place of what was tried.
"""

from __future__ import annotations

import contextlib
import copy
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell
from traitlets.config import Config

from dlcore.checks.public import load
from dlcore.checks.reporting import CheckFailed, check
from dlgrader.autograde import autograde
from dlgrader.course import CONFIG_FILE, Course, GradingError, quiet_environment
from dlgrader.declarations import Alternative, Assignment, CodeExercise, Mistake
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.generate import released_notebook, write_source
from dlgrader.hostile import FOUND, HOSTILE, Ground, Hostile, listening
from dlgrader.model import Model, load_model
from dlgrader.sample_class import solved_notebook
from dlgrader.sandbox_settings import sandbox_problem
from dlgrader.solutions import points_cell, points_of, solution_notebook
from dlgrader.tally import Tally, selfcheck_table
from dlgrader.telling import Outcome, Teller

Change = Mistake | Alternative

# An endless loop costs this much; honest code on these small arrays needs milliseconds.
_LIMITS = {"cell_seconds": 10.0, "call_seconds": 4.0}


# -- submissions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Submission:
    """A submission of which is known what it is worth.

    Attributes
    ----------
    student : str
    write : callable
        Writes it into a folder.
    judge : callable
        Takes what came of it, and a tally to enter it in.
    """

    student: str
    write: Callable[[Path], None]
    judge: Callable[[Graded, Tally], None]


@dataclass(frozen=True)
class Graded:
    """What came of a submission.

    Attributes
    ----------
    failure : str
        The log, if it could not be graded.
    scores : dict of float
        From the gradebook, by the id of the cell.
    facts : dict
        What the judge noted beside each exercise's points.
    feedback : str
        All that the autograded notebook shows.
    """

    failure: str
    scores: Mapping[str, float]
    facts: Mapping[str, Mapping[str, Any]]
    feedback: str

    def points(self, exercise: str) -> float:
        """Return the points of an exercise."""
        return self.scores.get(points_cell(exercise), 0.0)


class _Bench:
    """An assignment whose submissions are made and judged."""

    def __init__(
        self,
        declared: Assignment,
        model: Model,
        released: NotebookNode,
        solution: NotebookNode,
        course: Path,
        addresses: tuple[int, str],
    ) -> None:
        self.declared, self.model = declared, model
        self.empty, self.solved = released, solved_notebook(released, solution)
        self.ground = Ground.of(declared, self.empty, self.solved, course, addresses)

    def submissions(self, hostile: Sequence[Hostile]) -> Iterator[Submission]:
        """Yield all submissions."""
        yield self._notebook("reference", self.solved, self._judge_reference)
        yield self._notebook("unanswered", self.empty, self._judge_unanswered)
        yield from self._rounds("alternative", self._judge_alternative)
        yield from self._rounds("mistake", self._judge_mistake)
        for attack in hostile:
            yield Submission(
                f"hostile-{attack.name}",
                partial(attack.write, self.ground),
                partial(self._judge_hostile, attack),
            )

    def _notebook(
        self, student: str, notebook: NotebookNode, judge: Callable[[Graded, Tally], None]
    ) -> Submission:
        def write(folder: Path) -> None:
            nbformat.write(notebook, folder / f"{self.declared.name}.ipynb")

        return Submission(student, write, judge)

    def _rounds(
        self, kind: str, judge: Callable[[CodeExercise, Any, Graded, Tally], None]
    ) -> Iterator[Submission]:
        """Yield submissions with the first change of every exercise, with the second, …."""
        changes = {part.name: getattr(part, f"{kind}s") for part in self.declared.code}
        for number in range(max(map(len, changes.values()))):
            tried = {name: made[number] for name, made in changes.items() if number < len(made)}

            def judge_all(
                graded: Graded, tally: Tally, tried: Mapping[str, Change] = tried
            ) -> None:
                for name, change in tried.items():
                    exercise = self.declared.exercise(name)
                    assert isinstance(exercise, CodeExercise)
                    judge(exercise, change, graded, tally)

            yield self._notebook(f"{kind}-{number + 1}", self._changed(tried), judge_all)

    def _changed(self, tried: Mapping[str, Change]) -> NotebookNode:
        """Return the solved notebook with changes; each is undone when it has been judged."""
        notebook = copy.deepcopy(self.solved)
        cells = []
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if name in tried:
                exercise = self.declared.exercise(name)
                assert isinstance(exercise, CodeExercise)
                cell.source = self.model.source(exercise, tried[name])
            cells.append(cell)
            judged = name.removesuffix("-points")
            if name.endswith("-points") and judged in tried:
                cells.append(new_code_cell(self.model.cells[judged]))
        notebook.cells = cells
        return notebook

    # -- what is expected of them

    def _judge_reference(self, graded: Graded, tally: Tally) -> None:
        for exercise in self.declared.judged:
            tally.right += 1
            if graded.points(exercise.name) != exercise.max_points:
                tally.refused += 1
                self._report(tally, "model solution refused", exercise.name, graded)

    def _judge_unanswered(self, graded: Graded, tally: Tally) -> None:
        tally.wrong += 1
        if graded.failure or any(graded.scores.values()):
            tally.accepted += 1
            self._report(tally, "the unanswered notebook got points", "", graded)

    def _judge_alternative(
        self, exercise: CodeExercise, change: Alternative, graded: Graded, tally: Tally
    ) -> None:
        tally.right += 1
        if graded.points(exercise.name) != exercise.max_points:
            tally.refused += 1
            self._report(tally, f"alternative {change.name!r} refused", exercise.name, graded)

    def _judge_mistake(
        self, exercise: CodeExercise, mistake: Mistake, graded: Graded, tally: Tally
    ) -> None:
        tally.wrong += 1
        facts = graded.facts.get(exercise.name, {})
        properties = facts.get("properties", {})
        lost = {key for key, (points, most) in properties.items() if points < most}
        if not set(mistake.loses) <= lost or graded.points(exercise.name) >= exercise.max_points:
            tally.accepted += 1
            self._report(tally, f"{mistake.name!r} not found", exercise.name, graded)
        elif mistake.name not in facts.get("mistakes", ()):
            tally.unnamed += 1
            self._report(
                tally, f"{mistake.name!r} not named in the feedback", exercise.name, graded
            )
        elif mistake.says not in self._check_says(exercise, mistake):
            tally.unnamed += 1
            self._report(tally, f"{mistake.name!r} not named by the check", exercise.name, graded)

    def _judge_hostile(self, attack: Hostile, graded: Graded, tally: Tally) -> None:
        tally.hostile += 1
        most = {exercise.name: exercise.max_points for exercise in self.declared.judged}
        points = {name: graded.points(name) for name in most}
        problems = attack.problems(self.ground, points, most, graded.feedback)
        if graded.failure:
            problems.append(f"not graded: {graded.failure.splitlines()[-1]}")
        if problems:
            tally.gained += 1
            for problem in problems:
                self._report(tally, f"{attack.name}: {problem}", "", Graded("", {}, {}, ""))

    def _check_says(self, exercise: CodeExercise, mistake: Mistake) -> str:
        functions = self.model.functions(exercise, mistake)
        public = load(self.declared.name)[exercise.name]
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                check(exercise.name, functions, public.cases, public.known)
        except CheckFailed as failed:
            return " ".join(str(failed).split())
        return ""

    def _report(self, tally: Tally, what: str, exercise: str, graded: Graded) -> None:
        where = f"{self.declared.name}, {exercise}" if exercise else self.declared.name
        why = f" ({graded.failure.splitlines()[-1]})" if graded.failure else ""
        tally.problems.append(f"{where}: {what}{why}")


# -- grading them ----------------------------------------------------------------------------------


def selfcheck(
    course: Course, teller: Teller, names: Sequence[str] = (), jobs: int | None = None
) -> Outcome:
    """Grade submissions of known worth; print a table and what was judged wrongly.

    Parameters
    ----------
    course : Course
        Where the text of the assignments stands, if not in this package.
    teller : Teller
    names : sequence of str
        The assignments; by default all.
    jobs : int, optional
        Processes that grade side by side; by default one for each core.

    Returns
    -------
    Outcome
        Ok if nothing was judged wrongly.

    Raises
    ------
    GradingError
        If the sandbox can't be used here.
    """
    names = names or assignment_names()
    problem = sandbox_problem(Config())
    if problem:
        raise GradingError(problem)
    teller.say(f"selfcheck of {', '.join(names)}")
    tallies = {}
    with tempfile.TemporaryDirectory(prefix="selfcheck_") as temporary, listening() as addresses:
        folder = Path(temporary)
        with quiet_environment(folder / "home"), _secret():
            root = folder / "course"
            root.mkdir()
            shutil.copy(course.root / CONFIG_FILE, root)
            made_up = Course(root, {"RunInSandbox": {"limits": _LIMITS}})
            for number, name in enumerate(names):
                bench = _set_up(course.root, made_up, name, addresses)
                # The attacks are shared out among the assignments.
                submissions = list(bench.submissions(HOSTILE[number :: len(names)]))
                tallies[name] = _grade_all(made_up, teller, bench.declared, submissions, jobs)
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    teller.say("")
    teller.say(selfcheck_table({**tallies, "total": total}))
    for wrong in total.problems:
        teller.say(f"WRONG  {wrong}")
    return Outcome(total.faultless, {name: asdict(tally) for name, tally in tallies.items()})


@contextlib.contextmanager
def _secret() -> Iterator[None]:
    """Put something into the environment that attacks look for."""
    before = os.environ.get("COURSE_SECRET")
    os.environ["COURSE_SECRET"] = FOUND
    try:
        yield
    finally:
        if before is None:
            del os.environ["COURSE_SECRET"]
        else:
            os.environ["COURSE_SECRET"] = before


def _set_up(source: Path, course: Course, name: str, addresses: tuple[int, str]) -> _Bench:
    declared = load_assignment(name)
    write_source(source, name, course.root)
    course.generate_assignment(name)
    released = nbformat.read(released_notebook(course.root, name), as_version=4)
    solution = solution_notebook(source, declared)
    return _Bench(declared, load_model(name), released, solution, course.root, addresses)


def _grade_all(
    course: Course,
    teller: Teller,
    declared: Assignment,
    submissions: Sequence[Submission],
    jobs: int | None,
) -> Tally:
    """Have the submissions graded as those of a class are, and judge what came of it."""
    name, tally = declared.name, Tally()
    for submission in submissions:
        folder = course.submission("submitted", submission.student, name)
        folder.mkdir(parents=True)
        submission.write(folder)
    failed = autograde(course, teller, name, jobs=jobs).facts["failed"]
    with course.gradebook() as book:
        for submission in submissions:
            student = submission.student
            path = course.submission("autograded", student, name) / f"{name}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            scores = {
                cell: float(book.find_grade(cell, name, name, student).score)
                for cell in points_of(declared)
            }
            submission.judge(
                Graded(
                    failed.get(student, ""), scores, _facts(notebook, declared), _shown(notebook)
                ),
                tally,
            )
    return tally


def _facts(notebook: NotebookNode, declared: Assignment) -> dict[str, Mapping[str, Any]]:
    """Return what the judge noted; what learners write into their own outputs does not count."""
    exercises = {points_cell(exercise.name): exercise.name for exercise in declared.judged}
    return {
        exercises[name]: noted
        for cell in notebook.cells
        for name in [cell.metadata.get("nbgrader", {}).get("grade_id")]
        for output in (cell.get("outputs", []) if name in exercises else [])
        for noted in [output.get("metadata", {}).get("dlgrader")]
        if noted
    }


def _shown(notebook: NotebookNode) -> str:
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {}).get("text/plain", "")
            texts += [output.get("text", ""), output.get("evalue", ""), shown]
            texts += output.get("traceback", [])
    return "\n".join(texts)
