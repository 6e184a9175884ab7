"""Bring a learner's cells together with what was released, so that every exercise can be judged.

The rules, for notebooks whose cells were edited, deleted, copied, moved, retyped or relabelled:

- What is locked has the released text. A cell with a locked cell's label that defines one of the
  wanted functions stays, as an ordinary cell before the restored one.
- What gives points and is missing comes back; a written answer as it was released, which counts as
  no answer. So does a missing locked code cell before the first exercise, as a rule the imports.
- Of several cells with one label the last that was filled in counts; the others become ordinary
  cells, or go if they hold nothing new.
- Type, points and everything else in the metadata are those of the release.
- Points are given where the exercise's function is defined. If its own cell does not define it,
  they are given after the last cell that does. If exercises stand in another order than released,
  all points are given after the last of them, where every function is defined.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict

_NAMED_ONE_BY_ONE = 4

_DEFINITION = re.compile(
    r"^(?:(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)\b|(\w+)[ \t]*(?::[^=\n]+)?=(?!=))", re.MULTILINE
)


@dataclass(frozen=True)
class Released:
    """A cell of the released notebook that nbgrader knows.

    Attributes
    ----------
    name : str
        Its grade id.
    shown : str
        The text that the learner got, if not all of `source` was released.
    points : float, optional
        None if it is not graded.
    solution, task : bool
        As in nbgrader's metadata.
    """

    name: str
    cell_type: str
    source: str
    locked: bool
    checksum: str
    shown: str = ""
    points: float | None = None
    solution: bool = False
    task: bool = False

    @property
    def gives_points(self) -> bool:
        """Whether it is a check cell or one in which the judge gives points, not an answer.

        A bonus exercise's cell counts 0 points for nbgrader, as a check cell does.
        """
        return self.points is not None and not self.solution and not self.task

    def metadata(self) -> dict[str, Any]:
        """Return nbgrader's metadata of the cell."""
        made: dict[str, Any] = {
            "cell_type": self.cell_type,
            "checksum": self.checksum,
            "grade": self.points is not None and not self.task,
            "grade_id": self.name,
            "locked": self.locked,
            "schema_version": 3,
            "solution": self.solution,
            "task": self.task,
        }
        if self.points is not None:
            made["points"] = self.points
        return made

    def cell(self, cell_id: str) -> NotebookNode:
        """Return the cell as it was released."""
        made: NotebookNode = from_dict({"id": cell_id, "metadata": {}, "source": self.source})
        self.label(made)
        return made

    def label(self, cell: NotebookNode) -> None:
        """Give a learner's cell the type and the metadata of this one, and its text if locked."""
        cell["cell_type"] = self.cell_type
        if self.cell_type == "code":
            cell["execution_count"], cell["outputs"] = None, []
            cell.pop("attachments", None)
        else:
            cell.pop("execution_count", None)
            cell.pop("outputs", None)
        cell["metadata"] = from_dict({"deletable": False, "nbgrader": self.metadata()})
        if self.locked or self.task:
            cell["metadata"]["editable"] = False
        if self.locked:
            cell["source"] = self.source


def restore(
    cells: Sequence[NotebookNode], released: Sequence[Released]
) -> tuple[list[NotebookNode], list[str]]:
    """Return the cells as they are to be graded, and remarks on what was put right.

    Parameters
    ----------
    cells : sequence of NotebookNode
        Clean cells, as `read_notebook` makes them. They are changed.
    released : sequence of Released
        In the order of the released notebook.
    """
    restoring = _Restoring(cells, released)
    restoring.settle_copies()
    restoring.apply_release()
    restoring.bring_back()
    restoring.order_points()
    return restoring.cells, restoring.remarks


