"""What a verb of the command line is, and the options that several of them take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlgrader.exercises import assignment_names
from dlgrader.telling import Outcome, Teller

if TYPE_CHECKING:
    from dlgrader.course import Course

Options = argparse.Namespace


@dataclass(frozen=True)
class Verb:
    """One of the things that `dlgrader` does.

    Attributes
    ----------
    name : str
    summary : str
        One line for the list of verbs.
    description : str
        The help page's text.
    examples : str
        What stands below the options.
    add : callable
        Adds the options.
    run : callable
        Does it.
    check : callable
        Returns what is wrong with the options beyond what argparse sees; empty if nothing.
    if_stopped : str
        What stands when the verb has been stopped, and how to go on.
    """

    name: str
    summary: str
    description: str
    examples: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Options, Teller], Outcome]
    check: Callable[[Options], str] = lambda _: ""
    if_stopped: str = "Run the same command again; what was finished is kept."


def open_course(options: Options) -> Course:
    """Return the course that was named, or the one that the user stands in.

    Raises
    ------
    GradingError
        If there is none, or its settings can't be used.
    """
    from dlgrader.course import CONFIG_FILE, Course, GradingError, find_course

    root = find_course(options.course or Path.cwd())
    try:
        return Course(root)
    except Exception as error:  # whatever a line of the instructor's may do
        said = f"{type(error).__name__}: {error}"
        raise GradingError(f"{root / CONFIG_FILE} can't be used: {said}") from error


def add_assignment(parser: argparse.ArgumentParser) -> None:
    """Add the name of an assignment, of the course or of the instructor's own."""
    parser.add_argument(
        "assignment", metavar="ASSIGNMENT", help="for example ps1_vanishing_gradients"
    )


def add_students(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the choice of learners; `what` of theirs the verb works on."""
    parser.add_argument(
        "--student",
        action="append",
        default=[],
        metavar="NAME",
        help=f"only this learner's {what}; may be given several times (default: all)",
    )


def unknown_assignments(options: Options) -> str:
    """Check the names of the course's own assignments."""
    named = options.assignment
    for name in [named] if isinstance(named, str) else named:
        if name not in assignment_names():
            return f"unknown assignment {name!r}; there is {', '.join(assignment_names())}"
    return ""


def positive(text: str) -> int:
    """Read a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def share_of_one(text: str) -> float:
    """Read a number from 0 to 1."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return share
