"""The notebook from top to bottom in a kernel: with the solutions, and as it is handed out."""

from __future__ import annotations

import copy
import re

import pytest
from nbclient import NotebookClient


def run(notebook, monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    notebook = copy.deepcopy(notebook)
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
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


def pictures_of(notebook):
    return [
        out
        for cell in notebook.cells
        for out in cell.get("outputs", [])
        if "image/png" in out.get("data", {})
    ]


def test_with_solutions(solved, monkeypatch, tmp_path):
    done = run(solved, monkeypatch, tmp_path)
    assert errors_of(done) == {}
    assert len(pictures_of(done)) == 2
    points = {
        cell.id: [
            out.data["text/plain"] for out in cell.outputs if out.output_type == "execute_result"
        ]
        for cell in done.cells
        if cell.id.endswith("-points")
    }
    assert [float(value) for (value,) in points.values()] == [4, 10, 8, 6, 8, 8, 4, 4]
    (accuracy,) = re.findall(r"([\d.]+)% of the 360 test images", text_of(done.cells[-1]))
    assert float(accuracy) > 80


def test_as_handed_out(released, monkeypatch, tmp_path):
    done = run(released, monkeypatch, tmp_path)
    failed = errors_of(done)
    assert set(failed) == {cell.id for cell in done.cells if cell.id.endswith("-check")}
    assert {error.ename for error in failed.values()} == {"CheckFailed"}
    assert all(len(error.traceback) <= 11 for error in failed.values())
    assert "This cell needs your conv_forward." in text_of(done.cells[-1])
    assert "This cell needs your conv_forward." in text_of(done.cells[-3])
    assert pictures_of(done) == []


@pytest.fixture(autouse=True)
def _needs_a_kernel():
    pytest.importorskip("ipykernel", reason="needs the extra 'grading'")
