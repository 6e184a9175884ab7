"""Every declaration: who gets which points, and which misconceptions are named.

Here everything runs in this process; ``dlgrader selfcheck`` sends the same through the sandbox.
"""

from __future__ import annotations

import contextlib
import io

import pytest

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.plans import attempt
from dlcore.checks.public import load
from dlcore.checks.reporting import CheckFailed, check
from dlgrader.declarations import Alternative, CodeExercise, Mistake
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.expert import Expert
from dlgrader.judge import Verdict, judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import load_model

# Warnings of wrong answers are part of the tests.
pytestmark = pytest.mark.filterwarnings("ignore")


ASSIGNMENTS = [load_assignment(name) for name in assignment_names()]
CODE = [(declared, exercise) for declared in ASSIGNMENTS for exercise in declared.code]
JUDGED = [(declared, exercise) for declared in ASSIGNMENTS for exercise in declared.judged]


def label(value: object) -> str:
    return str(getattr(value, "name", value))


def verdict_on(declared, exercise, change=None, *, named=True) -> Verdict:
    model = load_model(declared.name)
    place = LocalWorkplace(model.functions(exercise, change))
    return judge(exercise, place, declared.seed, model if named else None)


def check_says(declared, exercise, change=None) -> str:
    """What the check cell says to a learner; empty if all is well."""
    functions = load_model(declared.name).functions(exercise, change)
    public = load(declared.name)[exercise.name]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            check(exercise.name, functions, public.cases, public.known, public.section)
    except CheckFailed as failed:
        return str(failed)
    return ""


@pytest.mark.parametrize(("declared", "exercise"), CODE, ids=label)
def test_solution_is_right(declared, exercise):
    verdict = verdict_on(declared, exercise)
    assert verdict.points == verdict.max_points, str(verdict)
    assert not any(part.finding for part in verdict.properties), str(verdict)
    assert check_says(declared, exercise) == ""


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("declared", "exercise"), CODE, ids=label)
def test_solution_is_right_for_other_seeds(declared, exercise, seed):
    place = LocalWorkplace(load_model(declared.name).functions(exercise))
    verdict = judge(exercise, place, seed)
    assert verdict.points == verdict.max_points, str(verdict)


@pytest.mark.parametrize(("declared", "exercise"), JUDGED, ids=label)
def test_nothing_defined_gets_nothing(declared, exercise):
    verdict = judge(exercise, LocalWorkplace({}), declared.seed)
    assert verdict.points == 0
    assert verdict.max_points == exercise.max_points > 0


STUBS = {
    "none": "def {name}(*args, **kwargs):\n    return None",
    "zero": "def {name}(*args, **kwargs):\n    return 0.0",
    "not a number": "def {name}(*args, **kwargs):\n    return float('nan')",
    "zeros": "def {name}(*args, **kwargs):\n    return np.zeros_like(args[0]) if args else None",
    "first": "def {name}(*args, **kwargs):\n    return args[0] if args else None",
    "pair": "def {name}(*args, **kwargs):\n    return (args[0], args) if args else (None, None)",
    "idle class": (
        "class {name}:\n    def __init__(self, **settings):\n        pass\n"
        "    def update(self, params, grads, *rest):\n        pass"
    ),
}


@pytest.mark.parametrize("stub", STUBS)
@pytest.mark.parametrize(("declared", "exercise"), CODE, ids=label)
def test_stubs_get_nothing(declared, exercise, stub):
    source = STUBS[stub].format(name=exercise.name)
    verdict = verdict_on(declared, exercise, Mistake("stub", "", source=source), named=False)
    assert verdict.points == 0, str(verdict)


def changes(kind: str) -> list:
    return [
        pytest.param(
            declared, exercise, change, id=f"{declared.name}-{exercise.name}-{change.name}"
        )
        for declared, exercise in CODE
        for change in getattr(exercise, kind)
    ]


@pytest.mark.parametrize(("declared", "exercise", "alternative"), changes("alternatives"))
def test_alternative_is_right(declared, exercise, alternative: Alternative):
    verdict = verdict_on(declared, exercise, alternative)
    assert verdict.points == verdict.max_points, str(verdict)
    assert check_says(declared, exercise, alternative) == ""


@pytest.mark.parametrize(("declared", "exercise", "mistake"), changes("mistakes"))
def test_mistake_costs_points_and_is_named(declared, exercise, mistake: Mistake):
    verdict = verdict_on(declared, exercise, mistake)
    lost = {part.key for part in verdict.properties if part.finding and part.max_points}
    assert mistake.loses
    assert set(mistake.loses) <= lost, str(verdict)
    assert verdict.points < verdict.max_points
    assert mistake.name in verdict.mistakes, str(verdict)
    said = check_says(declared, exercise, mistake)
    assert mistake.says in " ".join(said.split()), said


@pytest.mark.parametrize(("declared", "exercise"), CODE, ids=label)
def test_enough_is_declared(declared, exercise: CodeExercise):
    names = [change.name for change in (*exercise.mistakes, *exercise.alternatives)]
    assert len(set(names)) == len(names)
    assert len(exercise.mistakes) >= 8
    assert len(exercise.alternatives) >= 3
    assert len({part.key for part in exercise.properties}) == len(exercise.properties)
    assert len({mistake.says for mistake in exercise.mistakes}) == len(exercise.mistakes)


def test_totals():
    mistakes = sum(len(exercise.mistakes) for _, exercise in CODE)
    alternatives = sum(len(exercise.alternatives) for _, exercise in CODE)
    assert mistakes >= 200
    assert alternatives >= 60


@pytest.mark.parametrize(("declared", "exercise"), CODE, ids=label)
def test_hidden_cases_are_not_the_public_ones(declared, exercise):
    """No hidden case repeats the arrays of a public one."""
    public = {repr(trial.task.plan(*trial.args)) for trial in exercise.public}
    import numpy as np

    for part in exercise.properties:
        for trial in part.trials(np.random.default_rng(declared.seed)):
            assert repr(trial.task.plan(*trial.args)) not in public


@pytest.mark.parametrize(("declared", "exercise"), CODE, ids=label)
def test_the_reference_stands_on_its_own(declared, exercise):
    """The reference is no learner's code: it passes the public cases by itself."""
    public = load(declared.name)[exercise.name]
    for case in public.cases:
        tried = attempt(case.calls, case.results, LocalPlayer(exercise.reference))
        assert not tried.problem or "raises" in case.aspects


def test_a_mistake_is_tried_when_it_is_asked_for(monkeypatch) -> None:
    declared, exercise = next(pair for pair in CODE if len(pair[1].mistakes) > 2)
    model = load_model(declared.name)
    tried = []
    make = model.functions
    monkeypatch.setattr(
        model, "functions", lambda of, change: tried.append(change.name) or make(of, change)
    )
    case = Expert(exercise, model).case(exercise.public[0])
    assert not tried
    second = exercise.mistakes[1].name
    seen = case.mistakes.get(second)
    assert case.mistakes.get(second) is seen
    assert tried == [second]
    assert len(case.mistakes) == len(list(case.mistakes)) <= len(exercise.mistakes)
    assert sorted(tried) == sorted(mistake.name for mistake in exercise.mistakes)
    assert case.mistakes.get("unknown") is None
