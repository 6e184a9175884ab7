"""How long ``import dlcore`` takes in a fresh interpreter that has imported NumPy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.effort import Effort
from benchmarks.timing import summary

_PROGRAM = """
import time
start = time.perf_counter()
import numpy
between = time.perf_counter()
import dlcore
print(between - start, time.perf_counter() - between)
"""


def measure(progress: Callable[[float], None], *, effort: Effort) -> dict[str, Any]:
    """Time of ``import numpy``, and what ``import dlcore`` adds, over many interpreters."""
    runs = []
    for number in range(effort.interpreters + 1):
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
        )
        if number:  # the first may have to compile the modules
            runs.append([float(seconds) for seconds in done.stdout.split()])
        progress(number / effort.interpreters)
    numpy, added = zip(*runs, strict=True)
    return {"numpy": summary([list(numpy)]), "dlcore": summary([list(added)])}
