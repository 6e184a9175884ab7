"""Extensions, penalties for each day, and the course's clock."""

from __future__ import annotations

import datetime
import time
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from small_gradebook import DUE, add_assignment, add_learners, hand_in, new_gradebook
from sqlalchemy import event
from traitlets import TraitError
from traitlets.config import Config

from dlgrader.course import GradingError
from dlgrader.late import LatePenalties, PerDayPenalty, settle, started_days, zone_of
from dlgrader.standings import standings

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
BERLIN, TOKYO, NEW_YORK = map(ZoneInfo, ("Europe/Berlin", "Asia/Tokyo", "America/New_York"))


@pytest.fixture
def book(tmp_path):
    with Gradebook(new_gradebook(tmp_path / "gradebook.db")) as opened:
        add_assignment(opened)
        add_learners(opened, "ada", "bela")
        yield opened


def settings(extensions=None, zone="UTC", **policy):
    return Config(
        AssignLatePenalties={"plugin_class": PerDayPenalty},
        PerDayPenalty=policy,
        LatePenalties={"extensions": extensions or {}},
        Exchange={"timezone": zone},
    )


def outcome(book, config, student="ada", assignment="ps"):
    settle(config, book, assignment)
    (found,) = [one for one in standings(book, assignment) if one.student == student]
    return found.raw_points, found.late_penalty, found.points


# -- how much --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "policy", "penalty"),
    [
        (-HOUR, {}, 0),
        (datetime.timedelta(), {}, 0),
        (datetime.timedelta(seconds=1), {}, 1),
        (DAY, {}, 1),
        (DAY + HOUR, {}, 2),
        (3 * DAY, {"percent_per_day": 20}, 6),
        (3 * DAY, {"percent_per_day": 20, "percent_of": "earned"}, 4.8),
        (3 * DAY, {"percent_per_day": 20, "most_percent": 30}, 3),
        (3 * DAY, {"percent_per_day": 0, "points_per_day": 0.5}, 1.5),
        (3 * DAY, {"percent_per_day": 10, "points_per_day": 0.5}, 4.5),
        (HOUR, {"grace_minutes": 60}, 0),
        (HOUR + datetime.timedelta(minutes=1), {"grace_minutes": 60}, 1),
        (DAY + HOUR, {"grace_minutes": 60}, 1),
        (2 * DAY, {"zero_after_days": 2}, 2),
        (2 * DAY + HOUR, {"zero_after_days": 2}, 8),
        (HOUR, {"zero_after_days": 0}, 8),
        (50 * DAY, {}, 8),
        (50 * DAY, {"most_percent": 0}, 0),
    ],
)
def test_policy(book, late, policy, penalty):
    """10 points can be had; these are 8."""
    hand_in(book, "ada", 4, 2, written=2, late=late)
    assert outcome(book, settings(**policy)) == (8, penalty, 8 - penalty)


def test_without_a_plugin_of_ours_nbgraders_holds(book):
    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    assert outcome(book, Config()) == (8, 0, 8)
    zero = Config(LateSubmissionPlugin={"penalty_method": "zero"})
    assert outcome(book, zero) == (8, 8, 0)
    assert outcome(book, Config()) == (8, 0, 8)


def test_by_its_name_as_in_a_config_file(book):
    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    config = Config(AssignLatePenalties={"plugin_class": "dlgrader.late.PerDayPenalty"})
    assert outcome(book, config) == (8, 1, 7)


@pytest.mark.parametrize("answer", [-3.0, 100.0])
def test_another_plugin_never_takes_more_than_there_is(book, answer):
    class Odd(LateSubmissionPlugin):
        def late_submission_penalty(self, student_id, score, total_seconds_late):
            return answer

    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    config = Config(AssignLatePenalties={"plugin_class": Odd})
    assert outcome(book, config) == (8, min(8, max(0, answer)), 8 - min(8, max(0, answer)))


def test_bonus_is_as_late_as_the_rest(book):
    hand_in(book, "ada", 4, 3, bonus=2, written=3, late=DAY)
    assert outcome(book, settings(percent_per_day=50)) == (12, 5, 7)
    assert outcome(book, settings(percent_per_day=50, percent_of="earned")) == (12, 6, 6)
    assert outcome(book, settings(zero_after_days=0)) == (12, 12, 0)


def test_bonus_only(book):
    hand_in(book, "ada", 0, 0, bonus=0.5, written=0, late=DAY)
    assert outcome(book, settings()) == (0.5, 0.5, 0)


def test_of_two_notebooks_each_loses_its_share(book):
    book.add_notebook("more", "ps")
    book.add_grade_cell("cell", "more", "ps", max_score=10, cell_type="code")
    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    grade = book.find_grade("cell", "more", "ps", "ada")
    grade.auto_score, grade.needs_manual_grade = 10, False
    book.db.commit()
    assert outcome(book, settings(percent_per_day=0, points_per_day=3)) == (18, 3, 15)
    assert outcome(book, settings(percent_per_day=10)) == (18, 2, 16)


