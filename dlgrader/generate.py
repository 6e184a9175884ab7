"""From the text in solutions/ to the learners' notebook in exercises/."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbformat.notebooknode import NotebookNode

from dlgrader.course import CONFIG_FILE, Course, GradingError
from dlgrader.declarations import Assignment
from dlgrader.exercises import load_assignment

SOURCE = Path("build", "source")
RELEASE = Path("exercises")


def text_path(course: Path, name: str) -> Path:
    """Return the file from which an assignment is made."""
    return course / "solutions" / name / f"{name}.py"


def read_solution(course: Path, name: str) -> NotebookNode:
    """Return the instructor's notebook: the text, with fixed cell ids and nothing else added."""
    text = text_path(course, name)
    if not text.is_file():
        raise GradingError(f"there is no {text}")
    notebook = jupytext.read(text)
    notebook.metadata = {
        "kernelspec": notebook.metadata["kernelspec"],
        "language_info": {"name": "python"},
    }
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells, start=1):
        cell.metadata.pop("lines_to_next_cell", None)  # jupytext's note about blank lines
        # Random ids would change the notebook at every run.
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{number:02}")
    _check_points(notebook, load_assignment(name))
    nbformat.validate(notebook)
    return notebook


def _check_points(notebook: NotebookNode, declared: Assignment) -> None:
    """See that the notebook offers the points that the judge gives."""
    offered = {
        meta["grade_id"]: meta["points"]
        for meta in (cell.metadata.get("nbgrader", {}) for cell in notebook.cells)
        if meta.get("grade") and meta["points"]
    }
    expected = {f"{part.name}-points": part.max_points for part in declared.exercises}
    expected |= {part.name: part.max_points for part in declared.written}
    if offered != expected:
        raise GradingError(
            f"{declared.name}: the points in the notebook's graded cells, {offered}, "
            f"are not those of dlgrader/exercises, {expected}"
        )


def write_source(course: Path, name: str, folder: Path) -> Path:
    """Write the instructor's notebook to where nbgrader looks for it below `folder`."""
    path = folder / SOURCE / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(read_solution(course, name), path)
    return path


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
    """Bring build/source/ and exercises/ up to date; return whether exercises/ was already.

    With `check`, nothing is written.
    """
    path = course / RELEASE / name / f"{name}.ipynb"
    text = make_release(course, name)
    in_step = path.is_file() and path.read_text(encoding="utf-8") == text
    if not check:
        write_source(course, name, course)
        if not in_step:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return in_step
