"""The classes that are asked for, random runs of them, and runs that are made of other runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlgrader.exercises.ps2_optimizers.runs import Array, Arrays, Run, Settings, role

Generator = np.random.Generator


@dataclass(frozen=True)
class Kind:
    """A class that is asked for.

    Attributes
    ----------
    name : str
    usual : dict
        All settings, as most of the hidden cases use them: the defaults apart from a learning rate
        that moves parameters visibly, and an ε so small that its place does not matter.
    other : dict
        Other settings, also for ε.
    memory : bool
        Whether steps depend on earlier gradients.
    loss : bool
        Whether `update` gets the loss as well.
    bonus : bool
        Whether it is a bonus exercise, with fewer and broader properties.
    """

    name: str
    usual: Settings
    other: Settings
    memory: bool = True
    loss: bool = False
    bonus: bool = False

    def draw(
        self,
        rng: Generator,
        shapes: Mapping[str, tuple[int, ...]],
        steps: int,
        settings: Settings | None = None,
        *,
        sizes: tuple[float, float] = (1.0, 1.0),
        **more: Any,
    ) -> Run:
        """Return a run with random gradients, which lie in memory column by column.

        Their sizes are between ½ and 2; every element has a scale of its own from `sizes`.
        """
        low, high = np.log(sizes)
        scales = {key: np.exp(rng.uniform(low, high, shape)) for key, shape in shapes.items()}
        grads = tuple(
            {
                key: np.asfortranarray(scales[key] * _gradient(rng, shape))
                for key, shape in shapes.items()
            }
            for _ in range(steps)
        )
        losses = tuple(np.exp(rng.uniform(-1.5, 3.5, steps)).tolist()) if self.loss else ()
        return Run(
            self.name,
            self.usual if settings is None else settings,
            {key: rng.uniform(-2, 2, shape) for key, shape in shapes.items()},
            grads,
            losses,
            **more,
        )


def _gradient(rng: Generator, shape: tuple[int, ...]) -> Array:
    """Return numbers of both signs, none of them near 0."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 2, shape)


def only(run: Run, *keys: str) -> Run:
    """Return the run with some of its parameters."""
    return replace(
        run,
        params={key: run.params[key] for key in keys},
        grads=tuple({key: grads[key] for key in keys} for grads in run.grads),
    )


def turned_round(run: Run) -> Run:
    """Return the run with the keys of its gradients in reverse order."""
    return replace(
        run, grads=tuple({key: grads[key] for key in reversed(list(grads))} for grads in run.grads)
    )


def renamed(run: Run, number: int) -> Run:
    """Return the run with another number in all its keys."""

    def other(arrays: Arrays) -> dict[str, Array]:
        return {f"{role(key)}{number}": array for key, array in arrays.items()}

    return replace(run, params=other(run.params), grads=tuple(map(other, run.grads)))


def as_float32(run: Run) -> Run:
    """Return the run in single precision."""
    return replace(
        run,
        params={key: array.astype(np.float32) for key, array in run.params.items()},
        grads=tuple(
            {key: array.astype(np.float32) for key, array in grads.items()} for grads in run.grads
        ),
    )


def silenced(run: Run, key: str) -> Run:
    """Return the run with gradients of 0 for one of its parameters."""
    grads = tuple(
        {name: 0 * g if name == key else g for name, g in step.items()} for step in run.grads
    )
    return replace(run, grads=grads)


def preceded(run: Run, steps: int) -> Run:
    """Return the run after so many steps with gradients of 0."""
    quiet = {key: np.zeros_like(g) for key, g in run.grads[0].items()}
    return replace(run, grads=(quiet,) * steps + run.grads)
