"""The instructor's report: what is counted, whom it names, and that it is safe to open."""

from __future__ import annotations

import base64
import csv
import datetime
import hashlib
import json
import math
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from made_up_class import (
    FIRST_DUE,
    Learner,
    Submissions,
    add_assignment,
    add_students,
    made_up_course,
)
from nbgrader.api import Gradebook
from report_classes import HOSTILE, class_of, hostile_summary, standing
from small_gradebook import add_assignment as add_plain_assignment
from small_gradebook import add_learners, hand_in, new_gradebook
from sqlalchemy import event

from dlgrader import records
from dlgrader.course import Course, GradingError
from dlgrader.exercises import load_assignment
from dlgrader.records import FAILED, GRADED, Record
from dlgrader.report import learners, report
from dlgrader.report.analysis import SMALLEST_CLASS, summarise, teach_again
from dlgrader.report.page import render
from dlgrader.report.reading import ClassWork, Item, read_class_work
from dlgrader.solutions import points_cell
from dlgrader.telling import Teller

NOW = FIRST_DUE + datetime.timedelta(days=365)
PS4 = load_assignment("ps4_convolution")
IM2COL = PS4.exercise("im2col")


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """Two assignments and 40 learners."""
    folder = tmp_path_factory.mktemp("course")
    return made_up_course(folder, 40, assignments=["ps1_vanishing_gradients", "ps4_convolution"])


