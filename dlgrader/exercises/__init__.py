"""One module for each assignment, holding its declaration as ``ASSIGNMENT``."""

from __future__ import annotations

import importlib
import pkgutil

from dlgrader.declarations import Assignment


def assignment_names() -> list[str]:
    """Return the names of all assignments."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load_assignment(name: str) -> Assignment:
    """Return the declaration of an assignment.

    >>> load_assignment("ps4_convolution").max_points
    60.0
    """
    if name not in assignment_names():
        raise ValueError(
            f"there is no assignment {name!r}; there is {', '.join(assignment_names())}"
        )
    declared: Assignment = importlib.import_module(f"{__name__}.{name}").ASSIGNMENT
    return declared


def declaration_of(assignment: str, notebook: str) -> Assignment | None:
    """Return the declaration; None for an assignment that is not the course's own."""
    if assignment in assignment_names() and notebook == assignment:
        return load_assignment(assignment)
    return None
