"""Watch a run of `dlgrader autograde`: how fast it goes on, and how much memory it takes."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

_PROGRESS = re.compile(r"\s*(\d+) of \d+, ")
_EVERY = 2.0
_MIB = 2**20


@dataclass
class _Run:
    """What is seen of a run; times by the number of submissions that are done."""

    done: int = 0
    times: dict[int, float] = field(default_factory=dict)
    writer: list[tuple[int, float]] = field(default_factory=list)
    workers: list[tuple[int, float]] = field(default_factory=list)

    def read(self, lines: Any) -> None:
        """Read the lines that tell the progress."""
        for line in lines:
            if found := _PROGRESS.match(line):
                self.done = int(found[1])
                self.times[self.done] = time.monotonic()

    def look(self, main: psutil.Process) -> None:
        """Note the memory that no other process shares, in MiB."""
        try:
            self.writer.append((self.done, _own(main)))
            for worker in workers_of(main):
                whole = sum(map(_own, [worker, *worker.children(recursive=True)]))
                self.workers.append((self.done, whole))
        except psutil.Error:
            return


def workers_of(main: psutil.Process) -> list[psutil.Process]:
    """Return dask's worker processes below the process of the command."""
    found = []
    for process in main.children(recursive=True):
        parent = process.parent()
        if parent is not None and any("forkserver" in part for part in parent.cmdline()):
            found.append(process)
    return found


def watched(command: Sequence[str], count: int) -> dict[str, Any]:
    """Run a command that grades so many submissions; return how it went.

    Returns
    -------
    dict
        Seconds in all, seconds per submission in the first tenth and in the last, and MiB of a
        worker with its sandbox, and of the process that writes, at the same times.
    """
    began = time.monotonic()
    with (
        # No pipe: nobody reads the outcome before the end, and it may be long.
        tempfile.TemporaryFile("w+") as stdout,
        subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True) as process,
    ):
        run, main = _Run(), psutil.Process(process.pid)
        reader = threading.Thread(target=run.read, args=(process.stderr,))
        reader.start()
        while reader.is_alive():
            run.look(main)
            reader.join(_EVERY)
        stdout.seek(0)
        outcome = json.load(stdout)
    if len(outcome["graded"]) != count:
        raise RuntimeError(f"{len(outcome['graded'])} of {count} were graded: {outcome['failed']}")
    tenth = max(2, count // 10)
    first, last = (1, tenth), (count - tenth, count)
    return {
        "submissions": count,
        "seconds": round(time.monotonic() - began, 1),
        "first_tenth_seconds": _pace(run.times, *first),
        "last_tenth_seconds": _pace(run.times, *last),
        "worker_mib": [_mean(run.workers, *first), _mean(run.workers, *last)],
        "writer_mib": [_mean(run.writer, *first), _mean(run.writer, *last)],
    }


def _own(process: psutil.Process) -> float:
    """Return the MiB that no other process shares."""
    try:
        return float(process.memory_full_info().uss) / _MIB
    except psutil.NoSuchProcess:
        return 0.0


def _pace(times: dict[int, float], begin: int, end: int) -> float:
    return round((times[end] - times[begin]) / (end - begin), 4)


def _mean(seen: Sequence[tuple[int, float]], begin: int, end: int) -> float:
    values = [value for done, value in seen if begin <= done <= end]
    return round(statistics.mean(values), 1) if values else 0.0
