"""exercises/ is made from solutions/, gives nothing away, and says what the declarations say."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dlgrader.declarations import CodeExercise, Written
from dlgrader.generate import make_release, renew
from dlgrader.model import load_model
from dlgrader.solutions import SolutionTextError, points_of, solution_notebook

ROOT = Path(__file__).resolve().parents[2]


def test_exercises_are_in_step_and_generating_is_repeatable(assignment):
    name = assignment.name
    assert renew(ROOT, name, check=True), "run `dlgrader generate` and commit exercises/"
    committed = ROOT / "exercises" / name / f"{name}.ipynb"
    assert make_release(ROOT, name) == committed.read_text(encoding="utf-8")
    assert [path.name for path in committed.parent.iterdir()] == [committed.name]


def test_notebooks_are_valid(solved, released):
    for notebook in (solved, released):
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)


def secrets(notebook: Any) -> Iterator[tuple[str, str]]:
    """Cell and text of all that learners may not see."""
    for cell in notebook.cells:
        for secret in re.findall(
            r"BEGIN (?:SOLUTION|MARK SCHEME).*?\n(.*?)\n[^\n]*END ", cell.source, flags=re.DOTALL
        ):
            yield cell.id, secret


def test_nothing_is_given_away(solved, released):
    text = json.dumps(released)
    for word in ("SOLUTION", "HIDDEN", "MARK SCHEME", "Rubric", "Model answer", "dlgrader"):
        assert word not in text
    assert not any(cell.get("outputs") for cell in released.cells)
    shown = {line.strip() for cell in released.cells for line in cell.source.split("\n")}
    for cell, secret in secrets(solved):
        # Brackets, and the line that begins a dict of answers, may stand in the starter, too.
        lines = {
            line
            for line in map(str.strip, secret.splitlines())
            if re.search(r"\w", line) and not re.fullmatch(r"\w+ = [{(\[]", line)
        }
        assert lines, cell
        assert not lines & shown, cell


def test_every_secret_region_is_found(solved, assignment):
    # The test above would pass if the markers were spelt otherwise.
    assert {cell for cell, _ in secrets(solved)} == {
        f"{part.name}-question" if isinstance(part, Written) else part.name
        for part in assignment.exercises
    }


def test_signatures(assignment, released):
    model = load_model(assignment.name)
    cells = {cell.id: cell.source for cell in released.cells}
    for exercise in assignment.code:
        own = model.functions(exercise)[exercise.name]
        stated = exercise.signature.removeprefix("class ")
        namespace: dict[str, Any] = {}
        exec(f"def {stated}: pass", namespace)
        assert inspect.signature(own) == inspect.signature(namespace[exercise.name])
        exec(cells[exercise.name], namespace)
        assert inspect.signature(namespace[exercise.name]) == inspect.signature(own)
        statements = " ".join(cell.source for cell in released.cells if cell.cell_type != "code")
        assert stated in " ".join(statements.split()), stated


def test_points_and_minutes(assignment, solved, released):
    first, *rest = (cell.source for cell in released.cells if cell.cell_type == "markdown")
    assert f"**{assignment.max_points:g} points, about " in first
    heads = re.findall(
        r"^\*(?:a bonus of )?([\d.]+) points? · about (\d+) minutes", "\n".join(rest), re.M
    )
    declared = [(part.max_points, part.minutes) for part in assignment.exercises]
    assert [(float(points), int(minutes)) for points, minutes in heads] == declared
    in_table = re.findall(r"^\| \d+ \|.*\| ([\d.]+)(?: \(bonus\))? \| (\d+) \|$", first, re.M)
    assert [(float(points), int(minutes)) for points, minutes in in_table] == declared
    bonus = {
        part.name for part in assignment.exercises if isinstance(part, CodeExercise) and part.bonus
    }
    for notebook in (solved, released):
        graded = {
            cell.id: cell.metadata["nbgrader"]["points"]
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("points")
        }
        assert graded == {
            cell: points
            for cell, points in points_of(assignment).items()
            if cell.removesuffix("-points") not in bonus
        }
    assert sum(graded.values()) == assignment.max_points


def test_sections_named_exist_in_the_book(assignment):
    for exercise in assignment.exercises:
        section = exercise.section
        text = (ROOT / "book" / f"{section.page}.md").read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", text, re.M)
        assert section.title in headings or f"{section.number} {section.title}" in headings
        chapter = re.search(r"^# (\d+(?:\.\d+)?)", text, re.M)
        assert chapter is not None
        assert chapter.group(1) == section.number, section


def test_text_and_declaration_that_do_not_fit_are_refused(tmp_path, assignment):
    source = ROOT / "solutions" / assignment.name / f"{assignment.name}.py"
    copy = tmp_path / "solutions" / assignment.name / source.name
    copy.parent.mkdir(parents=True)
    last = assignment.exercises[-1].name
    copy.write_text(source.read_text("utf-8").replace(f'exercise="{last}"', 'exercise="other"'))
    with pytest.raises(SolutionTextError, match="the text has the exercises"):
        solution_notebook(tmp_path, assignment)
