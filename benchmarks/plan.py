"""All measurements of a run, and the processes that make them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks import networks, scaling
from benchmarks.effort import BATCH, FULL, QUICK
from benchmarks.machine import ROOT, environment
from benchmarks.speed import OURS

PREDICTED = ("DeepConvNet", "SimpleConvNet", "MLP 784-40-20-10")
STEPS_IN_MEMORY = (
    ("DeepConvNet", OURS),
    ("DeepConvNet", "dlcore float64"),
    ("DeepConvNet", "straightforward float64"),
    ("DeepConvNet", "PyTorch float32"),
    ("SimpleConvNet", OURS),
    ("SimpleConvNet", "PyTorch float32"),
    ("MLP 784-40-20-10", OURS),
    ("MLP 784-6×100-10", OURS),
)


class Job(NamedTuple):
    """One measurement in one process."""

    kind: str  # of worker.KINDS
    arguments: dict[str, Any]
    threads: int
    seconds: float  # roughly, in full: for the time left
    title: str


def jobs(quick: bool, threads: list[int], with_torch: bool) -> Iterator[Job]:
    """Everything that a run measures, in order."""
    yield Job("machine", {}, 1, 2, "what machine this is")
    for k in threads:
        where = f"{k} thread{'s' * (k > 1)}"
        for name in networks.NETWORKS:
            seconds = {"DeepConvNet": 55, "SimpleConvNet": 18}.get(name, 13)
            arguments = {"network": name, "threads": k}
            yield Job("training", arguments, k, seconds, f"training step of {name}, {where}")
        for name in PREDICTED:
            seconds = {"DeepConvNet": 50, "SimpleConvNet": 15}.get(name, 6)
            arguments = {"network": name, "threads": k}
            yield Job("inference", arguments, k, seconds, f"predictions of {name}, {where}")
        yield Job("optimizers", {"threads": k}, k, 15, f"optimisers, {where}")
    for quantity, seconds in (("batch", 20), ("images", 25), ("layers", 6)):
        yield Job("scaling", {"quantity": quantity}, 1, seconds, f"time against {quantity}")
    yield Job("imports", {}, 1, 10, "import dlcore")
    yield from _memory_jobs(quick, with_torch)


def _memory_jobs(quick: bool, with_torch: bool) -> Iterator[Job]:
    effort = QUICK if quick else FULL
    steps: list[tuple[dict[str, Any], float]] = [
        ({"action": "step", "network": name, "count": BATCH, "contender": contender}, 1.5)
        for name, contender in STEPS_IN_MEMORY
        if with_torch or not contender.startswith("PyTorch")
    ]
    predictions = [
        (
            {"action": "predict", "network": name, "count": count, "contender": OURS},
            0.7 + count / 5_000,
        )
        for name in PREDICTED[: 1 if quick else None]
        for count in effort.predicted
    ]
    for what, seconds in steps + predictions:
        title = f"memory of {what['network']}, {what['action']}, {what['contender']}"
        for how in ("traced", "resident"):
            if how == "resident" or not what["contender"].startswith("PyTorch"):
                yield Job("memory", {"how": how, **what}, 1, seconds, f"{title}, {how}")
    for quantity in ("batch", "layers"):
        for size in scaling.SIZES[quantity][: effort.scaling_sizes]:
            what = {"how": "traced", **scaling.case(quantity, size), "contender": OURS}
            yield Job("memory", what, 1, 1, f"memory against {quantity}, {size}")


def run(planned: list[Job], quick: bool) -> list[Any]:
    """Results of the jobs, in order; says what it does and how long it will take."""
    progress = _Progress(planned)
    results = []
    for job in planned:
        order = json.dumps({"kind": job.kind, "arguments": job.arguments, "quick": quick})
        command = [sys.executable, "-m", "benchmarks.worker", order]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment(job.threads), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            message: dict[str, Any] = {}
            for line in process.stdout:
                message = json.loads(line)
                if "share" in message:
                    progress.show(job, message["share"])
        if process.returncode or "result" not in message:
            raise RuntimeError(
                f"The measurement {job.title!r} failed; its own words stand above. "
                f"To run it alone: python -m benchmarks.worker '{order}'"
            )
        results.append(message["result"])
        progress.finish(job)
    progress.close()
    return results


class _Progress:
    """A line that says what is measured, how much is done, and how long the rest will take."""

    def __init__(self, planned: list[Job]) -> None:
        self.total = sum(job.seconds for job in planned)
        self.done = 0.0
        self.start = time.monotonic()
        self.on_terminal = sys.stdout.isatty()

    def show(self, job: Job, share: float) -> None:
        """Renew the line; only on a terminal, a log gets one line for each job."""
        if self.on_terminal:
            print(f"\r\x1b[K{self._line(job, share)}", end="", flush=True)

    def finish(self, job: Job) -> None:
        """Count a job as done."""
        self.show(job, 1.0)
        if not self.on_terminal:
            print(self._line(job, 1.0), flush=True)
        self.done += job.seconds

    def close(self) -> None:
        """End the line."""
        if self.on_terminal:
            print()

    def _line(self, job: Job, share: float) -> str:
        done = (self.done + share * job.seconds) / self.total
        elapsed = time.monotonic() - self.start
        left = elapsed * (1 - done) / done if done > 0.02 else self.total - elapsed
        minutes, seconds = divmod(max(0, round(left)), 60)
        return f"[{done:4.0%}, {minutes}:{seconds:02} left] {job.title}"
