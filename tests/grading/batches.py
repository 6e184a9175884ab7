"""Batches in processes that can be killed without paying for the imports each time.

A starter process imports everything and forks for each order; the batch then leads a session of its
own, as a command does that was started in a terminal. Run as a script, this module is the starter.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

LOG = "batch.log"
_PATIENCE = 120.0


@dataclass
class Batch:
    """A batch that runs, or has run; `process` leads the session of all that it starts."""

    starter: subprocess.Popen[str]
    process: psutil.Process
    log: Path
    known: set[psutil.Process] = field(default_factory=set)

    def wait(self, seconds: float = _PATIENCE) -> int | None:
        """Return the exit code, negative for a signal; None if it still runs after that time."""
        assert self.starter.stdout is not None
        ready, _, _ = select.select([self.starter.stdout], [], [], seconds)
        return int(self.starter.stdout.readline()) if ready else None

    def end(self) -> int:
        """Wait until it and everything that it started has ended; return the exit code."""
        code = self.wait()
        assert code is not None, f"still running after {_PATIENCE} s: {self.log.read_text()}"
        until = time.monotonic() + _PATIENCE
        while left := [process for process in self.known | self.others() if _runs(process)]:
            assert time.monotonic() < until, f"left behind: {left}"
            time.sleep(0.01)
        return code

    def others(self) -> set[psutil.Process]:
        """Return the processes of its session but the first."""
        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
                if os.getsid(process.pid) == self.process.pid and process.pid != self.process.pid:
                    found.add(process)
        return found

    def kill(self, whom: str, rng: random.Random) -> bool:
        """Kill "all", the "main" process or "one" of its children; return whether it was there."""
        try:
            children = self.process.children()
            self.known |= set(self.process.children(recursive=True))
            if whom == "all":
                os.killpg(self.process.pid, signal.SIGKILL)
            elif whom == "main":
                self.process.kill()
            elif children:
                rng.choice(sorted(children, key=lambda child: child.pid)).kill()
            else:
                return False
        except (ProcessLookupError, psutil.NoSuchProcess):
            return False
        return True


def _runs(process: psutil.Process) -> bool:
    """Whether a process still runs; in a container, nobody may fetch the dead."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Starter:
    """Starts batches, one after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, root: Path, assignment: str, log: Path | None = None, **options: Any) -> Batch:
        """Start ``autograde(course, teller, assignment, **options)`` in a course folder."""
        log = log or root / LOG
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"root": str(root), "assignment": assignment, "log": str(log), "options": options}
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        first = psutil.Process(int(self._process.stdout.readline()))
        return Batch(self._process, first, log)

    def run(self, root: Path, assignment: str, **options: Any) -> tuple[int, float]:
        """Run a batch to its end; return the exit code and how long it took."""
        began = time.monotonic()
        code = self.start(root, assignment, **options).end()
        return code, time.monotonic() - began


@contextmanager
def starter() -> Iterator[Starter]:
    """Open a starter."""
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        try:
            yield Starter(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(_PATIENCE)


def _serve() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(order: dict[str, Any]) -> None:
    """Run a batch as `dlgrader autograde` would; does not return."""
    from dlgrader.autograde import autograde
    from dlgrader.course import Course, GradingError
    from dlgrader.telling import Teller

    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, log, log)):
        os.dup2(stream, number)
    code = 70
    try:
        course = Course(Path(order["root"]))
        outcome = autograde(course, Teller(), order["assignment"], **order["options"])
        code = 0 if outcome.ok else 1
        for one in outcome.attention:
            print("ATTENTION", one)
    except GradingError as error:
        print("GradingError:", error)
        code = 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    import dlgrader.autograde  # noqa: F401 (what all batches need)

    _serve()
