"""The made-up class and the report of the benchmark of grading; nothing is measured here."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from synthetic_class import DUE, LIGHT, made_up, make_course

from benchmarks import grading_report
from benchmarks.grading import RESULTS
from benchmarks.grading_class import KINDS
from benchmarks.machine import ROOT

FOUND = {
    "date": "2026-03-01",
    "machine": "2 cores",
    "submissions": 60,
    "seconds": {
        "plain nbgrader": [150.0, 152.0],
        "nbgrader autograde": [30.0, 30.2],
        "dlgrader autograde": [20.0, 20.5],
    },
    "per_minute": {
        "plain nbgrader": 24.0,
        "nbgrader autograde": 120.0,
        "dlgrader autograde": 180.0,
    },
    "milliseconds": {"ps": dict.fromkeys(grading_report._SAYS, 12.0)},
    "many": {
        "submissions": 1000,
        "seconds": 250.0,
        "first_tenth_seconds": 0.25,
        "last_tenth_seconds": 0.26,
        "worker_mib": [300.0, 301.0],
        "writer_mib": [150.0, 150.5],
    },
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("class") / "course")


def test_a_class_is_the_same_each_time_and_in_any_size(course):
    large = made_up(course, LIGHT, 300)
    assert made_up(course, LIGHT, 40) == large[:40]
    assert made_up(course, LIGHT, 300, seed=1) != large
    assert {one.kind for one in large} == {*KINDS, "slow"}
    late = [one for one in large if one.late]
    assert 20 < len(late) < 80
    assert all(abs(one.when - DUE) < timedelta(days=5) for one in large)


def test_tables():
    tables = grading_report.tables(FOUND)
    assert "| dlgrader autograde | **180** | 20.0, 20.5 | 7.5 |" in tables
    assert "measured 7.5 times: met." in tables
    assert "| seconds per submission | 0.25 | 0.26 |" in tables
    slower = FOUND | {"per_minute": FOUND["per_minute"] | {"dlgrader autograde": 72.0}}
    assert "measured 3.0 times: **not met**." in grading_report.tables(slower)


def test_tables_go_between_their_marks(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n{grading_report.BEGIN}\nlast figures\n{grading_report.END}\nafter\n")
    grading_report.renew_readme(FOUND, path)
    text = path.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "last figures" not in text
    path.write_text("no marks")
    with pytest.raises(ValueError, match="marks"):
        grading_report.renew_readme(FOUND, path)


@pytest.mark.skipif(not RESULTS.is_file(), reason="nothing has been measured yet")
def test_the_readme_shows_the_results():
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert not found["quick"]
    assert grading_report.tables(found) in (ROOT / "benchmarks" / "README.md").read_text("utf-8")
