"""A full disk, a locked gradebook, two instructors at once, a grading that fails."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from batches import LOG, starter
from sandbox_tools import needs_sandbox
from synthetic_class import LIGHT, snapshot

import dlgrader.batch.task
from dlgrader import records
from dlgrader.autograde import autograde
from dlgrader.batch import writer
from dlgrader.course import Course, GradingError
from dlgrader.sandbox import SandboxError
from dlgrader.standings import standings
from dlgrader.telling import Teller

pytestmark = needs_sandbox

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def fresh(light_class) -> Course:
    return light_class


@pytest.fixture(scope="module")
def expected(fresh, batches, tmp_path_factory):
    root = tmp_path_factory.mktemp("unbroken") / "course"
    shutil.copytree(fresh.root, root)
    assert batches.run(root, LIGHT, jobs=1)[0] == 0
    return snapshot(Course(root))


@pytest.fixture
def root(fresh, tmp_path) -> Path:
    shutil.copytree(fresh.root, tmp_path / "course")
    return tmp_path / "course"


# -- the disk --------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a file system of that size, which needs root and a kernel that lets it."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"needs a small file system, which can't be mounted here: {done.stderr}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_full_disk(fresh, batches, expected, tmp_path):
    used = sum(path.stat().st_size for path in fresh.root.rglob("*") if path.is_file())
    blocks = 4096 * sum(1 for _ in fresh.root.rglob("*"))
    with small_disk(tmp_path / "disk", str(used + blocks + 60_000)):
        root = tmp_path / "disk" / "course"
        shutil.copytree(fresh.root, root)
        log = tmp_path / LOG
        code, _ = batches.run(root, LIGHT, log=log, jobs=1)
        assert code == 1, log.read_text()
        assert "Traceback" not in log.read_text()
        assert "run the command again" in log.read_text()
        options = f"remount,size={used + blocks + 50_000_000}"
        subprocess.run(["mount", "-o", options, str(tmp_path / "disk")], check=True)
        code, _ = batches.run(root, LIGHT, log=log, jobs=1)
        assert code == 0, log.read_text()
        assert expected.differences(snapshot(Course(root))) == []


# -- the gradebook ---------------------------------------------------------------------------------


@contextmanager
def locked(gradebook: Path) -> Iterator[sqlite3.Connection]:
    """Hold the gradebook as a program does that is writing to it."""
    with closing(sqlite3.connect(gradebook, check_same_thread=False)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


def test_gradebook_locked_for_a_while(root, batches, expected):
    with locked(root / "gradebook.db") as connection:
        batch = batches.start(root, LIGHT, jobs=1)
        assert batch.wait(3) is None
        connection.rollback()
        assert batch.end() == 0, (root / LOG).read_text()
    assert expected.differences(snapshot(Course(root))) == []


def test_gradebook_locked_by_a_program_that_hangs(root, expected, monkeypatch):
    monkeypatch.setattr(writer, "_TRIES", 1)
    said = []
    teller = Teller()
    # It is taken when the first has been graded.
    with closing(sqlite3.connect(root / "gradebook.db", check_same_thread=False)) as connection:

        def progress(done: int, total: int, what: str = "") -> None:
            said.append(what)
            if done == 1:
                connection.execute("BEGIN EXCLUSIVE")

        monkeypatch.setattr(teller, "progress", progress)
        with pytest.raises(GradingError, match=r"locked.*run the command again") as reason:
            autograde(Course(root), teller, LIGHT, jobs=1)
        connection.rollback()
    assert "Traceback" not in str(reason.value)
    assert len(said) == 1
    assert autograde(Course(root), Teller(), LIGHT, jobs=1).ok
    assert expected.differences(snapshot(Course(root))) == []


# -- two at once -----------------------------------------------------------------------------------


def test_two_runs_at_once(root, batches, expected):
    with starter() as other:
        both = [batches.start(root, LIGHT, jobs=1), other.start(root, LIGHT, jobs=1, force=True)]
        assert [batch.end() for batch in both] == [0, 0], (root / LOG).read_text()
    assert expected.differences(snapshot(Course(root))) == []


@pytest.mark.parametrize("students", [[], ["--student", "learner0002"]], ids=["all", "one"])
def test_nbgrader_and_dlgrader_at_once(root, batches, expected, students):
    ready = threading.Event()
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    command = [str(BIN / "nbgrader"), "autograde", LIGHT, *students]
    with subprocess.Popen(
        command,
        cwd=root,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as nbgrader:
        # Imports take nbgrader a while: begin when it has reached the submissions.
        ready.wait(1.5)
        code, _ = batches.run(root, LIGHT, jobs=1)
        said, _ = nbgrader.communicate(timeout=120)
    assert code == 0, (root / LOG).read_text()
    assert nbgrader.returncode == 0, said
    assert expected.differences(snapshot(Course(root))) == []


# -- a grading that fails --------------------------------------------------------------------------


def test_a_regrade_that_fails_shows_as_failed(root, expected, monkeypatch):
    course = Course(root)
    assert autograde(course, Teller(), LIGHT, jobs=1).ok
    name = "learner0000"
    with course.gradebook() as book:
        (before,) = (one for one in standings(book, LIGHT) if one.student == name)
        grade = book.find_grade("why", LIGHT, LIGHT, name)
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        book.find_comment("why", LIGHT, LIGHT, name).manual_comment = "Well put."
        book.db.commit()
    assert before.points

    def broken(*_: object, **__: object) -> None:
        raise SandboxError("the sandbox broke")

    with monkeypatch.context() as patch:
        patch.setattr(dlgrader.batch.task, "run_and_judge", broken)
        outcome = autograde(course, Teller(), LIGHT, [name], jobs=1, force=True)
    assert not outcome.ok
    assert any(name in line and "the sandbox broke" in line for line in outcome.attention)
    with course.gradebook() as book:
        record = records.find(book, LIGHT, name)
        assert record is not None
        assert (record.state, record.reason) == (records.FAILED, "the sandbox broke")
        by_name = {one.student: one for one in standings(book, LIGHT)}
        assert by_name[name].status == "failed"
        assert by_name[name].points is None
        assert by_name["learner0001"].status == "graded"
        submission = book.find_submission_notebook(LIGHT, LIGHT, name)
        assert all(grade.auto_score is None for grade in submission.grades)
        assert all(grade.needs_manual_grade for grade in submission.grades)
        assert book.find_grade("why", LIGHT, LIGHT, name).manual_score == 2.5
        assert book.find_comment("why", LIGHT, LIGHT, name).manual_comment == "Well put."
    # The next run grades it again, without being forced to.
    assert autograde(course, Teller(), LIGHT, jobs=1).facts["graded"] == [name]
    with course.gradebook() as book:
        grade = book.find_grade("why", LIGHT, LIGHT, name)
        assert (grade.manual_score, grade.needs_manual_grade) == (2.5, True)
        grade.manual_score, grade.needs_manual_grade = None, grade.auto_score is None
        book.find_comment("why", LIGHT, LIGHT, name).manual_comment = None
        book.db.commit()
    assert expected.differences(snapshot(course)) == []
