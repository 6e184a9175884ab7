"""Missing, submitted, failed, zero: what becomes of each in `dlgrader.standings`."""

from __future__ import annotations

import datetime

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from nbgrader.api import Gradebook
from small_gradebook import (
    DUE,
    add_assignment,
    add_learners,
    fail,
    hand_in,
    new_gradebook,
    note_graded,
)
from sqlalchemy import event
from traitlets.config import Config

from dlgrader import records
from dlgrader.course import Course, GradingError
from dlgrader.standings import select_students, standings

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def book(tmp_path):
    with Gradebook(new_gradebook(tmp_path / "gradebook.db")) as opened:
        add_assignment(opened)
        yield opened


def of(book, student, **more):
    return next(found for found in standings(book, "ps", **more) if found.student == student)


def test_each_kind(book):
    add_learners(book, "ada", "bela", "chiyo", "dario", "emre", "fatima")
    hand_in(book, "ada", 4, 2, written=3)
    hand_in(book, "bela", 0, 0, written=0)
    hand_in(book, "chiyo", 4, 3)
    hand_in(book, "dario", 4, 3, written=3)
    fail(book, "dario", "the notebook's memory ran out")
    hand_in(book, "emre")
    found = {one.student: (one.status, one.points, one.reason) for one in standings(book, "ps")}
    assert found == {
        "ada": ("graded", 9.0, ""),
        "bela": ("graded", 0.0, ""),
        "chiyo": ("needs grading", 7.0, ""),
        "dario": ("failed", None, "the notebook's memory ran out"),
        "emre": ("submitted", None, ""),
        "fatima": ("missing", None, ""),
    }
    assert {one.max_points for one in standings(book, "ps")} == {10.0}


def test_names(book):
    add_learners(book, "ada")
    book.add_student("17")
    ada, anonymous = of(book, "ada"), of(book, "17")
    assert (ada.name, ada.email, ada.lms_user_id) == ("Ada Example", "ada@example.org", "1397")
    assert (anonymous.name, anonymous.email, anonymous.last_name) == ("17", "", "")


def test_bonus_and_penalty(book):
    add_learners(book, "ada", "bela")
    hand_in(book, "ada", 4, 3, bonus=2, written=3, late=30 * HOUR, penalty=1.5)
    ada = of(book, "ada")
    assert (ada.points, ada.raw_points, ada.extra, ada.late_penalty) == (10.5, 12.0, 2.0, 1.5)
    assert ada.seconds_late == 30 * 3600
    # A penalty of an earlier grading, larger than what there is now.
    hand_in(book, "bela", 1, 0, written=0, late=30 * HOUR, penalty=4)
    assert of(book, "bela").points == 0.0


def test_a_penalty_counts_once_for_each_notebook_and_not_for_each_cell(book):
    book.add_notebook("second_notebook", "ps")
    book.add_grade_cell("more", "second_notebook", "ps", max_score=2, cell_type="code")
    add_learners(book, "ada")
    hand_in(book, "ada", 4, 3, written=3, penalty=1)
    more = book.find_grade("more", "second_notebook", "ps", "ada")
    more.auto_score, more.needs_manual_grade = 2, False
    book.find_submission_notebook("second_notebook", "ps", "ada").late_submission_penalty = 0.5
    book.db.commit()
    ada = of(book, "ada")
    assert (ada.points, ada.late_penalty, ada.max_points) == (10.5, 1.5, 12.0)


def test_an_extension_of_nbgrader(book):
    add_learners(book, "ada")
    hand_in(book, "ada", 4, 3, written=3, late=30 * HOUR)
    book.grant_extension("ps", "ada", hours=24)
    assert of(book, "ada").seconds_late == 6 * 3600
    book.grant_extension("ps", "ada", hours=48)
    assert of(book, "ada").seconds_late == 0


def test_no_due_date(book):
    add_assignment(book, "open", due=None)
    add_learners(book, "ada")
    hand_in(book, "ada", 4, 3, written=3, assignment="open")
    (ada,) = standings(book, "open")
    assert (ada.status, ada.seconds_late) == ("graded", 0.0)


def test_a_failed_grading_that_a_person_graded_by_hand(book):
    add_learners(book, "ada")
    hand_in(book, "ada", 4, 3, written=3)
    fail(book, "ada", "no notebook in it")
    assert of(book, "ada").status == "failed"
    for grade in book.find_submission_notebook("ps", "ps", "ada").grades:
        grade.manual_score, grade.needs_manual_grade = 1.0, False
    book.db.commit()
    ada = of(book, "ada")
    assert (ada.status, ada.points, ada.reason) == ("graded", 4.0, "")


