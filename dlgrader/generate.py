"""From the text in solutions/ and the declarations to the learners' notebooks and checks."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import nbformat
import yaml

from dlgrader.course import CONFIG_FILE, Course
from dlgrader.declarations import Assignment
from dlgrader.exercises import load_assignment
from dlgrader.model import Model
from dlgrader.public_data import agree, as_text, data_path, public_data
from dlgrader.solutions import read_text, solution_cells, solution_notebook

SOURCE = Path("build", "source")
RELEASE = Path("exercises")


def write_source(course: Path, name: str, folder: Path) -> Path:
    """Write the instructor's notebook to where nbgrader looks for it below `folder`."""
    notebook = solution_notebook(course, load_assignment(name), _site(course))
    nbformat.validate(notebook)
    path = folder / SOURCE / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def _site(course: Path) -> str:
    """Return the address of the book, if the course has set one."""
    path = course / "_config.yml"
    settings = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    return (settings.get("html") or {}).get("baseurl") or ""


def make_release(course: Path, name: str) -> str:
    """Return the learners' notebook as text, made by nbgrader in a temporary folder."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copy(course / CONFIG_FILE, folder)
        write_source(course, name, folder)
        # Without a gradebook: nothing is remembered of this run.
        settings = {"GenerateAssignment": {"no_database": True}, "SaveCells": {"enabled": False}}
        Course(folder, settings).generate_assignment(name)
        return (folder / RELEASE / name / f"{name}.ipynb").read_text(encoding="utf-8")


def generate(course: Path, name: str, *, check: bool = False) -> bool:
    """Bring the checks' data, build/source/ and exercises/ up to date; return whether they were.

    With `check`, nothing is written.
    """
    declared = load_assignment(name)
    data_in_step = _renew_data(course, declared, check=check)
    path = course / RELEASE / name / f"{name}.ipynb"
    text = make_release(course, name)
    in_step = path.is_file() and path.read_text(encoding="utf-8") == text
    if not check:
        write_source(course, name, course)
        if not in_step:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return in_step and data_in_step


def _renew_data(course: Path, declared: Assignment, *, check: bool) -> bool:
    model = Model(solution_cells(read_text(course, declared.name)))
    data = json.loads(as_text(public_data(declared, model)))
    path = data_path(course, declared.name)
    if not path.parents[1].is_dir():
        return True  # a course without the library's source; its checks are installed
    in_step = path.is_file() and agree(json.loads(path.read_text("utf-8")), data)
    if not in_step and not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text(data), encoding="utf-8")
    return in_step
