"""Writing down what was graded, broken off at every single step, and resumed.

The outcomes are graded once; then a batch with these outcomes is broken off at its first change of
a file or of the gradebook, at the second, and so on to the last.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from sandbox_tools import needs_sandbox
from sqlalchemy import Engine, event
from synthetic_class import LIGHT, make_class, make_course, snapshot

import dlgrader.autograde
from dlgrader.autograde import autograde
from dlgrader.batch.runners import InProcess
from dlgrader.batch.task import Graded, Task
from dlgrader.course import Course, GradingError
from dlgrader.telling import Teller

pytestmark = needs_sandbox

LEARNERS = 3
CHANGES = {"os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.copyfile"}
ENDED, FAILED, DONE = 9, 1, 0


class Canned:
    """Instead of grading, gives the outcomes that are known."""

    def __init__(self, outcomes: Mapping[str, Graded]) -> None:
        self.outcomes = outcomes

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Graded]]:
        for task in tasks:
            yield task, self.outcomes[task.student]


class Noting(InProcess):
    """Grades, and keeps the outcomes."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Graded] = {}

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Graded]]:
        for task, graded in super().run(tasks):
            self.outcomes[task.student] = graded
            yield task, graded


def batch(root: Path, runner: object) -> int:
    """Run a batch whose outcomes the runner gives; return the exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dlgrader.autograde, "InProcess", lambda: runner)
        try:
            return 0 if autograde(Course(root), Teller(), LIGHT, jobs=1).ok else 1
        except GradingError as error:
            print("GradingError:", error)
            return FAILED


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    """A folder and outcomes: one learner is new, one handed in again, one is graded."""
    course = make_course(tmp_path_factory.mktemp("begin") / "course")
    learners = make_class(course, LIGHT, LEARNERS)
    shutil.rmtree(course.submission("submitted", learners[0].name, LIGHT).parent)
    assert batch(course.root, Noting()) == 0
    with course.gradebook() as book:
        grade = book.find_grade("why", LIGHT, LIGHT, learners[1].name)
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.find_comment("why", LIGHT, LIGHT, learners[1].name).manual_comment = "Well put."
        book.db.commit()
    learners[0].write(course.submission("submitted", learners[0].name, LIGHT))
    again = course.submission("submitted", learners[1].name, LIGHT)
    learners[0].write(again)
    (again / "data.csv").write_text("1,2\n")
    other = tmp_path_factory.mktemp("unbroken") / "course"
    shutil.copytree(course.root, other)
    noting = Noting()
    assert batch(other, noting) == 0
    assert set(noting.outcomes) == {learners[0].name, learners[1].name}
    return course.root, Canned(noting.outcomes), snapshot(Course(other))


def in_fork(work: Callable[[], int], log: Path) -> int:
    """Do some work in a child process; return its exit code."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, 1)
            os.dup2(file, 2)
            sys.stdout = sys.stderr = os.fdopen(1, "w", closefd=False)
            code = work()
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def at_step(number: int, folder: Path, disturb: Callable[[str], None]) -> None:
    """Call `disturb` at that change of the folder's files or of a gradebook, and at all later."""
    steps = count(1)

    def changed(what: str) -> None:
        if next(steps) >= number:
            disturb(what)

    def audited(name: str, arguments: tuple[object, ...]) -> None:
        path = str(arguments[0]) if arguments else ""
        if name in CHANGES:
            # rmtree names what it removes relative to an open folder.
            ours = path.startswith(str(folder)) or not path.startswith("/")
        else:
            mode = str(arguments[1]) if name == "open" else ""
            ours = bool(set(mode) & set("wax")) and path.startswith(str(folder / "autograded"))
        if ours:
            changed(f"{name} {path}")

    sys.addaudithook(audited)
    event.listen(Engine, "commit", lambda connection: changed("commit"))


def die(what: str) -> None:
    print("killed at", what, flush=True)
    os._exit(ENDED)


def no_room(what: str) -> None:
    if what != "commit" and not what.startswith(("os.remove", "os.rmdir", "os.chmod", "os.rename")):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)


@pytest.mark.parametrize("disturb", [die, no_room], ids=["killed", "disk full"])
def test_broken_off_at_any_step_and_resumed(begin, disturb, tmp_path):
    start, canned, expected = begin
    root, log = tmp_path / "course", tmp_path / "log"

    def disturbed(number: int) -> Callable[[], int]:
        def work() -> int:
            at_step(number, root, disturb)
            return batch(root, canned)

        return work

    said = set()
    for number in count(1):
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(start, root)
        code = in_fork(disturbed(number), log)
        said.add(log.read_text())
        if code == DONE:
            break
        assert code == (ENDED if disturb is die else FAILED), log.read_text()
        assert "Traceback" not in log.read_text()
        assert in_fork(lambda: batch(root, canned), log) == 0, log.read_text()
        assert expected.differences(snapshot(Course(root))) == [], f"step {number}: {said}"
    assert expected.differences(snapshot(Course(root))) == []
    assert number > (30 if disturb is die else 5)
