"""The notebooks from top to bottom in a kernel: with the solutions, and as they are handed out."""

from __future__ import annotations

import copy
import time

import pytest
from nbclient import NotebookClient

from dlgrader.declarations import Written

_MINUTES = 3


def run(notebook, monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    notebook = copy.deepcopy(notebook)
    NotebookClient(
        notebook, timeout=60 * _MINUTES, kernel_name="python3", allow_errors=True
    ).execute()
    return notebook


def text_of(cell):
    return "".join(out.text for out in cell.outputs if out.output_type == "stream")


def errors_of(notebook):
    return {
        cell.id: out
        for cell in notebook.cells
        for out in cell.get("outputs", [])
        if out.output_type == "error"
    }


def pictures_of(cell):
    return [out for out in cell.outputs if "image/png" in out.get("data", {})]


def figures_in(notebook):
    return [cell for cell in notebook.cells if cell.id.endswith("-figure")]


def test_with_solutions(solved, monkeypatch, tmp_path):
    started = time.monotonic()
    done = run(solved, monkeypatch, tmp_path)
    assert errors_of(done) == {}
    assert time.monotonic() - started < 60 * _MINUTES
    assert figures_in(done)
    for cell in figures_in(done):
        assert len(pictures_of(cell)) >= 1, cell.id
        assert "This cell needs" not in text_of(cell)


def test_as_handed_out(assignment, released, monkeypatch, tmp_path):
    done = run(released, monkeypatch, tmp_path)
    failed = errors_of(done)
    asked = [part.name for part in assignment.exercises if not isinstance(part, Written)]
    assert set(failed) == {f"{name}-check" for name in asked}
    assert {error.ename for error in failed.values()} == {"CheckFailed"}
    assert all(len(error.traceback) <= 12 for error in failed.values())
    for cell in figures_in(done):
        if cell.id == "regions-figure":  # the pictures of a question, which need nothing
            assert pictures_of(cell)
        else:
            said = "This cell needs your", "This cell shows the networks of the cell above."
            assert text_of(cell).startswith(said)
            assert pictures_of(cell) == []


@pytest.fixture(autouse=True)
def _needs_a_kernel():
    pytest.importorskip("ipykernel", reason="needs the extra 'grading'")
