"""What nbgrader's autograder reads notebooks with: our lenient reader in place of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.api import Gradebook, MissingEntry

from dlgrader.intake.files import kind_of
from dlgrader.intake.reading import Intake, read_notebook

Pair = tuple[Any, Any]


class IntakeExporter(NotebookExporter):
    """Reads a submission through `read_notebook`; set it as ``c.Autograde.exporter_class``.

    What the reader found is in ``notebook.metadata["dlgrader"]`` and, in both passes of nbgrader's
    autograder, in ``resources["dlgrader"]``: "remarks", a list of sentences, and "readable".
    """

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **_: Any
    ) -> Pair:
        """Convert a file; whatever is wrong with it ends up in the remarks."""
        path = Path(filename)
        resources = ResourcesDict() if resources is None else resources
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        if getattr(self.parent, "_sanitizing", True):
            taken = self._take_in(path, resources["nbgrader"])
            found = {"remarks": taken.remarks, "readable": taken.readable}
            taken.notebook["metadata"]["dlgrader"] = from_dict(found)
            notebook = taken.notebook
        else:  # what the first pass wrote
            notebook = nbformat.read(path, as_version=4)
        resources["dlgrader"] = notebook["metadata"].get("dlgrader", {})
        output, resources = self.from_notebook_node(notebook, resources=resources)
        return output, resources

    def _take_in(self, path: Path, where: dict[str, str]) -> Intake:
        with Gradebook(where["db_url"]) as book:
            released = book.find_notebook(where["notebook"], where["assignment"]).source_cells
            known = {cell.name for cell in released}
        other = None if _exists(path) else self._under_another_name(path, where)
        taken = read_notebook(other or path, known, self._below(path))
        if other is not None:
            taken.remarks.insert(0, f"There is no {path.name}; the only other notebook was read.")
        for remark in taken.remarks:
            self.log.warning("%s, %s: %s", where["student"], path.name, remark)
        return taken

    def _below(self, path: Path) -> Path | None:
        """Return the folder of all submissions, if the file lies in it."""
        coursedir = getattr(self.parent, "coursedir", None)
        if coursedir is None:
            return None
        folder = Path(coursedir.root) / coursedir.submitted_directory
        return folder if path.is_relative_to(folder) else None

    @staticmethod
    def _under_another_name(path: Path, where: dict[str, str]) -> Path | None:
        """Return the only notebook of the folder that is none of the assignment's, if there is."""
        try:
            with Gradebook(where["db_url"]) as book:
                notebooks = book.find_assignment(where["assignment"]).notebooks
                expected = {f"{notebook.name}.ipynb" for notebook in notebooks}
            others = [
                other
                for other in path.parent.iterdir()
                if other.suffix == ".ipynb"
                and other.name not in expected
                and not kind_of(other.lstat().st_mode)
            ]
        except (OSError, MissingEntry):
            return None
        return others[0] if len(others) == 1 else None


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def about_cell(remarks: list[str], cell_id: str) -> NotebookNode:
    """Return the cell that tells learner and grader what was odd about the file.

    The remarks are our own sentences; a learner's text never stands in them.
    """
    text = "**About this file**\n\n" + "\n".join(f"- {remark}" for remark in remarks)
    made: NotebookNode = from_dict(
        {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": text}
    )
    return made
