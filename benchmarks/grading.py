"""How fast a class is graded: ``python -m benchmarks.grading``.

Three ways to grade the same submissions take turns, each in a fresh copy of its course folder:
plain nbgrader with settings of its own, nbgrader with this course's settings, and `dlgrader`. Then
one run grades a large class while its memory is watched, and one process shows where the time goes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.grading_class import Learner, made_up
from benchmarks.grading_memory import watched
from benchmarks.grading_parts import where_the_time_goes
from benchmarks.grading_report import renew_readme
from benchmarks.machine import ROOT, environment, measure
from dlgrader.course import CONFIG_FILE, Course
from dlgrader.generate import write_source

RESULTS = ROOT / "benchmarks" / "results" / "grading.json"
ASSIGNMENTS = ("ps4_convolution", "ps2_optimizers")
EACH, EACH_QUICK = 30, 3
MANY, MANY_QUICK = 1_000, 20
ROUNDS = 2
JOBS = 2

PLAIN, WITH_SETTINGS, OURS = "plain nbgrader", "nbgrader autograde", "dlgrader autograde"
COMMANDS: Mapping[str, Sequence[str]] = {
    PLAIN: ("nbgrader", "autograde"),
    WITH_SETTINGS: ("nbgrader", "autograde"),
    OURS: ("dlgrader", "autograde", "--jobs", str(JOBS)),
}
# What plain nbgrader can open at all: all three do the same work.
_READABLE = ("solved", "alternatives", "misconceptions", "partly", "unanswered", "syntax error")

_PLAIN_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "plain"
c.CourseDirectory.source_directory = "build/source"
c.CourseDirectory.release_directory = "exercises"
c.ClearMarkScheme.enforce_metadata = False
"""


def main() -> None:
    """Measure, and write what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few submissions, to try it out")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--only", choices=("speed", "parts", "many"), help="measure this part, keep the others"
    )
    options = parser.parse_args()
    quick = options.quick
    path = ROOT / "build" / "bench" / "grading.json" if quick else RESULTS
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.getloadavg()[0] > 0.5:
        print(f"Other programs are running (load {os.getloadavg()[0]:.1f}): figures will be noisy.")
    os.environ.update(environment(1))
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = json.loads(path.read_text("utf-8")) if options.only and path.is_file() else {}
    about = measure(lambda _: None)
    found |= {
        "date": datetime.date.today().isoformat(),
        "quick": quick,
        "machine": f"{about['cores']} cores of an {about['cpu']}, Python {about['python']}",
    }
    with tempfile.TemporaryDirectory(prefix="bench_grading_") as temporary:
        bench = Bench(Path(temporary), EACH_QUICK if quick else EACH)
        if options.only in (None, "speed"):
            found |= bench.speed(1 if quick else options.rounds)
        if options.only in (None, "parts"):
            found["milliseconds"] = bench.parts()
        if options.only in (None, "many"):
            found["many"] = bench.many(MANY_QUICK if quick else MANY)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    renew_readme(found, path.with_suffix(".md") if quick else ROOT / "benchmarks" / "README.md")


class Bench:
    """Course folders with the same submissions for all."""

    def __init__(self, folder: Path, each: int) -> None:
        self.folder, self.each = folder, each
        self._ours = folder / "ours"
        self._ours.mkdir()
        shutil.copy(ROOT / CONFIG_FILE, self._ours)
        self.course = Course(self._ours)
        for name in ASSIGNMENTS:
            write_source(ROOT, name, self._ours)
            self.course.generate_assignment(name)
            for one in self._readable(name):
                one.write(self._ours / "submitted" / one.name / name)
        self._plain = folder / "plain"
        for part in ("build", "submitted"):
            shutil.copytree(self._ours / part, self._plain / part)
        (self._plain / CONFIG_FILE).write_text(_PLAIN_CONFIG, encoding="utf-8")

    def _readable(self, name: str) -> list[Learner]:
        several = made_up(self.course, name, 2 * self.each + 5)
        return [one for one in several if one.kind in _READABLE][: self.each]

    def speed(self, rounds: int) -> dict[str, Any]:
        """Return how many submissions a minute each way grades."""
        for name in ASSIGNMENTS:
            _run(self._plain, "nbgrader", "generate_assignment", name)
        ways = list(COMMANDS)
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(rounds):
            for place in range(len(ways)):
                way = ways[(number + place) % len(ways)]
                seconds[way].append(self._timed(way))
                print(f"  {way}: {seconds[way][-1]:.1f} s", flush=True)
        count = self.each * len(ASSIGNMENTS)
        return {
            "submissions": count,
            "seconds": {way: [round(one, 2) for one in took] for way, took in seconds.items()},
            "per_minute": {
                way: round(60 * count / statistics.median(took), 1) for way, took in seconds.items()
            },
        }

    def _timed(self, way: str) -> float:
        root = self.folder / "run"
        shutil.copytree(self._plain if way == PLAIN else self._ours, root)
        try:
            start = time.perf_counter()
            for name in ASSIGNMENTS:
                _run(root, *COMMANDS[way], name)
            took = time.perf_counter() - start
            graded = len(list((root / "autograded").glob("*/*/*.ipynb")))
            if graded != self.each * len(ASSIGNMENTS):
                raise RuntimeError(f"{way} graded {graded} submissions only")
            return took
        finally:
            shutil.rmtree(root)

    def parts(self) -> dict[str, dict[str, float]]:
        """Return what a submission's time consists of, by assignment."""
        root = self.folder / "parts"
        shutil.copytree(self._ours, root)
        return {name: where_the_time_goes(Course(root), name) for name in ASSIGNMENTS}

    def many(self, count: int) -> dict[str, Any]:
        """Return memory and seconds per submission in a large class, as they change in a run."""
        root = self.folder / "many"
        shutil.copytree(self._ours, root, ignore=shutil.ignore_patterns("submitted"))
        name = ASSIGNMENTS[0]
        for one in made_up(self.course, name, count):
            one.write(root / "submitted" / one.name / name)
        command = ["dlgrader", "--course", str(root), *COMMANDS[OURS][1:], name, "--json"]
        return watched(command, count)


def _run(root: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")


if __name__ == "__main__":
    main()
