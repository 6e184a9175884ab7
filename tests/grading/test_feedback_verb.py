"""Writing and releasing the feedback of a class: who gets a page, and when it is written anew."""

from __future__ import annotations

import datetime
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from small_gradebook import add_assignment, add_learners, fail, hand_in, new_gradebook, note_graded

from dlgrader import records
from dlgrader.course import CONFIG_FILE, Course, GradingError
from dlgrader.feedback import feedback
from dlgrader.late import settle
from dlgrader.standings import standings
from dlgrader.telling import Teller

SETTINGS = """\
from dlgrader.settings import configure_grading

c = get_config()
configure_grading(c)
c.CourseDirectory.course_id = "own"
c.AssignLatePenalties.plugin_class = "dlgrader.late.PerDayPenalty"
"""
READY = ["ada", "bo", "cy"]

# nbgrader's exchange is constructed by its API with a misspelt argument.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Passing unrecognized arguments:DeprecationWarning"),
    # What SQLAlchemy 2 remarks about every submission that nbgrader 0.9 adds.
    pytest.mark.filterwarnings("ignore:Object of type .* not in session"),
]


def notebook() -> nbformat.NotebookNode:
    """Return a graded notebook with a bit of everything that `add_assignment` declares."""

    def about(name, *, solution, locked):
        kind = {"grade_id": name, "grade": True, "solution": solution, "locked": locked}
        return {"nbgrader": kind | {"schema_version": 3, "task": False, "points": 3}}

    return new_notebook(
        cells=[
            new_code_cell("assert True", metadata=about("first", solution=False, locked=True)),
            new_markdown_cell("My words.", metadata=about("written", solution=True, locked=False)),
        ]
    )


@pytest.fixture
def course(tmp_path) -> Course:
    """Ada and Bo are graded, but an answer of Bo's; Cy's grading failed, Di's has not begun."""
    root = tmp_path / "course"
    root.mkdir()
    (root / CONFIG_FILE).write_text(SETTINGS)
    new_gradebook(root / "gradebook.db")
    exchange = {"root": str(tmp_path / "exchange"), "cache": str(tmp_path / "cache")}
    made = Course(root, {"Exchange": exchange})
    (tmp_path / "exchange").mkdir(mode=0o777)
    with made.gradebook() as book:
        records.prepare(book)
        add_assignment(book)
        add_learners(book, "ada", "bo", "cy", "di", "ed")
        hand_in(book, "ada", 4, 3, written=2)
        hand_in(book, "bo", 1, 0)
        fail(book, "cy", "The notebook is not valid JSON (line 3).")
        for student in ("ada", "bo"):
            note_graded(book, student)
    for student in (*READY, "di"):
        folder = made.submission("submitted", student, "ps")
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text("2026-03-01 12:00:00.000000 UTC")
        (folder / "submission_secret.txt").write_text(f"secret of {student}")
        if student in {"ada", "bo"}:
            graded = made.submission("autograded", student, "ps")
            shutil.copytree(folder, graded)
            nbformat.write(notebook(), graded / "ps.ipynb")
    return made


def page(course: Course, student: str) -> str:
    return (course.submission("feedback", student, "ps") / "ps.html").read_text()


def run(course: Course, *students: str, **settings):
    return feedback(course, Teller(as_json=True), "ps", students, **settings)


def test_who_gets_a_page(course):
    outcome = run(course)
    assert outcome.ok
    assert outcome.facts["written"] == outcome.facts["released"] == READY
    assert outcome.facts["without"] == ["di", "ed"]
    assert outcome.facts["failed"] == ["cy"]
    told = {line.split(":")[0]: line for line in outcome.attention}
    assert sorted(told) == ["bo", "cy", "di", "ed"]
    assert "waits for a person" in told["bo"]
    assert "not valid JSON" in told["cy"]
    assert "not graded yet" in told["di"]
    assert "nothing was handed in" in told["ed"]


def test_what_the_pages_say(course):
    run(course)
    assert "For Ada Example" in page(course, "ada")
    assert "<strong>9</strong> of 10 points</p>" in page(course, "ada")
    assert "points so far" in page(course, "bo")
    assert "The notebook is not valid JSON (line 3)." in page(course, "cy")
    assert "Not graded" in page(course, "cy")


def test_released_pages_lie_in_the_exchange(course, tmp_path):
    run(course)
    lying = {file.read_text() for file in (tmp_path / "exchange" / "own" / "feedback").iterdir()}
    assert lying == {page(course, student) for student in READY}


