"""What the page asks of its interactive figures."""

from __future__ import annotations

import json

import pytest
from course_page import calling, sliders
from matplotlib.figure import Figure

from dlcore import _live
from dlcore.interactive import Control, Span, slider


@pytest.fixture
def figure(monkeypatch):
    """Run the cell of a slider."""
    monkeypatch.setenv("DLCORE_STATIC", "1")
    monkeypatch.setenv("DLCORE_LIVE", "1")
    monkeypatch.setattr(_live, "_figures", {})

    def run() -> None:
        slider(
            lambda p: Figure(figsize=(1, 1)),
            [Control("p", [0, 1], label="p", live=Span(0, 1, 0.5))],
            name="figure",
            alt=lambda p: f"p is {p}",
        )

    run()
    return run


def test_it_travels_as_json(figure):
    described = json.loads(calling.call("course_page.sliders.describe", '{"name": "figure"}'))
    assert described["controls"][0]["texts"] == ["0", "0.5", "1"]
    parameters = {"name": "figure", "version": described["version"], "settings": ["0.25"]}
    drawn = json.loads(calling.call("course_page.sliders.draw", json.dumps(parameters)))
    assert drawn["alt"] == "p is 0.25"


def test_a_figure_whose_cell_has_not_run(figure):
    assert sliders.describe("other") is None
    assert sliders.draw("other", 1, [0]) == {"outdated": True}


def test_a_figure_whose_cell_has_run_again(figure):
    before = sliders.describe("figure")
    figure()
    after = sliders.describe("figure")
    assert sliders.draw("figure", before["version"], [0]) == {"outdated": True}
    assert sliders.draw("figure", after["version"], [0])["alt"] == "p is 0"
