"""What others do on the machine uses up no learner's time."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sandbox_tools import BACKENDS, SMALL, make_edition, needs_sandbox, opened

from dlcore.checks.plans import Call
from dlgrader.sandbox import Unconfined, deadline
from dlgrader.sandbox.deadline import Deadline

CORE = 0
BUSY = f"import os; os.sched_setaffinity(0, {{{CORE}}})\nwhile True:\n    pass"
# Takes what it gets of that core, for longer than it may.
NOTEBOOK = f"""
import os, time
os.sched_setaffinity(0, {{{CORE}}})

def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
"""


@dataclass
class Waiting:
    """A process that has waited for a core for these seconds."""

    figures: Iterator[float]

    def waited(self) -> float:
        return next(self.figures)


@pytest.fixture
def clock(monkeypatch):
    """Set the time on the wall."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr(deadline.time, "monotonic", lambda: seconds)

    set_to(100.0)
    return set_to


@pytest.mark.parametrize(
    ("waited", "lasts"),
    [((0, 0), 6), ((5, 7), 8), ((0, 100), 24), ((5, 1), 6)],
    ids=["alone", "beside others", "beside very many", "what waited has ended"],
)
def test_time_spent_waiting_is_not_counted(clock, waited, lasts):
    before, after = waited
    process = Waiting(itertools.chain([before], itertools.repeat(after)))
    limit = Deadline(process, 6.0)
    assert not limit.over()
    for seconds, over in [(1, False), (lasts - 0.01, False), (lasts + 0.01, True)]:
        clock(100.0 + seconds)
        assert limit.over() is over


@pytest.fixture
def busy_core():
    """Six processes that want one core, each in a group of its own for the system's scheduler."""
    others = [
        subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True) for _ in range(6)
    ]
    yield
    for other in others:
        other.kill()
        other.wait()


@needs_sandbox
@pytest.mark.parametrize(
    "backend", [*BACKENDS.values(), Unconfined()], ids=[*BACKENDS, "unconfined"]
)
def test_a_call_on_a_busy_core_gets_its_time(backend, tmp_path, busy_core):
    limits = replace(SMALL, call_seconds=1.0)
    with opened(backend, make_edition(tmp_path / "edition"), limits) as session:
        session.run_cell(NOTEBOOK)
        with session.branch() as branch:
            assert branch.play(Call("busy", (2.5,))).problem == ""
            # On and on is too long all the same.
            assert branch.play(Call("busy", (1_000,))).timed_out
