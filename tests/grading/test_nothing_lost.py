"""Batches that are killed at random moments and resumed: nothing is lost, nothing done twice."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from batches import Starter
from sandbox_tools import needs_sandbox
from synthetic_class import LIGHT, Snapshot, made_up, make_class, make_course, snapshot

from dlgrader import records
from dlgrader.course import Course

pytestmark = needs_sandbox

DECLARED = "ps4_convolution"
KILLS = {"fresh": 22, "graded": 22, "declared": 6}
LEARNERS = 6
WHOM = ("all", "main", "one")
JOBS = (1, 1, 1, 1, 2)
"""Worker processes of their own take long to start."""


@pytest.fixture(scope="module")
def fresh(light_class) -> Course:
    return light_class


@pytest.fixture(scope="module")
def declared(tmp_path_factory) -> Course:
    """A class of four with an assignment that the course's own judge grades."""
    course = make_course(tmp_path_factory.mktemp("declared") / "course", [DECLARED])
    make_class(course, DECLARED, 4)
    return course


@pytest.fixture(scope="module")
def graded(fresh, batches, tmp_path_factory) -> Course:
    """The same course, graded; a person has added grades and comments; some handed in again."""
    root = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(fresh.root, root)
    assert batches.run(root, LIGHT, jobs=2)[0] == 0
    course = Course(root)
    grade_by_hand(course)
    for one in made_up(course, LIGHT, LEARNERS, seed=1)[::2]:
        place = course.submission("submitted", one.name, LIGHT)
        shutil.rmtree(place)
        one.write(place)
    return course


def grade_by_hand(course: Course) -> None:
    with course.gradebook() as book:
        for number, submission in enumerate(book.assignment_submissions(LIGHT)):
            where = LIGHT, LIGHT, submission.student.id
            if number % 3 == 0:
                grade = book.find_grade("why", *where)
                grade.manual_score, grade.needs_manual_grade = 1.5, False
                book.find_comment("why", *where).manual_comment = f"Well put, {number}."
            elif number % 3 == 1:
                grade = book.find_grade("odd", *where)
                grade.manual_score, grade.extra_credit = 0.5, 0.25
                book.find_comment("double", *where).manual_comment = "See my remark in class."
        book.db.commit()


def by_hand(course: Course) -> list[tuple[object, ...]]:
    """What a person wrote, by learner and cell."""
    with course.gradebook() as book:
        grades = [
            (submission.student.id, grade.name, grade.manual_score)
            for submission in book.assignment_submissions(LIGHT)
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.manual_score is not None
        ]
        comments = [
            (submission.student.id, comment.name, comment.manual_comment)
            for submission in book.assignment_submissions(LIGHT)
            for notebook in submission.notebooks
            for comment in notebook.comments
            if comment.manual_comment is not None
        ]
    return sorted([*grades, *comments], key=repr)


def unbroken(
    course: Course, assignment: str, batches: Starter, folder: Path
) -> tuple[Snapshot, dict[int, float]]:
    """What comes of a batch that nobody disturbs, and how long it takes, by the number of jobs."""
    found, seconds = [], {}
    for jobs in sorted(set(JOBS)):
        root = folder / str(jobs)
        shutil.copytree(course.root, root)
        code, seconds[jobs] = batches.run(root, assignment, jobs=jobs)
        assert code == 0, (root / "batch.log").read_text()
        found.append(snapshot(Course(root)))
    assert found[0].differences(found[1]) == []
    return found[0], seconds


@pytest.mark.parametrize("begin", KILLS)
def test_killed_and_resumed_it_ends_as_if_nothing_had_happened(begin, request, batches, tmp_path):
    course = request.getfixturevalue(begin)
    assignment = DECLARED if begin == "declared" else LIGHT
    expected, seconds = unbroken(course, assignment, batches, tmp_path)
    rng = random.Random(f"kills of {begin}")
    killed, rounds = 0, 0
    root = tmp_path / "broken"
    while killed < KILLS[begin]:
        rounds += 1
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(course.root, root)
        code = None
        while code != 0:
            jobs = JOBS[killed % len(JOBS)]
            batch = batches.start(root, assignment, jobs=jobs)
            code = batch.wait(0.7 * rng.random() * seconds[jobs])
            if code is None:
                killed += batch.kill(WHOM[killed % len(WHOM)], rng)
                code = batch.end()
            assert code in (0, 1, -9), batch.log.read_text()
        assert expected.differences(snapshot(Course(root))) == [], f"round {rounds}"
    if assignment == LIGHT:
        assert by_hand(Course(root)) == by_hand(course)
        assert bool(by_hand(course)) == (begin == "graded")


def test_a_second_run_does_nothing(fresh, batches, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(fresh.root, root)
    assert batches.run(root, LIGHT, jobs=2)[0] == 0
    before = snapshot(Course(root))
    written = {path: path.stat().st_mtime_ns for path in (root / "autograded").rglob("*.ipynb")}
    with Course(root).gradebook() as book:
        when = {name: one.when for name, one in records.all_records(book, LIGHT).items()}
    assert batches.run(root, LIGHT, jobs=2)[0] == 0
    assert before.differences(snapshot(Course(root))) == []
    assert {path: path.stat().st_mtime_ns for path in written} == written
    with Course(root).gradebook() as book:
        assert {n: one.when for n, one in records.all_records(book, LIGHT).items()} == when
    # With --force everything is graded again, and comes out the same.
    assert batches.run(root, LIGHT, jobs=2, force=True)[0] == 0
    assert before.differences(snapshot(Course(root))) == []
    assert all(path.stat().st_mtime_ns > time for path, time in written.items())
