"""The usual kinds of cases, made from a task and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dlcore.checks.plans import Attempt
from dlgrader.declarations import Task, Trial


def public(task: Task, *args: Any, names: Sequence[str] = (), hint: str = "") -> Trial:
    """Return a case of a check cell: values are right, and no argument was changed."""
    return Trial(task, args, ("values", "untouched"), tuple(names), hint=hint)


def values(task: Task, *args: Any, names: Sequence[str] = (), hint: str = "") -> Trial:
    """Return a case in which the results called `names` (by default all) must be right."""
    return Trial(task, args, ("values",), tuple(names), hint=hint)


def shapes(task: Task, *args: Any, names: Sequence[str] = ()) -> Trial:
    """Return a case in which only the shapes of the results must be right."""
    return Trial(task, args, ("shapes",), tuple(names))


def integer(task: Task, *args: Any) -> Trial:
    """Return a case in which the result must be right and of an integer type."""
    return Trial(task, args, ("values", "integer"))


def untouched(task: Task, *args: Any, names: Sequence[str] = ()) -> Trial:
    """Return a case in which no argument may be changed, and the shapes must be right."""
    return Trial(task, args, ("shapes", "untouched"), tuple(names))


def raises(task: Task, *args: Any, hint: str = "") -> Trial:
    """Return a case in which the exception must be raised that the reference raises."""
    return Trial(task, args, ("raises",), hint=hint)


def decided(task: Task, verdict: Callable[[Attempt], str], *args: Any, about: str = "") -> Trial:
    """Return a hidden case that `verdict` decides: it returns what is wrong, or nothing."""
    return Trial(task, args, (), about=about, verdict=verdict)
