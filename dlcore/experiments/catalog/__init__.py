"""All experiments, by id, and the choice of some of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from dlcore.experiments.catalog.convolution import EXPERIMENTS as CONVOLUTION
from dlcore.experiments.catalog.gradients import EXPERIMENTS as GRADIENTS
from dlcore.experiments.catalog.optimizers import EXPERIMENTS as OPTIMIZERS
from dlcore.experiments.catalog.overfitting import EXPERIMENTS as OVERFITTING
from dlcore.experiments.description import Experiment

__all__ = ["EXPERIMENTS", "select"]

#: All experiments by id, in the order of the report.
EXPERIMENTS: dict[str, Experiment] = {
    experiment.id: experiment
    for experiment in (*GRADIENTS, *OPTIMIZERS, *OVERFITTING, *CONVOLUTION)
}


def select(ids: Iterable[str]) -> list[Experiment]:
    """Return the experiments of these ids, in the catalogue's order, each once.

    An id that is not an experiment itself stands for all experiments whose ids begin with it:
    "2-4" for "2-4-sgd", "2-4-adam-bn", "2-4x-eve" …

    Raises
    ------
    KeyError
        If there is no such experiment; the message names some of similar id.

    Examples
    --------
    >>> [experiment.id for experiment in select(["2-3", "2-6"])]
    ['2-3-bn', '2-3-bn-frozen', '2-3-no-bn', '2-6']
    """
    chosen: set[str] = set()
    for wanted in ids:
        members = [wanted] if wanted in EXPERIMENTS else _group(wanted)
        if not members:
            near = difflib.get_close_matches(wanted, [*EXPERIMENTS, *_GROUPS], n=4, cutoff=0.4)
            hint = f"did you mean {', '.join(near)}? " if near else ""
            raise KeyError(
                f"select: no experiment or group is called {wanted!r}; "
                f"{hint}All: python -m dlcore.experiments list"
            )
        chosen.update(members)
    return [experiment for id_, experiment in EXPERIMENTS.items() if id_ in chosen]


_GROUPS = ("2-2-2", "2-3", "2-4", "2-4x", "2-5", "2-5e", "2-6", "2-8")


def _group(wanted: str) -> list[str]:
    """Return the ids that begin with the one wanted, not in the middle of a number."""
    return [
        id_
        for id_ in EXPERIMENTS
        if wanted and id_.startswith(wanted) and not id_[len(wanted)].isdigit()
    ]
