"""nbgrader's steps that this course replaces: running the notebook, and saving bonus points."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, TraitError, validate

from dlgrader.course import GradingError
from dlgrader.declarations import Assignment
from dlgrader.execution import run_and_judge
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.model import Model, load_model
from dlgrader.sandbox import Backend, Bubblewrap, Limits, Unconfined
from dlgrader.solutions import SolutionTextError, points_cell

Resources = Any
Pair = tuple[NotebookNode, Resources]

_LIMITS = {field.name for field in fields(Limits)}


def sandbox_problem(config: Any) -> str:
    """Return why submissions can't be run with these settings; empty if they can."""
    if config.RunInSandbox.get("sandbox", True) is False:
        return ""
    return Bubblewrap().problem()


def declaration_of(assignment: str, notebook: str) -> Assignment | None:
    """Return the declaration; None for an assignment that is not the course's own."""
    if assignment in assignment_names() and notebook == assignment:
        return load_assignment(assignment)
    return None


def bonus_points(nb: NotebookNode, declared: Assignment) -> dict[str, float]:
    """Return the bonus points that the judge gave, by the id of the cell."""
    names = {points_cell(exercise.name) for exercise in declared.code if exercise.bonus}
    found = {}
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        for output in cell.get("outputs", []) if name in names else []:
            facts = output.get("metadata", {}).get("dlgrader")
            if facts:
                found[name] = facts["points"]
    return found


class RunInSandbox(NbGraderPreprocessor):
    """Run the notebook in the sandbox and judge its exercises; instead of nbgrader's `Execute`."""

    sandbox = Bool(
        True,
        help="Whether learners' code is confined. Without, it can do whatever you can do: read the "
        "solutions, change the gradebook, delete your files. Only for notebooks that you trust.",
    ).tag(config=True)

    limits = Dict(
        help=f"Limits that differ from the usual ones, by name: {', '.join(sorted(_LIMITS))}."
    ).tag(config=True)

    @validate("limits")
    def _known_limits(self, proposal: Any) -> Any:
        unknown = sorted(set(proposal["value"]) - _LIMITS)
        if unknown:
            raise TraitError(
                f"RunInSandbox.limits has no {', '.join(unknown)}; there is "
                f"{', '.join(sorted(_LIMITS))}"
            )
        return proposal["value"]

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Pair:
        """Run and judge; all outputs are replaced."""
        backend = self._backend()
        problem = backend.problem()
        if problem:
            raise GradingError(problem)
        about = resources["nbgrader"]
        declared = declaration_of(about["assignment"], about["notebook"])
        folder = resources.get("metadata", {}).get("path")
        run_and_judge(
            nb,
            declared,
            backend,
            replace(Limits(), **self.limits),
            self._model(declared),
            Path(folder) if folder else None,
        )
        return nb, resources

    def _backend(self) -> Backend:
        if not self.sandbox:
            return Unconfined()
        # nbgrader works in the course's folder.
        hidden = [Path.cwd()]
        exchange = self.config.Exchange.get("root")
        if isinstance(exchange, str) and exchange:
            hidden.append(Path(exchange))
        return Bubblewrap(hide=hidden)

    def _model(self, declared: Assignment | None) -> Model | None:
        if declared is None:
            return None
        try:
            return load_model(declared.name)
        except SolutionTextError as error:
            self.log.warning("Misconceptions are not named: %s", error)
            return None


class SaveBonus(NbGraderPreprocessor):
    """Save bonus points as extra credit; nbgrader's own cells can't be worth more than they say."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Pair:
        """Write the extra credit of each bonus cell into the gradebook."""
        about = resources["nbgrader"]
        declared = declaration_of(about["assignment"], about["notebook"])
        bonus = bonus_points(nb, declared) if declared else {}
        if bonus:
            with Gradebook(about["db_url"]) as book:
                for name, points in bonus.items():
                    grade = book.find_grade(
                        name, about["notebook"], about["assignment"], about["student"]
                    )
                    grade.extra_credit = points
                book.db.commit()
        return nb, resources
