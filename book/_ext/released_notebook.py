"""The notebook that learners get of an assignment, taken apart for the page on which it is solved.

Nothing else of an assignment goes there: what is not in the released notebook is not for learners.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# A heading with the exercise's number, and points, minutes and section: the page has its own.
HEADING = re.compile(r"\A## \d+\. [^\n]*\n+\*[^*\n]*\bpoints?\b[^\n]*\*\n+")
CHOICE = re.compile(r"\A\w+ = None  # one of (?P<letters>\"\w\"(?:, \"\w\")*)\n")
CHECK, QUESTION, POINTS = "-check", "-question", "-points"


@dataclass(frozen=True)
class Part:
    """A cell in which the learner writes, or one that only has to be run.

    Attributes
    ----------
    name : str
        The cell's id; for an exercise, its name.
    kind : str
        "code", "choice", "written", or "extra": there is nothing to write.
    task : str
        The text before the cell, without the heading of an exercise.
    source : str
        What stands in the cell.
    check : str
        Id of the cell that checks the answer, if there is one.
    letters : str
        The answers of a choice question: "abcd".
    """

    name: str
    kind: str
    task: str
    source: str
    check: str = ""
    letters: str = ""


def path_of(assignment: str) -> Path:
    """Return where the released notebook of an assignment lies."""
    return ROOT / "exercises" / assignment / f"{assignment}.ipynb"


def read(assignment: str) -> Any:
    """Return the released notebook as it lies in its file."""
    return json.loads(path_of(assignment).read_text(encoding="utf-8"))


def source_of(cell: Any) -> str:
    """Return a cell's text, which a file may hold in lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def setup_cells(notebook: Any) -> list[str]:
    """Return the ids of the cells that import what the others need."""
    return [cell["id"] for cell in notebook["cells"] if cell["id"] == "setup"]


def parts(notebook: Any) -> list[Part]:
    """Return the parts of a notebook in their order."""
    return list(_parts(notebook))


def part(assignment: str, name: str) -> Part:
    """Return a part of an assignment's notebook by its name."""
    found = {one.name: one for one in parts(read(assignment))}
    if name not in found:
        raise ValueError(f"{assignment} has no part {name!r}; it has {', '.join(found)}")
    return found[name]


def _parts(notebook: Any) -> Iterator[Part]:
    ids = {cell["id"] for cell in notebook["cells"]}
    text: list[str] = []
    for cell in notebook["cells"][1:]:
        name, source = cell["id"], source_of(cell)
        about = cell["metadata"].get("nbgrader", {})
        if about.get("solution"):
            kind, letters = "code", ""
            if cell["cell_type"] == "markdown":
                kind = "written"
            elif choice := CHOICE.match(source):
                kind, letters = "choice", re.sub(r"\W", "", choice["letters"])
            check = name + CHECK if name + CHECK in ids else ""
            task = HEADING.sub("", "\n\n".join(text).strip("\n"))
            yield Part(name, kind, task, source, check, letters)
        elif cell["cell_type"] == "markdown":
            text.append(source)
            continue
        elif name != "setup" and not name.endswith((CHECK, POINTS)):
            yield Part(name, "extra", "\n\n".join(text).strip("\n"), source)
        text = []


def data(assignment: str, page: str) -> dict[str, Any]:
    """Return what the page's script knows of an assignment; its `notebook` is the released one.

    Parameters
    ----------
    assignment : str
    page : str
        Address of the assignment's page in the site.
    """
    notebook = read(assignment)
    return {
        "assignment": assignment,
        "page": page,
        "setup": setup_cells(notebook),
        "parts": [
            {"name": part.name, "kind": part.kind, "check": part.check, "letters": part.letters}
            for part in parts(notebook)
        ],
        "notebook": notebook,
    }
