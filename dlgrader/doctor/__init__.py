"""What is missing for grading, on this machine and in a course's folder, and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dlgrader.doctor.finding import Finding, failure, ok, remark
from dlgrader.telling import Outcome, Teller

_MARKS = {"ok": "ok      ", "remark": "remark  ", "missing": "MISSING "}


def doctor(course: Path | None, teller: Teller) -> Outcome:
    """Look at everything, say a line about each, and change nothing.

    Parameters
    ----------
    course : Path, optional
        A folder in the course; without, the one that the working folder belongs to, if any.
    teller : Teller

    Returns
    -------
    Outcome
        Not ok if something is missing that grading needs.
    """
    found = []
    for finding in _findings(course):
        teller.say(f"{_MARKS[finding.state]}{finding.name}: {finding.says}")
        for line in finding.remedy.splitlines():
            teller.say(f"          {line}")
        found.append(finding)
    missing = [finding for finding in found if finding.state == "missing"]
    if missing:
        teller.say(f"Missing: {', '.join(finding.name for finding in missing)}.")
    else:
        teller.say("Nothing is missing.")
    return Outcome(not missing, {"checks": [finding.as_dict() for finding in found]})


def _findings(course: Path | None) -> Iterator[Finding]:
    from dlgrader.doctor import machine

    yield machine.python()
    packages = list(machine.packages())
    yield from packages
    if any(finding.state == "missing" for finding in packages):
        yield remark("the rest", "not looked at before the packages are there")
        return
    yield machine.alembic()
    yield from machine.sandbox()
    yield machine.processors()
    yield machine.extensions()
    yield from _of_course(course)


def _of_course(folder: Path | None) -> Iterator[Finding]:
    # nbgrader is there by now.
    from dlgrader.course import Course, GradingError, find_course
    from dlgrader.doctor import folders, gradebook
    from dlgrader.unused_settings import REMEDY, unused_settings

    try:
        root = find_course(folder or Path.cwd())
    except GradingError as error:
        if folder:
            yield failure("course", str(error), "make one: dlgrader init FOLDER")
        else:
            yield remark("course", "none here; make one by `dlgrader init`, or name it: --course")
        yield folders.disk(Path.cwd())
        return
    try:
        course = Course(root)
    except Exception as error:  # whatever a settings file may do
        yield failure("course", f"the settings in {root} can't be read: {error!r}")
        return
    yield ok(
        "course", f"{course.config.CourseDirectory.get('course_id') or 'without id'} in {root}"
    )
    if unused := unused_settings(course.config):
        yield remark("settings", f"not used when grading: {', '.join(unused)}", REMEDY)
    yield folders.disk(root)
    yield from folders.exchange(course)
    yield from gradebook.gradebook(course)
