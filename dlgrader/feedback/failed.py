"""Feedback for those whose grading failed, too: nbgrader writes none where there is no notebook.

`install` replaces two functions of nbgrader's `GenerateFeedback`.
"""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateFeedback, base

from dlgrader import records
from dlgrader.intake.files import Unreadable, read_regular_file

# What the exchange needs to bring a page to its learner.
_PAPERS = ("timestamp.txt", "submission_secret.txt")
_MOST = 1_000

_find_notebooks, _begin = base.BaseConverter.init_notebooks, base.BaseConverter.init_assignment


def install() -> None:
    """Put the functions of this module into nbgrader; a second time does nothing more."""
    GenerateFeedback.init_notebooks = init_notebooks
    GenerateFeedback.init_assignment = init_assignment


def init_notebooks(self: Any) -> None:
    """Find the graded notebooks, and put beside them those that could not be graded."""
    missing = _failed_without_notebook(self)
    try:
        _find_notebooks(self)
    except base.NbGraderException:
        if not missing:
            raise
    self.assignments = {**self.assignments, **missing}


def _failed_without_notebook(self: Any) -> dict[str, list[str]]:
    coursedir = self.coursedir
    assignment = coursedir.assignment_id
    with Gradebook(coursedir.db_url, coursedir.course_id) as book:
        try:
            notebooks = [notebook.name for notebook in book.find_assignment(assignment).notebooks]
        except MissingEntry:
            return {}
        failed = records.failed_students(book, assignment)
    wanted = [name for name in notebooks if fnmatch.fnmatch(name, coursedir.notebook_id)]
    found = {}
    for student in failed:
        folder = Path(self._format_source(assignment, student))
        if fnmatch.fnmatch(student, coursedir.student_id) and not any(folder.glob("*.ipynb")):
            found[str(folder)] = [str(folder / f"{name}.ipynb") for name in wanted]
    return found


def init_assignment(self: Any, assignment_id: str, student_id: str) -> None:
    """Copy the files beside the notebook; of a failed submission, what the exchange needs."""
    folder = Path(self._format_source(assignment_id, student_id))
    if folder.is_dir():
        _begin(self, assignment_id, student_id)
    destination = Path(self._format_dest(assignment_id, student_id))
    destination.mkdir(parents=True, exist_ok=True)
    coursedir = self.coursedir
    submitted = Path(
        coursedir.format_path(coursedir.submitted_directory, student_id, assignment_id)
    )
    for name in _PAPERS:
        if not (destination / name).exists():
            try:
                content = read_regular_file(submitted / name, _MOST)
            except Unreadable:
                continue
            (destination / name).write_bytes(content)
