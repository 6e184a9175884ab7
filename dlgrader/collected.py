"""What came of taking submissions in; noted where it happens, deep inside nbgrader's steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Collected:
    """What came of taking in the submissions of an assignment.

    Attributes
    ----------
    new, replaced, unchanged, older : list of str
        Learners: taken in for the first time; in place of an earlier one; already there; not taken
        in because a later one is there.
    refused : list of (str, str)
        Learner, or file, and why nothing was taken in.
    remarks : list of (str, str)
        Learner and what was left out, or what a person should know.
    """

    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    about: str = ""
    """The learner whose submission is being taken in."""


_NOTES: ContextVar[Collected | None] = ContextVar("notes", default=None)


@contextmanager
def noting() -> Iterator[Collected]:
    """Note what is taken in, and left out, until the block ends."""
    notes = Collected()
    token = _NOTES.set(notes)
    try:
        yield notes
    finally:
        _NOTES.reset(token)


def current() -> Collected:
    """Return where to note; if nobody asked, it is read by nobody."""
    return _NOTES.get() or Collected()


def remark(text: str) -> None:
    """Note something about the submission that is being taken in."""
    notes = current()
    notes.remarks.append((notes.about, text))
