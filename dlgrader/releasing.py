"""Handing out an assignment: into the gradebook, into release/, and into nbgrader's exchange."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry, Notebook
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from dlgrader.course import Course, GradingError
from dlgrader.exercises import assignment_names
from dlgrader.generate import demand_settings, write_source
from dlgrader.moments import read_moment
from dlgrader.roster import enter, read_roster
from dlgrader.telling import Outcome, Teller

USUAL_EXCHANGE = Path("/usr/local/share/nbgrader/exchange")
"""Where nbgrader looks if a course does not say where its exchange is."""


def release(
    course: Course,
    teller: Teller,
    assignment: str,
    *,
    due: str | None = None,
    roster: Path | None = None,
    exchange: bool = True,
) -> Outcome:
    """Put an assignment into the gradebook and hand it out; a second time, the present version.

    Parameters
    ----------
    course : Course
    teller : Teller
    assignment : str
        One of the course's, or any that has a folder in source/.
    due : str, optional
        When it is due; without, what the gradebook knows stays.
    roster : Path, optional
        A class list; its learners are entered into the gradebook.
    exchange : bool
        Whether learners fetch it from nbgrader's exchange.

    Raises
    ------
    GradingError
        If there is no such assignment, its cells have changed although there are grades, or the
        exchange can't be written. Nothing has been changed then.
    """
    learners = read_roster(roster) if roster else []
    moment = _moment(course, due) if due else None
    _demand_source(course, assignment)
    _demand_same_cells(course, assignment)
    # An exchange that is no folder is a service that the course names.
    shared = exchange and bool(course.config.ExchangeFactory or exchange_root(course))

    course.generate_assignment(assignment)
    with course.gradebook() as book:
        if moment:
            book.update_or_create_assignment(assignment, duedate=moment)
        known = book.find_assignment(assignment).duedate
    if learners:
        teller.say(f"{enter(course, learners)} learners entered into the gradebook.")
    folder = os.path.relpath(course.release_folder(assignment), course.root)
    teller.say(f"{assignment} is in the gradebook; the learners' notebook is in {folder}/.")
    if shared:
        again = {"ExchangeReleaseAssignment": {"force": True}}
        Course.configured(course.config, again).release_assignment(assignment)
        teller.say("Learners can fetch it from the exchange.")
    elif exchange:
        teller.say(
            f"This course has no exchange (c.Exchange.root): hand out {folder}/ in another way, "
            "and collect with --zip."
        )
    return Outcome(
        facts={
            "assignment": assignment,
            "folder": folder,
            "exchange": shared,
            "due_utc": known.isoformat() if known else None,
        }
    )


def _moment(course: Course, due: str) -> object:
    zone = course.config.Exchange.get("timezone", "UTC")
    try:
        return read_moment(due, zone, unmarked=zone)
    except (ValueError, OverflowError) as error:
        raise GradingError(
            f"{due!r} is no time ({error}); expected is, for example, '2027-01-31 18:00'"
        ) from error


def _demand_source(course: Course, assignment: str) -> None:
    """Make the source of an assignment of the course, unless it is there."""
    folder = course.source_folder(assignment)
    if assignment in assignment_names():
        demand_settings(course.root)
    if any(folder.glob("*.ipynb")):
        return
    if assignment in assignment_names():
        write_source(course.root, assignment, course.root)
        return
    beside = folder.parent.glob("*/*.ipynb")
    there = sorted({*assignment_names(), *(path.parent.name for path in beside)})
    raise GradingError(f"there is no notebook in {folder}; the course has {', '.join(there)}")


# -- a new version of what has been graded ---------------------------------------------------------


def _demand_same_cells(course: Course, assignment: str) -> None:
    """Refuse before nbgrader does: it removes the released notebook first."""
    with course.gradebook() as book:
        try:
            known = book.find_assignment(assignment)
        except MissingEntry:
            return
        graded = {notebook.name: _known_cells(notebook) for notebook in known.notebooks}
        if not known.submissions:
            return
    source = {
        path.stem: set(_cells(path)) for path in course.source_folder(assignment).glob("*.ipynb")
    }
    changes = [
        *_differences("notebook", set(graded), set(source)),
        *(
            line
            for name in sorted(graded.keys() & source.keys())
            for line in _differences(
                "cell", {cell for _, cell in graded[name]}, {cell for _, cell in source[name]}
            )
            or _kinds(graded[name], source[name])
        ),
    ]
    if changes:
        raise GradingError(
            f"{assignment} has submissions that were graded, so its cells can't change any more: "
            f"{'; '.join(changes)}. Take these changes back (texts and points may differ), or "
            "hand out the new version under a new name. Nothing has been changed."
        )


def _known_cells(notebook: Notebook) -> set[tuple[str, str]]:
    return {
        (kind, cell.name)
        for kind, cells in (
            ("grade", notebook.grade_cells),
            ("solution", notebook.solution_cells),
            ("task", notebook.task_cells),
            ("source", notebook.source_cells),
        )
        for cell in cells
    }


def _cells(path: Path) -> Iterator[tuple[str, str]]:
    """Yield kind and id of the cells that nbgrader's gradebook will know."""
    for cell in nbformat.read(path, as_version=4).cells:
        kinds = {"grade": is_grade(cell), "solution": is_solution(cell), "task": is_task(cell)}
        if any(kinds.values()) or is_locked(cell):
            kinds["source"] = True
        for kind in (kind for kind, present in kinds.items() if present):
            yield kind, cell.metadata.nbgrader["grade_id"]


def _differences(what: str, before: set[str], now: set[str]) -> list[str]:
    return [f"{what} {name} is gone" for name in sorted(before - now)] + [
        f"{what} {name} is new" for name in sorted(now - before)
    ]


def _kinds(before: set[tuple[str, str]], now: set[tuple[str, str]]) -> list[str]:
    changed = sorted({name for _, name in before ^ now})
    return [f"cell {name} is of another kind" for name in changed]


# -- the exchange ----------------------------------------------------------------------------------


def exchange_root(course: Course) -> Path | None:
    """Return the exchange's folder, which is there or will be made; None if the course has none.

    Raises
    ------
    GradingError
        If it can't be used.
    """
    named = course.config.Exchange.get("root")
    root = Path(str(named)) if named else USUAL_EXCHANGE
    if not named and not root.is_dir():
        return None
    if not course.config.CourseDirectory.get("course_id"):
        raise GradingError("the course has no id: set c.CourseDirectory.course_id")
    place = root
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise GradingError(
            f"the exchange {root} can't be written: {place} is not yours. Make it writable for "
            f"everybody (sudo mkdir -p {root}; sudo chmod 777 {root}), name another one "
            "(c.Exchange.root), or release with --no-exchange"
        )
    return root
