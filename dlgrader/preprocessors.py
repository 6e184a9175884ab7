"""What this course does differently from nbgrader with a notebook; see nbgrader_config.py."""

# ruff: noqa: ARG002 (the signature of nbgrader's preprocessors)

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearMarkScheme, NbGraderPreprocessor

from dlgrader.intake import Released, about_cell, restore

Resources = Any
Pair = tuple[NotebookNode, Resources]


class RestoreCells(NbGraderPreprocessor):
    """Bring the learner's cells together with the released ones; see `dlgrader.intake`.

    If anything had to be put right, or the file itself was odd, a first cell says so.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Pair:
        """Restore the cells by what the gradebook knows of the released notebook."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as book:
            notebook = book.find_notebook(where["notebook"], where["assignment"])
            released = [self._released(cell, notebook) for cell in notebook.source_cells]
        found = nb.metadata.setdefault("dlgrader", NotebookNode(remarks=[], readable=True))
        nb.cells, remarks = restore(nb.cells, released)
        for remark in remarks:
            self.log.warning("%s, %s: %s", where["student"], where["notebook"], remark)
        if found["readable"]:
            found["remarks"] = [*found["remarks"], *remarks]
        if found["remarks"]:
            used = {cell.id for cell in nb.cells}
            cell_id = next(name for name in _about_ids() if name not in used)
            nb.cells.insert(0, about_cell(found["remarks"], cell_id))
        resources["dlgrader"] = found
        return nb, resources

    def _released(self, cell: Any, notebook: Any) -> Released:
        graded = {part.name: part.max_score for part in notebook.grade_cells}
        tasks = {part.name: part.max_score for part in notebook.task_cells}
        # The gradebook keeps the marking scheme, which the learner's copy did not have.
        shown = NotebookNode(source=cell.source)
        ClearMarkScheme(parent=self)._remove_mark_scheme_region(shown)
        return Released(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            shown=shown.source,
            locked=cell.locked,
            checksum=cell.checksum,
            points=(graded | tasks).get(cell.name),
            solution=cell.name in {part.name for part in notebook.solution_cells},
            task=cell.name in tasks,
        )


def _about_ids() -> Iterator[str]:
    yield "about-this-file"
    for number in count(2):
        yield f"about-this-file-{number}"


class FlagUnreadable(NbGraderPreprocessor):
    """Show the instructor, and the learner, a submission in which nothing could be read.

    Must come after `SaveAutoGrades`, which resets flags and comments.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Pair:
        """Flag the first graded cell, and say why in the comment of the first answer."""
        found = resources.get("dlgrader", {})
        if found.get("readable", True):
            return nb, resources
        where = resources["nbgrader"]
        text = " ".join(found["remarks"])
        with Gradebook(where["db_url"]) as book:
            names = where["notebook"], where["assignment"], where["student"]
            submission = book.find_submission_notebook(*names)
            ids = [cell.metadata.nbgrader.grade_id for cell in nb.cells if utils.is_grade(cell)]
            worth = {grade.name: grade for grade in submission.grades if grade.max_score}
            if first := next((worth[name] for name in ids if name in worth), None):
                first.needs_manual_grade = True
            for cell in filter(utils.is_solution, nb.cells):
                book.find_comment(cell.metadata.nbgrader.grade_id, *names).auto_comment = text
                break
            book.db.commit()
        return nb, resources


class StderrToStdout(NbGraderPreprocessor):
    """Show warnings as ordinary output: on stderr, they would cost a graded cell its points."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, cell_index: int) -> Pair:
        """Rename the stream of the cell's outputs."""
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.name = "stdout"
        return cell, resources


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
