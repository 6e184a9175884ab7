"""The exercise that CONTRIBUTING.md adds as an example: its pieces work as they stand there."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("jupytext", reason="needs the extra 'grading'")

from dlcore.checks.codec import decode_case
from dlcore.checks.public import Check
from dlcore.checks.reporting import CheckFailed, check
from dlgrader import generate as generating
from dlgrader.declarations import Assignment, CodeExercise
from dlgrader.exercises import load_assignment
from dlgrader.expert import expert_on
from dlgrader.judge import Verdict, judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import Model
from dlgrader.public_data import as_text, public_data
from dlgrader.solutions import check_cell, points_cell, read_text, solution_cells, solution_notebook

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps1_vanishing_gradients"


def pieces() -> list[str]:
    """The blocks of Python in the section: declaration, text, check."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("\n## Adding an exercise\n")[2].partition("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


@pytest.fixture(scope="module")
def exercise() -> CodeExercise:
    namespace: dict[str, object] = {"__name__": "example"}
    exec(compile(pieces()[0], "CONTRIBUTING.md", "exec"), namespace)
    found = namespace["LEAKY_RELU"]
    assert isinstance(found, CodeExercise)
    return found


@pytest.fixture(scope="module")
def declared(exercise) -> Assignment:
    """The first assignment with the example at its end."""
    assignment = load_assignment(NAME)
    return replace(assignment, exercises=(*assignment.exercises, exercise))


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course folder whose text of the first assignment holds the example at its end."""
    folder = tmp_path_factory.mktemp("course")
    place = Path("solutions", NAME, f"{NAME}.py")
    (folder / place).parent.mkdir(parents=True)
    text = (ROOT / place).read_text(encoding="utf-8")
    (folder / place).write_text(f"{text}\n{pieces()[1]}", encoding="utf-8")
    (folder / "dlcore" / "checks").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


@pytest.fixture(scope="module")
def model(course) -> Model:
    return Model(solution_cells(read_text(course, NAME)))


def verdict_on(exercise, model, change=None) -> Verdict:
    place = LocalWorkplace(model.functions(exercise, change))
    return judge(exercise, place, load_assignment(NAME).seed, model)


def test_right_answers_get_all_points(exercise, model):
    for change in (None, *exercise.alternatives):
        verdict = verdict_on(exercise, model, change)
        assert verdict.points == verdict.max_points == 3, str(verdict)


def test_misconceptions_cost_what_they_must_and_are_named(exercise, model):
    assert exercise.mistakes
    for mistake in exercise.mistakes:
        verdict = verdict_on(exercise, model, mistake)
        lost = {part.key for part in verdict.properties if part.finding}
        assert lost == set(mistake.loses), str(verdict)
        assert mistake.name in verdict.mistakes, str(verdict)


def test_the_check_cell_names_them_too(exercise, model, declared):
    only = replace(declared, exercises=(exercise,))
    data = json.loads(as_text(public_data(only, model)))["leaky_relu"]
    cases = [decode_case(case) for case in data["cases"]]
    known = expert_on(exercise, model).known
    with contextlib.redirect_stdout(io.StringIO()) as said:
        check("leaky_relu", model.functions(exercise), cases, known)
    assert "all 2 public cases are right" in said.getvalue()
    for mistake in exercise.mistakes:
        with pytest.raises(CheckFailed) as failed, contextlib.redirect_stdout(io.StringIO()):
            check("leaky_relu", model.functions(exercise, mistake), cases, known)
        assert mistake.says in " ".join(str(failed.value).split())


def test_the_cells_are_made_of_text_and_declaration(course, declared, exercise):
    notebook = solution_notebook(course, declared)
    cells = {cell.id: cell for cell in notebook.cells}
    assert "np.where" in cells["leaky_relu"].source
    assert cells[check_cell("leaky_relu")].source == "checks.ps1.leaky_relu(leaky_relu)"
    assert cells[points_cell("leaky_relu")].metadata.nbgrader.points == exercise.max_points
    number = len(declared.exercises)
    head = f"## {number}. {exercise.title}\n\n*3 points · about 10 minutes · chapter 1"
    assert any(cell.source.startswith(head) for cell in notebook.cells)


def test_the_line_of_the_check_fits(exercise):
    namespace = {"Check": Check, "_NAME": NAME}
    exec(pieces()[2], namespace)
    assert isinstance(namespace[exercise.name], Check)
    assert len(pieces()) == 3


def test_generate_makes_the_learners_notebook_and_the_data(course, declared, monkeypatch):
    pytest.importorskip("nbgrader", reason="needs the extra 'grading'")
    monkeypatch.setattr(generating, "load_assignment", lambda name: declared)
    assert not generating.renew(course, NAME)
    assert generating.renew(course, NAME, check=True), "not in step with itself"
    released = (course / "exercises" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "leaky_relu is not written yet" in released
    assert "np.where(x > 0, x, slope * x)" not in released
    data = (course / "dlcore" / "checks" / "data" / f"{NAME}.json").read_text(encoding="utf-8")
    assert "leaky_relu" in json.loads(data)