def test_a_failed_grading_that_nbgrader_graded_since_without_our_settings(book):
    add_learners(book, "ada")
    fail(book, "ada", "the sandbox could not be started")
    hand_in(book, "ada", 4, 3)
    assert (of(book, "ada").status, of(book, "ada").points) == ("needs grading", 7.0)
    hand_in(book, "ada", 4, 3, written=1)
    assert (of(book, "ada").status, of(book, "ada").points) == ("graded", 8.0)


def test_records_that_have_been_read_already(book):
    add_learners(book, "ada")
    fail(book, "ada", "why")
    assert of(book, "ada", noted=records.all_records(book, "ps")).status == "failed"
    assert of(book, "ada", noted={}).status == "submitted"


def test_a_failed_grading_of_what_the_tables_could_not_take(book):
    add_learners(book, "ada")
    fail(book, "ada", "why")
    book.remove_submission("ps", "ada")
    assert (of(book, "ada").status, of(book, "ada").reason) == ("failed", "why")


def test_written_answers_only(book):
    """Before and after grading such a submission looks alike; then the record tells."""
    book.add_assignment("essay")
    book.add_notebook("essay", "essay")
    book.add_grade_cell("text", "essay", "essay", max_score=5, cell_type="markdown")
    book.add_solution_cell("text", "essay", "essay")
    add_learners(book, "ada")
    book.update_or_create_submission("essay", "ada")
    assert standings(book, "essay")[0].status == "needs grading"
    note_graded(book, "ada", "essay")
    assert standings(book, "essay")[0].status == "needs grading"


def test_handed_in_and_not_graded_yet(book, tmp_path):
    add_learners(book, "ada", "bela", "chiyo", "dario")
    hand_in(book, "ada", 4, 3, written=3, late=-5 * HOUR)
    hand_in(book, "bela", 4, 3, written=3, late=-5 * HOUR)
    for name, time in (
        ("ada", DUE - 5 * HOUR),
        ("bela", DUE + 2 * HOUR),
        ("chiyo", None),
        ("zoe", DUE + HOUR),
    ):
        folder = tmp_path / "submitted" / name / "ps"
        folder.mkdir(parents=True)
        if time:
            (folder / "timestamp.txt").write_text(f"{time} UTC")
    (tmp_path / "submitted" / "dario").mkdir()
    (tmp_path / "submitted" / "dario" / "ps2").mkdir()
    (tmp_path / "submitted" / "stray").write_text("no folder")
    course = course_in(tmp_path)
    there = course.handed_in("ps")
    assert list(there) == ["ada", "bela", "chiyo", "zoe"]
    found = standings(book, "ps", handed_in=there)
    assert [(one.student, one.status) for one in found] == [
        ("ada", "graded"),
        ("bela", "submitted"),
        ("chiyo", "submitted"),
        ("dario", "missing"),
        ("zoe", "submitted"),
    ]
    bela, zoe = found[1], found[4]
    assert (bela.points, bela.seconds_late, bela.timestamp) == (None, 7200, DUE + 2 * HOUR)
    assert "newer" in bela.reason
    assert (zoe.name, zoe.seconds_late) == ("zoe", 3600)


def test_folders_of_other_names(tmp_path):
    (tmp_path / "a [b] c*" / "ps (1)" / "in" / "ada").mkdir(parents=True)
    settings = {
        "submitted_directory": "in",
        "directory_structure": "{assignment_id}/{nbgrader_step}/{student_id}",
    }
    course = course_in(tmp_path / "a [b] c*", **settings)
    assert course.handed_in("ps (1)") == {"ada": None}


def course_in(folder, **settings):
    return Course.configured(Config(CourseDirectory={"root": str(folder), **settings}))


def test_selection(book):
    add_learners(book, "ada", "bela")
    found = standings(book, "ps")
    assert select_students(found, ()) == found
    assert [one.student for one in select_students(found, ["bela"])] == ["bela"]
    with pytest.raises(GradingError, match=r"knows cleo, zoe"):
        select_students(found, ["ada", "zoe", "cleo"])


def test_unknown_assignment(book):
    with pytest.raises(GradingError, match="no assignment 'ps9'; it has: ps"):
        standings(book, "ps9")


def test_the_number_of_queries_does_not_grow_with_the_class(book):
    statements = []
    event.listen(book.engine, "before_cursor_execute", lambda *about: statements.append(about[2]))

    def queries():
        statements.clear()
        standings(book, "ps")
        return len(statements)

    add_learners(book, "ada")
    hand_in(book, "ada", 4, 3, written=3)
    few = queries()
    add_learners(book, *(f"learner{number}" for number in range(30)))
    for number in range(0, 30, 2):
        hand_in(book, f"learner{number}", 1, 1)
    assert queries() <= few
