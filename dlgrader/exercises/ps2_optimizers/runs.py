"""Runs of optimisers: what an object is made with and given, and the tasks that play them.

A `Run` is one optimiser object with its parameters and the gradients of each step. A trial plays
one run, or several in a certain order, and looks at the parameters after some of the steps. The
keys of `params` are numbered ("W12"), every trial with numbers of its own, so that a class whose
state is wrongly shared by all objects does not carry it from one trial into the next; in the names
of the results the number is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlcore.checks.plans import After, Attempt, Call, Result, Shared
from dlgrader.declarations import Task, Trial

Array = np.ndarray[Any, Any]
Arrays = Mapping[str, Array]
Settings = Mapping[str, float]

_PRINTED_STEPS, _PRINTED_NUMBERS = 4, 4


@dataclass(frozen=True)
class Run:
    """One optimiser object, and what it is given.

    Attributes
    ----------
    name : str
        The class.
    settings : dict
        Arguments of the constructor by name, in the order of its signature.
    params : dict of arrays
        At the beginning.
    grads : tuple of dicts
        One for each step.
    losses : tuple of float
        One for each step, for Eve; empty for all others.
    by_position : bool
        Whether the constructor gets the settings by position.
    buffers : bool
        Whether the caller fills the gradients of every step into the same arrays.
    """

    name: str
    settings: Settings
    params: Arrays
    grads: tuple[Arrays, ...]
    losses: tuple[float, ...] = ()
    by_position: bool = False
    buffers: bool = False

    def __str__(self) -> str:
        """Show the run as code as far as that is short, else in words."""
        shown = [
            f"{value:g}" if self.by_position else f"{name}={value:g}"
            for name, value in self.settings.items()
        ]
        head = f"{self.name}({', '.join(shown)})"
        numbers = sum(array.size for array in self.params.values())
        if numbers > _PRINTED_NUMBERS or len(self.grads) > _PRINTED_STEPS:
            shapes = " and ".join(
                f"{key} of shape {array.shape}" for key, array in self.params.items()
            )
            steps = len(self.grads)
            return f"{head}, {shapes}, {steps} step{'s' if steps > 1 else ''}"
        lines = [f"{head} with params = {_as_code(self.params)}"]
        for number, grads in enumerate(self.grads):
            loss = f", loss = {self.losses[number]:g}" if self.losses else ""
            lines.append(f"step {number + 1}: grads = {_as_code(grads)}{loss}")
        return "\n".join(lines)


def _as_code(arrays: Arrays) -> str:
    inner = ", ".join(
        f'"{key}": [{", ".join(f"{value:g}" for value in array.ravel())}]'
        for key, array in arrays.items()
    )
    return f"{{{inner}}}"


@dataclass(frozen=True)
class Look:
    """What is looked at: the array of a key after a step of a run; see `After.original`."""

    run: int
    step: int
    key: str
    original: bool = False


def role(key: str) -> str:
    """Return a key without its number."""
    return key.rstrip("0123456789")


# -- playing them ----------------------------------------------------------------------------------


def one_by_one(runs: Sequence[Run]) -> tuple[int, ...]:
    """Return the order in which every run is finished before the next begins."""
    return tuple(number for number, run in enumerate(runs) for _ in range(1 + len(run.grads)))


def _schedule(
    runs: Sequence[Run], order: Sequence[int]
) -> tuple[tuple[Call, ...], dict[tuple[int, int], int]]:
    """Return the calls, and for each run and step the number of its call; step 0 makes the object.

    `order` names a run for each call: the first time it makes the object, then it goes a step.
    """
    calls: list[Call] = []
    place: dict[tuple[int, int], int] = {}
    for number in order:
        run = runs[number]
        step = sum((number, before) in place for before in range(len(run.grads) + 1))
        place[number, step] = len(calls)
        if step == 0:
            settings = dict(run.settings)
            calls.append(
                Call(run.name, tuple(settings.values()))
                if run.by_position
                else Call(run.name, (), settings)
            )
            continue
        params = Shared(f"params {number}", run.params if step == 1 else None)
        grads: Any = dict(run.grads[step - 1])
        if run.buffers:
            grads = Shared(f"grads {number}", grads)
        loss = run.losses[step - 1 : step]
        calls.append(Call("update", (params, grads, *loss), of=Result(place[number, 0])))
    return tuple(calls), place


def _plan(runs: Sequence[Run], order: Sequence[int], _: Mapping[str, Look]) -> tuple[Call, ...]:
    return _schedule(runs, order)[0]


def _results(
    runs: Sequence[Run], order: Sequence[int], looks: Mapping[str, Look]
) -> dict[str, Result | After]:
    place = _schedule(runs, order)[1]
    return {
        name: After(place[look.run, look.step], 0, look.key, look.original)
        for name, look in looks.items()
    }


def _describe(runs: Sequence[Run], *_: Any) -> str:
    return "\n".join(str(run) for run in runs)


def _task(name: str, view: str = "arrays", rtol: float = 1e-6) -> Task:
    return Task(
        name=name,
        arguments=("runs", "order", "looks"),
        plan=_plan,
        results=_results,
        view=view,
        rtol=rtol,
        may_change=(("update", 0),),
        describe=_describe,
    )


# -- trials ----------------------------------------------------------------------------------------


def path(
    run: Run,
    at: Sequence[int] = (),
    *,
    only: Sequence[str] = (),
    aspects: tuple[str, ...] = ("values",),
    rtol: float = 1e-6,
    hint: str = "",
) -> Trial:
    """Return a trial of one run: the parameters after the steps `at`, by default the last.

    `only` names the keys that count.
    """
    looks = {
        f"{role(key)} after step {step}": Look(0, step, key)
        for step in at or (len(run.grads),)
        for key in only or run.params
    }
    return Trial(_task(run.name, rtol=rtol), ((run,), one_by_one([run]), looks), aspects, hint=hint)


def repeats(
    runs: Sequence[Run],
    pairs: Mapping[int, tuple[int, ...]],
    about: str,
    *,
    order: Sequence[int] = (),
    at: Sequence[int] = (),
    hint: str = "The numbers are differences between two runs that should be the same.",
) -> Trial:
    """Return a trial in which some runs must go where others went; the rule itself is not judged.

    Parameters
    ----------
    runs : sequence of Run
    pairs : dict
        For the number of a run those of others that do the same, each for some of its parameters;
        their keys may have other numbers.
    about : str
        The case in words.
    order : sequence of int, optional
        By default one run after the other.
    at : sequence of int, optional
        The steps that are looked at, by default the first and the last.
    """
    looks = {}
    for number, others in pairs.items():
        keys = {role(key): key for key in runs[number].params}
        for other in others:
            for key in runs[other].params:
                for step in at or dict.fromkeys((1, len(runs[other].grads))):
                    name = f"{role(key)} after step {step}"
                    looks[name] = Look(other, step, key)
                    looks[f"{name} again"] = Look(number, step, keys[role(key)])
    args = (tuple(runs), tuple(order) or one_by_one(runs), looks)
    return Trial(_task(runs[0].name, "repeated"), args, ("values",), about=about, hint=hint)


def stays_in_place(run: Run) -> Trial:
    """Return a trial in which the arrays that were handed over must be the ones that change."""
    looks = {}
    for step in (1, len(run.grads)):
        for key in run.params:
            name = f"{role(key)} after step {step}"
            looks[name] = Look(0, step, key)
            looks[f"{name} in place"] = Look(0, step, key, original=True)
    return Trial(_task(run.name, "in_place"), ((run,), one_by_one([run]), looks))


def is_alive(run: Run, *, memory: bool) -> Trial:
    """Return a trial that no stub passes: one that does nothing, or writes something fixed.

    It stands beside trials that say nothing about the rule. The run has two steps. It is made
    three times: as it is, with a smaller first gradient (which must have an effect: on the second
    step if there is a `memory`, else on the first), and from another place (which must have none).
    """
    (key,) = run.params
    start, (first, second) = run.params[key], (grads[key] for grads in run.grads)
    first = 3 * first  # large, so that AdaMax does not forget it at once

    def one(number: int, start: Array, first: Array) -> Run:
        name = f"{key}{number}"  # a key for each, in case that objects share what they remember
        return replace(run, params={name: start}, grads=({name: first}, {name: second}))

    runs = (one(0, start, first), one(1, start, 0.4 * first), one(2, start + 1.5, first))
    looks = {
        f"{role(key)} of object {number + 1} after step {step}": Look(
            number, step, f"{key}{number}"
        )
        for number in range(3)
        for step in (1, 2)
    }

    def verdict(tried: Attempt) -> str:
        if set(tried.arrays) != set(looks):
            return "; ".join(f"{name} is {what}" for name, what in tried.unusable.items())
        a1, a2, b1, b2, c1, c2 = (tried.arrays[name] for name in looks)
        if not all(np.all(np.isfinite(array)) for array in tried.arrays.values()):
            return "This part counts when the values of params are finite."
        if _close(a2, start):
            return "This part counts when update changes params: two steps changed nothing."
        if not (_close(c1 - 1.5, a1) and _close(c2 - 1.5, a2)):
            return "This part counts when steps do not depend on where params stand."
        if memory and _close(a2 - a1, b2 - b1):
            return (
                "This part counts when the optimiser remembers something: after another first "
                "gradient, the second step was the same."
            )
        if not memory and _close(a1, b1):
            return "This part counts when another gradient leads to another step."
        return ""

    return Trial(
        _task(run.name),
        (runs, one_by_one(runs), looks),
        (),
        about="three objects: one with another first gradient, one that starts elsewhere",
        verdict=verdict,
    )


def _close(one: Array, other: Array) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-6, atol=1e-9)
