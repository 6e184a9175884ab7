"""The public cases of an assignment, stored as data, and the checks that are made of them."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from dlcore.checks.cases import Case, Known
from dlcore.checks.codec import decode_case
from dlcore.checks.reporting import CheckFailed, check


@dataclass(frozen=True)
class PublicExercise:
    """What a learner's check cell knows of an exercise.

    Attributes
    ----------
    name : str
    functions : tuple of str
        What the check needs of the learner's: the function itself and others that it works with.
    section : str
        Number of the section of the book.
    cases : tuple of Case
    known : tuple of Known
        The mistakes that are recognised.
    """

    name: str
    functions: tuple[str, ...]
    section: str
    cases: tuple[Case, ...]
    known: tuple[Known, ...]


@cache
def load(assignment: str) -> Mapping[str, PublicExercise]:
    """Return the exercises of an assignment by name.

    >>> load("ps4_convolution")["im2col"].functions
    ('im2col',)
    """
    text = (
        resources.files("dlcore.checks").joinpath("data", f"{assignment}.json").read_text("utf-8")
    )
    return {
        name: PublicExercise(
            name,
            tuple(data["functions"]),
            data["section"],
            tuple(decode_case(case) for case in data["cases"]),
            tuple(Known(known, says) for known, says in data["known"]),
        )
        for name, data in json.loads(text).items()
    }


class Check:
    """A check: call it with the learner's functions, in the order that `needs` gives.

    It prints that all public cases are right, or raises `CheckFailed`.
    """

    def __init__(self, assignment: str, name: str) -> None:
        self._assignment, self._name = assignment, name

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the functions that the check is called with."""
        return load(self._assignment)[self._name].functions

    def __call__(self, *functions: Any) -> None:
        """Try the public cases."""
        exercise = load(self._assignment)[self._name]
        if len(functions) != len(exercise.functions):
            raise TypeError(f"call this check with {', '.join(exercise.functions)}")
        named = dict(zip(exercise.functions, functions, strict=True))
        check(self._name, named, exercise.cases, exercise.known, exercise.section)

    def __repr__(self) -> str:
        return f"check of {self._name}({', '.join(self.needs)})"


def ready(assignment: str, **functions: Any) -> bool:
    """Whether these functions pass their checks; if not, say which one to go back to.

    While a notebook is graded or validated the answer is False, so that no time is spent on the
    pictures at its end.

    >>> ready("ps4_convolution", conv_forward=lambda x, W, b, stride=1, pad=0: (x, None))
    This cell needs your conv_forward. Come back when its check passes; until then there is
    nothing to see here.
    False
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        print("Left out while the notebook is graded or validated.")
        return False
    for name in functions:
        run = Check(assignment, name)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                run(*(functions[part] for part in run.needs))
        except CheckFailed:
            print(
                f"This cell needs your {name}. Come back when its check passes; "
                "until then there is nothing to see here."
            )
            return False
    return True
