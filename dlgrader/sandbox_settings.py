"""The settings of the sandbox in nbgrader_config.py: ``c.RunInSandbox``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from traitlets import Bool, Dict, TraitError, validate
from traitlets.config import Config, Configurable

from dlgrader.sandbox import Backend, Limits, Prepared, Unconfined

_LIMITS = {field.name for field in fields(Limits)}


class RunInSandbox(Configurable):
    """How learners' notebooks are run."""

    sandbox = Bool(
        True,
        help="Whether learners' code is confined. Without, it can do whatever you can do: read the "
        "solutions, change the gradebook, delete your files. Only for notebooks that you trust.",
    ).tag(config=True)

    limits = Dict(
        help=f"Limits that differ from the usual ones, by name: {', '.join(sorted(_LIMITS))}."
    ).tag(config=True)

    @validate("limits")
    def _known_limits(self, proposal: Any) -> Any:
        unknown = sorted(set(proposal["value"]) - _LIMITS)
        if unknown:
            raise TraitError(
                f"RunInSandbox.limits has no {', '.join(unknown)}; there is "
                f"{', '.join(sorted(_LIMITS))}"
            )
        return proposal["value"]

    def backend(self, hide: Sequence[str] = ()) -> Backend:
        """Return what confines the notebooks, the same for the same folders to hide."""
        return _prepared(tuple(hide)) if self.sandbox else Unconfined()

    def all_limits(self) -> Limits:
        """Return the usual limits with those that differ."""
        return replace(Limits(), **self.limits)


@cache
def _prepared(hide: tuple[str, ...]) -> Prepared:
    return Prepared(hide=[Path(folder) for folder in hide])


def sandbox_problem(config: Config) -> str:
    """Return why submissions can't be run with these settings; empty if they can."""
    return Prepared().problem() if RunInSandbox(config=config).sandbox else ""
