"""Grade the submissions of an assignment, one after another, with a line for each."""

from __future__ import annotations

import time
from pathlib import Path

from dlgrader.course import Course, GradingError
from dlgrader.grading_steps import sandbox_problem


def autograde(
    course_folder: Path, assignment: str, student: str | None = None, sandbox: bool = True
) -> bool:
    """Grade one or all submissions of an assignment; return whether all could be graded.

    Raises
    ------
    GradingError
        If there is no submission, or the sandbox can't be used here.
    """
    settings = {} if sandbox else {"RunInSandbox": {"sandbox": False}}
    course = Course(course_folder, settings)
    problem = sandbox_problem(course.config)
    if problem:
        raise GradingError(problem)
    students = [student] if student else course.students(assignment)
    if not students or not course.submission("submitted", students[0], assignment).is_dir():
        whose = f" of {student}" if student else ""
        raise GradingError(f"there is no submission{whose} for {assignment} in submitted/")
    if not sandbox:
        print("NOTE  Learners' code runs without the sandbox: it can do whatever you can do.")
    failed = []
    for number, name in enumerate(students, start=1):
        start = time.perf_counter()
        failure = course.autograde(assignment, name)
        seconds = time.perf_counter() - start
        said = f"not graded: {failure.splitlines()[-1]}" if failure else "graded"
        print(f"  {number} of {len(students)}: {name}  {seconds:.1f} s  {said}", flush=True)
        if failure:
            failed.append(name)
    print(f"{len(students) - len(failed)} of {len(students)} submissions graded.")
    if failed:
        print(f"A person has to look at: {', '.join(failed)}")
    return not failed
