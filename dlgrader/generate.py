"""From the text in solutions/ and the declarations to the learners' notebooks and checks."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
import yaml
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from dlgrader.course import CONFIG_FILE, Course, GradingError
from dlgrader.declarations import Assignment
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.model import Model
from dlgrader.public_data import agree, as_text, data_path, public_data
from dlgrader.solutions import read_text, solution_cells, solution_notebook
from dlgrader.telling import Outcome, Teller


def generate(
    course: Course, teller: Teller, assignments: Sequence[str] = (), *, check: bool = False
) -> Outcome:
    """Bring the notebooks of the course's assignments up to date, by default of all.

    With `check`, nothing is written, and the outcome is not ok if something is out of step.
    """
    states: dict[str, str] = {}
    for name in assignments or assignment_names():
        in_step = renew(course.root, name, check=check)
        states[name] = "in step" if in_step else "out of step" if check else "renewed"
        released = os.path.relpath(released_notebook(course.root, name), course.root)
        if states[name] == "out of step":
            teller.say(f"{name}: {released} is out of step; run `dlgrader generate`")
        else:
            teller.say(f"{name}: {'in step' if in_step else f'{released} renewed'}")
    return Outcome("out of step" not in states.values(), {"assignments": states})


def source_notebook(root: Path, name: str) -> Path:
    """Return where the instructor's notebook of an assignment lies in a course's folder."""
    return root / _setting(root, "source_directory", "source") / name / f"{name}.ipynb"


def released_notebook(root: Path, name: str) -> Path:
    """Return where the learners' notebook of an assignment lies in a course's folder."""
    return root / _setting(root, "release_directory", "release") / name / f"{name}.ipynb"


def _setting(root: Path, name: str, usual: str) -> str:
    return str(_config(root).CourseDirectory.get(name, usual))


def _config(root: Path) -> Config:
    if not (root / CONFIG_FILE).is_file():
        return Config()
    return PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config()


def write_source(course: Path, name: str, folder: Path) -> Path:
    """Write the instructor's notebook to where nbgrader looks for it in the course `folder`."""
    path = source_notebook(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_source_text(course, name), encoding="utf-8")
    return path


def _source_text(course: Path, name: str) -> str:
    notebook = solution_notebook(course, load_assignment(name), book_address(course))
    nbformat.validate(notebook)
    return f"{nbformat.writes(notebook)}\n"


def book_address(course: Path) -> str:
    """Return where the book is on the web, if the course says so; empty otherwise.

    A course's nbgrader_config.py says it by ``c.Book.address``, the book's own folder by
    ``baseurl`` in _config.yml.
    """
    address = _config(course).Book.get("address", "")
    path = course / "_config.yml"
    if address or not path.is_file():
        return str(address)
    settings = yaml.safe_load(path.read_text("utf-8")) or {}
    return (settings.get("html") or {}).get("baseurl") or ""


def make_notebooks(course: Path, name: str) -> tuple[str, str]:
    """Return the instructor's and the learners' notebook as text; the second is nbgrader's work."""
    demand_settings(course)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copy(course / CONFIG_FILE, folder)
        source = _source_text(course, name)
        path = folder / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(source, encoding="utf-8")
        settings: dict[str, dict[str, object]] = {
            "CourseDirectory": {"source_directory": "source", "release_directory": "release"},
            # A course's header would be looked for in the temporary folder.
            "IncludeHeaderFooter": {"header": "", "footer": ""},
            # Without a gradebook: nothing is remembered of this run.
            "GenerateAssignment": {"no_database": True},
            "SaveCells": {"enabled": False},
        }
        Course(folder, settings).generate_assignment(name)
        return source, (folder / "release" / name / path.name).read_text(encoding="utf-8")


def demand_settings(course: Path) -> None:
    """Refuse a folder whose settings do not fit the course's assignments.

    Raises
    ------
    GradingError
        If its nbgrader_config.py does not call `dlgrader.settings.configure`.
    """
    if _config(course).ClearMarkScheme.get("enforce_metadata", True):
        raise GradingError(
            f"{course / CONFIG_FILE} is not set up for the assignments of this course; add to it:\n"
            "  from dlgrader.settings import configure\n"
            "  configure(c)"
        )


def make_release(course: Path, name: str) -> str:
    """Return the learners' notebook as text."""
    return make_notebooks(course, name)[1]


def renew(course: Path, name: str, *, check: bool = False) -> bool:
    """Bring the checks' data and both notebooks of an assignment up to date.

    Returns
    -------
    bool
        Whether they were. With `check`, nothing is written.
    """
    declared = load_assignment(name)
    data_in_step = _renew_data(course, declared, check=check)
    path = released_notebook(course, name)
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
