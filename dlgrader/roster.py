"""The class list: a CSV file with the columns that ``nbgrader db student import`` takes, too."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dlgrader.course import Course, GradingError

COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id")


@dataclass(frozen=True)
class Learner:
    """A line of the class list; empty where it says nothing."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


def read_roster(path: Path) -> list[Learner]:
    """Read a class list.

    Raises
    ------
    GradingError
        If a learner could not be told by it: no column ``id``, an id twice or none, or one that
        can't be the name of a folder.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise GradingError(f"{path} is not UTF-8; save it as CSV UTF-8") from error
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") else ",")
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    if "id" not in rows.fieldnames:
        raise GradingError(
            f"{path} has no column id; its first line must name the columns, of "
            f"{', '.join(COLUMNS)}; it begins with {first[:80]!r}"
        )
    found: dict[str, Learner] = {}
    for row in rows:
        given = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not any(given.values()):
            continue
        if problem := _problem(given["id"], found):
            raise GradingError(f"{path}, line {rows.line_num}: {problem}")
        found[given["id"]] = Learner(**given)
    return list(found.values())


def _problem(name: str, found: dict[str, Learner]) -> str:
    if not name:
        return "no id"
    if name in found:
        return f"the id {name!r} stands there twice"
    if name in (".", "..") or not name.isprintable() or any(sign in name for sign in "/\\+*?[]"):
        # nbgrader makes folders and, in the exchange, names with "+" of it, and searches by globs.
        return f"the id {name!r} can't be the name of a folder: no / \\ + * ? [ ] in it"
    return ""


def enter(course: Course, learners: Sequence[Learner]) -> int:
    """Add learners to the gradebook, or renew what it knows of them; return how many are new."""
    with course.gradebook() as book:
        known = {student.id for student in book.students}
        for learner in learners:
            said = {name: value for name, value in asdict(learner).items() if value}
            book.update_or_create_student(said.pop("id"), **said)
    return len({learner.id for learner in learners} - known)
