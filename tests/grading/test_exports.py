"""`dlgrader export` and `nbgrader export`: what Canvas, Moodle and spreadsheets make of a file."""

from __future__ import annotations

import csv
import datetime
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from small_gradebook import add_assignment, add_learners, fail, hand_in, new_gradebook
from traitlets.config import Config

from dlgrader import exports
from dlgrader.course import Course, GradingError
from dlgrader.exports import cells
from dlgrader.exports.canvas import canvas_table
from dlgrader.exports.grades import read_grades
from dlgrader.exports.moodle import moodle_table
from dlgrader.telling import Teller

HOUR = datetime.timedelta(hours=1)
STATUS = {
    "ada": "graded",
    "bela": "graded",
    "chiyo": "needs grading",
    "dario": "failed",
    "emre": "submitted",
    "fatima": "missing",
}

CONFIG = """
from dlgrader.settings import configure
c = get_config()
configure(c)
c.AssignLatePenalties.plugin_class = "dlgrader.late.PerDayPenalty"
c.PerDayPenalty.percent_per_day = 0
c.PerDayPenalty.points_per_day = 0.75
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course folder: everyone of `STATUS`, bela with 0 points, dario with 10 before he failed."""
    root = tmp_path_factory.mktemp("course")
    (root / "nbgrader_config.py").write_text(CONFIG)
    with Gradebook(new_gradebook(root / "gradebook.db")) as book:
        add_assignment(book)
        add_assignment(book, "second", due=None)
        add_learners(book, *STATUS)
        hand_in(book, "ada", 4, 2.5, bonus=2, written=3, late=30 * HOUR)
        hand_in(book, "bela", 0, 0, written=0)
        hand_in(book, "chiyo", 4, 3)
        hand_in(book, "dario", 4, 3, written=3)
        fail(book, "dario", "the kernel died, twice")
        hand_in(book, "ada", 1, 1, written=1, assignment="second")
    folder = root / "submitted" / "emre" / "ps"
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2026-03-02 10:00:00 UTC")
    return root


@pytest.fixture
def course(made):
    return Course(made)


def rows(path, encoding="utf-8"):
    with Path(path).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def exported(course, tmp_path, **options):
    to = tmp_path / "out.csv"
    outcome = exports.export(course, Teller(), to=to, **options)
    assert outcome.facts["file"] == str(to)
    return to, outcome


# -- for scripts and people ------------------------------------------------------------------------


def test_csv(course, tmp_path):
    path, outcome = exported(course, tmp_path)
    found = {row["student_id"]: row for row in rows(path) if row["assignment"] == "ps"}
    assert {student: row["status"] for student, row in found.items()} == STATUS
    assert {student: row["score"] for student, row in found.items()} == {
        "ada": "10.0",
        "bela": "0.0",
        "chiyo": "",
        "dario": "",
        "emre": "",
        "fatima": "",
    }
    ada, chiyo, dario = found["ada"], found["chiyo"], found["dario"]
    assert (ada["raw_score"], ada["late_submission_penalty"], ada["extra_credit"]) == (
        "11.5",
        "1.5",
        "2.0",
    )
    assert (ada["seconds_late"], ada["max_score"]) == (str(30 * 3600.0), "10.0")
    assert (ada["last_name"], ada["first_name"]) == ("Example", "Ada")
    assert (chiyo["raw_score"], dario["raw_score"]) == ("7.0", "")
    assert dario["reason"] == "the kernel died, twice"
    assert outcome.ok
    assert outcome.facts["counts"]["ps"] == {
        "failed": 1,
        "graded": 2,
        "missing": 1,
        "needs grading": 1,
        "submitted": 1,
    }
    assert list(outcome.attention) == [
        "chiyo: ps: needs grading",
        "dario: ps: failed: the kernel died, twice",
        "emre: ps: submitted",
    ]


def test_csv_begins_with_the_columns_of_nbgraders_own(course, tmp_path):
    from nbgrader.plugins import CsvExportPlugin

    theirs, (ours, _) = tmp_path / "theirs.csv", exported(course, tmp_path)
    with course.gradebook() as book:
        CsvExportPlugin(to=str(theirs)).export(book)
    head = theirs.read_text().splitlines()[0].split(",")
    assert ours.read_text().splitlines()[0].split(",")[: len(head)] == head


def test_generic(course, tmp_path):
    path, _ = exported(course, tmp_path, kind="generic")
    found = {row["student_id"]: row for row in rows(path)}
    assert [found[name]["ps"] for name in STATUS] == ["10.0", "0.0", "", "", "", ""]
    assert {name: row["ps status"] for name, row in found.items()} == STATUS
    assert (found["ada"]["second"], found["bela"]["second status"]) == ("3.0", "missing")


