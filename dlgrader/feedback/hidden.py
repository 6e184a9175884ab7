"""Keep hidden tests out of the feedback: their code, and what a failure shows of it.

Exercises of the course have none; an assignment made with nbgrader alone may.
"""

# ruff: noqa: ARG002 (the signature of nbgrader's preprocessors)

from __future__ import annotations

import re
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests

Pair = tuple[NotebookNode, Any]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NUMBER = re.compile(r"^\s*(?P<arrow>-+>)?\s*\d+\s?")


class HideHiddenTests(ClearHiddenTests):
    """Cut hidden tests, and the lines of tracebacks that show them, out of locked cells."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Pair:
        """Go through all cells; unlike when the assignment is made, ids may be missing."""
        for cell in nb.cells:
            if utils.is_locked(cell) or utils.is_grade(cell):
                self._hide(cell)
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> Pair:
        """Cut hidden tests out of one cell."""
        self._hide(cell)
        return cell, resources

    def _hide(self, cell: NotebookNode) -> None:
        before = cell.source.splitlines()
        if not self._cut(cell):
            return
        shown = {line.strip() for line in cell.source.splitlines()}
        hidden = {line.strip() for line in before if line.strip()} - shown
        for number, output in enumerate(cell.get("outputs", [])):
            if output.output_type == "error":
                cell.outputs[number] = _without(output, hidden)

    def _cut(self, cell: NotebookNode) -> bool:
        """Cut the regions out; one that nobody closed reaches to the end."""
        try:
            return bool(self._remove_hidden_test_region(cell))
        except RuntimeError:
            head = cell.source.split(self.begin_test_delimeter, 1)[0]
            cell.source = head.rsplit("\n", 1)[0] if "\n" in head else ""
            return True


def _without(output: NotebookNode, hidden: set[str]) -> NotebookNode:
    """Return an error without the hidden lines; if it arose in one, only its kind."""
    kept = []
    for line in "\n".join(output.traceback).splitlines():
        bare = _COLOUR.sub("", line)
        numbered = _NUMBER.match(bare)
        code = bare[numbered.end() :].strip() if numbered else bare.strip()
        if code in hidden:
            if numbered and numbered["arrow"]:
                return _hidden_failure(output.ename)
            continue
        kept.append(line)
    if any(text in _COLOUR.sub("", "\n".join(kept)) for text in hidden if len(text) > 8):
        return _hidden_failure(output.ename)
    return new_output("error", ename=output.ename, evalue=output.evalue, traceback=kept)


def _hidden_failure(kind: str) -> NotebookNode:
    text = f"A hidden test failed ({kind})."
    return new_output("error", ename=kind, evalue=text, traceback=[text])