@given(
    score=st.floats(0, 100),
    seconds=st.floats(0, 1e7),
    percent=st.floats(0, 100),
    points=st.floats(0, 50),
    most=st.floats(0, 100),
    of=st.sampled_from(["worth", "earned"]),
)
def test_never_below_0_nor_above_what_there_is(score, seconds, percent, points, most, of):
    plugin = PerDayPenalty(
        percent_per_day=percent, points_per_day=points, most_percent=most, percent_of=of
    )
    penalty = plugin.late_submission_penalty("ada", score, seconds)
    assert 0 <= penalty <= score + 1e-6
    assert penalty <= plugin.late_submission_penalty("ada", score, seconds + 86_400) + 1e-6


@pytest.mark.parametrize(
    "wrong",
    [{"percent_per_day": 120}, {"points_per_day": -1}, {"percent_of": "most"}],
)
def test_settings_that_are_none(wrong):
    with pytest.raises(TraitError):
        PerDayPenalty(**wrong)


# -- when it changes -------------------------------------------------------------------------------


def test_no_longer_late_no_longer_penalised(book):
    """nbgrader's issue 723."""
    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    assert outcome(book, settings()) == (8, 1, 7)
    book.update_or_create_assignment("ps", duedate=DUE + 2 * DAY)
    assert outcome(book, settings()) == (8, 0, 8)
    assert book.find_submission_notebook("ps", "ps", "ada").late_submission_penalty is None


def test_resubmission(book):
    """What was handed in last counts, whether later than the first or, put back, earlier."""
    hand_in(book, "ada", 2, 0, written=0, late=-DAY)
    assert outcome(book, settings()) == (2, 0, 2)
    hand_in(book, "ada", 4, 2, written=2, late=3 * DAY)
    assert outcome(book, settings()) == (8, 3, 5)
    hand_in(book, "ada", 2, 0, written=0, late=-DAY, penalty=3)
    assert outcome(book, settings()) == (2, 0, 2)


def test_points_given_by_hand_later_on_are_late_too(book):
    zero = settings(zero_after_days=0)
    hand_in(book, "ada", 4, 2, late=DAY)
    assert outcome(book, zero) == (6, 6, 0)
    answer = book.find_grade("written", "ps", "ps", "ada")
    answer.manual_score, answer.needs_manual_grade = 3, False
    book.db.commit()
    assert outcome(book, zero) == (9, 9, 0)


def test_extensions(book):
    for student in ("ada", "bela"):
        hand_in(book, student, 4, 2, written=2, late=3 * DAY)
    given = {"ada": {"ps": 48, "*": 1}, "bela": {"*": 72, "other": 1}}
    assert outcome(book, settings(given)) == (8, 1, 7)
    assert outcome(book, settings(given), "bela") == (8, 0, 8)
    # As nbgrader's own, so that all of nbgrader knows them.
    assert book.find_submission("ps", "ada").extension == 2 * DAY
    assert book.find_submission("ps", "ada").total_seconds_late == 86_400
    # Left out, the gradebook's own holds; 0 takes it back.
    assert outcome(book, settings()) == (8, 1, 7)
    assert outcome(book, settings({"ada": {"ps": 0}})) == (8, 3, 5)


def test_an_extension_given_in_the_gradebook(book):
    hand_in(book, "ada", 4, 2, written=2, late=3 * DAY)
    book.grant_extension("ps", "ada", days=2)
    assert outcome(book, settings()) == (8, 1, 7)


@pytest.mark.parametrize("wrong", [{"ada": 48}, {"ada": {"ps": "2 days"}}, {"ada": {"ps": -1}}])
def test_extensions_that_are_none(wrong):
    with pytest.raises(TraitError, match="hours by assignment"):
        LatePenalties(extensions=wrong)


def test_in_the_transaction_of_a_writer(book):
    """The grading's writer sets points and penalty together, or neither."""
    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    grade = book.find_grade("first", "ps", "ps", "ada")
    grade.auto_score = 0
    LatePenalties(config=settings(percent_of="earned", percent_per_day=50)).assign(
        book, "ps", "ada"
    )
    assert book.find_submission_notebook("ps", "ps", "ada").late_submission_penalty == 2
    book.db.rollback()
    assert outcome(book, Config()) == (8, 0, 8)


def test_the_number_of_queries_does_not_grow_with_the_class(book):
    statements = []
    event.listen(book.engine, "before_cursor_execute", lambda *about: statements.append(about[2]))

    def queries():
        statements.clear()
        settle(settings(), book, "ps")
        return len(statements)

    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    queries()
    few = queries()
    add_learners(book, *(f"learner{number}" for number in range(20)))
    for number in range(20):
        hand_in(book, f"learner{number}", 1, 1, written=1, late=DAY)
    queries()
    assert queries() == few


def test_settling_writes_only_if_something_changed(book, tmp_path):
    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    hand_in(book, "bela", 4, 2, written=2)
    settle(settings(), book, "ps")
    before = (tmp_path / "gradebook.db").read_bytes()
    settle(settings(), book, "ps")
    assert (tmp_path / "gradebook.db").read_bytes() == before


