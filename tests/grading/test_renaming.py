"""A learner gets another id: everything goes along, and nothing is mixed up."""

from __future__ import annotations

import datetime

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from nbgrader.api import Gradebook, MissingEntry
from small_gradebook import add_assignment, add_learners, fail, hand_in, new_gradebook

from dlgrader import records
from dlgrader.course import Course, GradingError
from dlgrader.renaming import rename
from dlgrader.standings import standings
from dlgrader.telling import Teller


@pytest.fixture
def course(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    with Gradebook(new_gradebook(tmp_path / "gradebook.db")) as book:
        add_assignment(book)
        add_assignment(book, "second")
        add_learners(book, "ada", "bela")
        hand_in(book, "ada", 4, 2, bonus=1, written=2, late=datetime.timedelta(hours=3), penalty=1)
        book.find_comment("written", "ps", "ps", "ada").manual_comment = "Well put."
        fail(book, "ada", "why", "second")
        hand_in(book, "bela", 1, 1, written=1)
    for step in ("submitted", "autograded", "feedback"):
        folder = tmp_path / step / "ada" / "ps"
        folder.mkdir(parents=True)
        (folder / "file").write_text(step)
    return Course(tmp_path)


def found(course):
    with course.gradebook() as book:
        return {
            (one.student, name): (one.status, one.points, one.extra, one.reason)
            for name in ("ps", "second")
            for one in standings(book, name)
        }


def test_everything_goes_along(course, tmp_path):
    before = found(course)
    outcome = rename(course, Teller(), "ada", "s-1815")
    after = found(course)
    assert after == {
        ("s-1815" if student == "ada" else student, name): values
        for (student, name), values in before.items()
    }
    assert after["s-1815", "ps"] == ("graded", 8.0, 1.0, "")
    assert after["s-1815", "second"] == ("failed", None, 0.0, "why")
    with course.gradebook() as book:
        assert book.find_comment("written", "ps", "ps", "s-1815").comment == "Well put."
        assert book.find_student("s-1815").email == "ada@example.org"
        assert book.find_submission("ps", "s-1815").total_seconds_late == 3 * 3600
        with pytest.raises(MissingEntry):
            book.find_student("ada")
        assert records.find(book, "second", "ada") is None
    for step in ("submitted", "autograded", "feedback"):
        assert (tmp_path / step / "s-1815" / "ps" / "file").read_text() == step
        assert not (tmp_path / step / "ada").exists()
    assert len(outcome.facts["folders"]) == 3


def test_there_and_back_again(course):
    before = found(course)
    rename(course, Teller(), "ada", "zoe")
    rename(course, Teller(), "zoe", "ada")
    assert found(course) == before


def test_into_an_id_of_a_new_class_list(course):
    with course.gradebook() as book:
        book.add_student("1815", first_name="Augusta Ada", email=None)
    rename(course, Teller(), "ada", "1815")
    with course.gradebook() as book:
        student = book.find_student("1815")
        assert (student.first_name, student.email) == ("Augusta Ada", "ada@example.org")
    assert found(course)["1815", "ps"][1] == 8.0


def test_both_handed_in(course, tmp_path):
    before = found(course)
    with pytest.raises(GradingError, match="ada and bela have both handed in ps"):
        rename(course, Teller(), "ada", "bela")
    assert found(course) == before
    assert (tmp_path / "submitted" / "ada" / "ps" / "file").is_file()


def test_a_folder_in_the_way(course, tmp_path):
    (tmp_path / "submitted" / "zoe" / "ps").mkdir(parents=True)
    before = found(course)
    with pytest.raises(GradingError, match="both handed in"):
        rename(course, Teller(), "ada", "zoe")
    assert found(course) == before


def test_broken_off_and_run_again(course, tmp_path, monkeypatch):
    from pathlib import Path

    before, moved = found(course), []

    def breaks(self, target):
        if moved:
            raise KeyboardInterrupt
        moved.append(self)
        return original(self, target)

    original = Path.rename
    monkeypatch.setattr(Path, "rename", breaks)
    with pytest.raises(KeyboardInterrupt):
        rename(course, Teller(), "ada", "zoe")
    monkeypatch.undo()
    rename(course, Teller(), "ada", "zoe")
    assert found(course)["zoe", "ps"] == before["ada", "ps"]
    for step in ("submitted", "autograded", "feedback"):
        assert (tmp_path / step / "zoe" / "ps" / "file").read_text() == step


@pytest.mark.parametrize("new", ["", " ", "a/b", "..", ".hidden", "a+b", "a\nb", "a\\b"])
def test_what_no_id_can_be(course, new):
    with pytest.raises(GradingError, match="can't be a learner's id"):
        rename(course, Teller(), "ada", new)


def test_who_is_not_there(course):
    with pytest.raises(GradingError, match="knows cleo"):
        rename(course, Teller(), "cleo", "zoe")
    with pytest.raises(GradingError, match="called ada already"):
        rename(course, Teller(), "ada", "ada")
