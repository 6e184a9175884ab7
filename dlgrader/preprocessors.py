"""What this course does differently from nbgrader with a notebook in feedback."""

# ruff: noqa: ARG002 (the signature of nbgrader's preprocessors)

from __future__ import annotations

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearMarkScheme, NbGraderPreprocessor

Resources = Any
Pair = tuple[NotebookNode, Resources]


class OmitChecks(NbGraderPreprocessor):
    """Leave check cells out of the feedback's list of scores: they are worth no points.

    Cells of bonus points are not either, but a score may stand beside them.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, cell_index: int) -> Pair:
        """Make an ordinary cell of a graded one without points."""
        if utils.is_grade(cell) and cell.metadata.nbgrader["grade_id"].endswith("-check"):
            del cell.metadata["nbgrader"]
        return cell, resources


class HideMarkScheme(ClearMarkScheme):
    """Take the marking scheme out of the feedback; in the formgrader it is shown."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, cell_index: int) -> Pair:
        """Cut the scheme out of locked cells; the text of others is the learner's own."""
        if utils.is_locked(cell):
            self._remove_mark_scheme_region(cell)
        return cell, resources
