"""Grade the submissions of an assignment, in this process or in many."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence

from filelock import FileLock, Timeout

from dlgrader.batch.engine import Batch, Done
from dlgrader.batch.runners import InProcess, Runner, distributed_runner
from dlgrader.batch.writer import OWN_FOLDER, Writer
from dlgrader.course import Course, GradingError
from dlgrader.sandbox_settings import sandbox_problem
from dlgrader.telling import Outcome, Teller
from dlgrader.unused_settings import unused_settings

_FEW = 4
"""Up to this many submissions are graded sooner than worker processes are started."""


def autograde(
    course: Course,
    teller: Teller,
    assignment: str,
    students: Sequence[str] = (),
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    sandbox: bool = True,
    create_students: bool = True,
) -> Outcome:
    """Grade all submissions that are new, have changed, or could not be graded before.

    Parameters
    ----------
    course : Course
    teller : Teller
    assignment : str
    students : sequence of str
        Only theirs; by default all who submitted.
    jobs : int, optional
        Processes that grade side by side; by default one for each core.
    scheduler : str, optional
        The address of a dask scheduler, whose workers grade in place of processes of our own.
    force : bool
        Grade unchanged submissions again, too.
    sandbox : bool
        Without, learners' code can do whatever you can do.
    create_students : bool
        Whether learners that the gradebook does not know yet are entered there.

    Returns
    -------
    Outcome
        Not ok if a submission could not be graded.

    Raises
    ------
    GradingError
        If there is no submission, or the sandbox can't be used here.
    """
    if not sandbox:
        course = Course.configured(course.config, {"RunInSandbox": {"sandbox": False}})
        teller.say("NOTE  Learners' code runs without the sandbox: it can do whatever you can do.")
    if unused := unused_settings(course.config):
        teller.say(f"NOTE  Not used: {', '.join(unused)}; `dlgrader doctor` says more.")
    problem = sandbox_problem(course.config)
    if problem and scheduler is None:
        raise GradingError(problem)
    chosen = _chosen(course, assignment, students)
    began = time.monotonic()
    with (
        _one_batch_at_a_time(course, assignment, chosen, teller),
        Writer(course, assignment) as writer,
    ):
        if not create_students:
            _demand_known(writer, chosen)
        batch = Batch.plan(course, assignment, writer, chosen, force)
        count = len(batch.students)
        teller.say(f"{assignment}: {_number(count, 'submission')} to grade{_unchanged(batch)}")
        done: list[Done] = []

        def told(one: Done) -> None:
            done.append(one)
            said = f"not graded: {one.failure}" if one.failure else "graded"
            teller.progress(len(done), count, f"{one.student}  {one.seconds:.1f} s  {said}")

        with _runner(count, jobs, scheduler) as runner:
            teller.begin()
            batch.run(runner, told)
    outcome = _outcome(batch, done, time.monotonic() - began)
    teller.say(summary(outcome))
    return outcome


def _chosen(course: Course, assignment: str, students: Sequence[str]) -> list[str]:
    there = course.students(assignment)
    for student in students:
        if student not in there:
            raise GradingError(
                f"there is no submission of {student} for {assignment} in submitted/"
            )
    if not there:
        raise GradingError(
            f"there is no submission for {assignment} in submitted/; take them out of the "
            f"exchange: dlgrader collect {assignment}"
        )
    return sorted(set(students)) or there


def _demand_known(writer: Writer, students: Sequence[str]) -> None:
    unknown = sorted(set(students) - {student.id for student in writer.book.students})
    if unknown:
        raise GradingError(
            f"the gradebook knows no {', '.join(unknown)}; enter them by `nbgrader db student add`"
        )


@contextlib.contextmanager
def _one_batch_at_a_time(
    course: Course, assignment: str, students: Sequence[str], teller: Teller
) -> Iterator[None]:
    """Wait for another run that grades the whole class; one learner is graded beside it."""
    if len(students) == 1:
        yield
        return
    folder = course.root / OWN_FOLDER
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / f"{assignment}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        teller.say(f"{assignment} is being graded by another run of dlgrader; waiting for its end.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _runner(count: int, jobs: int | None, scheduler: str | None) -> Iterator[Runner]:
    if jobs is None and count <= _FEW:
        jobs = 1
    processes = min(jobs or len(os.sched_getaffinity(0)), max(count, 1))
    if scheduler is None and processes == 1:
        yield InProcess()
        return
    with distributed_runner(processes, scheduler) as runner:
        yield runner


def _outcome(batch: Batch, done: Sequence[Done], seconds: float) -> Outcome:
    failed = [one for one in done if one.failure]
    odd = batch.course.oddly_named(batch.assignment)
    attention = [f"{one.student}: not graded: {one.failure}" for one in failed]
    attention += [f"{name!r}: left out: the folder has an odd name" for name in odd]
    for one in sorted(done, key=lambda one: one.student):
        attention += [f"{one.student}: {remark}" for remark in one.remarks]
        if one.flagged:
            attention.append(f"{one.student}: {_number(one.flagged, 'answer')} to be looked at")
        if one.answers:
            attention.append(
                f"{one.student}: {_number(one.answers, 'answer')} waiting for points by hand"
            )
    facts = {
        "assignment": batch.assignment,
        "graded": [one.student for one in done if not one.failure],
        "failed": {one.student: one.failure for one in failed},
        "unchanged": batch.unchanged,
        "seconds": round(seconds, 1),
    }
    return Outcome(not failed, facts, attention)


def _unchanged(batch: Batch) -> str:
    if not batch.unchanged:
        return ""
    return f", {len(batch.unchanged)} graded before and unchanged (--force grades them again)"


def _number(count: int, what: str) -> str:
    """Return a count in words.

    >>> _number(1, "answer"), _number(3, "answer")
    ('1 answer', '3 answers')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def summary(outcome: Outcome) -> str:
    """Return the line that closes a run."""
    graded, failed = len(outcome.facts["graded"]), len(outcome.facts["failed"])
    return (
        f"{graded} of {_number(graded + failed, 'submission')} graded in "
        f"{outcome.facts['seconds']:.0f} s."
    )
