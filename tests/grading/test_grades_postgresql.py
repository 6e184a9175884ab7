"""Standings, late penalties, exports and new ids on a PostgreSQL server, as on SQLite."""

from __future__ import annotations

import datetime

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")
pytest.importorskip("psycopg", reason="needs the extra 'postgres'")

import test_postgresql
from small_gradebook import add_assignment, add_learners, fail, hand_in

from dlgrader.course import Course
from dlgrader.exports import export
from dlgrader.renaming import rename
from dlgrader.standings import standings
from dlgrader.telling import Teller

pytestmark = test_postgresql.pytestmark
server, db_url = test_postgresql.server, test_postgresql.db_url

_DAY = datetime.timedelta(days=1)


def test_all_of_it(db_url, tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    course = Course(
        tmp_path,
        {
            "CourseDirectory": {"db_url": db_url, "course_id": "course"},
            "AssignLatePenalties": {"plugin_class": "dlgrader.late.PerDayPenalty"},
            "LatePenalties": {"extensions": {"bela": {"*": 24}}},
        },
    )
    with course.gradebook() as book:
        add_assignment(book)
        add_assignment(book, "open", due=None)
        add_learners(book, "ada", "bela", "chiyo", "dario", "emre")
        hand_in(book, "ada", 4, 2, bonus=1, written=2, late=2 * _DAY)
        hand_in(book, "bela", 0, 0, written=0, late=_DAY)
        hand_in(book, "chiyo", 4, 3)
        hand_in(book, "dario", 4, 3, written=3)
        fail(book, "dario", "why")
    export(course, Teller(), to=tmp_path / "grades.csv")
    rename(course, Teller(), "dario", "zoe")
    rename(course, Teller(), "ada", "adele")
    with course.gradebook() as book:
        found = {one.student: (one.status, one.points) for one in standings(book, "ps")}
        assert book.find_submission("ps", "bela").extension == _DAY
    assert found == {
        "adele": ("graded", 7.0),
        "bela": ("graded", 0.0),
        "chiyo": ("needs grading", 7.0),
        "zoe": ("failed", None),
        "emre": ("missing", None),
    }
    lines = (tmp_path / "grades.csv").read_text().splitlines()
    assert [line.split(",")[3] for line in lines[1:6]] == ["ada", "bela", "chiyo", "dario", "emre"]
    assert lines[6].startswith("open,")
