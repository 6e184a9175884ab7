"""``dlgrader selfcheck``: nothing is judged wrongly, and the README gives its figures."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from dlgrader.exercises import assignment_names
from dlgrader.sandbox import Bubblewrap
from dlgrader.tally import Tally, selfcheck_table

ROOT = Path(__file__).resolve().parents[2]


def table_in(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]


@pytest.mark.skipif(bool(Bubblewrap().problem()), reason=Bubblewrap().problem())
def test_nothing_is_judged_wrongly_and_the_readme_says_so():
    done = subprocess.run(
        [sys.executable, "-m", "dlgrader", "selfcheck"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=2400,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    assert "WRONG" not in done.stdout
    readme = (ROOT / "README.md").read_text("utf-8")
    (block,) = re.findall(r"<!-- selfcheck -->(.*?)<!-- /selfcheck -->", readme, re.DOTALL)
    assert table_in(block) == table_in(done.stdout)


def test_the_table_adds_up():
    tallies = {name: Tally(right=1, wrong=2, hostile=3) for name in assignment_names()}
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    lines = table_in(selfcheck_table({**tallies, "total": total}))
    assert lines[0][0] == "assignment"
    assert lines[-1] == ["total", "5", "0", "10", "0", "0", "15", "0"]
    assert total.faultless


def test_a_fault_is_no_pass():
    tally = Tally()
    tally.add(Tally(wrong=1, accepted=1, problems=["ps1, relu: 'twice' not found"]))
    assert not tally.faultless
