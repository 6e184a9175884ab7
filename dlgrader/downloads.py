"""Whose work a file is, by its name in what a learning management system lets one download.

Moodle ("Download all submissions") names a learner's folder ``Ada Lovelace_123_assignsubmission_
file_``, with a number that only Moodle knows; Canvas ("Download Submissions") names a file
``lovelaceada_LATE_4711_815_ps4.ipynb``: the name by which it sorts, whether it was late, the
number of the user, that of the file, and the file's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dlgrader.course import GradingError
from dlgrader.placing import is_usable_name

USUAL_PATTERNS = (
    # Moodle, with and without a folder for each learner
    r"(?P<full_name>[^/_]+)_\d+_assignsubmission_file_?/(?P<file>.+)",
    r"(?P<full_name>[^/_]+)_\d+_assignsubmission_file_(?P<file>[^/]+)",
    # Canvas
    r"(?P<full_name>[^/_]*)_(?:(?P<late>LATE)_)?(?P<lms_id>\d+)_\d+_(?P<file>[^/]+)",
    # a folder, an archive or a notebook with the learner's name in the gradebook
    r"(?P<known>[^/]+)/(?P<file>.+)",
    r"(?P<known>[^/]+?)(?:\.tar)?(?P<file>\.[^./]+)",
)
IGNORED_PATTERN = (
    r"[^/]+_assignsubmission_(?!file)[a-z]+_?(?:/.*|_[^/]*)|(?:.*/)?(?:__MACOSX/.*|\.[^/]*)"
)
"""What else is in such downloads: texts written on line, and files that a system left behind."""

_OURS = {"student": "student", "student_id": "student", "file": "file", "file_id": "file"}
_KNOWN_GROUPS = {*_OURS, "known", "first_name", "last_name", "full_name", "email", "lms_id"} | {
    "timestamp",
    "late",
}
_OWNERS = _KNOWN_GROUPS - {"file", "file_id", "timestamp", "late"}


@dataclass(frozen=True)
class Named:
    """What a file's name says; empty is what it does not say."""

    file: str
    student: str = ""
    known: str = ""
    full_name: str = ""
    email: str = ""
    lms_id: str = ""
    timestamp: str = ""
    late: bool = False


class Names:
    """Reads names by patterns.

    Parameters
    ----------
    pattern : str, optional
        A regular expression with the group ``student`` (the name in the gradebook) or another that
        tells whose the file is: ``email``, ``full_name``, ``first_name`` and ``last_name``,
        ``lms_id``; and perhaps ``file`` and ``timestamp``. By default what Moodle and Canvas
        write, and the learner's name as that of a folder or file.
    """

    def __init__(self, pattern: str | None = None) -> None:
        texts = (pattern,) if pattern else USUAL_PATTERNS
        try:
            self._patterns = [re.compile(text) for text in texts]
        except re.error as error:
            raise GradingError(f"--pattern is no regular expression: {error}") from None
        groups = set(self._patterns[0].groupindex)
        if pattern and (unknown := groups - _KNOWN_GROUPS):
            raise GradingError(
                f"--pattern has the unknown group {', '.join(sorted(unknown))}; there is "
                f"{', '.join(sorted(_KNOWN_GROUPS))}"
            )
        if pattern and not groups & _OWNERS:
            raise GradingError(
                "--pattern does not tell whose a file is; expected a group such as "
                "(?P<student>[^_/]+)"
            )

    def read(self, path: str) -> list[Named]:
        """Return what a path inside a download may say, by each pattern that fits."""
        found = (pattern.fullmatch(path) for pattern in self._patterns)
        return [_named(match.groupdict(), path) for match in found if match]


def _named(groups: dict[str, Any], path: str) -> Named:
    said = {name: text for name, text in groups.items() if text}
    names: dict[str, Any] = {_OURS.get(name, name): text for name, text in said.items()}
    first, last = names.pop("first_name", ""), names.pop("last_name", "")
    names.setdefault("full_name", f"{first} {last}".strip())
    names["late"] = bool(names.get("late"))
    file = names.get("file") or path.rpartition("/")[2]
    if file.startswith("."):  # the ending of a file named after the learner
        file = path.rpartition("/")[2]
    return Named(**(names | {"file": file}))


@dataclass(frozen=True)
class Learner:
    """A learner of the gradebook."""

    student: str
    first_name: str
    last_name: str
    email: str
    lms_id: str


class Roster:
    """Finds the learner that a name means; never guesses."""

    def __init__(self, learners: Iterable[Learner]) -> None:
        self._known: dict[str, Learner] = {}
        self._by: dict[tuple[str, str], set[str]] = {}
        for learner in learners:
            self._known[learner.student] = learner
            first, last = _plain(learner.first_name), _plain(learner.last_name)
            self._enter("full_name", {first + last, last + first} - {""}, learner)
            self._enter("email", {learner.email.casefold()} - {""}, learner)
            self._enter("lms_id", {learner.lms_id} - {""}, learner)

    def _enter(self, kind: str, texts: set[str], learner: Learner) -> None:
        for text in texts:
            self._by.setdefault((kind, text), set()).add(learner.student)

    def find(self, candidates: Sequence[Named]) -> tuple[str, Named | None, str]:
        """Return the learner, what the name said, and, if there is none, why not."""
        why = "no pattern fits its name"
        for named in candidates:
            student, problem = self._find(named)
            if student:
                return student, named, ""
            why = problem or why
        return "", None, why

    def _find(self, named: Named) -> tuple[str, str]:
        if named.student:
            usable = is_usable_name(named.student)
            return (named.student, "") if usable else ("", "that can't be a learner's name")
        if named.known:
            return (named.known if named.known in self._known else ""), ""
        for kind, text in (
            ("lms_id", named.lms_id),
            ("email", named.email.casefold()),
            ("full_name", _plain(named.full_name)),
        ):
            found = self._by.get((kind, text), set())
            if len(found) == 1:
                return next(iter(found)), ""
            if found:
                return "", f"it may be {' or '.join(sorted(found))}"
        shown = named.full_name or named.email or named.lms_id
        return "", f"the gradebook has no learner “{shown}”"


def _plain(name: str) -> str:
    """Return a name's letters and digits alone, without accents.

    >>> _plain("Müller-Lüdenscheidt, Ada")
    'mullerludenscheidtada'
    """
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
