"""One measurement in a process of its own: ``python -m benchmarks.worker '{"kind": …}'``.

Prints a line of JSON for each bit of progress, and last the result.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import imports, machine, memory, scaling, speed
from benchmarks.effort import FULL, QUICK

KINDS: dict[str, Callable[..., Any]] = {
    "machine": machine.measure,
    "training": speed.training_step,
    "inference": speed.prediction,
    "optimizers": speed.updates,
    "memory": memory.measure,
    "imports": imports.measure,
    "scaling": scaling.measure,
}
WITH_EFFORT = ("training", "inference", "optimizers", "imports", "scaling")


def main() -> None:
    """Do what the argument says."""
    job = json.loads(sys.argv[1])
    arguments = dict(job["arguments"])
    if job["kind"] in WITH_EFFORT:
        arguments["effort"] = QUICK if job["quick"] else FULL
    result = KINDS[job["kind"]](lambda share: _say({"share": share}), **arguments)
    _say({"result": result})


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
