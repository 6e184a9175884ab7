"""The notebooks of every assignment: the instructor's, and the one that is handed out."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

import nbformat
from nbformat.notebooknode import NotebookNode

from dlgrader.declarations import Assignment
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.solutions import solution_notebook

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", params=assignment_names())
def assignment(request) -> Assignment:
    return load_assignment(request.param)


@pytest.fixture(scope="session")
def solved(assignment) -> NotebookNode:
    return solution_notebook(ROOT, assignment)


@pytest.fixture(scope="session")
def released(assignment) -> NotebookNode:
    path = ROOT / "exercises" / assignment.name / f"{assignment.name}.ipynb"
    return nbformat.read(path, as_version=4)
