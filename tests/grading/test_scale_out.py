"""A scheduler and three worker processes, as on a cluster; one of them is killed meanwhile."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")
pytest.importorskip("distributed", reason="needs the extra 'grading'")

from sandbox_tools import needs_sandbox
from synthetic_class import LIGHT, make_class, make_course, snapshot

from dlgrader.autograde import autograde
from dlgrader.batch.runners import distributed_runner
from dlgrader.batch.task import Task
from dlgrader.course import Course, GradingError
from dlgrader.telling import Teller

pytestmark = needs_sandbox

LEARNERS = 18
KILLED_AFTER = 3


class Workers:
    """A scheduler's address, and the processes of its workers."""

    def __init__(self, address: str, processes: list[subprocess.Popen[str]]) -> None:
        self.address, self.processes = address, processes


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Workers]:
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    with ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(file)]
            with (folder / "log").open("a") as log:
                process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, text=True)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        while not file.is_file():
            assert scheduler.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        workers = [
            start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", f"w{n}")
            for n in range(3)
        ]
        yield Workers(json.loads(file.read_text())["address"], workers)


class Killer(Teller):
    """Kills a worker when some are graded, and notes who has been graded."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__()
        self.process = process
        self.said: list[str] = []

    def progress(self, done: int, total: int, what: str = "") -> None:
        self.said.append(what.split()[0])
        if done == KILLED_AFTER:
            self.process.kill()


def test_one_worker_is_killed_and_each_submission_is_graded_once(cluster, tmp_path):
    course = make_course(tmp_path / "course")
    learners = [one.name for one in make_class(course, LIGHT, LEARNERS)]
    teller = Killer(cluster.processes[1])
    outcome = autograde(course, teller, LIGHT, scheduler=cluster.address)
    assert outcome.ok
    assert cluster.processes[1].wait(60) == -9
    assert [process.poll() for process in cluster.processes] == [None, -9, None]
    # Told once, written once.
    assert sorted(teller.said) == sorted(outcome.facts["graded"]) == learners
    found = snapshot(course)
    assert len(found.tables["submitted_assignment"]) == LEARNERS
    assert len(found.tables["dlgrader_record"]) == LEARNERS
    # The same comes of it without a cluster.
    alone = make_course(tmp_path / "alone")
    make_class(alone, LIGHT, LEARNERS)
    assert autograde(alone, Teller(), LIGHT, jobs=1).ok
    assert snapshot(Course(alone.root)).differences(found) == []


def test_a_scheduler_that_is_not_there(tmp_path, monkeypatch):
    course = make_course(tmp_path / "course")
    make_class(course, LIGHT, 1)
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    with pytest.raises(GradingError, match="dask scheduler") as reason:
        autograde(course, Teller(), LIGHT, scheduler="tcp://127.0.0.1:9")
    assert "Traceback" not in str(reason.value)
    assert not Path(course.root / "autograded").exists()


def test_submissions_that_are_done_are_not_kept_in_memory():
    count = 150
    tasks = (Task("none", f"learner{number}", ()) for number in range(count))
    with distributed_runner(1) as runner:
        done = [task.student for task, _ in runner.run(tasks)]
        gc.collect()
        kept = sum(type(one) is Task for one in gc.get_objects())
    assert len(done) == count
    assert kept < count / 2
