"""`dlgrader report`: a page for the instructor, and its figures as CSV files."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from dlgrader.course import Course, GradingError
from dlgrader.generate import book_address
from dlgrader.late import settle, zone_of
from dlgrader.report.analysis import summarise
from dlgrader.report.learners import failed, waiting, who_needs_help
from dlgrader.report.page import render
from dlgrader.report.reading import choose, read_class_work
from dlgrader.report.tables import WITH_NAMES, write_tables
from dlgrader.telling import Outcome, Teller
from dlgrader.whole_files import write_whole

PAGE = "report.html"
FOLDER, FOLDER_WITHOUT_NAMES = "report", "report_without_names"


def report(
    course: Course,
    teller: Teller,
    to: Path | None = None,
    assignments: Sequence[str] = (),
    *,
    names: bool = True,
) -> Outcome:
    """Write a page about the class, and the same figures as CSV files.

    Parameters
    ----------
    course : Course
    teller : Teller
    to : Path, optional
        The folder to write into; by default ``report/`` (``report_without_names/``) in the
        course's folder.
    assignments : sequence of str
        By default all.
    names : bool
        Without, nothing that is written names a learner, so that it can be shown to the class.

    Raises
    ------
    GradingError
        If there is nothing to report, an assignment is unknown, or the folder can't be written.
    """
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    folder = to or course.root / (FOLDER if names else FOLDER_WITHOUT_NAMES)
    if not names and (left := [name for name in WITH_NAMES if (folder / name).exists()]):
        raise GradingError(
            f"{folder} already holds {' and '.join(left)}, which names learners; choose another "
            "folder for a report without names"
        )
    coursedir = CourseDirectory(config=course.config)
    summaries = []
    with course.gradebook() as book:
        for name in choose(book, assignments):
            # As before an export, so that both say the same of who was late, and what it cost.
            settle(course.config, book, name)
            work = read_class_work(book, name, course.handed_in(name))
            summaries.append(summarise(work))
    help_needed = who_needs_help(summaries, now)
    page = render(
        summaries,
        course=str(coursedir.course_id) or course.root.name,
        now=now,
        names=names,
        book=book_address(course.root),
        zone=zone_of(course.config),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tables = write_tables(folder, summaries, help_needed, names=names)
        write_whole(folder / PAGE, page)
    except OSError as error:
        raise GradingError(f"the report can't be written to {folder}: {error.strerror}") from error
    for summary in summaries:
        counts = ", ".join(f"{count} {status}" for status, count in summary.counts.items() if count)
        teller.say(f"{summary.work.name}: {counts or 'no learners'}")
    teller.say(f"Report: {folder / PAGE}")
    facts = {
        "page": str(folder / PAGE),
        "tables": [str(path) for path in tables],
        "assignments": {
            summary.work.name: {**summary.counts, "late": summary.late} for summary in summaries
        },
        "need_help": len(help_needed),
        "answers_waiting": sum(one.learners for one in waiting(summaries)),
    }
    attention = [
        f"{note.standing.student}: {note.assignment} could not be graded: {note.text}"
        for note in (failed(summaries) if names else ())
    ]
    return Outcome(facts=facts, attention=attention)
