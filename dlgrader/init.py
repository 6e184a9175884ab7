"""A course folder made from the installed package, and its renewal after an update."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from dlgrader.course import CONFIG_FILE, Course, GradingError
from dlgrader.exercises import assignment_names
from dlgrader.generate import (
    demand_settings,
    make_notebooks,
    released_notebook,
    source_notebook,
)
from dlgrader.roster import enter, read_roster
from dlgrader.solutions import package_texts
from dlgrader.telling import Outcome, Teller

MADE = ".dlgrader.json"
"""Remembers what was made, so that `update` can tell what the instructor has changed."""

_TEMPLATES = Path(__file__).parent / "templates"
_RENEWED = {"README.md": "README.md", ".gitignore": "gitignore"}


@dataclass(frozen=True)
class Choices:
    """What a course may decide when it is set up; None for the usual.

    Attributes
    ----------
    course_id : str, optional
        The course's name in the exchange; usually the folder's.
    exchange : Path, optional
        nbgrader's exchange.
    timezone : str, optional
        Of due dates and of the times that learners see; usually UTC.
    db_url : str, optional
        The gradebook's address; usually a file in the folder.
    book : str, optional
        Where the book is on the web.
    """

    course_id: str | None = None
    exchange: Path | None = None
    timezone: str | None = None
    db_url: str | None = None
    book: str | None = None


def init(
    folder: Path, teller: Teller, choices: Choices | None = None, roster: Path | None = None
) -> Outcome:
    """Make a course folder.

    Raises
    ------
    GradingError
        If something would be overwritten, or a choice is none.
    """
    folder = folder.resolve()
    choices = choices or Choices()
    learners = read_roster(roster) if roster else []
    settings = _settings(folder, choices)
    wanted = (CONFIG_FILE, MADE, *_RENEWED, "solutions", "source", "release")
    in_the_way = [name for name in wanted if (folder / name).exists()]
    if in_the_way:
        advice = (
            "`dlgrader init --update` renews what an earlier version made"
            if MADE in in_the_way
            else "name another folder, or use this one as it is: every verb works in a folder "
            "with nbgrader_config.py"
        )
        raise GradingError(f"{folder} already has {', '.join(in_the_way)}; {advice}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_FILE).touch(mode=0o600 if _has_password(choices.db_url) else 0o644)
    (folder / CONFIG_FILE).write_text(settings, encoding="utf-8")
    made = _Made({})
    _make_all(folder, made, teller)
    if learners:
        new = enter(Course(folder), learners)
        teller.say(f"{new} learners entered into the gradebook.")
    teller.say(f"Made {folder}: its README.md names the next steps. First: dlgrader doctor")
    return Outcome(
        facts={
            "folder": str(folder),
            "assignments": list(assignment_names()),
            "learners": len(learners),
        }
    )


def update(folder: Path, teller: Teller) -> Outcome:
    """Renew what an earlier version of the package made, except what was changed since.

    What was deleted stays deleted. nbgrader_config.py is left alone: its settings come from the
    package.
    """
    folder = folder.resolve()
    if not (folder / MADE).is_file() and not (folder / CONFIG_FILE).is_file():
        raise GradingError(f"{folder} has no {MADE}: it was not made by `dlgrader init`")
    demand_settings(folder)
    made = _Made.read(folder)
    _make_all(folder, made, teller)
    for path in made.renewed:
        teller.say(f"renewed: {path}")
    released = [path for path in made.renewed if path.endswith(".ipynb")]
    if released:
        teller.say(
            "Assignments that learners already have: `dlgrader release` hands them out anew."
        )
    if not made.renewed:
        teller.say("Everything is up to date.")
    kept = [f"{path}: kept as you changed it; the package has a newer one" for path in made.kept]
    return Outcome(facts={"renewed": made.renewed, "kept": made.kept}, attention=kept)


# -- the settings ----------------------------------------------------------------------------------


def _settings(folder: Path, choices: Choices) -> str:
    course_id = choices.course_id or folder.name
    if not re.fullmatch(r"[\w.-]+", course_id, re.ASCII) or course_id in (".", ".."):
        raise GradingError(
            f"{course_id!r} can't be a course's id: letters, digits, '.', '_' and '-' only; "
            "choose one: --course-id"
        )
    if choices.timezone:
        _demand_zone(choices.timezone)
    if choices.db_url:
        _demand_url(choices.db_url)
    exchange = str(choices.exchange.resolve()) if choices.exchange else None
    return Template(_template("nbgrader_config.txt")).substitute(
        course_id=json.dumps(course_id),
        exchange=_line("c.Exchange.root", exchange, "/srv/nbgrader/exchange"),
        timezone=_line("c.Exchange.timezone", choices.timezone, "Asia/Tokyo"),
        db_url=_line(
            "c.CourseDirectory.db_url", choices.db_url, "postgresql+psycopg://me@host/course"
        ),
        book=_line("c.Book.address", choices.book, "https://example.org/course"),
    )


def _line(name: str, value: str | None, example: str) -> str:
    """Return a setting; one that nobody has chosen as a comment, to be completed."""
    return f"{name} = {json.dumps(value)}" if value else f"# {name} = {json.dumps(example)}"


def _demand_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise GradingError(
            f"there is no time zone {name!r}; expected is a name such as Europe/Berlin"
        ) from error


def _demand_url(url: str) -> None:
    try:
        make_url(url)
    except ArgumentError as error:
        raise GradingError(
            f"{url!r} is no address of a database; expected is, for example, "
            "postgresql+psycopg://me@host/course or sqlite:////srv/course/gradebook.db"
        ) from error


def _has_password(url: str | None) -> bool:
    return bool(url and make_url(url).password)


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


# -- the files -------------------------------------------------------------------------------------


class _Made:
    """Writes files, but none that somebody has changed since it was written here."""

    def __init__(self, digests: Mapping[str, str]) -> None:
        self.digests = dict(digests)
        self.renewed: list[str] = []
        self.kept: list[str] = []

    @classmethod
    def read(cls, folder: Path) -> _Made:
        path = folder / MADE
        return cls(json.loads(path.read_text("utf-8"))["files"] if path.is_file() else {})

    def write(self, folder: Path, name: str, content: bytes) -> None:
        path, digest = folder / name, hashlib.sha256(content).hexdigest()
        known = self.digests.get(name)
        if path.exists():
            present = hashlib.sha256(path.read_bytes()).hexdigest()
            if present == digest:
                self.digests[name] = digest
                return
            if present != known:
                if known != digest:  # else nothing is newer than what was changed
                    self.kept.append(name)
                return
        elif known:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.digests[name] = digest
        self.renewed.append(name)

    def save(self, folder: Path) -> None:
        content = {"version": version("dlcore"), "files": dict(sorted(self.digests.items()))}
        (folder / MADE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _make_all(folder: Path, made: _Made, teller: Teller) -> None:
    for name, template in _RENEWED.items():
        made.write(folder, name, _template(template).encode())
    names = assignment_names()
    teller.begin()
    for number, name in enumerate(names, start=1):
        text = Path("solutions", name, f"{name}.py")
        made.write(folder, str(text), (package_texts() / name / text.name).read_bytes())
        # Out of the course's own text, which may be changed.
        source, released = make_notebooks(folder, name)
        for path, content in (
            (source_notebook(folder, name), source),
            (released_notebook(folder, name), released),
        ):
            made.write(folder, os.path.relpath(path, folder), content.encode())
        # At once: what has been made is known even if this is stopped.
        made.save(folder)
        teller.progress(number, len(names), name)
