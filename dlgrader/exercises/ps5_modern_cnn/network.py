"""``build_network``: a network that is rebuilt, counted and trained in the judge's process."""

from __future__ import annotations

import numpy as np

from dlcore.checks.plans import Call, Result, Seed
from dlcore.checks.small_network import BUDGET, FIRST_TARGET, TARGET
from dlcore.layers import Affine, Convolution, Flatten, MaxPool, ReLU
from dlcore.networks import Sequential
from dlgrader.declarations import CodeExercise, Property, Section, Task, Trial
from dlgrader.exercises.ps5_modern_cnn import network_answers as answers

_LAYOUT = "dlcore.networks.layout.layout"


def _build(seed: int) -> tuple[Call, ...]:
    return Call("build_network", (Seed(seed),)), Call(_LAYOUT, (Result(0),))


def _build_three(seed: int) -> tuple[Call, ...]:
    builds = tuple(Call("build_network", (Seed(s),)) for s in (seed, seed, seed + 1))
    return (*builds, *(Call(_LAYOUT, (Result(number),)) for number in range(3)))


NETWORK = Task(
    name="build_network",
    arguments=("seed",),
    plan=_build,
    results={"network": Result(1, plain=True)},
    view="network",
    describe=lambda seed: f"build_network(np.random.default_rng({seed}))",
)
DRAWS = Task(
    name="build_network",
    arguments=("seed",),
    plan=_build_three,
    results={
        name: Result(number, plain=True)
        for number, name in enumerate(("network", "again", "other"), start=3)
    },
    view="network",
    describe=lambda seed: f"build_network with the seeds {seed}, {seed} and {seed + 1}",
)


def _reference(rng: np.random.Generator) -> Sequential:
    return Sequential(
        [
            Convolution(1, 32, 3, rng=rng),
            ReLU(),
            MaxPool(2),
            Flatten(),
            Affine(32 * 3 * 3, 10, rng=rng),
        ]
    )


def _right(task: Task, seed: int, aspect: str, about: str = "", hint: str = "") -> Trial:
    return Trial(task, (seed,), (aspect,), about=about, hint=hint)


def _property(key: str, title: str, points: float, task: Task, aspect: str) -> Property:
    def trials(rng: np.random.Generator) -> list[Trial]:
        return [_right(task, int(rng.integers(1_000, 1_000_000)), aspect, "build_network(rng)")]

    return Property(key, title, points, trials)


def _trained(key: str, title: str, points: float, aspect: str) -> Property:
    """Return a property that is found out by training; both have the same seed, trained once."""

    def trials(_rng: np.random.Generator) -> list[Trial]:
        return [_right(NETWORK, _TRAINED_WITH, aspect, "build_network(rng)")]

    return Property(key, title, points, trials)


_TRAINED_WITH = 512_012
_ROOM = (
    f"The points are given for {TARGET:.0%}. Here one percentage point more is asked for, because "
    "chance plays a part."
)

BUILD_NETWORK = CodeExercise(
    name="build_network",
    title="A network of your own: `build_network`",
    signature="build_network(rng)",
    minutes=45,
    section=Section("5.1", "What it does, measured", "ch5/global_pooling"),
    functions=("build_network",),
    reference={"build_network": _reference},
    public=(
        _right(NETWORK, 0, "fits"),
        _right(DRAWS, 0, "draws"),
        _right(NETWORK, 0, "budget"),
        _right(NETWORK, 0, "target and room", hint=_ROOM),
    ),
    properties=(
        _property(
            "fits", "takes a batch of digits and gives ten scores for each", 2, NETWORK, "fits"
        ),
        _property("draws", "draws its initial weights from rng", 2, DRAWS, "draws"),
        _property(
            "budget", f"at most {BUDGET:,} multiply-adds for one digit", 3, NETWORK, "budget"
        ),
        _trained(
            "first target",
            f"reaches {FIRST_TARGET:.0%} on the test images",
            3,
            "first target",
        ),
        _trained("target", f"reaches {TARGET:.0%} on the test images", 5, "target"),
    ),
    mistakes=answers.MISTAKES,
    alternatives=answers.ALTERNATIVES,
)
