"""Plain nbgrader with the course's settings: validate, and submissions that were tampered with."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from dlgrader.course import Course
from dlgrader.generate import write_source
from dlgrader.sample_class import fill_in, load_class

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps4_convolution"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def course(tmp_path_factory, module_monkeypatch) -> Course:
    """A course folder in which the assignment is generated."""
    home = tmp_path_factory.mktemp("home")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        module_monkeypatch.setenv(name, str(home / name.lower()))
    (home / "jupyter_runtime_dir").mkdir()
    module_monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    write_source(ROOT, NAME, root)
    course = Course(root, {"Exchange": {"root": str(home / "exchange")}})
    course.generate_assignment(NAME)
    return course


@pytest.fixture(scope="module")
def module_monkeypatch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def perfect(course):
    """The released notebook with the answers of ada."""
    path = course.root / "perfect.ipynb"
    shutil.copy(course.root / "exercises" / NAME / f"{NAME}.ipynb", path)
    (ada,) = [learner for learner in load_class(ROOT, NAME) if learner.name == "ada"]
    fill_in(path, ada, ROOT, NAME)
    return nbformat.read(path, as_version=4)


def grade(course, student, notebook):
    folder = course.submission("submitted", student, NAME)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    assert course.autograde(NAME, student) == ""
    with course.gradebook() as book:
        submission = book.find_submission_notebook(NAME, NAME, student)
        return {grade.name: (grade.auto_score, grade.max_score) for grade in submission.grades}


def test_generate_by_nbgrader_gives_the_committed_notebook(course):
    made = (course.root / "exercises" / NAME / f"{NAME}.ipynb").read_text()
    assert made == (ROOT / "exercises" / NAME / f"{NAME}.ipynb").read_text()


def test_cells_deleted_copied_changed_and_tagged(course, perfect):
    notebook = copy.deepcopy(perfect)
    deleted = {"im2col-check", "im2col-points", "why_share", "conv_output_size-points"}
    notebook.cells = [cell for cell in notebook.cells if cell.id not in deleted]
    cells = {cell.id: cell for cell in notebook.cells}
    twin = copy.deepcopy(cells["col2im"])
    twin.id = "twin"
    notebook.cells.insert(notebook.cells.index(cells["col2im"]), twin)
    cells["conv_forward-points"].source = "8.0"
    cells["conv_forward-points"].metadata["nbgrader"]["points"] = 800
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution"]
    grades = grade(course, "tamperer", notebook)
    for name in (
        "im2col-points",
        "conv_output_size-points",
        "conv_forward-points",
        "col2im-points",
    ):
        score, most = grades[name]
        assert score == most
    assert grades["conv_forward-points"][1] == 8
    assert grades["why_share"] == (0, 4)


def test_a_notebook_that_lost_its_metadata_keeps_the_points_of_its_code(course, perfect):
    notebook = copy.deepcopy(perfect)
    for cell in notebook.cells:
        cell.metadata = {}
    grades = grade(course, "stripped", notebook)
    assert all(score == most for name, (score, most) in grades.items() if "-" in name)
    assert grades["why_share"] == (0, 4)


def test_output_on_stderr_costs_nothing(course, perfect):
    notebook = copy.deepcopy(perfect)
    cells = {cell.id: cell for cell in notebook.cells}
    # Written past sys.stderr, which the judge can't collect.
    cells["im2col"].source = "import os\n" + cells["im2col"].source.replace(
        "N, C, H, W = x", "os.write(2, b'noise')\n    N, C, H, W = x"
    )
    grades = grade(course, "noisy", notebook)
    assert grades["im2col-points"] == (8, 8)
    assert grades["conv_backward-points"] == (8, 8)


def test_a_cell_that_never_ends_keeps_the_other_points(course, perfect):
    notebook = copy.deepcopy(perfect)
    cells = {cell.id: cell for cell in notebook.cells}
    cells["max_pool_backward"].source = "while True:\n    pass"
    limited = Course(course.root, {"RunInSandbox": {"limits": {"cell_seconds": 4}}})
    grades = grade(limited, "hanging", notebook)
    assert grades["max_pool_backward-points"][0] == 0
    assert grades["max_pool_forward-points"] == (4, 4)
    assert grades["two_small"] == (None, 4)


def test_the_grader_sees_the_marking_scheme(course):
    (path,) = course.submission("autograded", "tamperer", NAME).glob("*.ipynb")
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    assert "**Rubric**" in cells["two_small-question"].source
    assert "**Model answer.**" in cells["two_small-question"].source


def validate(path):
    command = [str(BIN / "nbgrader"), "validate", path.name]
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=path.parent, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_validate_unsolved(course):
    said = validate(course.root / "exercises" / NAME / f"{NAME}.ipynb")
    assert "VALIDATION FAILED ON 10 CELL(S)" in said
    assert said.count("is not written yet.") == 7
    assert "checks.ps4.max_pool_backward(max_pool_forward, max_pool_backward)" in said


def test_validate_solved(course, tmp_path, perfect):
    path = tmp_path / f"{NAME}.ipynb"
    nbformat.write(perfect, path)
    assert "Success! Your notebook passes all the tests." in validate(path)
