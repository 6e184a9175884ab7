"""One line of what `dlgrader doctor` says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes
    ----------
    name : str
        What was looked at.
    state : str
        "ok", "remark" (grading works, but look at it) or "missing" (grading does not work).
    says : str
    remedy : str
        What to do, a command on each line; empty if nothing needs to be done.
    """

    name: str
    state: Literal["ok", "remark", "missing"]
    says: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain data."""
        return asdict(self)


def ok(name: str, says: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(name, "ok", says)


def remark(name: str, says: str, remedy: str = "") -> Finding:
    """Return something that is worth knowing."""
    return Finding(name, "remark", says, remedy)


def failure(name: str, says: str, remedy: str = "") -> Finding:
    """Return that something is missing."""
    return Finding(name, "missing", says, remedy)