class _Restoring:
    def __init__(self, cells: Sequence[NotebookNode], released: Sequence[Released]) -> None:
        self.cells = list(cells)
        self.remarks: list[str] = []
        self._released = {part.name: part for part in released}
        self._place = {part.name: number for number, part in enumerate(released)}
        self._wanted = {
            part.name: _defined(part.source)
            for part in released
            if part.solution and part.cell_type == "code"
        }
        self._beginning = {
            part.name
            for part in takewhile(lambda part: not part.solution and part.points is None, released)
            if part.locked and part.cell_type == "code"
        }
        self._all_wanted = set().union(*self._wanted.values())

    # -- the steps ---------------------------------------------------------------------------------

    def settle_copies(self) -> None:
        """Of the cells with one label, let one have it."""
        owners: dict[str, list[NotebookNode]] = {}
        for cell in self.cells:
            if (name := _label(cell)) in self._released:
                owners.setdefault(name, []).append(cell)
        for name, group in owners.items():
            if len(group) == 1:
                continue
            part = self._released[name]
            counts = self._the_one_that_counts(part, group)
            for cell in group:
                if cell is not counts:
                    cell["metadata"] = from_dict({})
                    if not self._is_worth_keeping(part, cell):
                        self._remove(cell)
            if not part.locked:
                self.remarks.append(
                    f"The cell “{name}” stands here {len(group)} times; the last one that was "
                    "filled in counts."
                )

    def apply_release(self) -> None:
        """Give the labelled cells their type, metadata and, if locked, their text."""
        kept: list[NotebookNode] = []
        for cell in self.cells:
            part = self._released.get(_label(cell) or "")
            if part is None:
                cell["metadata"] = from_dict({})
                kept.append(cell)
                continue
            if cell["cell_type"] != part.cell_type:
                self.remarks.append(
                    f"The cell “{part.name}” had been turned into a {cell['cell_type']} cell; it "
                    f"is a {part.cell_type} cell again."
                )
            if part.locked and not _is_as_released(cell, part):
                self.remarks.append(
                    f"The text of the cell “{part.name}” had been changed; the released text was "
                    "put back."
                )
                if self._answers(cell):
                    kept.append(_ordinary_copy(cell, self._free_id(f"{cell['id']}-text", kept)))
            part.label(cell)
            kept.append(cell)
        self.cells = kept

    def bring_back(self) -> None:
        """Insert what gives points and is missing, after the nearest earlier released cell."""
        present = {_label(cell) for cell in self.cells}
        known = present & set(self._released)
        # Without any label everything goes to the end, where it finds what the cells define.
        place = 0 if known else len(self.cells)
        missing: list[str] = []
        for part in self._released.values():
            if part.name in known:
                place = self._index(part.name) + 1
            elif part.name in self._beginning:
                if any(_same_text(cell["source"], part.source) for cell in self.cells):
                    continue
                self.cells.insert(
                    place if known else len(missing), part.cell(self._free_id(part.name))
                )
                place += 1
                missing.append(part.name)
            elif part.points is not None:
                self.cells.insert(place, part.cell(self._free_id(part.name)))
                place += 1
                missing.append(part.name)
        if not known and missing:
            self.remarks.append(
                "No cell carries the label of a released cell; were the cells copied into a new "
                "notebook? The points are given at the end. Written answers could not be found."
            )
        elif len(missing) > _NAMED_ONE_BY_ONE:
            self.remarks.append(f"{len(missing)} cells were missing and were put back.")
        elif missing:
            names = ", ".join(f"“{name}”" for name in missing)
            self.remarks.append(f"Missing and put back: {names}.")

    def order_points(self) -> None:
        """Move the cells that give points to where the functions are defined."""
        points = [part for part in self._released.values() if part.gives_points]
        if self._is_out_of_order():
            self.remarks.append(
                "Exercises stand in another order than in the released notebook. All their points "
                "are given after the last of them."
            )
            for part in points:
                self._move_after(part.name, self._last_exercise())
            return
        for part in points:
            anchor = self._where_defined(part)
            if anchor > self._index(part.name):
                self._move_after(part.name, anchor)

    # -- what they need ----------------------------------------------------------------------------

    def _the_one_that_counts(self, part: Released, group: list[NotebookNode]) -> NotebookNode:
        if part.locked:
            alike = [cell for cell in group if _is_as_released(cell, part)]
            return (alike or group)[-1]
        return ([cell for cell in group if _is_filled(cell, part)] or group)[-1]

    def _is_worth_keeping(self, part: Released, cell: NotebookNode) -> bool:
        return self._answers(cell) if part.locked else _is_filled(cell, part)

    def _answers(self, cell: NotebookNode) -> bool:
        """Whether a code cell defines something that an exercise asks for."""
        return cell["cell_type"] == "code" and bool(_defined(cell["source"]) & self._all_wanted)

    def _is_out_of_order(self) -> bool:
        places = [
            self._place[name]
            for name in map(_label, self.cells)
            if name in self._wanted or (name and self._released[name].gives_points)
        ]
        return places != sorted(places)

    def _exercise_of(self, part: Released) -> str | None:
        """The code cell whose points the cell gives: the nearest one released before it."""
        found = None
        for name in self._released:
            if name == part.name:
                return found
            found = name if name in self._wanted else found
        return found

    def _where_defined(self, part: Released) -> int:
        """Index of the cell that defines what is judged, or −1."""
        exercise = self._exercise_of(part)
        if exercise is None:
            return -1
        wanted = self._wanted[exercise]
        stub = self._released[exercise]
        own = self._index(exercise)
        if own >= 0 and _is_filled(self.cells[own], stub):
            found = _defined(self.cells[own]["source"])
            if not wanted or found & wanted:
                return own
        elsewhere = [
            number
            for number, cell in enumerate(self.cells)
            if cell["cell_type"] == "code"
            and number != own
            and _defined(cell["source"]) & wanted
            and _is_filled(cell, stub)
        ]
        return max([own, *elsewhere])

    def _last_exercise(self) -> int:
        """Index of the last cell that is an exercise, gives points, or answers one."""
        return max(
            number
            for number, cell in enumerate(self.cells)
            if (name := _label(cell)) in self._wanted
            or (name in self._released and self._released[name or ""].gives_points)
            or (name is None and self._answers(cell))
        )

    def _index(self, name: str) -> int:
        return next((n for n, cell in enumerate(self.cells) if _label(cell) == name), -1)

    def _move_after(self, name: str, anchor: int) -> None:
        cell = self.cells.pop(self._index(name))
        self.cells.insert(anchor, cell)  # one less before it: this is after the anchor

    def _remove(self, cell: NotebookNode) -> None:
        self.cells = [other for other in self.cells if other is not cell]

    def _free_id(self, wanted: str, also: Iterable[NotebookNode] = ()) -> str:
        used = {cell["id"] for cell in (*self.cells, *also)}
        tried = _candidates(re.sub(r"[^a-zA-Z0-9_-]", "-", wanted)[:50])
        return next(name for name in tried if name not in used)


def _candidates(name: str) -> Iterator[str]:
    yield name
    number = 1
    while True:
        number += 1
        yield f"{name}-{number}"


def _label(cell: NotebookNode) -> str | None:
    name = cell["metadata"].get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else None


def _defined(source: str) -> set[str]:
    """Names that a cell defines at its top level, found even if the cell has a syntax error."""
    return {first or second for first, second in _DEFINITION.findall(source)}


def _is_filled(cell: NotebookNode, part: Released) -> bool:
    return bool(cell["source"].strip()) and not _is_as_released(cell, part)


def _is_as_released(cell: NotebookNode, part: Released) -> bool:
    texts = (part.source, part.shown) if part.shown else (part.source,)
    return any(_same_text(cell["source"], text) for text in texts)


def _same_text(one: str, other: str) -> bool:
    """Whether two texts are equal but for spaces at the ends of lines."""
    return _lines(one) == _lines(other)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _ordinary_copy(cell: NotebookNode, cell_id: str) -> NotebookNode:
    made = copy.deepcopy(cell)
    made["metadata"], made["id"] = from_dict({}), cell_id
    return made
