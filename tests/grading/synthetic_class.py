"""A course with a light assignment, made-up classes for it, and what must not change in it."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from small_gradebook import new_gradebook
from sqlalchemy import Column, MetaData, create_engine, select

from benchmarks.grading_class import DUE, Learner, made_up, make_class
from dlgrader.course import CONFIG_FILE, Course
from dlgrader.exercises import assignment_names
from dlgrader.generate import source_notebook, write_source

__all__ = [
    "DUE",
    "LIGHT",
    "Learner",
    "Snapshot",
    "made_up",
    "make_class",
    "make_course",
    "snapshot",
]

ROOT = Path(__file__).resolve().parents[2]
LIGHT = "light"
"""An assignment as any instructor makes it with nbgrader: nothing of it is declared."""


# -- the course ------------------------------------------------------------------------------------


def make_course(folder: Path, assignments: Sequence[str] = (LIGHT,), config: str = "") -> Course:
    """Make a course folder in which the assignments have been generated; all are due at `DUE`.

    Parameters
    ----------
    folder : Path
    assignments : sequence of str
    config : str
        More lines for nbgrader_config.py. Without, the folder is a copy of the one made first.
    """
    if config:  # which may name another gradebook
        return _generate(folder, assignments, config)
    shutil.copytree(_made_once(tuple(assignments)), folder, dirs_exist_ok=True)
    return Course(folder)


@cache
def _made_once(assignments: Sequence[str]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="synthetic_class_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    new_gradebook(folder / "gradebook.db")
    _generate(folder, assignments, "")
    return folder


def _generate(folder: Path, assignments: Sequence[str], config: str) -> Course:
    folder.mkdir(parents=True, exist_ok=True)
    settings = (ROOT / CONFIG_FILE).read_text(encoding="utf-8")
    (folder / CONFIG_FILE).write_text(f"{settings}\n{config}", encoding="utf-8")
    course = Course(folder)
    for name in assignments:
        if name in assignment_names():
            write_source(ROOT, name, folder)
        else:
            path = source_notebook(folder, name)
            path.parent.mkdir(parents=True)
            nbformat.write(light_notebook(), path)
        course.generate_assignment(name)
        with course.gradebook() as book:
            book.update_or_create_assignment(name, duedate=DUE.replace(tzinfo=None))
    return course


def light_notebook() -> nbformat.NotebookNode:
    """Return the instructor's notebook of the light assignment: 6 points, 3 of them by hand."""

    def marks(name: str, points: int | None = None, **kinds: bool) -> dict[str, Any]:
        marked = {"grade_id": name, "schema_version": 3, "task": False, "locked": False}
        marked |= {"grade": points is not None, "solution": False, **kinds}
        return {"nbgrader": marked if points is None else marked | {"points": points}}

    test = (
        "assert double({0}) == {1}\n"
        "### BEGIN HIDDEN TESTS\nassert double({2}) == {3}\n### END HIDDEN TESTS"
    )
    cells = [
        new_markdown_cell("# A light assignment", id="title"),
        new_code_cell(
            "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
            id="double",
            metadata=marks("double", solution=True),
        ),
        new_code_cell(
            test.format(1, 2, 21, 42), id="small", metadata=marks("small", 2, locked=True)
        ),
        new_code_cell(
            test.format("'a'", "'aa'", "[]", "[]"), id="odd", metadata=marks("odd", 1, locked=True)
        ),
        new_markdown_cell("Why?", id="why", metadata=marks("why", 3, solution=True)),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


# -- what must be equal ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """All that must be equal after two runs of which nothing but luck was different.

    Attributes
    ----------
    tables : dict of list
        The gradebook's rows by table, sorted; the random ids in them are replaced by the rows that
        they name, and the times at which something was graded are left out.
    autograded, submitted : dict of str
        A digest of each file by its path.
    """

    tables: Mapping[str, Sequence[Any]]
    autograded: Mapping[str, str]
    submitted: Mapping[str, str]

    def differences(self, other: Snapshot) -> list[str]:
        """Return what differs, in words."""
        found = []
        for name in sorted({*self.tables, *other.tables}):
            one, two = self.tables.get(name, ()), other.tables.get(name, ())
            found += [f"{name}: only here {row}" for row in one if row not in two]
            found += [f"{name}: only there {row}" for row in two if row not in one]
            if len(one) != len(two):
                found.append(f"{name}: {len(one)} rows here, {len(two)} there")
        for what in ("autograded", "submitted"):
            one, two = getattr(self, what), getattr(other, what)
            found += [
                f"{what}/{path}: {'only here' if path not in two else 'only there'}"
                if path not in one or path not in two
                else f"{what}/{path}: another content"
                for path in sorted({*one, *two})
                if one.get(path) != two.get(path)
            ]
        return found


def snapshot(course: Course) -> Snapshot:
    """Return what is in the gradebook, in autograded/ and in submitted/."""
    usual = f"sqlite:///{course.root / 'gradebook.db'}"
    return Snapshot(
        _tables(course.config.CourseDirectory.get("db_url", usual)),
        _digests(course.root / "autograded"),
        _digests(course.root / "submitted"),
    )


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _tables(url: str) -> dict[str, list[Any]]:
    engine, metadata = create_engine(url), MetaData()
    metadata.reflect(engine)
    rows: dict[str, list[Any]] = {}
    named: dict[str, dict[str, Any]] = {}  # table -> random id -> what the row says
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            columns = list(_telling(table.columns))
            names = named.setdefault(table.name, {})
            rows[table.name] = []
            for row in connection.execute(select(table)).mappings():
                said = tuple(
                    (column.name, _plain(column, row[column.name], named)) for column in columns
                )
                rows[table.name].append(said)
                if "id" in row:
                    names[row["id"]] = said
            rows[table.name].sort(key=repr)
    engine.dispose()
    return rows


def _telling(columns: Any) -> Iterator[Column[Any]]:
    for column in columns:
        is_random = column.name == "id" and getattr(column.type, "length", None) == 32
        if column.name != "when" and not (is_random and not column.foreign_keys):
            yield column


def _plain(column: Column[Any], value: Any, named: Mapping[str, Mapping[str, Any]]) -> Any:
    for key in column.foreign_keys:
        return named[key.column.table.name].get(value, f"lost: {value}")
    return value
