"""Read a submitted file and rebuild it, cell by cell, as a clean notebook of format 4.5.

Nothing of the file's own metadata is kept but the ids of the released cells: the rest is set anew
from what was released (`dlgrader.intake.restoring`). Outputs are dropped, as grading makes them
anew. What was odd about the file is said in remarks, for the learner and the grader to read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict

from dlgrader.intake.files import Unreadable, is_linked, read_regular_file
from dlgrader.intake.parsing import decode, parse

MOST_BYTES = 20 * 2**20
MOST_CELLS = 2_000
MOST_SOURCE = 2**20
"""Characters in one cell."""

_MOST_PICTURES = 2 * 2**20
_PICTURES = ("image/png", "image/jpeg", "image/gif")
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


@dataclass
class Intake:
    """What was read.

    Attributes
    ----------
    notebook : NotebookNode
        Valid in format 4.5; of a cell's metadata there is ``nbgrader.grade_id`` at most.
    remarks : list of str
        Whole sentences.
    readable : bool
        False if there was nothing to grade; the notebook then has no cells.
    """

    notebook: NotebookNode
    remarks: list[str] = field(default_factory=list)
    readable: bool = True


def read_notebook(path: Path, known: Collection[str], below: Path | None = None) -> Intake:
    """Read a submitted notebook, whatever it is.

    Parameters
    ----------
    path : Path
    known : collection of str
        The grade ids of the released notebook.
    below : Path, optional
        No folder between this one and the file may be a symbolic link.
    """
    try:
        if below is not None and is_linked(path, below):
            raise Unreadable("lies in a folder that is a symbolic link")
        content = read_regular_file(path, MOST_BYTES)
    except Unreadable as reason:
        return unreadable(str(reason))
    return read_content(content, known)


def read_content(content: bytes, known: Collection[str]) -> Intake:
    """Read the content of a submitted file, whatever it is."""
    try:
        text, remarks = decode(content)
        return _rebuild(parse(text), set(known), remarks)
    except Unreadable as reason:
        return unreadable(str(reason))


def unreadable(reason: str) -> Intake:
    """Return what there is of a file that can't be read: the reason, which begins with a verb."""
    return Intake(_notebook([]), [f"The file {reason}. Nothing in it could be graded."], False)


def about_cell(remarks: list[str], cell_id: str) -> NotebookNode:
    """Return the cell that tells learner and grader what was odd about the file.

    The remarks are our own sentences; a learner's text never stands in them.
    """
    text = "**About this file**\n\n" + "\n".join(f"- {remark}" for remark in remarks)
    made: NotebookNode = from_dict(
        {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": text}
    )
    return made


def _rebuild(found: dict[str, Any], known: set[str], remarks: list[str]) -> Intake:
    version = found.get("nbformat")
    if isinstance(version, int) and version > 4:
        remarks.append("The file says that it has a newer format; it was read as format 4.")
    if isinstance(found.get("worksheets"), list) and not isinstance(found.get("cells"), list):
        remarks.append("The file has an old format (3 or older); it was converted.")
        sheets = [sheet for sheet in found["worksheets"] if isinstance(sheet, dict)]
        raw: Any = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    else:
        raw = found.get("cells")
    if not isinstance(raw, list):
        raise Unreadable("has no list of cells, so it is not a notebook")
    if len(raw) > MOST_CELLS:
        remarks.append(
            f"The file has {len(raw):,} cells; {MOST_CELLS:,} of them were read, first of all "
            "those of the released notebook."
        )
        raw = _fewer(raw, known)
    rebuilding = _Rebuilding(known)
    cells = [cell for cell in map(rebuilding.cell, raw) if cell is not None]
    return Intake(_notebook(cells), remarks + rebuilding.remarks())


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    metadata = {"language_info": {"name": "python"}}
    made: NotebookNode = from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata})
    made["cells"] = cells
    return made


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _fewer(raw: list[Any], known: set[str]) -> list[Any]:
    """Keep the cells that carry a known id and, in order, as many others as there is room for."""
    labelled = [_grade_id(cell) in known for cell in raw]
    room = MOST_CELLS - min(MOST_CELLS, sum(labelled))
    kept: list[Any] = []
    for cell, wanted in zip(raw, labelled, strict=True):
        if not wanted and room <= 0:
            continue
        room -= not wanted
        kept.append(cell)
    return kept[:MOST_CELLS]


