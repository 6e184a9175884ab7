"""What this course does differently from nbgrader with a notebook; see nbgrader_config.py."""

# ruff: noqa: ARG002 (the signature of nbgrader's preprocessors)

from __future__ import annotations

import uuid
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearMarkScheme, NbGraderPreprocessor, OverwriteCells

Resources = Any
Pair = tuple[NotebookNode, Resources]


class RestoreCells(OverwriteCells):
    """Restore locked cells to the released text, and graded cells that were deleted.

    nbgrader's own version fails if the cell before a deleted one is locked but not graded.
    """

    def add_missing_grade_cells(self, nb: NotebookNode, resources: Resources) -> Pair:
        """Insert every missing graded cell after the nearest earlier cell that is present.

        Without any, as in a notebook that lost its metadata, they all go to the end, where they
        find what the other cells define.
        """
        notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        answers = {cell.name for cell in notebook.solution_cells}
        known = {cell.name for cell in notebook.source_cells}
        present = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
        place = 0 if known & present else len(nb.cells)
        for source in notebook.source_cells:
            ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
            if source.name in ids:
                place = ids.index(source.name) + 1
            elif source.name in points:
                self.log.warning("Cell %s was deleted; adding it again", source.name)
                cell = self.missing_cell_transform(
                    source, points[source.name], is_solution=source.name in answers
                )
                # As it was released, so that a deleted answer counts as none.
                cell.source = source.source
                cell.id = uuid.uuid4().hex
                nb.cells.insert(place, cell)
                place += 1
        return nb, resources


class DropEmptyMetadata(NbGraderPreprocessor):
    """Make an ordinary cell of a copy of a graded one.

    `DeduplicateIds` leaves empty nbgrader metadata behind, at which later steps fail.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, cell_index: int) -> Pair:
        """Delete nbgrader metadata that is empty."""
        if cell.metadata.get("nbgrader") == {}:
            del cell.metadata["nbgrader"]
        return cell, resources


class StderrToStdout(NbGraderPreprocessor):
    """Show warnings as ordinary output: on stderr, they would cost a graded cell its points."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, cell_index: int) -> Pair:
        """Rename the stream of the cell's outputs."""
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.name = "stdout"
        return cell, resources


class OmitChecks(NbGraderPreprocessor):
    """Leave check cells, which are worth no points, out of the feedback's list of scores."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, cell_index: int) -> Pair:
        """Make an ordinary cell of a graded one without points."""
        if utils.is_grade(cell) and not cell.metadata.nbgrader["points"]:
            del cell.metadata["nbgrader"]
        return cell, resources


class HideMarkScheme(ClearMarkScheme):
    """Take the marking scheme out of the feedback; in the formgrader it is shown."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, cell_index: int) -> Pair:
        """Cut the scheme out of locked cells; the text of others is the learner's own."""
        if utils.is_locked(cell):
            self._remove_mark_scheme_region(cell)
        return cell, resources