def test_graded_anew_while_settling(book, tmp_path, monkeypatch):
    """A penalty that another process has just written stays."""
    hand_in(book, "ada", 4, 2, written=2, late=DAY)
    original = LatePenalties._penalty

    def meanwhile(self, row, worth):
        with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as other:
            other.find_submission_notebook("ps", "ps", "ada").late_submission_penalty = 0.25
            other.db.commit()
        return original(self, row, worth)

    monkeypatch.setattr(LatePenalties, "_penalty", meanwhile)
    settle(settings(), book, "ps")
    assert standings(book, "ps")[0].late_penalty == 0.25


def test_no_due_date(book):
    add_assignment(book, "open", due=None)
    hand_in(book, "ada", 4, 2, written=2, assignment="open", late=40 * DAY)
    assert outcome(book, settings(), assignment="open") == (8, 0, 8)


def test_nbgraders_own_step_gives_the_same(book, tmp_path):
    hand_in(book, "ada", 4, 2, written=2, late=3 * DAY)
    about = {
        "notebook": "ps",
        "assignment": "ps",
        "student": "ada",
        "db_url": str(book.engine.url),
    }
    for kind in (AssignLatePenalties, LatePenalties):
        notebook = book.find_submission_notebook("ps", "ps", "ada")
        notebook.late_submission_penalty = None
        book.db.commit()
        step = kind(config=settings(points_per_day=0.5))
        step.preprocess(_EMPTY, {"nbgrader": about})
        book.db.refresh(notebook)
        assert notebook.late_submission_penalty == 4.5


class _Empty:
    cells = ()


_EMPTY = _Empty()


# -- the course's clock ----------------------------------------------------------------------------


def utc(text):
    return datetime.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "due", "moment", "days"),
    [
        # 23:59 in Berlin; the 29th of March has 23 hours there.
        (BERLIN, "2026-03-28T22:59", "2026-03-28T22:59", 0),
        (BERLIN, "2026-03-28T22:59", "2026-03-28T23:00", 1),
        (BERLIN, "2026-03-28T22:59", "2026-03-29T21:59", 1),
        (BERLIN, "2026-03-28T22:59", "2026-03-29T22:00", 2),
        # The 25th of October has 25: after 24 hours and a half the first day is not over.
        (BERLIN, "2026-10-24T21:59", "2026-10-25T22:29", 1),
        (BERLIN, "2026-10-24T21:59", "2026-10-25T22:59", 1),
        (BERLIN, "2026-10-24T21:59", "2026-10-25T23:00", 2),
        # Due within the hour that comes twice; later in the same hour, seen again.
        (BERLIN, "2026-10-25T00:30", "2026-10-25T01:15", 1),
        (NEW_YORK, "2026-03-08T04:59", "2026-03-09T03:59", 1),
        (NEW_YORK, "2026-03-08T04:59", "2026-03-09T04:00", 2),
        # No summer time in Japan.
        (TOKYO, "2026-03-28T14:59", "2026-03-29T14:59", 1),
        (TOKYO, "2026-03-28T14:59", "2026-03-29T15:00", 2),
    ],
)
def test_started_days(zone, due, moment, days):
    assert started_days(utc(due), utc(moment), zone) == days


@given(
    due=st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2030, 1, 1)),
    late=st.timedeltas(datetime.timedelta(), 30 * DAY),
    zone=st.sampled_from([BERLIN, TOKYO, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
)
def test_a_day_of_the_clock_is_about_24_hours(due, late, zone):
    days = started_days(due, due + late, zone)
    assert days == 0 if not late else days >= 1
    assert abs(days - late / DAY) <= 1 + 1 / 24


@pytest.mark.parametrize(("zone", "penalty"), [("Europe/Berlin", 1), ("UTC", 2)])
def test_the_zone_of_the_course(book, zone, penalty):
    book.update_or_create_assignment("ps", duedate="2026-10-24 23:59 Europe/Berlin")
    assert book.find_assignment("ps").duedate == utc("2026-10-24T21:59")
    hand_in(book, "ada", 4, 2, written=2)
    book.update_or_create_submission("ps", "ada", timestamp="2026-10-25 23:30 Europe/Berlin")
    assert outcome(book, settings(zone=zone)) == (8, penalty, 8 - penalty)


@pytest.mark.parametrize("computer", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_time_zone_of_the_computer_does_not_matter(monkeypatch, computer):
    monkeypatch.setenv("TZ", computer)
    time.tzset()
    try:
        assert started_days(utc("2026-03-28T22:59"), utc("2026-03-29T22:00"), BERLIN) == 2
        assert started_days(utc("2026-03-28T22:59"), utc("2026-03-29T21:59"), BERLIN) == 1
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime"])
def test_a_zone_that_is_none(zone):
    with pytest.raises(GradingError, match="no time zone"):
        zone_of(Config(Exchange={"timezone": zone}))