def _grade_id(cell: Any) -> str | None:
    for key in ("metadata", "nbgrader"):
        cell = cell.get(key) if isinstance(cell, dict) else None
    found = cell.get("grade_id") if isinstance(cell, dict) else None
    return found if isinstance(found, str) else None


class _Rebuilding:
    """Makes clean cells, and counts what had to be put right."""

    def __init__(self, known: set[str]) -> None:
        self._known = known
        self._used: set[str] = set()
        self._pictures = 0
        self._counts: dict[str, int] = {}

    def remarks(self) -> list[str]:
        """Return a sentence for each thing that had to be put right."""
        return [text.format(n=n) for text, n in self._counts.items()]

    def cell(self, raw: Any) -> NotebookNode | None:
        """Return a clean cell, or None for what is no cell."""
        if not isinstance(raw, dict):
            self._count("Left out, because they are no cells: {n}.")
            return None
        kind = raw.get("cell_type")
        source = raw.get("source", raw.get("input", raw.get("text", "")))
        text = self._text(source)
        if kind == "heading":  # of format 3
            level = raw.get("level")
            text = "#" * (level if level in (1, 2, 3, 4, 5, 6) else 1) + " " + text
        kind = {"heading": "markdown", "html": "markdown"}.get(str(kind), kind)
        if kind not in ("code", "markdown", "raw"):
            self._count("Cells of an unknown type, read as plain text: {n}.")
            kind = "raw"
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": self._id(raw.get("id")),
            "metadata": {},
            "source": text,
        }
        grade_id = _grade_id(raw)
        if grade_id in self._known:
            cell["metadata"] = {"nbgrader": {"grade_id": grade_id}}
        elif grade_id is not None:
            self._count("Cells with a grade id that this notebook does not have: {n}.")
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        elif kind == "markdown" and (pictures := self._attachments(raw.get("attachments"))):
            cell["attachments"] = pictures
        made: NotebookNode = from_dict(cell)
        return made

    def _count(self, text: str) -> None:
        self._counts[text] = self._counts.get(text, 0) + 1

    def _text(self, source: Any) -> str:
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            self._count("Cells whose text was no text and was left out: {n}.")
            return ""
        if len(source) > MOST_SOURCE:
            self._count("Cells of more than a million characters, left out: {n}.")
            return ""
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        clean = _CONTROLS.sub("", source.replace("\f", "\n"))
        # A surrogate alone can be written in JSON, but not in UTF-8.
        clean = clean.encode("utf-8", errors="replace").decode("utf-8")
        if len(clean) != len(source):
            self._count("Cells with control characters, which were taken out: {n}.")
        return clean

    def _id(self, given: Any) -> str:
        wanted = given if isinstance(given, str) and _CELL_ID.fullmatch(given) else ""
        number = len(self._used)
        while not wanted or wanted in self._used:
            wanted = f"cell-{number}"
            number += 1
        self._used.add(wanted)
        return wanted

    def _attachments(self, given: Any) -> dict[str, dict[str, str]]:
        """Return the pictures that are small; anything else could be anything."""
        kept: dict[str, dict[str, str]] = {}
        for name, bundle in given.items() if isinstance(given, dict) else ():
            for kind, data in bundle.items() if isinstance(bundle, dict) else ():
                data = "".join(data) if _is_text_list(data) else data
                if kind not in _PICTURES or not isinstance(data, str):
                    self._count("Attachments that are no pictures, left out: {n}.")
                elif self._pictures + len(data) > _MOST_PICTURES:
                    self._count("Attachments that are too large, left out: {n}.")
                elif _BASE64.fullmatch(data) and re.fullmatch(r"[\w. ()-]{1,100}", name):
                    self._pictures += len(data)
                    kept.setdefault(name, {})[kind] = data
                else:
                    self._count("Attachments that are no pictures, left out: {n}.")
        return kept


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)