def test_selection(course, tmp_path):
    path, _ = exported(course, tmp_path, assignment="ps", students=["bela", "ada"])
    assert [(row["assignment"], row["student_id"]) for row in rows(path)] == [
        ("ps", "ada"),
        ("ps", "bela"),
    ]
    with pytest.raises(GradingError, match="knows zoe"):
        exported(course, tmp_path, students=["ada", "zoe"])
    with pytest.raises(GradingError, match="no assignment 'ps7'"):
        exported(course, tmp_path, assignment="ps7")
    with pytest.raises(GradingError, match="kind 'excel'"):
        exported(course, tmp_path, kind="excel")


def test_where_the_file_goes(course, tmp_path, made):
    exports.export(course, Teller(), kind="moodle", to=tmp_path)
    assert (tmp_path / "grades_moodle.csv").is_file()
    exports.export(course, Teller())
    assert (made / "grades.csv").is_file()
    (made / "grades.csv").unlink()
    with pytest.raises(GradingError, match="name another file"):
        exports.export(course, Teller(), to=tmp_path / "nowhere" / "grades.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grades_moodle.csv"]


def test_a_gradebook_without_assignments(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    new_gradebook(tmp_path / "gradebook.db")
    with pytest.raises(GradingError, match="no assignment yet"):
        exports.export(Course(tmp_path), Teller())


def test_byte_order_mark(made, tmp_path):
    plain, _ = exported(Course(made), tmp_path)
    assert not plain.read_bytes().startswith(b"\xef\xbb\xbf")
    settings = {"GradeExport": {"byte_order_mark": True}}
    marked, _ = exported(Course(made, settings), tmp_path)
    assert marked.read_bytes().startswith(b"\xef\xbb\xbfassignment,")


def test_rights_of_the_file(course, tmp_path):
    path, _ = exported(course, tmp_path)
    other = tmp_path / "other"
    other.write_text("")
    assert path.stat().st_mode == other.stat().st_mode


# -- Canvas ----------------------------------------------------------------------------------------


def read_by_canvas(path):
    """Read as lib/gradebook_importer.rb of Canvas does: learners by id and login, and scores."""
    with path.open(encoding="utf-8", newline="") as file:
        head, *body = csv.reader(file)
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert re.search(r"SIS\s+User\s+ID", head[2])
    assert re.search(r"SIS\s+Login\s+ID", head[3])
    assert "Section" in head[4]
    passed_over = re.compile(
        "Current Score|Current Points|Current Grade|Final Score|Final Points|Final Grade"
        "|Override Score|Override Grade|Override Status"
    )
    titles = [name for name in head[5:] if not passed_over.search(name)]
    worth, learners = {}, {}
    for row in body:
        scores = {title: row[head.index(title)] for title in titles}
        if "Points Possible" in row[0]:
            worth = scores
        else:
            learners[row[1] or row[3] or row[0]] = scores
    return worth, learners


def test_canvas(course, tmp_path):
    path, _ = exported(course, tmp_path, kind="canvas")
    worth, learners = read_by_canvas(path)
    assert worth == {"ps": "10.0", "second": "10.0"}
    with course.gradebook() as book:
        ids = {student.id: student.lms_user_id for student in book.students}
    assert {name: learners[ids[name]]["ps"] for name in STATUS} == {
        "ada": "10.0",
        "bela": "0.0",
        "chiyo": "",
        "dario": "",
        "emre": "",
        "fatima": "",
    }
    # For people, and for whoever compares: what an empty cell means.
    found = {row["SIS Login ID"]: row["ps status (Current Grade)"] for row in rows(path)}
    assert {name: found[name] for name in STATUS} == STATUS
    assert found[""] == "(read only)"
    assert rows(path)[1]["Student"] == "Example, Ada"


def test_canvas_columns(made, tmp_path):
    settings = {"GradeExport": {"canvas_columns": {"ps": "Problem set (1234)"}}}
    path, _ = exported(Course(made, settings), tmp_path, kind="canvas")
    assert list(read_by_canvas(path)[0]) == ["Problem set (1234)", "second"]


@pytest.mark.parametrize("title", ["My Final Grade (12)", "Section", "second"])
def test_canvas_columns_that_canvas_would_not_import(made, tmp_path, title):
    settings = {"GradeExport": {"canvas_columns": {"ps": title}}}
    with pytest.raises(GradingError, match=r"canvas_columns"):
        exported(Course(made, settings), tmp_path, kind="canvas")


# -- Moodle ----------------------------------------------------------------------------------------


def read_by_moodle(path, column, mapped):
    """Read as grade/import/csv/classes/load_data.php of Moodle does, grade items being new."""
    grades, last = {}, None
    for row in rows(path):
        last = row[column] or last  # an empty cell leaves the learner of the row above
        value = row[mapped].strip()
        grades[last] = None if value == "-" else float(value or 0)
    return grades


def test_moodle(course, tmp_path):
    path, outcome = exported(course, tmp_path, kind="moodle")
    assert read_by_moodle(path, "Email address", "ps") == {
        "ada@example.org": 10.0,
        "bela@example.org": 0.0,
        "chiyo@example.org": None,
        "dario@example.org": None,
        "emre@example.org": None,
        "fatima@example.org": None,
    }
    found = {row["Email address"].split("@")[0]: row["ps status"] for row in rows(path)}
    assert found == STATUS
    assert len(outcome.attention) == 3


@pytest.mark.parametrize(
    ("identifier", "column", "first"),
    [("student_id", "Username", "ada"), ("lms_user_id", "ID number", "1397")],
)
def test_moodle_by_another_field(made, tmp_path, identifier, column, first):
    settings = {"GradeExport": {"moodle_identifier": identifier}}
    path, _ = exported(Course(made, settings), tmp_path, kind="moodle")
    assert rows(path)[0][column] == first
    assert "Email address" not in rows(path)[0]


@pytest.fixture
def odd(tmp_path):
    """A gradebook of learners whose names and addresses are traps."""
    with Gradebook(new_gradebook(tmp_path / "odd.db")) as book:
        add_assignment(book)
        book.add_student("ada", first_name="=cmd|' /C calc'!A0", email="ada@example.org")
        book.add_student("bela", last_name='O"Neil, Béla\r\nII', email="same@example.org")
        book.add_student("chiyo", last_name="@SUM(A1)\x07", email="same@example.org")
        book.add_student("-dario", first_name="\t+1", email="")
        book.add_student("emre", last_name="＝1", email="=emre@example.org")
        yield book


def test_who_cannot_be_named_to_moodle_is_left_out_and_said(odd):
    table = moodle_table(read_grades(odd))
    assert [row[2] for row in table.rows] == ["ada@example.org"]
    said = {line.split(":")[0]: line for line in table.attention}
    assert "not in the gradebook" in said["'-dario"]
    assert "another learner's, too" in said["bela"]
    assert "another learner's, too" in said["chiyo"]
    assert "can't stand in a table" in said["emre"]


def test_moodle_without_any_address(odd):
    with pytest.raises(GradingError, match="db student import"):
        moodle_table(read_grades(odd), "lms_user_id")


def test_more_than_moodle_takes(odd):
    hand_in(odd, "ada", 90, 20, written=0)
    assert any("above 100" in line for line in moodle_table(read_grades(odd)).attention)


# -- texts that are formulas -----------------------------------------------------------------------


def test_no_cell_of_any_file_is_a_formula(odd, tmp_path):
    hand_in(odd, "ada", 1, 1)
    fail(odd, "emre", "=HYPERLINK(...)")
    plugin = exports.GradeExport()
    for plugin.kind in exports.KINDS:
        path = tmp_path / "odd.csv"
        plugin.write(plugin.table(read_grades(odd)), path)
        with path.open(encoding="utf-8", newline="") as file:
            found = [cell for row in csv.reader(file) for cell in row]
        assert len(found) > 9
        for cell in found:
            assert cell == "-" or not re.match(r"\s*[=+@＝＋－＠-]", cell)
            assert cell.isprintable()


def test_an_id_that_canvas_could_not_find_is_said(odd):
    (line,) = canvas_table(read_grades(odd), {}).attention
    assert line.startswith("'-dario: this id can't stand in a table")


@given(st.text())
def test_text_is_one_line_and_no_formula(value):
    cell = cells.text(value)
    assert cell.isprintable()
    assert not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert cells.text(cell) == cell


@given(st.floats(0, 1e6))
def test_number_can_be_read_again(value):
    assert float(cells.number(value)) == pytest.approx(value, abs=1e-4)


# -- groups ----------------------------------------------------------------------------------------


@pytest.fixture
def grouped(tmp_path):
    """Ada handed in; bela failed, and chiyo handed in later; dario and emre did nothing."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    with Gradebook(new_gradebook(tmp_path / "gradebook.db")) as book:
        add_assignment(book)
        add_assignment(book, "second")
        add_learners(book, "ada", "bela", "chiyo", "dario", "emre")
        hand_in(book, "ada", 4, 2, written=2, late=-HOUR)
        hand_in(book, "bela", 4, 3, written=3, late=-2 * HOUR)
        fail(book, "bela", "why")
        hand_in(book, "chiyo", 1, 1, written=1, late=-HOUR)
    return tmp_path


def shared(root, tmp_path, groups, assignment="ps"):
    (root / "groups.csv").write_text(groups)
    path, outcome = exported(Course(root), tmp_path, assignment=assignment)
    found = {row["student_id"]: (row["status"], row["score"], row["reason"]) for row in rows(path)}
    return found, outcome.attention


def test_members_of_a_group_stand_where_the_one_stands_who_handed_in(grouped, tmp_path):
    groups = "\ufeffgroup,student\nA,ada\nA,dario\n\nB,emre\nB,zoe\n"
    found, attention = shared(grouped, tmp_path, groups)
    assert found["dario"] == ("graded", "8.0", "handed in by ada")
    assert found["ada"] == ("graded", "8.0", "")
    assert found["emre"] == ("missing", "", "")
    assert "zoe" not in found
    assert list(attention) == ["bela: ps: failed: why"]
    assert rows(tmp_path / "out.csv")[3]["first_name"] == "Dario"


def test_a_member_whom_the_gradebook_does_not_know(grouped, tmp_path):
    found, _ = shared(grouped, tmp_path, "student,group\nzoe,A\nada,A\n")
    assert found["zoe"] == ("graded", "8.0", "handed in by ada")


def test_several_of_a_group_handed_in(grouped, tmp_path):
    found, attention = shared(grouped, tmp_path, "group,student\nA,bela\nA,chiyo\nA,emre\n")
    assert found["bela"] == ("failed", "", "why")
    assert found["chiyo"] == ("graded", "3.0", "")
    assert found["emre"] == ("graded", "3.0", "handed in by chiyo")
    assert "bela, chiyo: ps: all of them handed in for group A" in attention[0]


def test_a_failed_submission_is_the_groups(grouped, tmp_path):
    found, attention = shared(grouped, tmp_path, "group,student\nA,bela\nA,emre\n")
    assert found["emre"] == ("failed", "", "handed in by bela; why")
    assert "emre: ps: failed: handed in by bela; why" in attention


def test_groups_of_one_assignment(grouped, tmp_path):
    groups = "assignment,group,student\n,A,ada\n,A,emre\nps,B,emre\nps,B,chiyo\nsecond,A,dario\n"
    found, _ = shared(grouped, tmp_path, groups)
    assert found["emre"][2] == "handed in by chiyo"
    assert found["dario"][0] == "missing"
    assert {status for status, *_ in shared(grouped, tmp_path, groups, "second")[0].values()} == {
        "missing"
    }


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("name,student\nA,ada\n", "has the columns name, student"),
        ("", "has the columns none"),
        ("group,student\nA,ada\nB,ada\n", "ada is in group A and in group B"),
        ("group,student\nA,ada\nB\n", "line 3: either group or student"),
    ],
)
def test_groups_that_are_none(grouped, tmp_path, groups, said):
    with pytest.raises(GradingError, match=said):
        shared(grouped, tmp_path, groups)


def test_a_file_of_groups_that_is_not_there(grouped, tmp_path):
    with pytest.raises(GradingError, match="could not be read"):
        exported(Course(grouped, {"GradeExport": {"groups": "pairs.csv"}}), tmp_path)


# -- nbgrader's own command ------------------------------------------------------------------------


def nbgrader_export(made, *arguments):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", "export", *arguments],
        cwd=made,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_nbgrader_export_gives_the_same(made, course, tmp_path):
    ours, _ = exported(course, tmp_path, assignment="ps")
    theirs = tmp_path / "theirs.csv"
    done = nbgrader_export(made, f"--to={theirs}", "--assignment", "ps")
    assert done.returncode == 0, done.stderr
    assert "1 failed, 2 graded" in done.stderr
    assert theirs.read_bytes() == ours.read_bytes()
    done = nbgrader_export(made, "--assignment", "ps7")
    assert done.returncode == 1
    assert "no assignment 'ps7'" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_settings_the_gradebook_is_left_as_it_is(course, tmp_path):
    exported(course, tmp_path)
    with course.gradebook() as book:
        exports.GradeExport(to=str(tmp_path / "alone.csv")).export(book)
    found = {row["student_id"]: row for row in rows(tmp_path / "alone.csv")[:6]}
    assert found["ada"]["late_submission_penalty"] == "1.5"
    assert found["emre"]["status"] == "missing"


def test_settings(made):
    plugin = exports.GradeExport(config=Config(GradeExport={"kind": "moodle"}))
    assert plugin.kind == "moodle"