def test_nothing_is_written_twice(course):
    run(course)
    again = run(course)
    assert again.ok
    assert again.facts["written"] == again.facts["released"] == []
    assert again.facts["unchanged"] == READY
    assert run(course, force=True).facts["written"] == READY


@pytest.mark.parametrize("change", ["comment", "points", "penalty", "notebook", "name", "state"])
def test_what_has_changed_is_written_anew(course, change):
    run(course)
    with course.gradebook() as book:
        if change == "comment":
            book.find_comment("written", "ps", "ps", "ada").manual_comment = "Well put."
        elif change == "points":
            book.find_grade("written", "ps", "ps", "ada").manual_score = 3
        elif change == "penalty":
            book.find_submission("ps", "ada").timestamp += datetime.timedelta(days=2)
        elif change == "name":
            book.find_student("ada").last_name = "Other"
        elif change == "state":
            fail(book, "ada", "Broken.")
        book.db.commit()
    if change == "notebook":
        path = course.submission("autograded", "ada", "ps") / "ps.ipynb"
        path.write_text(path.read_text().replace("My words.", "Other words."))
    before = page(course, "ada")
    outcome = run(course)
    assert outcome.facts["written"] == outcome.facts["released"] == ["ada"]
    assert page(course, "ada") != before


def test_the_penalty_on_a_page_is_the_one_that_is_exported(course):
    """Points that were given by hand may change it, and so may another due date."""
    with course.gradebook() as book:
        book.find_assignment("ps").duedate -= datetime.timedelta(days=2)
        book.db.commit()
    run(course, "ada")
    assert "<strong>8</strong> of 10 points</p>" in page(course, "ada")  # 9, less a day
    with course.gradebook() as book:
        settle(course.config, book, "ps")
        (ada,) = (one for one in standings(book, "ps") if one.student == "ada")
    assert (ada.points, ada.late_penalty) == (8.0, 1.0)


def test_one_students_page(course):
    assert run(course, "bo").facts["written"] == ["bo"]
    assert not course.submission("feedback", "ada", "ps").exists()


def test_an_unknown_student_or_assignment(course):
    with pytest.raises(GradingError, match="nobody"):
        run(course, "nobody")
    with pytest.raises(GradingError, match="has no assignment"):
        feedback(course, Teller(as_json=True), "other")


def test_pages_can_be_released_later(course):
    first = run(course, release=False)
    assert first.facts["written"] == READY
    assert first.facts["released"] == []
    second = run(course)
    assert second.facts["written"] == []
    assert second.facts["released"] == READY


def test_a_submission_that_came_another_way_has_a_page_and_a_remark(course):
    for step in ("submitted", "autograded"):
        (course.submission(step, "bo", "ps") / "submission_secret.txt").unlink()
    outcome = run(course)
    assert outcome.ok
    assert outcome.facts["written"] == READY
    assert outcome.facts["released"] == ["ada", "cy"]
    (line,) = [line for line in outcome.attention if "not released" in line]
    assert line.startswith("bo: ")
    assert str(course.submission("feedback", "bo", "ps")) in line


def test_a_newer_submission_waits_and_the_old_page_stays(course):
    run(course)
    old = page(course, "ada")
    later = datetime.datetime(2026, 3, 4).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    (course.submission("submitted", "ada", "ps") / "timestamp.txt").write_text(later)
    outcome = run(course)
    assert "ada" in outcome.facts["without"]
    assert any(line.startswith("ada: no feedback, a newer") for line in outcome.attention)
    assert page(course, "ada") == old


def test_a_page_that_cannot_be_written_is_named(course):
    (course.submission("autograded", "ada", "ps") / "ps.ipynb").write_text("{")
    outcome = run(course)
    assert not outcome.ok
    assert outcome.facts["written"] == ["bo", "cy"]
    assert outcome.attention[0].startswith("ada: the page could not be written: ")


def test_nbgraders_own_command_makes_the_same_pages(course):
    run(course, release=False)
    ours = {student: page(course, student) for student in READY}
    shutil.rmtree(course.root / "feedback")
    command = [str(Path(sys.executable).parent / "nbgrader"), "generate_feedback", "ps"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert {student: page(course, student) for student in READY} == ours
    assert not re.search("Traceback|Error", done.stderr)
