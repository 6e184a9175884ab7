"""Run a learner's notebook in the sandbox and have its exercises judged where they stand.

Cells run in order in one session. A cell that holds an exercise's points is not run: there the
judge works, on a copy of the session that is thrown away afterwards. If the session dies, a new one
runs the earlier cells again, without the one that killed it, and the rest of the notebook goes on.
"""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict
from nbformat.v4 import new_output

from dlgrader.declarations import Assignment, Judged, is_bonus
from dlgrader.judge import Bench, Verdict, judge, nothing
from dlgrader.model import Model
from dlgrader.sandbox import Backend, Limits, SandboxError, Session, SessionEnded
from dlgrader.solutions import check_cell, points_cell
from dlgrader.withheld import WITHHELD, edition

_RESTARTS = 8
# What every notebook of the course imports; it shall not count as a learner's time.
_PRELOADED = ("matplotlib.pyplot",)

log = logging.getLogger(__name__)


class _GaveUpError(Exception):
    """Nothing more is run of this notebook; the message says why."""


@dataclass
class _Notebook:
    """A notebook while it runs.

    Attributes
    ----------
    preload : tuple of str
        Modules that are imported before the first cell.
    played : list of str
        Source of the cells that ran, and are run again after a restart.
    """

    backend: Backend
    limits: Limits
    edition: Path | None
    files: Path | None
    deadline: float
    preload: tuple[str, ...]
    session: Session | None = None
    played: list[str] = field(default_factory=list)
    restarts: int = -1

    def ready(self) -> Session:
        """Return a session in which all cells so far have run."""
        if self.session is not None and self.session.ended:
            self.end()  # a graded function ended it in its last call
        while self.session is None:
            self.restarts += 1
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise _GaveUpError(
                    f"The whole notebook took longer than {self.limits.notebook_seconds:g} s."
                )
            if self.restarts > _RESTARTS:
                raise _GaveUpError("The process was ended too often; the rest was not run.")
            limits = replace(self.limits, notebook_seconds=left)
            self.session = Session(
                self.backend, limits, self.edition, self.files, preload=self.preload
            )
            for number, source in enumerate(self.played):
                try:
                    self.session.run_cell(source)
                except SessionEnded:
                    # It went well before: the cell depends on chance or on the time.
                    del self.played[number]
                    self.end()
                    break
        return self.session

    def end(self) -> None:
        """Close the session; the next call of `ready` starts another."""
        if self.session is not None:
            self.session.close()
            self.session = None

    def branch(self) -> AbstractContextManager[Bench]:
        """Return a bench at this point of the notebook, for the judge."""
        return self.ready().branch()


def run_and_judge(
    notebook: NotebookNode,
    declared: Assignment | None,
    backend: Backend,
    limits: Limits,
    model: Model | None = None,
    files: Path | None = None,
) -> dict[str, Verdict]:
    """Run a notebook's cells, judge its exercises, and write all outputs into it.

    Parameters
    ----------
    notebook : NotebookNode
        Its code cells get new outputs.
    declared : Assignment, optional
        Without, all cells are run and nothing is judged, as for an assignment with tests of its
        own.
    backend, limits
        Where the cells run.
    model : Model, optional
        Needed to name misconceptions.
    files : Path, optional
        A folder whose files lie beside the notebook.

    Returns
    -------
    dict of Verdict
        By the name of the exercise.
    """
    judged = {points_cell(part.name): part for part in declared.judged} if declared else {}
    skipped = _skipped(notebook, declared)
    run = _Notebook(
        backend,
        limits,
        edition(WITHHELD.get(declared.name, ()) if declared else ()),
        files,
        time.monotonic() + limits.notebook_seconds,
        _PRELOADED if declared else (),
    )
    verdicts: dict[str, Verdict] = {}
    gave_up = ""
    try:
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.outputs, cell.execution_count = [], None
            if name in judged:
                exercise = judged[name]
                verdict = _judge(exercise, run, declared, model, gave_up)
                verdicts[exercise.name] = verdict
                cell.outputs = verdict_outputs(exercise, verdict)
            elif name not in skipped:
                gave_up = gave_up or _run_cell(cell, run)
                if gave_up and not cell.outputs:
                    cell.outputs = [_error("NotRun", gave_up)]
    finally:
        run.end()
    return verdicts


def _skipped(notebook: NotebookNode, declared: Assignment | None) -> set[str]:
    """Return the ids of the cells that are of no use for grading: checks and closing figures."""
    if declared is None:
        return set()
    ids = {cell.metadata.get("nbgrader", {}).get("grade_id") or "" for cell in notebook.cells}
    checks = {check_cell(exercise.name) for exercise in declared.exercises}
    return checks | {name for name in ids if name.endswith("-figure")}


def _run_cell(cell: NotebookNode, run: _Notebook) -> str:
    """Run a cell; return why nothing more can be run, or an empty string."""
    if not cell.source.strip():
        return ""
    try:
        result = run.ready().run_cell(cell.source)
    except SessionEnded as ended:
        run.end()
        cell.outputs = [_error("ProcessEnded", str(ended))]
        return ""
    except _GaveUpError as reason:
        return str(reason)
    run.played.append(cell.source)
    cell.outputs, cell.execution_count = from_dict(result.outputs), result.execution_count
    return ""


def _judge(
    exercise: Judged,
    run: _Notebook,
    declared: Assignment | None,
    model: Model | None,
    gave_up: str,
) -> Verdict:
    if gave_up or declared is None:
        return nothing(exercise, gave_up)
    try:
        return judge(exercise, run, declared.seed, model)
    except SessionEnded as ended:
        run.end()
        return nothing(exercise, str(ended))
    except _GaveUpError as reason:
        return nothing(exercise, str(reason))
    except SandboxError:
        raise
    except Exception:  # our own fault; the other exercises are judged all the same
        log.exception("%s could not be judged", exercise.name)
        said = "The grader failed on this answer. A person has to look at it."
        return replace(nothing(exercise, said), failed=True)


def verdict_outputs(exercise: Judged, verdict: Verdict) -> list[NotebookNode]:
    """Return the outputs of the cell that holds an exercise's points.

    nbgrader takes the number as the cell's points. Bonus points go another way, see
    `dlgrader.batch.marks`.
    """
    bonus = is_bonus(exercise)
    data = {"text/plain": repr(0.0 if bonus else verdict.points)}
    facts: dict[str, Any] = {
        "points": verdict.points,
        "max_points": verdict.max_points,
        "bonus": bonus,
        "failed": verdict.failed,
        "mistakes": list(verdict.mistakes),
        "properties": {part.key: [part.points, part.max_points] for part in verdict.properties},
        "details": [asdict(part) for part in verdict.properties],
    }
    return [
        new_output("stream", name="stdout", text=f"{verdict}\n"),
        new_output("execute_result", data=data, metadata={"dlgrader": facts}),
    ]


def _error(kind: str, text: str) -> NotebookNode:
    return new_output("error", ename=kind, evalue=text, traceback=text.splitlines() or [""])
