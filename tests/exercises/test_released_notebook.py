"""exercises/ is made from solutions/, gives nothing away, and says what COURSE's contract says."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import nbformat
import pytest

import dlcore
from dlgrader.course import GradingError
from dlgrader.generate import _check_points, generate, make_release

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps4_convolution"

SIGNATURES = {
    "conv_output_size": "(input_size, filter_size, stride=1, pad=0)",
    "im2col": "(x, filter_h, filter_w, stride=1, pad=0)",
    "col2im": "(col, input_shape, filter_h, filter_w, stride=1, pad=0)",
    "conv_forward": "(x, W, b, stride=1, pad=0)",
    "conv_backward": "(dout, cache)",
    "max_pool_forward": "(x, pool, stride)",
    "max_pool_backward": "(dout, cache)",
}


def test_exercises_are_in_step_and_generating_is_repeatable():
    assert generate(ROOT, NAME, check=True), "run `dlgrader generate` and commit exercises/"
    text = make_release(ROOT, NAME)
    committed = ROOT / "exercises" / NAME / f"{NAME}.ipynb"
    assert text == committed.read_text(encoding="utf-8")
    assert [path.name for path in committed.parent.iterdir()] == [committed.name]


def test_notebooks_are_valid(solved, released):
    for notebook in (solved, released):
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)


def test_nothing_is_given_away(solved, released):
    text = json.dumps(released)
    for word in ("SOLUTION", "HIDDEN", "MARK SCHEME", "Rubric", "Model answer", "dlgrader"):
        assert word not in text
    assert not any(cell.get("outputs") for cell in released.cells)
    released_lines = {line.strip() for cell in released.cells for line in cell.source.split("\n")}
    for cell in solved.cells:
        for secret in re.findall(
            r"(?:BEGIN SOLUTION|BEGIN HIDDEN TESTS|BEGIN MARK SCHEME).*?\n(.*?)\n[^\n]*END ",
            cell.source,
            flags=re.DOTALL,
        ):
            lines = {line.strip() for line in secret.splitlines()} - {
                "",
                "}",
                ")",
                "output_sizes = {",
            }
            assert lines, cell.id
            assert not lines & released_lines, cell.id


def test_every_secret_region_is_found(solved):
    # The test above would pass if the markers were spelt otherwise.
    text = "\n".join(cell.source for cell in solved.cells)
    counted = {
        word: text.count(f"BEGIN {word}") for word in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
    }
    assert counted == {"SOLUTION": 8, "HIDDEN TESTS": 8, "MARK SCHEME": 2}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name, solution, unanswered):
    assert str(inspect.signature(solution[name])) == SIGNATURES[name]
    assert str(inspect.signature(unanswered[name])) == SIGNATURES[name]
    assert list(inspect.signature(getattr(dlcore, name)).parameters) == list(
        inspect.signature(solution[name]).parameters
    )


def test_points_in_text_and_cells_are_those_of_the_judge(released, assignment):
    first, *rest = (cell.source for cell in released.cells if cell.cell_type == "markdown")
    assert f"**{assignment.max_points:g} points" in first
    stated = [float(points) for points in re.findall(r"^\*(\d+) points", "\n".join(rest), re.M)]
    written = sum(part.max_points for part in assignment.written)
    assert stated == [*(part.max_points for part in assignment.exercises), written]
    in_table = [
        float(points) for points in re.findall(r"^\| \d .*\| (\d+) \| \d+ \|$", first, re.M)
    ]
    assert in_table == stated
    minutes = [int(minutes) for minutes in re.findall(r"about (\d+) minutes", "\n".join(rest))]
    assert minutes == [int(m) for m in re.findall(r"\| (\d+) \|$", first, re.M)]
    assert sum(minutes) == 180  # "about 3 hours"


def test_points_that_differ_are_refused(solved, assignment):
    changed = nbformat.from_dict(json.loads(json.dumps(solved)))
    next(c for c in changed.cells if c.id == "im2col-points").metadata["nbgrader"]["points"] = 9
    with pytest.raises(GradingError, match="im2col-points"):
        _check_points(changed, assignment)


def test_sections_named_exist_in_the_book(released):
    headings = {
        line.lstrip("# ").strip()
        for path in (ROOT / "book" / "ch4").glob("*.md")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }
    named = re.findall(
        r'"([^"]+)"',
        " ".join(
            " ".join(re.findall(r"^\*\d+ points.*?\*$", cell.source, re.M | re.S))
            for cell in released.cells
        ).replace("\n", " "),
    )
    assert len(named) == 11
    assert set(named) <= headings
