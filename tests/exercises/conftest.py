"""The notebooks of ps4_convolution and the functions of its solution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

import nbformat
from nbformat.notebooknode import NotebookNode

from dlgrader.declarations import Assignment
from dlgrader.exercises import load_assignment
from dlgrader.generate import read_solution

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps4_convolution"


def functions_of(notebook: NotebookNode) -> dict[str, Any]:
    """Run the cells in which learners write; a cell's globals as a notebook would have them."""
    namespace: dict[str, Any] = {"np": np, "__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            exec(compile(cell.source, f"<cell {cell.id}>", "exec"), namespace)
    return namespace


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    return load_assignment(NAME)


@pytest.fixture(scope="session")
def solved() -> NotebookNode:
    return read_solution(ROOT, NAME)


@pytest.fixture(scope="session")
def released() -> NotebookNode:
    return nbformat.read(ROOT / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)


@pytest.fixture
def solution(solved: NotebookNode) -> dict[str, Any]:
    return functions_of(solved)


@pytest.fixture
def unanswered(released: NotebookNode) -> dict[str, Any]:
    return functions_of(released)
