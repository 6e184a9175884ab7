"""The expert knows what is right in a case, and what known mistakes give there.

It works in the grader's process, with the course's own code. What it finds out depends on nothing
that a learner does, so it is found out once for a whole class.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.cases import Case, Known, Seen, look
from dlcore.checks.comparing import matches
from dlcore.checks.plans import attempt
from dlgrader.declarations import CodeExercise, Mistake, Property, Trial
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
        self._cases: dict[tuple[str, int], Cases] = {}
        self.known = tuple(Known(mistake.name, mistake.says) for mistake in exercise.mistakes)

    def cases(self, part: Property, seed: int) -> Cases:
        """Return the hidden cases of a property; the same seed draws the same ones."""
        place = part.key, seed
        if place not in self._cases:
            key = zlib.crc32(f"{self._exercise.name}: {part.key}".encode())
            trials = part.trials(np.random.default_rng([seed, key]))
            self._cases[place] = trials, [self.case(trial) for trial in trials]
        return self._cases[place]

    def case(self, trial: Trial) -> Case:
        """Return the case that a trial makes, with what is expected, and what mistakes give."""
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
        expected = _seen(case, self._exercise.reference)
        if task.expected is not None:
            features = {name: np.asarray(value) for name, value in task.expected(*args).items()}
            expected = replace(expected, arrays=features)
        case = replace(case, expected=expected)
        if self._model is None:
            return case
        return replace(case, mistakes=_Mistakes(self._exercise, self._model, case))


class _Mistakes(Mapping[str, Seen]):
    """What each mistake gives in a case, where that differs from what is expected.

    Trying all of an exercise's mistakes on all of its cases takes seconds. Most learners' answers
    need few of them or none, so that each is tried when it is asked for, and then remembered.
    """

    def __init__(self, exercise: CodeExercise, model: Model, case: Case) -> None:
        self._mistakes = {mistake.name: mistake for mistake in exercise.mistakes}
        self._exercise, self._model, self._case = exercise, model, case
        self._found: dict[str, Seen | None] = {}

    def __getitem__(self, name: str) -> Seen:
        if name not in self._found:
            self._found[name] = self._tried(self._mistakes[name])
        seen = self._found[name]
        if seen is None:
            raise KeyError(name)
        return seen

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._mistakes if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _tried(self, mistake: Mistake) -> Seen | None:
        """Return what a mistake gives; None if that is what is expected."""
        # Made anew for every case: a mistake may keep state where it should not.
        functions = self._model.functions(self._exercise, mistake)
        seen = _seen(self._case, functions)
        return None if same(seen, self._case.expected, self._case.rtol) else seen


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
