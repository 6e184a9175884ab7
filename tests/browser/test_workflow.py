"""The whole workflow in a browser: the formgrader and the list of assignments in JupyterLab.

The tests are the steps of one story, in order. When one of them fails, the others are skipped, and
pictures of both browser windows are put into ``build/screenshots/``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from playwright.sync_api import Page, expect
from workflow import ROOT, Instructor, Learner, School

from dlgrader.course import Course
from dlgrader.sandbox import Bubblewrap

NAME = "ps4_convolution"
LEARNER = "ada"
PATIENCE = 60_000
"""Milliseconds that a busy computer may need for a page."""

pytestmark = pytest.mark.skipif(bool(Bubblewrap().problem()), reason=Bubblewrap().problem())

# The first line is seen by whoever runs it: the learner's folder and the course's are on one
# computer here, and only the sandbox keeps them apart.
WRONG = """import os; print("the gradebook is here:", os.path.exists({gradebook!r}))


def conv_output_size(input_size, filter_size, stride=1, pad=0):
    if min(input_size, filter_size, stride) < 1 or pad < 0:
        raise ValueError("sizes and stride: at least 1; pad: at least 0")
    if input_size + 2 * pad < filter_size:
        raise ValueError("the filter is larger than the padded input")
    return (input_size + pad - filter_size) // stride + 1"""
RIGHT = WRONG.replace("+ pad -", "+ 2 * pad -")
ANSWER = "Fully connected: 784 · 17280 weights. Convolution: 30 · 25 = 750, used at every place."
COMMENT = "Both numbers are right. What does the layer assume about images?"


@dataclass
class Stage:
    """Who plays, and what has happened in the windows besides."""

    school: School
    instructor: Instructor
    learner: Learner
    errors: list[str]
    broken: bool = False


@pytest.fixture(scope="module")
def stage(browser, tmp_path_factory) -> Iterator[Stage]:
    """An instructor and a learner, each with a JupyterLab of their own."""
    expect.set_options(timeout=PATIENCE)
    school = School(tmp_path_factory.mktemp("school"))
    school.found(NAME)
    school.enrol(LEARNER)
    errors: list[str] = []

    def window() -> Page:
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    with school.servers(LEARNER) as (instructors, learners):
        instructor, learner = Instructor(window(), instructors), Learner(window(), learners)
        yield Stage(school, instructor, learner, errors)
        for person in (instructor, learner):
            person.page.close()
    expect.set_options(timeout=5_000)  # Playwright's own


@pytest.fixture(autouse=True)
def _in_order(request, stage: Stage) -> Iterator[None]:
    """Stop after a failure, and keep what the windows showed."""
    if stage.broken:
        pytest.skip("an earlier step failed")
    yield
    if request.node.failed:
        stage.broken = True
        folder = ROOT / "build" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        for person in (stage.instructor, stage.learner):
            path = folder / f"{request.node.name}_{type(person).__name__.lower()}.png"
            person.page.screenshot(path=path)


def test_the_instructor_creates_and_releases_an_assignment(stage):
    instructor = stage.instructor
    expect(instructor.row(NAME).locator(".status")).to_have_text("draft")
    instructor.set_due_date(NAME, "2030-01-31T12:00", "+0900")
    instructor.press(NAME, "assign")
    instructor.press(NAME, "release")
    expect(instructor.row(NAME).locator(".status")).to_have_text("released")
    with Course(stage.school.course).gradebook() as book:
        assignment = book.find_assignment(NAME)
        assert assignment.duedate == datetime.datetime(2030, 1, 31, 3, 0)  # in UTC
        assert assignment.max_score == 60


def test_the_learner_fetches_edits_and_runs_a_check(stage):
    learner = stage.learner
    wrong, right = (
        text.format(gradebook=str(stage.school.course / "gradebook.db")) for text in (WRONG, RIGHT)
    )
    learner.open_assignments()
    learner.fetch(NAME)
    learner.open_notebook(NAME)
    learner.run(learner.cell("from dlcore import checks").first)
    answer, check = learner.cell("def conv_output_size"), learner.cell("checks.ps4.conv_output")
    learner.write(answer, wrong)
    expect(learner.run(answer)).to_contain_text("the gradebook is here: True")
    said = learner.run(check)
    expect(said).to_contain_text("expected 6")
    expect(said).to_contain_text("the padding is counted once")
    learner.write(answer, right)
    learner.run(answer)
    expect(learner.run(check)).to_contain_text("all 10 public cases are right")
    learner.write(learner.cell("Your answer here.").first, ANSWER)
    learner.page.keyboard.press("Shift+Enter")
    learner.save()


def test_the_learner_validates_and_submits(stage):
    learner = stage.learner
    for said in (learner.validate_opened(), learner.validate_listed(NAME)):
        assert "im2col is not written yet" in said
        assert "conv_output_size: case" not in said
    learner.submit(NAME)


def test_the_instructor_collects_and_autogrades(stage):
    instructor = stage.instructor
    instructor.press(NAME, "collect")
    instructor.open_submissions(NAME, 1)
    expect(instructor.row(LEARNER).locator(".status")).to_have_text("needs autograding")
    instructor.press(LEARNER, "autograde")
    expect(instructor.row(LEARNER).locator(".score")).to_have_text("4 / 60")
    expect(instructor.row(LEARNER).locator(".status")).to_have_text("needs manual grading")


def test_the_instructor_grades_an_answer_by_hand(stage):
    instructor = stage.instructor
    instructor.open_answers(NAME, 1)
    page = instructor.formgrader
    expect(page.get_by_text("the gradebook is here: False")).to_be_visible()  # the sandbox
    expect(page.get_by_text(ANSWER)).to_be_visible()
    expect(page.get_by_text("Model answer.").first).to_be_visible()
    instructor.grade_by_hand("why_share", 3, COMMENT)
    instructor.go_to("Manage Assignments")
    instructor.open_submissions(NAME, 1)
    expect(instructor.row(LEARNER).locator(".score")).to_have_text("7 / 60")
    expect(instructor.row(LEARNER).locator(".status")).to_have_text("graded")


def test_the_instructor_gives_feedback(stage):
    instructor = stage.instructor
    instructor.go_to("Manage Assignments")
    instructor.press(NAME, "generate-feedback")
    instructor.press(NAME, "release-feedback")


def test_the_learner_reads_the_feedback(stage):
    learner = stage.learner
    learner.open_assignments()
    page = learner.fetch_feedback(NAME)
    expect(page.get_by_text(COMMENT).first).to_be_visible()
    text = page.locator("body").inner_text()
    assert "7 of 60 points" in " ".join(text.split())
    assert "Model answer" not in text
    assert stage.errors == []
