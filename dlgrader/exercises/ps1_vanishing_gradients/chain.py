"""``chain_rule``."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.checks.plans import Call, Result
from dlgrader.cases import public, values
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Property, Section, Task
from dlgrader.exercises.ps1_vanishing_gradients.common import integers, numbers, shown

TASK = Task(
    name="chain_rule",
    arguments=("x", "y"),
    plan=lambda x, y: (Call("chain_rule", (x, y)),),
    results={"dz/dx": Result(0)},
    describe=lambda x, y: f"{shown('x', x)}, {shown('y', y)}",
)


def _central_difference(x: Any, y: Any) -> Any:
    """Exact, up to rounding, because z is a polynomial of degree 2."""
    return ((x + y + 0.5) ** 2 - (x + y - 0.5) ** 2) / 1.0


CHAIN_RULE = CodeExercise(
    name="chain_rule",
    title="One factor for each step: `chain_rule`",
    signature="chain_rule(x, y)",
    minutes=5,
    section=Section("1", "One factor for each layer", "ch1/vanishing"),
    functions=("chain_rule",),
    reference={"chain_rule": _central_difference},
    public=(
        public(TASK, 3.0, 4.0),
        public(TASK, -2.0, 0.5),
        public(TASK, np.array([1.0, 2.0, 0.0]), np.array([3.0, -1.0, 5.0])),
    ),
    properties=(
        Property(
            "numbers",
            "x and y are numbers",
            1.0,
            lambda rng: [
                *(values(TASK, *(float(v) for v in numbers(rng, 2))) for _ in range(3)),
                values(TASK, 5, -2),
            ],
        ),
        Property(
            "arrays",
            "x and y are arrays",
            0.5,
            lambda rng: [
                values(TASK, numbers(rng, 7), numbers(rng, 7)),
                values(TASK, numbers(rng, 2, 3, 4), numbers(rng, 2, 3, 4)),
                values(TASK, integers(rng, 4), integers(rng, 4)),
                values(TASK, *(numbers(rng, 3, 2).astype(np.float32) for _ in range(2))),
            ],
        ),
        Property(
            "untouched",
            "x and y stay as they were",
            0.5,
            lambda rng: [public(TASK, numbers(rng, 5), numbers(rng, 5))],
        ),
    ),
    mistakes=(
        Mistake(
            "no-derivative",
            "that is z itself, not its derivative",
            edits=(("return 2 * t", "return t**2"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "outer-forgotten",
            "only the second factor, dt/dx, is returned; dz/dt is missing",
            edits=(("return 2 * t", "return 1.0 + 0 * t"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "no-two",
            "the 2 is missing from the derivative of t²",
            edits=(("return 2 * t", "return t"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "outer-at-x",
            "dz/dt is taken at x, but it has to be taken at t",
            edits=(("return 2 * t", "return 2 * x"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "sum-of-factors",
            "the two factors are added; the chain rule multiplies them",
            edits=(("return 2 * t", "return 2 * t + 1"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "product-inside",
            "t is taken to be x·y; it is x + y",
            edits=(("return 2 * t", "return 2 * (x * y) * y"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "both-variables",
            "the derivatives with respect to x and y are added up; only the one for x is asked for",
            edits=(("return 2 * t", "return 4 * t"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "second-derivative",
            "that is the second derivative: the first one still depends on x and y",
            edits=(("return 2 * t", "return 2.0 + 0 * t"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "exponent-kept",
            "the exponent was brought down in front, but not lowered by one",
            edits=(("return 2 * t", "return 2 * t**2"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "difference-quotient",
            "that is a difference quotient with the step 0.01; the exact derivative is asked for",
            edits=(("return 2 * t", "return ((t + 0.01) ** 2 - t**2) / 0.01"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "both-returned",
            "two derivatives are returned, for x and for y; only the one for x is asked for",
            edits=(("return 2 * t", "return 2 * t, 2 * t"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "not-returned",
            "the result is printed or computed, but there is no return",
            edits=(("return 2 * t", "print(2 * t)\n    return None"),),
            loses=("numbers", "arrays"),
        ),
        Mistake(
            "in-place",
            "t += y, with t the same array as x, adds y to the caller's x",
            edits=(("t = x + y", "t = x\n    t += y"),),
            loses=("untouched",),
        ),
    ),
    alternatives=(
        Alternative("multiplied out", edits=(("return 2 * t", "return 2 * x + 2 * y"),)),
        Alternative(
            "two helper functions",
            source="""
                def dz_dt(t):
                    return 2 * t

                def dt_dx(x, y):
                    return np.ones_like(np.asarray(x, dtype=float))

                def chain_rule(x, y):
                    return dz_dt(np.add(x, y)) * dt_dx(x, y)
            """,
        ),
        Alternative(
            "element by element, in lists",
            source="""
                def chain_rule(x, y):
                    if np.ndim(x) == 0:
                        return 2.0 * (x + y)
                    return [chain_rule(a, b) for a, b in zip(x, y)]
            """,
        ),
        Alternative(
            "central difference, exact for a polynomial of degree 2",
            edits=(("return 2 * t", "return ((t + 1.0) ** 2 - (t - 1.0) ** 2) / 2.0"),),
        ),
    ),
)
