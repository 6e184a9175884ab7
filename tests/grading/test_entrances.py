"""Three ways to grade, one sandbox and one judge: nbgrader's command, its API, and dlgrader's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from dlgrader.course import Course, quiet_environment
from dlgrader.exercises import load_assignment
from dlgrader.generate import write_source
from dlgrader.sample_class import solved_notebook
from dlgrader.sandbox import Bubblewrap
from dlgrader.solutions import solution_notebook

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps3_overfitting"
BIN = Path(sys.executable).parent

needs_sandbox = pytest.mark.skipif(bool(Bubblewrap().problem()), reason=Bubblewrap().problem())


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder with one submission, half of it right, by three learners."""
    root = tmp_path_factory.mktemp("course")
    with quiet_environment(tmp_path_factory.mktemp("home") / "home"):
        shutil.copy(ROOT / "nbgrader_config.py", root)
        write_source(ROOT, NAME, root)
        course = Course(root)
        course.generate_assignment(NAME)
        released = nbformat.read(root / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)
        notebook = solved_notebook(released, solution_notebook(ROOT, load_assignment(NAME)))
        cells = {cell.id: cell for cell in notebook.cells}
        cells["l1_gradient"].source = "def l1_gradient(W, lam):\n    return lam * W"
        cells["dropout_forward"].source = "import os; os._exit(1)"
        for student in ("command", "api", "dlgrader", "bare", "trusted"):
            folder = course.submission("submitted", student, NAME)
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{NAME}.ipynb")
        yield course


def run(course, *command, path=None):
    environment = os.environ | {"PATH": path or f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=course.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )


def scores(course, student):
    with course.gradebook() as book:
        submission = book.find_submission_notebook(NAME, NAME, student)
        return {grade.name: grade.score for grade in submission.grades}


@needs_sandbox
def test_all_three_give_the_same_grades_and_the_same_notebook(course):
    done = run(course, "nbgrader", "autograde", NAME, "--student", "command")
    assert done.returncode == 0, done.stdout
    done = run(course, "dlgrader", "autograde", NAME, "--student", "dlgrader")
    assert done.returncode == 0, done.stdout
    assert "1 of 1 submission graded" in done.stdout
    assert course.autograde(NAME, "api") == ""
    assert scores(course, "command") == scores(course, "dlgrader") == scores(course, "api")
    texts = {
        student: (course.submission("autograded", student, NAME) / f"{NAME}.ipynb").read_text()
        for student in ("command", "dlgrader", "api")
    }
    assert texts["command"] == texts["dlgrader"] == texts["api"]
    graded = scores(course, "api")
    assert graded["dropout_forward-points"] == 0
    assert graded["l1_gradient-points"] == 0
    assert "likely cause" in texts["api"].lower()
    full = {part.name: part.max_points for part in load_assignment(NAME).judged}
    for name in ("l1_penalty", "l2_penalty", "weight_decay_gradient", "dropout_backward"):
        assert graded[f"{name}-points"] == full[name]
    assert "the process ended (exit code 1)" in texts["api"]


@pytest.fixture(scope="module")
def without_bubblewrap(tmp_path_factory):
    """A PATH on which everything is but bubblewrap."""
    folder = tmp_path_factory.mktemp("bin")
    for entry in [BIN, *map(Path, os.environ["PATH"].split(os.pathsep))]:
        for program in sorted(entry.glob("*")):
            if program.name != "bwrap" and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


@pytest.mark.parametrize("command", ["nbgrader", "dlgrader"])
def test_without_bubblewrap_nothing_is_run(course, without_bubblewrap, command):
    done = run(course, command, "autograde", NAME, "--student", "bare", path=without_bubblewrap)
    assert done.returncode == 1
    assert "apt-get install bubblewrap" in done.stdout
    assert "Traceback" not in done.stdout
    assert not course.submission("autograded", "bare", NAME).exists()


def test_trusted_notebooks_can_be_graded_without(course, without_bubblewrap):
    done = run(
        course,
        "dlgrader",
        "autograde",
        NAME,
        "--student",
        "trusted",
        "--no-sandbox",
        path=without_bubblewrap,
    )
    assert done.returncode == 0, done.stdout
    assert "without the sandbox" in done.stdout
    assert scores(course, "trusted")["l2_penalty-points"] > 0


def test_there_has_to_be_a_submission(course):
    done = run(course, "dlgrader", "autograde", NAME, "--student", "nobody")
    assert done.returncode == 1
    assert "there is no submission of nobody" in done.stdout