@pytest.fixture(scope="module")
def written(course: Course, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    report(course, Teller(as_json=True), folder)
    return folder


@pytest.fixture
def book(tmp_path: Path, monkeypatch):
    # nbgrader calls `alembic` by its name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    with Gradebook(new_gradebook(tmp_path / "gradebook.db")) as book:
        records.prepare(book)
        yield book


def people(*names: str) -> list[Learner]:
    return [Learner(name, name.title(), "Example", 0.0, 0.0) for name in names]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# -- reading ---------------------------------------------------------------------------------------


def test_points_are_those_of_the_gradebook(book):
    add_students(book, people("ada"))
    place = add_assignment(book, PS4, FIRST_DUE)
    submissions = Submissions(place)
    grades = {points_cell(one.name): {"auto_score": 1.0} for one in PS4.judged}
    grades[points_cell("im2col")] = {"auto_score": 1.0, "manual_score": 3.0}
    grades[points_cell("col2im")] = {"auto_score": 2.0, "extra_credit": 9.0}
    grades["why_share"] = {"manual_score": 2.5}
    grades["two_small"] = {"needs_manual_grade": True}
    submissions.add("ada", FIRST_DUE, grades)
    submissions.write(book)
    work = read_class_work(book, PS4.name)
    found = dict(zip((item.name for item in work.items), work.points[0], strict=True))
    assert found["im2col"] == 3.0, "what a person gave goes before the program's points"
    assert found["col2im"] == 2.0, "extra credit is no share of the exercise"
    assert found["why_share"] == 2.5
    assert math.isnan(found["two_small"])
    assert [item.name for item in work.items] == [one.name for one in PS4.exercises]
    assert [item.by_hand for item in work.items if item.name in ("why_share", "im2col")] == [
        False,
        True,
    ]
    summary = summarise(work)
    most = PS4.max_points - PS4.exercise("two_small").max_points
    reached = sum(value for value in found.values() if not math.isnan(value))
    assert summary.totals == pytest.approx([reached / most])
    assert [(one.title, one.learners) for one in learners.waiting([summary])] == [
        (PS4.exercise("two_small").title, 1)
    ]


def test_bonus_points_are_no_part_of_the_share(book):
    ps2 = load_assignment("ps2_optimizers")
    add_students(book, people("ada", "bob"))
    submissions = Submissions(add_assignment(book, ps2, None))
    for student, bonus in (("ada", 3.0), ("bob", None)):
        grades = {points_cell(one.name): {"auto_score": one.max_points} for one in ps2.judged}
        grades |= {one.name: {"manual_score": 0.0} for one in ps2.written}
        for one in ps2.code:
            if one.bonus:
                grades[points_cell(one.name)] = {"auto_score": 0.0, "extra_credit": bonus}
        submissions.add(student, FIRST_DUE, grades)
    submissions.write(book)
    summary = summarise(read_class_work(book, ps2.name))
    assert summary.totals[0] == summary.totals[1] < 1
    nadam = next(one for one in summary.items if one.item.name == "Nadam")
    assert nadam.item.bonus
    assert nadam.difficulty == 0.5
    assert nadam.notes == ()


@pytest.mark.filterwarnings("ignore:Object of type .* not in session")
def test_an_assignment_without_declaration(book):
    add_plain_assignment(book, "mine")
    add_learners(book, "ada", "bob", "cai")
    hand_in(book, "ada", 4, 3, written=3, assignment="mine")
    hand_in(book, "bob", 2, 0, written=None, assignment="mine")
    summary = summarise(read_class_work(book, "mine"))
    assert [one.item.name for one in summary.items] == ["first", "second", "written"]
    assert [one.item.by_hand for one in summary.items] == [False, False, True]
    assert [one.difficulty for one in summary.items] == [0.75, 0.5, 1.0]
    assert summary.totals.tolist() == [1.0, 2 / 7]
    assert summary.counts == {
        "graded": 1,
        "needs grading": 1,
        "submitted": 0,
        "failed": 0,
        "missing": 1,
    }
    assert summary.held == ()
    page = render([summary], course="mine", now=NOW)
    assert "No misconception has been recognised" in page


def test_the_number_of_queries_does_not_depend_on_the_class(tmp_path):
    counts = []
    for size in (3, 30):
        course = made_up_course(tmp_path / str(size), size, assignments=["ps5_modern_cnn"])
        with course.gradebook() as book:
            seen = []
            event.listen(book.engine, "before_cursor_execute", lambda *args, s=seen: s.append(1))
            read_class_work(book, "ps5_modern_cnn")
        counts.append(len(seen))
    assert counts[0] == counts[1]


# -- misconceptions --------------------------------------------------------------------------------


def record(student: str, mistakes=(), state=GRADED, properties=None, **more) -> Record:
    about = {
        "points": 1.0,
        "max_points": IM2COL.max_points,
        "bonus": False,
        "mistakes": list(mistakes),
        "properties": properties or {part.key: [0.0, part.points] for part in IM2COL.properties},
        **more,
    }
    return Record(PS4.name, student, state, "d", exercises={"im2col": about})


def im2col_work(*made: Record) -> ClassWork:
    """A class that was asked for im2col alone."""
    item = Item("im2col", IM2COL.title, IM2COL.max_points, exercise=IM2COL)
    found = tuple(
        standing(one.student, "graded" if one.state == GRADED else "failed", 1.0) for one in made
    )
    students = tuple(one.student for one in found if one.points is not None)
    return ClassWork(
        name=PS4.name,
        title=PS4.title,
        due=None,
        items=(item,),
        standings=found,
        records={one.student: one for one in made},
        students=students,
        points=np.ones((len(students), 1)),
    )


def test_misconceptions_are_counted_by_learner():
    first, second = IM2COL.mistakes[:2]
    summary = summarise(
        im2col_work(
            record("ada", [first.name, second.name, first.name]),
            record("bob", [first.name]),
            record("cai"),
            record("dan"),
            record("eva", [first.name], state=FAILED),
        )
    )
    assert [(one.name, one.says, one.learners, one.share) for one in summary.held] == [
        (first.name, first.says, 2, 0.5),
        (second.name, second.says, 1, 0.25),
    ]
    assert summary.held[0].lost == IM2COL.max_points - 1
    assert summary.held[0].section == IM2COL.section
    [section] = teach_again([summary])
    assert (section.section, section.learners, section.share) == (IM2COL.section, 2, 0.5)
    assert section.worst.name == first.name


def test_a_misconception_that_is_no_longer_declared_keeps_its_name():
    summary = summarise(im2col_work(record("ada", ["of-long-ago"])))
    assert [(one.name, one.says) for one in summary.held] == [("of-long-ago", "of-long-ago")]


def test_what_a_failed_grading_found_does_not_count():
    """Also if a person has given the points by hand since."""
    work = im2col_work(record("ada"), record("eva", [IM2COL.mistakes[0].name]))
    failed = replace(work.records["eva"], state=FAILED)
    summary = summarise(replace(work, records={**work.records, "eva": failed}))
    assert summary.held == ()
    assert summary.work.judged == ("ada",)


def test_failure_rates_by_property():
    key = IM2COL.properties[0].key
    most = IM2COL.properties[0].points
    summary = summarise(
        im2col_work(
            record("ada", properties={key: [most, most]}),
            record("bob", properties={key: [0.0, most]}),
            record("cai", properties={"all": [0.0, IM2COL.max_points]}),
            record("dan", properties={"all": [0.0, IM2COL.max_points]}, failed=True),
        )
    )
    found = {one.key: (one.failed, one.judged) for one in summary.properties}
    assert found[key] == (2, 3), "not judged is wrong, unless the grader itself failed"


# -- items -----------------------------------------------------------------------------------------


def test_parts_cover_all_learners():
    column = np.array([[0.0], [0.2], [0.5], [0.7], [1.0], [np.nan]])
    [figures] = summarise(class_of(column)).items
    assert figures.parts == (1, 2, 1, 1)
    assert (figures.learners, figures.waiting) == (5, 1)


def test_small_classes_get_no_discrimination():
    rng = np.random.default_rng(1)
    ability = rng.random((SMALLEST_CLASS, 1))
    points = np.round(np.clip(ability + rng.normal(0, 0.1, (SMALLEST_CLASS, 4)), 0, 1), 1)
    enough, too_few = summarise(class_of(points)), summarise(class_of(points[:-1]))
    assert all(one.item_rest > 0.5 and one.upper_lower > 0.2 for one in enough.items)
    assert all(math.isnan(one.item_rest) and math.isnan(one.upper_lower) for one in too_few.items)
    assert "r and D are rough" in render([enough], course="c", now=NOW)
    assert f"of fewer than {SMALLEST_CLASS} learners they say nothing" in render(
        [too_few], course="c", now=NOW
    )


def test_items_worth_a_look():
    learners_ = 100
    ability = np.linspace(0, 1, learners_)
    rng = np.random.default_rng(5)
    points = np.column_stack(
        [
            ability,
            ability > 0.3,
            ability < 0.5,  # the wrong way round
            rng.permutation(ability) > 0.5,  # by chance
            np.ones(learners_),
            ability > 0.8,
            *[ability] * 5,
        ]
    ).astype(float)
    notes = [one.notes for one in summarise(class_of(points)).items]
    assert notes[0] == notes[1] == ()
    assert "look at the exercise" in notes[2][0]
    assert notes[3] == ("says little about the rest",)
    assert notes[4] == ("very easy",)
    assert notes[5] == ("very hard",)
    points[: learners_ // 2, 5] = np.nan  # wait for a person; what is known may be the empty ones
    assert [one.notes for one in summarise(class_of(points)).items][5] == ()


# -- who needs help --------------------------------------------------------------------------------


def needing(*works: ClassWork) -> dict[str, tuple[str, ...]]:
    summaries = [summarise(work) for work in works]
    return {one.standing.student: one.reasons for one in learners.who_needs_help(summaries, NOW)}


def test_few_points():
    found = needing(class_of([[0.49], [0.5], [1.0], [0.0]]))
    assert set(found) == {"s0", "s3"}
    assert found["s0"] == ("has 49\N{NO-BREAK SPACE}% of the points",)


def test_missed():
    first = class_of([[1.0], [1.0]], statuses=["graded", "missing", "graded"], name="a")
    second = class_of([[1.0]], statuses=["graded", "missing", "missing"], name="b")
    third = class_of([[1.0]], statuses=["graded", "graded", "missing"][:1] + ["missing"] * 2)
    assert needing(first, second) == {"s1": ("has handed in nothing so far",)}
    assert needing(first, second, third) == {
        "s1": ("has handed in nothing so far",),
        "s2": ("has missed 2 of 3 assignments",),
    }


@pytest.mark.parametrize(
    ("due", "statuses", "counts"),
    [
        pytest.param(None, ["graded", "missing"], True, id="no due date, handed in by somebody"),
        pytest.param(None, ["missing", "missing"], False, id="no due date, not handed out yet"),
        pytest.param(NOW, ["graded", "missing"], True, id="due"),
        pytest.param(
            NOW + datetime.timedelta(minutes=1), ["graded", "missing"], False, id="not due yet"
        ),
        pytest.param(None, ["graded", "failed"], False, id="the grading failed"),
        pytest.param(None, ["graded", "submitted"], False, id="not graded yet"),
    ],
)
def test_missing_counts_when_due(due, statuses, counts):
    points = np.ones((statuses.count("graded"), 1))
    work = class_of(points, due=due, statuses=statuses)
    assert ("s1" in needing(work)) == counts
    assert bool(learners.missing([summarise(work)], NOW)) == counts


def test_a_fall_is_beside_the_class():
    easy = class_of([[1.0], [0.9], [0.8]], name="a")
    hard = class_of([[0.7], [0.2], [0.7]], name="b")
    # All are worse in b; s1 fell back by 0 − (0.2 − 8/15) = 1/3.
    assert needing(easy, hard) == {
        "s1": ("fell back by 33\N{NO-BREAK SPACE}% of the points in the last assignment",)
    }


# -- the page and the tables -----------------------------------------------------------------------


def test_every_status_stands_in_the_table(course, written):
    with course.gradebook() as book:
        summary = summarise(read_class_work(book, "ps4_convolution"))
    [row] = [one for one in rows(written / "assignments.csv") if one["title"] == PS4.title]
    assert {status: int(row[status]) for status in summary.counts} == summary.counts
    assert sum(summary.counts.values()) == 40
    people_ = [one for one in rows(written / "learners.csv") if one["assignment"] == PS4.name]
    assert len(people_) == 40
    for one in people_:
        counted = one["status"] in ("graded", "needs grading")
        assert bool(one["points"]) == counted, "missing and failed are not 0"


def test_the_table_of_misconceptions(written):
    found = rows(written / "misconceptions.csv")
    assert found
    for one in found:
        exercise = load_assignment(one["assignment"]).exercise(one["exercise"])
        says = {mistake.name: mistake.says for mistake in exercise.mistakes}
        assert one["sentence"].lstrip("'") == says[one["misconception"]]
        assert float(one["share"]) == pytest.approx(
            int(one["learners"]) / int(one["judged"]), abs=1e-6
        )
        assert one["section title"] == exercise.section.title


def policy(page: BeautifulSoup) -> str:
    return page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]


def test_the_page_needs_nothing_else(written):
    text = (written / "report.html").read_text("utf-8")
    page = BeautifulSoup(text, "html.parser")
    digest = base64.b64encode(hashlib.sha256(page.style.string.encode()).digest()).decode()
    assert policy(page).startswith("default-src 'none';")
    assert f"style-src 'sha256-{digest}'" in policy(page)
    for name in ("script", "img", "iframe", "object", "form"):
        assert not page.find(name)
    assert not page.find(style=True), "the policy would ignore it"
    assert not re.search(r"url\((?!#)", text), "nothing is loaded"
    assert [link["href"] for link in page.find_all("link")] == ["data:,"]
    pictures = page.find_all("svg", class_="dlc-picture")
    assert len(pictures) == 5
    for picture in pictures:
        assert picture["role"] == "img"
        assert len(picture["aria-label"]) > 40
    ids = [element["id"] for element in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for link in page.find_all("a"):
        assert link["href"].removeprefix("#") in ids
    for header in page.find_all("th"):
        assert header.get("scope") in ("col", "row")


def test_sections_are_linked_if_the_book_has_an_address():
    summary = summarise(im2col_work(record("ada", [IM2COL.mistakes[0].name])))
    page = BeautifulSoup(
        render([summary], course="c", now=NOW, book="https://example.org/book/"), "html.parser"
    )
    expected = f"https://example.org/book/{IM2COL.section.page}.html"
    assert page.find("a", href=expected)["rel"] == ["noopener", "noreferrer"]
    unlinked = render([summary], course="c", now=NOW, book="javascript:alert(1)")
    assert "javascript:" not in unlinked


CLASSES = {
    "empty class": class_of(np.empty((0, 2)), statuses=[]),
    "nobody handed in": class_of(np.empty((0, 2)), statuses=["missing"] * 3),
    "one learner": class_of([[0.5, 1.0]]),
    "all zero": class_of(np.zeros((30, 3))),
    "all full": class_of(np.ones((30, 3))),
    "all wait": class_of(np.full((30, 2), np.nan), statuses=["needs grading"] * 30),
    "all failed": class_of(np.empty((0, 2)), statuses=["failed"] * 30),
    "no exercises": class_of(np.empty((4, 0))),
}


@pytest.mark.parametrize("work", CLASSES.values(), ids=CLASSES.keys())
@pytest.mark.parametrize("names", [True, False], ids=["names", "no names"])
def test_odd_classes(work, names):
    text = render([summarise(work)], course="c", now=NOW, names=names)
    page = BeautifulSoup(text, "html.parser")
    assert not re.search(r"\bnan\b", page.get_text(), re.IGNORECASE)
    assert not re.search(r"\bnan\b", " ".join(svg.get("aria-label", "") for svg in page("svg")))
    assert "None" not in page.get_text().replace("None.", "")


def test_hostile_names_are_text():
    text = render([hostile_summary()], course=HOSTILE[0], now=NOW)
    page = BeautifulSoup(text, "html.parser")
    assert not page.find("script")
    assert not page.find("img")
    for element in page.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")]
    shown = page.get_text()
    for name in HOSTILE[:5]:
        assert name in shown
    assert "\u202e" not in text
    assert "\x00" not in text
    assert "名前" in shown
    assert page.title.string == f"Class report: {HOSTILE[0]}"


def test_what_is_said_of_a_learner_needs_names():
    """A reason or a remark may quote what a learner wrote."""
    work = im2col_work(record("ada", state=FAILED), replace(record("bob"), remarks=("bob.txt",)))
    ada = replace(work.standings[0], reason="ada.ipynb is empty")
    summary = summarise(replace(work, standings=(ada, *work.standings[1:])))
    named, unnamed = (
        render([summary], course="c", now=NOW, names=names) for names in (True, False)
    )
    for text in ("ada.ipynb is empty", "bob.txt"):
        assert text in named
        assert text not in unnamed


def test_learners_of_one_name_are_told_apart():
    work = class_of([[1.0]], statuses=["missing"] * 3 + ["graded"])
    names = ("Li", "Li", "Mori", "Abe")
    found = tuple(
        replace(one, first_name="Mai", last_name=name)
        for one, name in zip(work.standings, names, strict=True)
    )
    page = render([summarise(replace(work, standings=found))], course="c", now=NOW)
    [row] = [row for row in BeautifulSoup(page, "html.parser")("tr") if row.text.count("Mai") == 3]
    assert "Mai Li s0, Mai Li s1, Mai Mori" in row.text


def test_names_are_no_formulas(tmp_path):
    from dlgrader.report.tables import write_tables

    work = class_of([[0.1]])
    summary = summarise(
        replace(
            work,
            standings=(standing("s0", "graded", 1.0, first_name="=1+1", last_name="@SUM(A1)"),),
        )
    )
    write_tables(tmp_path, [summary], learners.who_needs_help([summary], NOW), names=True)
    for name in ("learners.csv", "help.csv"):
        [row] = rows(tmp_path / name)
        assert row["first name"] == "'=1+1"
        assert row["last name"] == "'@SUM(A1)"


# -- the verb --------------------------------------------------------------------------------------


def test_without_names_nobody_is_named(course, tmp_path):
    outcome = report(course, Teller(as_json=True), tmp_path / "r", names=False)
    with course.gradebook() as book:
        known = [(one.id, one.last_name) for one in book.students]
    files = list((tmp_path / "r").iterdir())
    assert {path.name for path in files} == {
        "report.html",
        "assignments.csv",
        "exercises.csv",
        "misconceptions.csv",
        "properties.csv",
    }
    text = "".join(path.read_text("utf-8") for path in files)
    words = set(re.findall(r"\w+", text))
    for student, last_name in known:
        assert student not in words
        assert last_name not in words
    assert outcome.attention == []


def test_a_folder_with_names_is_not_taken_for_one_without(course, written):
    with pytest.raises(GradingError, match=r"learners\.csv.*choose another"):
        report(course, Teller(as_json=True), written, names=False)


def test_facts_are_json(course, tmp_path):
    outcome = report(course, Teller(as_json=True), tmp_path, ["ps4_convolution"])
    facts = json.loads(json.dumps(outcome.facts))
    assert outcome.ok
    assert list(facts["assignments"]) == ["ps4_convolution"]
    assert Path(facts["page"]).is_file()
    assert all(Path(table).is_file() for table in facts["tables"])
    failed = facts["assignments"]["ps4_convolution"]["failed"]
    assert len(outcome.attention) == failed
    assert all(
        re.match(r"s\d{4}: ps4_convolution could not be graded: ", line)
        for line in outcome.attention
    )


def test_the_default_folder_is_in_the_course(tmp_path):
    course = made_up_course(tmp_path, 2, assignments=["ps5_modern_cnn"])
    report(course, Teller(as_json=True))
    report(course, Teller(as_json=True), names=False)
    assert (tmp_path / "report" / "report.html").is_file()
    assert (tmp_path / "report_without_names" / "report.html").is_file()


def test_late_is_what_an_export_would_say(tmp_path):
    course = made_up_course(tmp_path, 60, assignments=["ps5_modern_cnn"])
    late = report(course, Teller(as_json=True)).facts["assignments"]["ps5_modern_cnn"]["late"]
    assert late > 0
    with course.gradebook() as book:
        everybody = {one.id: {"*": 24 * 90} for one in book.students}
    config = tmp_path / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}c.LatePenalties.extensions = {everybody}\n")
    extended = report(Course(tmp_path), Teller(as_json=True))
    assert extended.facts["assignments"]["ps5_modern_cnn"]["late"] == 0
    for one in rows(tmp_path / "report" / "learners.csv"):
        assert one["late penalty"] in ("", "0.0")


def test_what_cannot_be_reported(course, tmp_path):
    teller = Teller(as_json=True)
    with pytest.raises(GradingError, match="no assignment 'nonsense'; it has: ps1_vanishing"):
        report(course, teller, tmp_path, ["nonsense"])
    (tmp_path / "file").write_text("")
    with pytest.raises(GradingError, match="can't be written"):
        report(course, teller, tmp_path / "file" / "below")
    empty = made_up_course(tmp_path / "empty", 0, assignments=[])
    with pytest.raises(GradingError, match="nothing to report"):
        report(empty, teller)


def test_the_made_up_class_is_always_the_same(tmp_path):
    found = []
    for number in range(2):
        made = made_up_course(tmp_path / str(number), 12, seed=7, assignments=["ps5_modern_cnn"])
        with made.gradebook() as book:
            found.append(read_class_work(book, "ps5_modern_cnn"))
    np.testing.assert_array_equal(found[0].points, found[1].points)
    assert found[0].standings == found[1].standings
