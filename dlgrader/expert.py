"""The expert knows what is right in a case, and what known mistakes give there.

It works in the grader's process, with the course's own code. What it finds out depends on nothing
that a learner does, so it is found out once for a whole class.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.cases import Case, Known, Seen, look
from dlcore.checks.comparing import matches
from dlcore.checks.plans import attempt
from dlgrader.declarations import CodeExercise, Property, Trial
from dlgrader.model import Model

Cases = tuple[Sequence[Trial], Sequence[Case]]


class Expert:
    """Knows what is right, and what mistakes give.

    Parameters
    ----------
    exercise : CodeExercise
    model : Model, optional
        Needed to try the mistakes.

    Attributes
    ----------
    known : tuple of Known
        Names and sentences of the exercise's mistakes.
    """

    def __init__(self, exercise: CodeExercise, model: Model | None = None) -> None:
        self._exercise, self._model = exercise, model
        self._right: dict[tuple[str, int], Cases] = {}
        self._wrong: dict[tuple[str, int], Cases] = {}
        self.known = tuple(Known(mistake.name, mistake.says) for mistake in exercise.mistakes)

    def cases(self, part: Property, seed: int, *, with_mistakes: bool = False) -> Cases:
        """Return the hidden cases of a property; the same seed draws the same ones.

        Returns
        -------
        trials : sequence of Trial
        cases : sequence of Case
            What is expected and, if asked for, what each mistake gives.
        """
        place = part.key, seed
        if place not in self._right:
            key = zlib.crc32(f"{self._exercise.name}: {part.key}".encode())
            trials = part.trials(np.random.default_rng([seed, key]))
            self._right[place] = trials, [self.case(trial) for trial in trials]
        if not with_mistakes:
            return self._right[place]
        if place not in self._wrong:
            trials, cases = self._right[place]
            self._wrong[place] = (
                trials,
                [
                    case if trial.verdict else self.with_mistakes(case)
                    for trial, case in zip(trials, cases, strict=True)
                ],
            )
        return self._wrong[place]

    def case(self, trial: Trial) -> Case:
        """Return the case that a trial makes, with what is expected of it."""
        task, args = trial.task, trial.args
        case = Case(
            about=trial.about or task.about(args),
            calls=task.plan(*args),
            results=task.results_of(args),
            aspects=trial.aspects,
            expected=Seen({}),
            rtol=task.tolerance_of(args),
            names=trial.names,
            view=task.view,
            may_change=task.may_change,
            hint=trial.hint,
        )
        if trial.verdict is not None:
            return case
        expected = self._seen(case, self._exercise.reference)
        if task.expected is not None:
            features = {name: np.asarray(value) for name, value in task.expected(*args).items()}
            expected = replace(expected, arrays=features)
        return replace(case, expected=expected)

    def with_mistakes(self, case: Case) -> Case:
        """Return the case with what each mistake gives, where that differs."""
        found = {}
        for mistake in self._exercise.mistakes if self._model else ():
            # Made anew for every case: a mistake may keep state where it should not.
            functions = self._model.functions(self._exercise, mistake)  # type: ignore[union-attr]
            seen = self._seen(case, functions)
            if not same(seen, case.expected, case.rtol):
                found[mistake.name] = seen
        return replace(case, mistakes=found)

    @staticmethod
    def _seen(case: Case, functions: Mapping[str, Any]) -> Seen:
        # Without a limit of time: the course's own code ends, and a class waits for it.
        player = LocalPlayer(functions, seconds=None)
        return look(case, attempt(case.calls, case.results, player))


@cache
def expert_on(exercise: CodeExercise, model: Model | None) -> Expert:
    """Return the expert on an exercise, the same one every time."""
    return Expert(exercise, model)


def same(seen: Seen, other: Seen, rtol: float) -> bool:
    """Whether nothing that is compared differs."""
    return (
        set(seen.arrays) == set(other.arrays)
        and all(matches(seen.arrays[name], other.arrays[name], rtol) for name in seen.arrays)
        and all(
            seen.arrays[name].dtype.kind == other.arrays[name].dtype.kind for name in seen.arrays
        )
        and seen.raised[:1] == other.raised[:1]
        and set(seen.changed) == set(other.changed)
    )
