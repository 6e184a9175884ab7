"""The parts of grading a class, each by itself: what is read, what is left alone, what is said."""

from __future__ import annotations

import datetime
import os
from dataclasses import replace

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from nbgrader.api import Gradebook
from synthetic_class import LIGHT, make_class, make_course

from dlgrader import records
from dlgrader.autograde import autograde
from dlgrader.batch import runners
from dlgrader.batch.released import released_notebooks
from dlgrader.batch.submissions import NotebookFile, read_submission
from dlgrader.batch.task import Task, grade, ungraded
from dlgrader.course import Course, GradingError
from dlgrader.sandbox import SandboxError
from dlgrader.telling import Outcome, Teller


class Listener(Teller):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def course(tmp_path) -> Course:
    """A course with four learners; their code runs without the sandbox, for it is our own."""
    course = make_course(tmp_path / "course")
    make_class(course, LIGHT, 4)
    return Course(course.root, {"RunInSandbox": {"sandbox": False}})


def run(course, *students, **options) -> Outcome:
    return autograde(course, Listener(), LIGHT, students, jobs=1, **options)


def released(course: Course):
    with course.gradebook() as book:
        return released_notebooks(book, LIGHT, course.release_folder(LIGHT), course.config)


def scores(course: Course, student: str) -> dict[str, float | None]:
    with course.gradebook() as book:
        grades = book.find_submission_notebook(LIGHT, LIGHT, student).grades
        return {grade.name: grade.auto_score for grade in grades}


# -- what is read ----------------------------------------------------------------------------------


def test_cells_come_in_the_order_of_the_released_notebook(course):
    (notebook,) = released(course)
    assert [cell.name for cell in notebook.cells] == ["double", "small", "odd", "why"]
    with course.gradebook() as book:
        for cell in book.find_notebook(LIGHT, LIGHT).source_cells[:2]:
            again = {name: getattr(cell, name) for name in ("cell_type", "source", "locked")}
            name, checksum = cell.name, cell.checksum
            book.db.delete(cell)
            book.db.commit()
            book.add_source_cell(name, LIGHT, LIGHT, checksum=checksum, **again)
    assert [cell.name for cell in released(course)[0].cells] == ["double", "small", "odd", "why"]


def test_hidden_tests_are_run_and_nobody_is_said_to_have_changed_them(course):
    (notebook,) = released(course)
    small = notebook.cells[1]
    assert "HIDDEN" in small.source
    assert "HIDDEN" not in small.shown
    assert "21" not in small.shown


