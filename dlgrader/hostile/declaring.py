"""What is declared of a hostile or broken submission, and how its notebook is made."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from dlgrader.declarations import Assignment

FOUND = "FOUND"
"""What an attack prints that has found something it should not."""

Expected = Literal["full", "rest", "nothing"]
"""Points of every exercise; of every exercise but the target, which gets none; of no exercise."""


@dataclass(frozen=True)
class Ground:
    """The assignment that is attacked.

    Attributes
    ----------
    assignment : str
    functions : tuple of str
        All code exercises, in order.
    target : str
        The code exercise that is attacked if it is one: the last, on which no other depends.
    empty, solved : NotebookNode
        The released notebook, and the same with all right answers.
    course : Path
        The grader's course folder, whose path the attacks know.
    port : int
        A port of this machine at which somebody listens.
    socket : str
        Name of an abstract socket, without its zero byte, at which somebody listens.
    """

    assignment: str
    functions: tuple[str, ...]
    target: str
    empty: NotebookNode
    solved: NotebookNode
    course: Path
    port: int = 0
    socket: str = ""

    @classmethod
    def of(
        cls,
        declared: Assignment,
        empty: NotebookNode,
        solved: NotebookNode,
        course: Path,
        listening: tuple[int, str] = (0, ""),
    ) -> Ground:
        """Return the ground that an assignment is."""
        functions = tuple(exercise.name for exercise in declared.code)
        target = [exercise.name for exercise in declared.code if not exercise.bonus][-1]
        return cls(declared.name, functions, target, empty, solved, course, *listening)

    def notebook(self, base: str) -> NotebookNode:
        """Return a copy of the notebook `empty` or `solved`."""
        return copy.deepcopy(self.solved if base == "solved" else self.empty)

    def fill_in(self, source: str) -> str:
        """Put names and addresses into the text of an attack."""
        return (
            source.replace("<TARGET>", self.target)
            .replace("<ASSIGNMENT>", self.assignment)
            .replace("<COURSE>", str(self.course))
            .replace("<PORT>", str(self.port))
            .replace("<SOCKET>", self.socket)
        )

    def write(self, folder: Path, notebook: NotebookNode | bytes, name: str = "") -> Path:
        """Write the notebook to where a learner hands it in."""
        path = folder / (name or f"{self.assignment}.ipynb")
        if isinstance(notebook, bytes):
            path.write_bytes(notebook)
        else:
            path.write_text(json.dumps(notebook), encoding="utf-8")
        return path


Make = Callable[[Ground, Path], Any]


@dataclass(frozen=True)
class Hostile:
    """A submission that is hostile, broken, or honest but odd.

    Attributes
    ----------
    name, group : str
    story : str
        What it does, in a line.
    make : callable
        Takes the ground and the folder of the submission, and writes the files.
    expects : "full", "rest" or "nothing"
    says : tuple of str
        Words that the feedback must hold, in small letters or not.
    traces : tuple of str
        Files that must not exist afterwards, with the same marks as the attack's text.
    """

    name: str
    group: str
    story: str
    make: Make = field(repr=False)
    expects: Expected = "full"
    says: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()

    def write(self, ground: Ground, folder: Path) -> None:
        """Write the submission into its folder."""
        self.make(ground, folder)

    def problems(
        self,
        ground: Ground,
        points: Mapping[str, float],
        most: Mapping[str, float],
        feedback: str,
    ) -> list[str]:
        """Return what went otherwise than expected.

        Parameters
        ----------
        ground : Ground
        points, most : dict of float
            By exercise, without the written ones.
        feedback : str
            All that the learner gets to read.
        """
        said = " ".join(feedback.split()).lower()
        problems = [
            f"{name}: {points.get(name, 0.0):g} points, expected {wanted:g}"
            for name, wanted in self.expected(ground, most).items()
            if points.get(name, 0.0) != wanted
        ]
        problems += [f"not said: {words}" for words in self.says if words.lower() not in said]
        if FOUND in feedback:
            place = feedback.index(FOUND)
            problems.append(f"leaked: {feedback[place : place + 80].splitlines()[0]}")
        traces = [Path(ground.fill_in(trace)).expanduser() for trace in self.traces]
        return problems + [f"left behind: {path}" for path in traces if path.exists()]

    def expected(self, ground: Ground, most: Mapping[str, float]) -> dict[str, float]:
        """Return the points that each exercise should get."""
        return {
            name: 0.0
            if self.expects == "nothing" or (self.expects == "rest" and name == ground.target)
            else full
            for name, full in most.items()
        }


# -- cells of a notebook ---------------------------------------------------------------------------


def label(cell: NotebookNode) -> str:
    """Return a cell's grade id, or an empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def find(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with that grade id."""
    return next(cell for cell in notebook.cells if label(cell) == name)


def place_of(notebook: NotebookNode, name: str) -> int:
    """Return the index of the cell with that grade id."""
    return [label(cell) for cell in notebook.cells].index(name)


def points_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells in which the judge gives points."""
    return [cell for cell in notebook.cells if label(cell).endswith("-points")]


def new_cell(source: str, kind: str = "code") -> NotebookNode:
    """Return a cell of the learner's own."""
    return new_code_cell(source) if kind == "code" else new_markdown_cell(source)


# -- kinds of attacks ------------------------------------------------------------------------------


def cell_attack(source: str, base: str = "solved", kind: str = "code") -> Make:
    """Add a cell before the first exercise."""

    def make(ground: Ground, folder: Path) -> None:
        notebook = ground.notebook(base)
        cell = new_cell(ground.fill_in(source), kind)
        notebook.cells.insert(place_of(notebook, ground.functions[0]), cell)
        ground.write(folder, notebook)

    return make


def function_attack(body: str, base: str = "solved", before: str = "") -> Make:
    """Write `body` as the body of the target's function, or with base "empty" of every function."""

    def make(ground: Ground, folder: Path) -> None:
        notebook = ground.notebook(base)
        for name in ground.functions if base == "empty" else (ground.target,):
            lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
            text = f"{before}\ndef {name}(*args, **kwargs):\n{lines}"
            find(notebook, name).source = ground.fill_in(text.replace("<NAME>", name)).strip()
        ground.write(folder, notebook)

    return make


def wrapping(source: str, only: Callable[[Ground], Sequence[str]] | None = None) -> Make:
    """Add a text below every right function; "<NAME>" in it is the function's name."""

    def make(ground: Ground, folder: Path) -> None:
        notebook = ground.notebook("solved")
        for name in only(ground) if only else ground.functions:
            cell = find(notebook, name)
            cell.source = f"{cell.source}\n\n\n{source.replace('<NAME>', name).strip()}"
        ground.write(folder, notebook)

    return make


def changing(change: Callable[[Ground, NotebookNode], None], base: str = "solved") -> Make:
    """Change the notebook as an object."""

    def make(ground: Ground, folder: Path) -> None:
        notebook = ground.notebook(base)
        change(ground, notebook)
        ground.write(folder, notebook)

    return make
