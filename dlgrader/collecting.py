"""``dlgrader collect``: take submissions in, out of the exchange or out of downloaded archives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbgrader.api import Gradebook, Student

from dlgrader.collected import Collected, noting
from dlgrader.course import Course, GradingError, find_assignment
from dlgrader.downloads import Learner, Names, Roster
from dlgrader.from_archives import ArchiveCollection
from dlgrader.telling import Outcome, Teller


def collect(
    course: Course,
    teller: Teller,
    assignment: str,
    archives: Sequence[Path] = (),
    pattern: str | None = None,
) -> Outcome:
    """Take in the submissions of an assignment.

    A newer submission replaces an older one, which is kept in ``replaced/``; a second time, nothing
    changes. Only regular files are taken in; what else was there is told.

    Parameters
    ----------
    course : Course
    teller : Teller
    assignment : str
    archives : sequence of Path
        Archives, files, or folders with them, as downloaded from Moodle or Canvas; without, the
        submissions are taken out of the exchange.
    pattern : str, optional
        Tells whose a downloaded file is, see `dlgrader.downloads.Names`.

    Raises
    ------
    GradingError
        If there is no such assignment, archive or exchange.
    """
    with course.gradebook() as book:
        found = find_assignment(book, assignment)
        notebooks = {f"{notebook.name}.ipynb" for notebook in found.notebooks}
        known = {learner.student: learner for learner in _learners(book)}
    with noting() as notes:
        if archives:
            names = Names(pattern or _configured_pattern(course))
            roster = Roster(known.values())
            taking = ArchiveCollection(course, assignment, notebooks, names, roster, notes)
            try:
                taking.take_in(archives)
            except OSError as error:
                raise GradingError(
                    f"collecting stopped: {error}. No submission is left half; mend that and "
                    "give the same command again"
                ) from error
        else:
            course.collect(assignment)
    there = set(course.students(assignment))
    missing = sorted(set(known) - there)
    new = sorted(there - set(known))
    _tell(teller, notes, len(there), missing)
    return Outcome(
        ok=not notes.refused,
        facts={
            "assignment": assignment,
            "new": notes.new,
            "replaced": notes.replaced,
            "unchanged": notes.unchanged,
            "older": notes.older,
            "refused": [{"name": name, "reason": reason} for name, reason in notes.refused],
            "remarks": [{"student": name, "remark": text} for name, text in notes.remarks],
            "missing": missing,
            "not_in_gradebook": new,
        },
        attention=[f"{name}: {text}" for name, text in [*notes.refused, *notes.remarks]],
    )


def _tell(teller: Teller, notes: Collected, there: int, missing: Sequence[str]) -> None:
    said = [f"{len(notes.new)} new"]
    if notes.replaced:
        said.append(f"{len(notes.replaced)} in place of earlier ones, which are kept in replaced/")
    if notes.unchanged:
        said.append(f"{len(notes.unchanged)} already there")
    if notes.older:
        said.append(f"{len(notes.older)} older than what is there")
    if notes.refused:
        said.append(f"{len(notes.refused)} refused")
    teller.say(f"Submissions: {', '.join(said)}.")
    without = f"; {len(missing)} learners have handed in nothing" if missing else ""
    teller.say(f"There are now submissions of {there} learners{without}.")


def _learners(book: Gradebook) -> list[Learner]:
    columns = (Student.id, Student.first_name, Student.last_name, Student.email)
    rows = book.db.query(*columns, Student.lms_user_id).all()
    return [Learner(*(value or "" for value in row)) for row in rows]


def _configured_pattern(course: Course) -> str | None:
    """Return the pattern of ``nbgrader zip_collect``, if the course has set one."""
    found = course.config.FileNameCollectorPlugin.get("named_regexp", "")
    return found if isinstance(found, str) and found else None
