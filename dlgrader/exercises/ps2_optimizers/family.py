"""What all optimisers have in common: properties, public cases, and the usual mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dlgrader.declarations import Mistake, Property, Trial
from dlgrader.exercises.ps2_optimizers.kinds import (
    Generator,
    Kind,
    as_float32,
    only,
    renamed,
    silenced,
    turned_round,
)
from dlgrader.exercises.ps2_optimizers.runs import (
    Run,
    Settings,
    is_alive,
    path,
    repeats,
    stays_in_place,
)

# -- properties ------------------------------------------------------------------------------------


def alive(kind: Kind, rng: Generator, number: int) -> Trial:
    """Return the trial that stands beside those that say nothing about the rule."""
    return is_alive(kind.draw(rng, {f"W{number}": (3,)}, 2), memory=kind.memory)


def first_step(kind: Kind, points: float, sizes: tuple[float, float] = (0.1, 1e6)) -> Property:
    """Return the property that one step from the start is right."""
    return Property(
        "first",
        "the first step",
        points,
        lambda rng: [
            path(kind.draw(rng, {"W11": (3,)}, 1)),
            path(kind.draw(rng, {"W12": (2, 2)}, 1, sizes=sizes)),
        ],
    )


def many_steps(kind: Kind, points: float, sizes: tuple[float, float] = (0.1, 1e6)) -> Property:
    """Return the property that twelve steps of one parameter are right."""
    return Property(
        "steps",
        "twelve steps: what is remembered from one to the next, and how it is used",
        points,
        lambda rng: [
            path(kind.draw(rng, {"W21": (2, 3)}, 12), (2, 5, 12)),
            path(kind.draw(rng, {"W22": (4,)}, 10, sizes=sizes), (2, 10)),
            path(as_float32(kind.draw(rng, {"W23": (3,)}, 4)), (4,), rtol=1e-4),
        ],
    )


def settings_trials(kind: Kind, rng: Generator) -> list[Trial]:
    """Return trials with the defaults, and with settings by position and by name.

    Where ε stands is another question, so it is small here.
    """
    other = {name: 1e-9 if name == "eps" else value for name, value in kind.other.items()}
    backwards = dict(reversed(other.items()))
    return [
        path(kind.draw(rng, {"W31": (3,)}, 2, {}, sizes=(10, 10))),
        path(kind.draw(rng, {"W34": (3,)}, 4, {"lr": kind.usual["lr"]}, sizes=(1e3, 1e3))),
        path(kind.draw(rng, {"W32": (3,)}, 3, other, by_position=True)),
        path(kind.draw(rng, {"W33": (3,)}, 3, backwards)),
    ]


def settings(kind: Kind, points: float) -> Property:
    """Return the property that all settings have their defaults and are used."""
    return Property(
        "settings",
        "settings: the defaults, and others by position and by name",
        points,
        lambda rng: settings_trials(kind, rng),
    )


def place_of_epsilon(rng: Generator, kind: Kind, eps: float, **others: float) -> list[Trial]:
    """Return trials in which ε is large, and in which gradients are as small as its default."""
    large = {**kind.usual, **others, "eps": 0.1}
    tiny = kind.draw(rng, {"W42": (3,)}, 3, {"lr": kind.usual["lr"]}, sizes=(eps, eps))
    return [path(kind.draw(rng, {"W41": (3,)}, 3, large), (1, 3)), path(tiny, (1, 3))]


def zero_trials(kind: Kind, rng: Generator) -> list[Trial]:
    """Return trials in which a parameter without gradients must stay as it is."""
    run = kind.draw(rng, {"b51": (3,)}, 3, {"lr": kind.usual["lr"]})
    return [path(silenced(run, "b51"), (1, 3)), alive(kind, rng, 52)]


def zero_gradients(kind: Kind, points: float) -> Property:
    """Return the property that gradients of 0 leave a parameter as it is."""
    return Property(
        "zero",
        "a parameter whose gradients are 0 stays finite and as it is",
        points,
        lambda rng: zero_trials(kind, rng),
    )


def several_trials(kind: Kind, rng: Generator) -> list[Trial]:
    """Return trials that compare several parameters at once with each alone."""
    together = kind.draw(rng, {"W61": (2,), "b61": (2,), "U61": (2,)}, 3)
    parts = [renamed(only(together, key), 62) for key in together.params]
    ordered = kind.draw(rng, {"W63": (2,), "b63": (2,), "U63": (2,)}, 2)
    shapes = {"W65": (2, 3), "b65": (3,), "gamma65": (1,), "K65": (2, 1, 2)}
    mixed = as_float32(kind.draw(rng, shapes, 3))
    return [
        repeats(
            [*parts, together],
            {3: (0, 1, 2)},
            "three parameters together, compared with each alone",
        ),
        repeats(
            [ordered, renamed(turned_round(ordered), 64)],
            {1: (0,)},
            "the keys of grads in another order than those of params",
        ),
        repeats(
            [mixed, renamed(turned_round(mixed), 66)],
            {1: (0,)},
            "shapes (2, 3), (3,), (1,) and (2, 1, 2), the keys of grads in another order",
        ),
    ]


def several(kind: Kind, points: float) -> Property:
    """Return the property that every parameter is treated by itself."""
    return Property(
        "several",
        "several parameters, each by itself: shapes, and the order of the keys",
        points,
        lambda rng: [*several_trials(kind, rng), alive(kind, rng, 67)],
    )


def objects_trials(kind: Kind, rng: Generator) -> list[Trial]:
    """Return trials in which objects must not share anything, nor keep the arrays of `grads`."""
    run = kind.draw(rng, {"W71": (3,)}, 3)
    other = kind.draw(rng, {"W71": (3,)}, 3, {**kind.other, "lr": 0.35 * kind.other["lr"]})
    buffered = kind.draw(rng, {"W72": (3,)}, 3)
    return [
        repeats(
            [run, run, other],
            {1: (0,)},
            "the same run twice, the second time beside an object with other settings",
            order=(0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 1, 2),
        ),
        repeats(
            [buffered, replace(buffered, buffers=True)],
            {1: (0,)},
            "the same run twice, the second time with all gradients in the same arrays",
        ),
    ]


def objects(kind: Kind, points: float) -> Property:
    """Return the property that objects do not share anything."""
    return Property(
        "objects",
        "two objects share nothing, and the arrays of grads may be used again",
        points,
        lambda rng: [*objects_trials(kind, rng), alive(kind, rng, 73)],
    )


def in_place(kind: Kind, points: float) -> Property:
    """Return the property that the arrays themselves change."""
    return Property(
        "in_place",
        "in place: the arrays of params themselves change",
        points,
        lambda rng: [
            stays_in_place(kind.draw(rng, {"W81": (2, 2), "b81": (2, 2)}, 2)),
            alive(kind, rng, 82),
        ],
    )


def untouched_trial(kind: Kind, rng: Generator) -> Trial:
    """Return the trial in which the gradients must stay as they were."""
    run = kind.draw(rng, {"W91": (2,), "b91": (2,)}, 2)
    return path(run, aspects=("shapes", "untouched"))


def untouched(kind: Kind, points: float) -> Property:
    """Return the property that gradients are left alone."""
    return Property(
        "untouched",
        "grads stay as they were",
        points,
        lambda rng: [untouched_trial(kind, rng), alive(kind, rng, 92)],
    )


def apart(kind: Kind, points: float) -> Property:
    """Return a property of the bonus exercises: parameters, objects and gradients kept apart."""
    return Property(
        "apart",
        "parameters and objects share nothing, grads stay as they were",
        points,
        lambda rng: [
            *several_trials(kind, rng),
            *objects_trials(kind, rng),
            untouched_trial(kind, rng),
            alive(kind, rng, 95),
        ],
    )


# -- public cases ----------------------------------------------------------------------------------

_LOSSES = (2.0, 3.0, 0.5)


def example(
    kind: Kind,
    settings: Settings,
    grads: Mapping[str, Sequence[Sequence[float]]],
    **more: bool,
) -> Run:
    """Return a run with readable numbers, from W = (1, 2) and b = (0, -1)."""
    start = {"W": [1.0, 2.0], "b": [0.0, -1.0]}
    steps = len(grads["W"])
    return Run(
        kind.name,
        settings,
        {key: np.array(start[key]) for key in sorted(grads)},
        tuple({key: np.array(g[step]) for key, g in grads.items()} for step in range(steps)),
        _LOSSES[:steps] if kind.loss else (),
        **more,
    )


def examples(kind: Kind, readable: Settings) -> list[Trial]:
    """Return the public cases that all classes share; `readable` are settings by name."""
    W, b = [[2.0, -1.0], [1.0, 3.0], [-2.0, 1.0]], [[-1.0, 1.0], [4.0, 2.0], [1.0, -0.5]]
    alone = example(kind, readable, {"W": W})
    both = example(kind, readable, {"b": b, "W": W})
    defaults = example(kind, {}, {"W": W[1:]})
    others = example(kind, kind.other, {"W": W}, by_position=True)
    quiet = example(kind, readable, {"W": W[:2], "b": [[0.0, 0.0], [0.0, 0.0]]})
    once = renamed(alone, 6)
    beside = renamed(example(kind, kind.other, {"W": b}), 6)
    return [
        path(renamed(alone, 1), (1, 3), aspects=("values", "untouched")),
        path(renamed(both, 2)),
        path(renamed(defaults, 3)),
        path(renamed(others, 4)),
        path(
            renamed(quiet, 5),
            only=("b5",),
            hint="A parameter whose gradients are 0 stays as it is.",
        ),
        repeats(
            [once, once, beside],
            {1: (0,)},
            f"{once}\nonce more with a new object, and with another one between its steps",
            order=(0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 1, 2),
            at=(3,),
            hint="The numbers are differences: a second object, given the same, goes the same way.",
        ),
        stays_in_place(renamed(both, 7)),
    ]


# -- mistakes --------------------------------------------------------------------------------------

_LOOP = "for key, g in grads.items():"


def _loses(kind: Kind, key: str) -> tuple[str, ...]:
    return ("apart",) if kind.bonus else (key,)


def usual_mistakes(kind: Kind, sign: str = "-") -> tuple[Mistake, ...]:
    """Return the mistakes in handling dicts that every class allows.

    `sign` is that of the assignment in the model solution, ``params[key] -= …``.
    """
    return (
        Mistake(
            "new-array",
            "params[key] is bound to a new array, but the layers hold the old one: change that one",
            edits=((f"params[key] {sign}= ", f"params[key] = params[key] {sign} "),),
            loses=("in_place",),
        ),
        Mistake(
            "gradients-by-position",
            "gradients are taken in the order of the dicts; look each one up by its key",
            edits=((_LOOP, "for key, g in zip(params, grads.values()):"),),
            loses=_loses(kind, "several"),
        ),
        Mistake(
            "gradients-changed",
            "update writes into the gradients, but grads belongs to the caller: make new arrays",
            edits=(
                (
                    "        return\n",
                    "        for g in grads.values():\n            g *= 0\n        return\n",
                ),
            ),
            loses=_loses(kind, "untouched"),
        ),
    )


def shared_state(kind: Kind, edits: tuple[tuple[str, str], ...]) -> Mistake:
    """Return the mistake that all objects of a class have one state."""
    return Mistake(
        "shared-by-objects",
        "a dict made once, with the class, is the same for all objects; make it in __init__",
        edits=edits,
        loses=_loses(kind, "objects"),
    )


def one_state(kind: Kind, what: str, edits: tuple[tuple[str, str], ...]) -> Mistake:
    """Return the mistake that all parameters have one state."""
    return Mistake(
        "one-for-all-parameters",
        f"all parameters share one {what}; each key needs its own",
        edits=edits,
        loses=_loses(kind, "several"),
    )


def counted_too_often(kind: Kind) -> Mistake:
    """Return the mistake of counting t up in the loop."""
    return Mistake(
        "counted-per-parameter",
        "t goes up once for every parameter; it counts the calls of update",
        edits=(
            (
                f"        self.t += 1\n        {_LOOP}\n",
                f"        {_LOOP}\n            self.t += 1\n",
            ),
        ),
        loses=_loses(kind, "several"),
    )


# -- bonus exercises -------------------------------------------------------------------------------


def bonus_properties(
    kind: Kind,
    details: Callable[[Generator], Sequence[Trial]],
    title: str,
    sizes: tuple[float, float] = (0.1, 1e6),
) -> tuple[Property, ...]:
    """Return the properties of a bonus exercise, three points together.

    `details` are trials beside those of the settings, and `title` says what they are about.
    """
    return (
        first_step(kind, 0.5, sizes),
        many_steps(kind, 1.0, sizes),
        Property(
            "settings",
            f"settings and their defaults{title}",
            0.5,
            lambda rng: [*settings_trials(kind, rng), *details(rng)],
        ),
        apart(kind, 0.5),
        in_place(kind, 0.5),
    )
