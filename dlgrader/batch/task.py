"""Grading one submission: from the learner's bytes to the executed notebook and its marks.

`grade` needs neither gradebook nor course folder, so it can run in any process, on any machine that
has this package and a sandbox.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import IgnorePattern, LimitOutput
from traitlets.config import Config

from dlgrader.batch.marks import Marks, exercises_of, marks_of, no_marks
from dlgrader.batch.released import ReleasedNotebook
from dlgrader.batch.submissions import NotebookFile
from dlgrader.declarations import Assignment
from dlgrader.execution import run_and_judge
from dlgrader.exercises import declaration_of
from dlgrader.intake import Intake, about_cell, read_content, restore, unreadable
from dlgrader.model import Model, load_model
from dlgrader.sandbox import SandboxError
from dlgrader.sandbox_settings import RunInSandbox
from dlgrader.solutions import SolutionTextError

log = logging.getLogger(__name__)

SETTINGS = ("RunInSandbox", "LimitOutput", "IgnorePattern")
"""The parts of nbgrader_config.py that a task needs."""


@dataclass(frozen=True)
class Task:
    """One submission to grade.

    Attributes
    ----------
    assignment, student : str
    notebooks : tuple of pairs
        What was released, and the learner's file.
    files : mapping of bytes
        Other files beside the notebook, by their path.
    settings : mapping
        Those of `SETTINGS`, by class and name.
    hide : tuple of str
        Folders that must not be seen in the sandbox.
    """

    assignment: str
    student: str
    notebooks: tuple[tuple[ReleasedNotebook, NotebookFile], ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hide: tuple[str, ...] = ()


@dataclass(frozen=True)
class GradedNotebook:
    """A notebook that was run and judged, as text, and its marks."""

    text: str
    marks: Marks


@dataclass(frozen=True)
class Graded:
    """What came of a task.

    Attributes
    ----------
    notebooks : mapping of GradedNotebook
        By name; if grading failed, without outputs and points.
    exercises : mapping
        What the judge found, as in `dlgrader.records.Record`.
    remarks : tuple of str
        What was odd about the files.
    failure : str
        Why grading failed; empty if it did not.
    seconds : float
    """

    notebooks: Mapping[str, GradedNotebook]
    exercises: Mapping[str, Mapping[str, Any]]
    remarks: tuple[str, ...] = ()
    failure: str = ""
    seconds: float = 0.0


def grade(task: Task) -> Graded:
    """Run and judge a submission; whatever goes wrong is named in the outcome."""
    began = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="dlgrader-files-") as temporary:
            folder = _unpack(task.files, Path(temporary))
            found = [_graded(task, *pair, folder) for pair in task.notebooks]
    except SandboxError as error:
        return ungraded(task, str(error))
    except Exception as error:  # our own fault; the rest of the class is graded all the same
        log.exception("%s of %s could not be graded", task.assignment, task.student)
        return ungraded(task, f"the grader failed: {type(error).__name__}: {error}")
    names = [released.name for released, _ in task.notebooks]
    return Graded(
        {name: graded for name, (graded, _, _) in zip(names, found, strict=True)},
        {name: facts for _, exercises, _ in found for name, facts in exercises.items()},
        tuple(remark for _, _, remarks in found for remark in remarks),
        seconds=time.perf_counter() - began,
    )


def ungraded(task: Task, reason: str) -> Graded:
    """Return the outcome of a task that failed: the notebook as it came in, with the reason."""
    notebooks = {}
    for released, file in task.notebooks:
        taken = _take_in(released, file)
        said = f"This submission could not be graded yet: {reason}"
        taken.remarks.insert(0, said)
        notebooks[released.name] = GradedNotebook(
            _text(_with_remarks(taken)), no_marks(taken.notebook, said)
        )
    return Graded(notebooks, {}, failure=reason)


def _graded(
    task: Task, released: ReleasedNotebook, file: NotebookFile, folder: Path | None
) -> tuple[GradedNotebook, dict[str, Any], list[str]]:
    taken = _take_in(released, file)
    config = Config({name: dict(part) for name, part in task.settings.items()})
    declared = declaration_of(task.assignment, released.name)
    resources = ResourcesDict(nbgrader={"student": task.student, "notebook": released.name})
    notebook = _with_remarks(taken)
    sandbox = RunInSandbox(config=config)
    run_and_judge(
        notebook,
        declared,
        sandbox.backend(task.hide),
        sandbox.all_limits(),
        _model(declared),
        folder,
    )
    _tidy(notebook, resources, config)
    marks = marks_of(notebook, declared, taken)
    return GradedNotebook(_text(notebook), marks), exercises_of(notebook, declared), taken.remarks


def _take_in(released: ReleasedNotebook, file: NotebookFile) -> Intake:
    """Bring what was handed in together with what was released."""
    known = {cell.name for cell in released.cells}
    taken = unreadable(file.reason) if file.reason else read_content(file.content, known)
    cells, remarks = restore(taken.notebook.cells, released.cells)
    taken.notebook.cells = cells
    taken.remarks = [
        *([file.remark] if file.remark else []),
        *taken.remarks,
        # Of a file that could not be read, everything is missing.
        *(remarks if taken.readable else []),
    ]
    if released.kernelspec:
        taken.notebook.metadata["kernelspec"] = nbformat.from_dict(released.kernelspec)
    return taken


def _with_remarks(taken: Intake) -> NotebookNode:
    """Return the notebook with a first cell that says what was odd, if anything was."""
    if taken.remarks:
        used = {cell.id for cell in taken.notebook.cells}
        number, name = 1, "about-this-file"
        while name in used:
            number += 1
            name = f"about-this-file-{number}"
        taken.notebook.cells.insert(0, about_cell(taken.remarks, name))
    return taken.notebook


def _tidy(notebook: NotebookNode, resources: Any, config: Config) -> None:
    """Bring the outputs into the form that nbgrader counts with."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                # On stderr, a warning would cost a graded cell its points.
                output.name = "stdout"
    for kind in (IgnorePattern, LimitOutput):
        kind(config=config)(notebook, resources)


def _unpack(files: Mapping[str, bytes], folder: Path) -> Path | None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder if files else None


def _text(notebook: NotebookNode) -> str:
    return f"{nbformat.writes(notebook).rstrip()}\n"


@cache
def _named_by(assignment: str) -> Model | None:
    try:
        return load_model(assignment)
    except SolutionTextError as error:
        log.warning("Misconceptions are not named: %s", error)
        return None


def _model(declared: Assignment | None) -> Model | None:
    return _named_by(declared.name) if declared else None
