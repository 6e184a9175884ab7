"""What ``nbgrader export`` and `dlgrader export` have in common: kinds of files and settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Dict, Enum, Unicode

from dlgrader.course import GradingError
from dlgrader.exports.canvas import canvas_table
from dlgrader.exports.cells import Table, write_table
from dlgrader.exports.grades import Grades, read_grades
from dlgrader.exports.groups import DEFAULT_FILE, read_groups
from dlgrader.exports.moodle import FIELDS, moodle_table
from dlgrader.exports.tables import long_table, wide_table

KINDS = ("csv", "canvas", "moodle", "generic")
FILES = {
    "csv": "grades.csv",
    "canvas": "grades_canvas.csv",
    "moodle": "grades_moodle.csv",
    "generic": "grades_generic.csv",
}


class GradeExport(ExportPlugin):
    """Exports grades so that missing, failed, waiting and zero stay different things."""

    kind = Enum(
        KINDS,
        default_value="csv",
        help="""What will read the file: "csv", a row for each learner and assignment with all that
        is known; "canvas" and "moodle"; "generic", a row for each learner.""",
    ).tag(config=True)

    canvas_columns = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="""By the name of an assignment, the head of its column in a file that Canvas exports,
        with the number: {"ps4_convolution": "Problem set 4 (1234567)"}.""",
    ).tag(config=True)

    moodle_identifier = Enum(
        tuple(FIELDS),
        default_value="email",
        help="""By what Moodle finds a learner: "email"; "student_id", Moodle's user name; or
        "lms_user_id", Moodle's ID number.""",
    ).tag(config=True)

    groups = Unicode(
        DEFAULT_FILE,
        help="""The file that says who hands in together, with the columns "group", "student" and,
        if need be, "assignment"; below the course's folder.""",
    ).tag(config=True)

    byte_order_mark = Bool(
        False,
        help="""Whether the file begins with a byte order mark. Without, Excel shows é as Ã© when
        the file is double-clicked (Data, From Text/CSV reads it rightly); with it, many programs
        take the mark for a part of the first column's name.""",
    ).tag(config=True)

    def read(
        self, book: Gradebook, assignments: Sequence[str] = (), students: Sequence[str] = ()
    ) -> list[Grades]:
        """Read the grades of some or all assignments and learners, by the course's settings."""
        if not self.config:  # on its own, without a course: the gradebook as it is
            return read_grades(book, assignments, students)
        groups = read_groups(Path(CourseDirectory(config=self.config).root) / self.groups)
        return read_grades(book, assignments, students, self.config, groups)

    def table(self, all_grades: list[Grades]) -> Table:
        """Return the table of the chosen kind."""
        if self.kind == "canvas":
            return canvas_table(all_grades, self.canvas_columns)
        if self.kind == "moodle":
            return moodle_table(all_grades, self.moodle_identifier)
        return long_table(all_grades) if self.kind == "csv" else wide_table(all_grades)

    def write(self, table: Table, path: Path) -> None:
        """Write the file."""
        write_table(table, path, self.byte_order_mark)

    def export(self, gradebook: Gradebook) -> None:
        """Export for ``nbgrader export``."""
        path = Path(self.to or FILES[self.kind])
        try:
            found = self.read(
                gradebook,
                [str(name) for name in self.assignment],
                [str(name) for name in self.student],
            )
            table = self.table(found)
            self.write(table, path)
        except GradingError as error:
            if self.parent is None:
                raise
            self.parent.fail(str(error))
        for grades in found:
            said = ", ".join(f"{number} {status}" for status, number in grades.counts.items())
            self.log.info("%s: %s", grades.assignment, said)
        for line in table.attention:
            self.log.warning("%s", line)
        self.log.info("Grades written to %s", path)