def test_the_digest_names_content_and_time(course):
    folder = course.submission("submitted", "learner0000", LIGHT)
    seen = [read_submission(course, LIGHT, "learner0000", [LIGHT]).digest]
    assert read_submission(course, LIGHT, "learner0000", [LIGHT]).digest == seen[0]
    (folder / "helper.py").write_text("a = 1")
    seen.append(read_submission(course, LIGHT, "learner0000", [LIGHT]).digest)
    (folder / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
    seen.append(read_submission(course, LIGHT, "learner0000", [LIGHT]).digest)
    with (folder / f"{LIGHT}.ipynb").open("a") as file:
        file.write("\n")
    seen.append(read_submission(course, LIGHT, "learner0000", [LIGHT]).digest)
    assert len(set(seen)) == 4


def test_files_of_the_assignment_stand_in_for_those_of_the_learner(course):
    course.source_folder(LIGHT).mkdir(parents=True, exist_ok=True)
    (course.source_folder(LIGHT) / "table.csv").write_text("ours")
    folder = course.submission("submitted", "learner0000", LIGHT)
    (folder / "table.csv").write_text("theirs")
    (folder / "helper.py").write_text("a = 1")
    submission = read_submission(course, LIGHT, "learner0000", [LIGHT])
    assert submission.extra_files()["table.csv"] == b"ours"
    assert submission.extra_files()["helper.py"] == b"a = 1"


# -- what is graded, and what is left alone --------------------------------------------------------


def test_only_what_is_new_or_changed_is_graded(course):
    assert len(run(course).facts["graded"]) == 4
    outcome = run(course)
    assert (outcome.facts["graded"], len(outcome.facts["unchanged"])) == ([], 4)
    folder = course.submission("submitted", "learner0001", LIGHT)
    (folder / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
    assert run(course).facts["graded"] == ["learner0001"]
    assert run(course, "learner0002", force=True).facts["graded"] == ["learner0002"]


def test_what_nbgrader_graded_is_left_alone_until_something_newer_comes(course):
    run(course)
    with course.gradebook() as book:
        book.db.execute(records._TABLE.delete())  # as if only nbgrader had worked here
        book.db.commit()
    assert len(run(course).facts["unchanged"]) == 4
    folder = course.submission("submitted", "learner0003", LIGHT)
    later = datetime.datetime(2036, 1, 1)
    (folder / "timestamp.txt").write_text(f"{later} UTC")
    assert run(course).facts["graded"] == ["learner0003"]


@pytest.mark.parametrize("lost", ["entry", "folder"])
def test_what_was_deleted_is_graded_again(course, lost):
    run(course)
    if lost == "entry":
        with course.gradebook() as book:
            book.remove_submission(LIGHT, "learner0001")
    else:
        path = course.submission("autograded", "learner0001", LIGHT)
        path.rename(path.with_name("elsewhere"))
    assert run(course).facts["graded"] == ["learner0001"]


# -- failures --------------------------------------------------------------------------------------


def test_a_grading_that_fails_shows_no_old_points_and_is_tried_again(course, monkeypatch):
    run(course)
    name = max(
        course.students(LIGHT), key=lambda who: sum(filter(None, scores(course, who).values()))
    )
    with course.gradebook() as book:
        book.find_grade("why", LIGHT, LIGHT, name).manual_score = 2.0
        book.find_comment("why", LIGHT, LIGHT, name).manual_comment = "Fine."
        book.db.commit()

    def break_down(task: Task):
        return ungraded(task, "the sandbox's runner did not start")

    with monkeypatch.context() as patch:
        patch.setattr(runners, "grade", break_down)
        outcome = run(course, name, force=True)
    assert not outcome.ok
    assert outcome.facts["failed"] == {name: "the sandbox's runner did not start"}
    assert any(line.startswith(f"{name}: not graded") for line in outcome.attention)
    assert set(scores(course, name).values()) == {None}
    with course.gradebook() as book:
        assert records.find(book, LIGHT, name).state == records.FAILED
        grade = book.find_grade("why", LIGHT, LIGHT, name)
        assert (grade.manual_score, grade.needs_manual_grade) == (2.0, True)
        assert book.find_comment("why", LIGHT, LIGHT, name).manual_comment == "Fine."
        first = book.find_comment("double", LIGHT, LIGHT, name)
        assert "could not be graded yet" in first.auto_comment
    page = course.submission("autograded", name, LIGHT) / f"{LIGHT}.ipynb"
    assert "could not be graded yet" in page.read_text()
    assert run(course).facts["graded"] == [name]
    assert scores(course, name)["small"] is not None
    with course.gradebook() as book:
        assert book.find_comment("double", LIGHT, LIGHT, name).auto_comment is None


def test_a_sandbox_that_breaks_fails_the_submission(course, monkeypatch):
    def broken(*_, **__):
        raise SandboxError("no more processes")

    monkeypatch.setattr("dlgrader.batch.task.run_and_judge", broken)
    assert set(run(course).facts["failed"].values()) == {"no more processes"}


def test_a_fault_of_the_grader_fails_one_submission_and_not_the_batch(course, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("our own")

    monkeypatch.setattr("dlgrader.batch.task.run_and_judge", broken)
    outcome = run(course)
    assert len(outcome.facts["failed"]) == 4
    assert "ZeroDivisionError: our own" in outcome.facts["failed"]["learner0000"]


def test_no_marks_are_none_and_not_zero(course):
    (notebook,) = released(course)
    task = Task(LIGHT, "a", ((notebook, NotebookFile(reason="is empty")),), settings={})
    marks = ungraded(task, "reason").notebooks[LIGHT].marks
    assert set(marks.scores.values()) == {None}
    assert marks == replace(marks, flagged=frozenset(marks.scores))
    graded = grade(replace(task, settings={"RunInSandbox": {"sandbox": False}}))
    assert graded.notebooks[LIGHT].marks.scores["small"] == 0


# -- wrong use -------------------------------------------------------------------------------------


def test_wrong_use_is_said(course, tmp_path):
    with pytest.raises(GradingError, match="no submission of nobody"):
        run(course, "nobody")
    with pytest.raises(GradingError, match="dlgrader collect other"):
        autograde(course, Listener(), "other")
    folder = course.submission("submitted", "ada", "unknown")
    folder.mkdir(parents=True)
    with pytest.raises(GradingError, match="has no assignment 'unknown'"):
        autograde(course, Listener(), "unknown", jobs=1)
    with pytest.raises(GradingError, match="knows no learner0000"):
        run(course, "learner0000", create_students=False)


def test_a_folder_with_an_odd_name_is_named_and_left_out(course):
    odd = course.submissions_folder / "odd\nname" / LIGHT
    odd.mkdir(parents=True)
    outcome = run(course)
    assert len(outcome.facts["graded"]) == 4
    assert any("odd name" in line for line in outcome.attention)


def test_an_unreadable_gradebook_is_said(course):
    path = course.root / "gradebook.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(GradingError, match="the gradebook can't be used: file is not a database"):
        run(course)


def test_times_are_utc_and_records_are_read_back_as_written(course):
    run(course)
    with course.gradebook() as book:
        found = records.find(book, LIGHT, "learner0000")
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        assert abs(found.when - now) < datetime.timedelta(minutes=10)
        changed = replace(found, remarks=("one", "two"), exercises={"x": {"points": 1.5}})
        records.save(book, changed)
        book.db.commit()
        assert records.find(book, LIGHT, "learner0000") == changed
        assert records.all_records(book, LIGHT)["learner0000"] == changed


def test_a_gradebook_without_our_table_has_no_records(tmp_path, monkeypatch, course):
    monkeypatch.setenv("PATH", os.environ["PATH"])
    with Gradebook(f"sqlite:///{tmp_path}/other.db") as book:
        assert records.find(book, LIGHT, "ada") is None
        assert records.all_records(book, LIGHT) == {}
