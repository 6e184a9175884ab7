"""Write the feedback of a class and hand it out through the exchange."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook

from dlgrader.course import Course, GradingError
from dlgrader.feedback.facts import find_facts
from dlgrader.generate import book_address
from dlgrader.late import settle
from dlgrader.releasing import exchange_root
from dlgrader.standings import Standing, select_students, standings
from dlgrader.telling import Outcome, Teller

_DIGEST = re.compile(r'<meta name="dlgrader-digest" content="([0-9a-f]{64})">')
# Says which state of the pages lies in the exchange.
_RELEASED = "released.txt"
_PAPERS = ("timestamp.txt", "submission_secret.txt")


@dataclass
class _Done:
    """Who got what, for the outcome."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def feedback(
    course: Course,
    teller: Teller,
    assignment: str,
    students: Sequence[str] = (),
    *,
    force: bool = False,
    release: bool = True,
) -> Outcome:
    """Write the pages of all that is graded or could not be graded, and release them.

    Pages of which nothing has changed are left as they are.

    Parameters
    ----------
    course : Course
    teller : Teller
    assignment : str
    students : sequence of str
        Only theirs; by default those of all.
    force : bool
        Write and release unchanged pages again, too.
    release : bool
        Whether the pages are put into the exchange, where learners fetch them.

    Returns
    -------
    Outcome
        Not ok if a page could not be written or released. Who has none, and why, is among what
        wants attention, and so are answers that wait for a person, and pages of submissions that
        did not come through the exchange, which can't bring the answer back either.

    Raises
    ------
    GradingError
        If the gradebook does not know the assignment or a named student.
    """
    done, address = _Done(), book_address(course.root)
    if release and not _has_exchange(course):
        teller.say("The course has no exchange: pages are written, and not released.")
        release = False
    with course.gradebook() as book:
        # As before an export, so that a page shows the penalty that counts.
        settle(course.config, book, assignment)
        found = standings(book, assignment, course.handed_in(assignment))
        chosen = select_students(found, students)
        ready = [one for one in chosen if one.status in {"graded", "needs grading", "failed"}]
        changed = {
            one.student: force or _has_changed(course, book, assignment, one.student, address)
            for one in ready
        }
    teller.say(f"{assignment}: feedback for {len(ready)} of {len(chosen)} learners")
    teller.begin()
    for number, one in enumerate(ready, start=1):
        said = _one(course, assignment, one.student, changed[one.student], release, done)
        if said:
            teller.progress(number, len(ready), f"{one.student}  {said}")
    done.without = [one.student for one in chosen if one not in ready]
    teller.say(_summed_up(done, release))
    return Outcome(
        ok=not done.problems,
        facts={
            "assignment": assignment,
            "written": done.written,
            "unchanged": done.unchanged,
            "released": done.released,
            "without": done.without,
            "failed": [one.student for one in ready if one.status == "failed"],
        },
        attention=[*done.problems, *done.remarks, *_attention(chosen)],
    )


def _one(
    course: Course, assignment: str, student: str, changed: bool, release: bool, done: _Done
) -> str:
    """Write and release one learner's pages; return what was done."""
    said = []
    if changed:
        try:
            course.generate_feedback(assignment, student)
        except GradingError as error:
            done.problems.append(f"{student}: the page could not be written: {_last_line(error)}")
            return "no page"
        done.written.append(student)
        said.append("written")
    else:
        done.unchanged.append(student)
    folder = course.submission("feedback", student, assignment)
    digests = "\n".join(sorted(_digests(folder).values()))
    marker = folder / _RELEASED
    known = marker.read_text("ascii") if marker.is_file() else ""
    if release and (changed or known != digests):
        missing = [name for name in _PAPERS if not (folder / name).is_file()]
        if missing:
            done.remarks.append(
                f"{student}: not released, for the submission did not come through the exchange "
                f"({missing[0]} is missing); hand out {folder}"
            )
            return "written, not released" if changed else "not released"
        try:
            course.release_feedback(assignment, student)
        except GradingError as error:
            done.problems.append(f"{student}: could not be released: {_last_line(error)}")
            return "not released"
        marker.write_text(digests, "ascii")
        done.released.append(student)
        said.append("released")
    return ", ".join(said)


def _has_exchange(course: Course) -> bool:
    """Whether there is an exchange: nbgrader's own, or one that a plug-in brings."""
    return "ExchangeFactory" in course.config or exchange_root(course) is not None


def _has_changed(
    course: Course, book: Gradebook, assignment: str, student: str, address: str
) -> bool:
    """Whether a page is missing, or was made of something else than what is there now."""
    pages = _digests(course.submission("feedback", student, assignment))
    graded = course.submission("autograded", student, assignment)
    for notebook in (part.name for part in book.find_assignment(assignment).notebooks):
        path = graded / f"{notebook}.ipynb"
        facts = find_facts(book, assignment, notebook, student, address)
        content = path.read_bytes() if path.is_file() else b""
        if pages.get(notebook) != facts.digest(content):
            return True
    return False


def _digests(folder: Path) -> dict[str, str]:
    """Return what the pages in a folder say they were made of, by notebook."""
    found = {}
    for page in folder.glob("*.html"):
        with page.open(encoding="utf-8") as file:
            match = _DIGEST.search(file.read(4_000))
        if match:
            found[page.stem] = match[1]
    return found


def _attention(chosen: Sequence[Standing]) -> Iterator[str]:
    for one in chosen:
        if one.status == "missing":
            yield f"{one.student}: no feedback, nothing was handed in"
        elif one.status == "submitted":
            yield f"{one.student}: no feedback, {one.reason or 'it is not graded yet'}"
        elif one.status == "failed":
            yield f"{one.student}: could not be graded, and the page says so: {one.reason}"
        elif one.status == "needs grading":
            yield f"{one.student}: an answer waits for a person, and the page says so"


def _summed_up(done: _Done, release: bool) -> str:
    text = f"{len(done.written)} written, {len(done.unchanged)} unchanged"
    return f"{text}, {len(done.released)} released" if release else text


def _last_line(error: GradingError) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else "no reason was given"
