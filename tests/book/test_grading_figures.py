"""The table of the benchmark of grading in the book."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
pytest.importorskip("sphinx", reason="needs the extra 'book'")

from grading_figures import RESULTS, WAYS, text  # noqa: E402

MEASURED = {
    "machine": "2 cores",
    "submissions": 60,
    "per_minute": dict(zip(WAYS, (25.0, 80.0, 250.0), strict=True)),
    "many": {
        "submissions": 1000,
        "first_tenth_seconds": 0.24,
        "last_tenth_seconds": 0.25,
        "worker_mib": [300, 304],
    },
}


def test_the_figures_are_those_of_the_file():
    said = text(MEASURED)
    assert "with the same 60 submissions of two assignments on 2 cores" in said
    assert "| `dlgrader autograde` | 250 | 10.0 × |" in said
    assert "about 120,000 learners" in said
    assert "300 learners in about a minute" in said
    assert "0.24 s for each, the last tenth 0.25 s" in said
    assert "A worker held 300 MiB at the beginning and 304 at the end." in said


def test_without_a_file_the_page_says_how_to_measure():
    assert text({}) == (
        "Measure it on your machine: `python -m benchmarks.grading`, in a copy of the course."
    )


def test_the_file_has_the_figures():
    if not RESULTS.is_file():
        pytest.skip("nothing has been measured yet")
    assert set(WAYS) <= set(json.loads(RESULTS.read_text(encoding="utf-8"))["per_minute"])
