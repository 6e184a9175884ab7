"""The workflow on the sample class, run once for all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from batches import Starter, starter
from synthetic_class import LIGHT, make_class, make_course

from dlgrader.course import Course

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Demo:
    code: int
    said: str
    folder: Path
    home: Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """``dlgrader demo`` with a home folder of its own, to see what it leaves there."""
    folder, home = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "dlgrader", "demo", "--to", str(folder)]
    # Without the environment's scripts on the path, as when it is not active.
    path = os.pathsep.join(
        part
        for part in os.environ["PATH"].split(os.pathsep)
        if Path(part) != Path(sys.executable).parent
    )
    done = subprocess.run(
        command,
        cwd=ROOT / "tests",
        env={"HOME": str(home), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    return Demo(done.returncode, done.stdout, folder, home)


@pytest.fixture(scope="module")
def batches() -> Iterator[Starter]:
    """Starts batches in processes that have imported everything."""
    with starter() as started:
        yield started


@pytest.fixture(scope="module")
def light_class(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course whose class of six has handed in the light assignment, and nothing is graded."""
    course = make_course(tmp_path_factory.mktemp("fresh") / "course")
    make_class(course, LIGHT, 6)
    return course
