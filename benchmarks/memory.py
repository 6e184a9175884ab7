"""Memory that a training step or a prediction needs, each measured in a process of its own.

Two figures: what Python and NumPy hold at the peak (``tracemalloc``), exact and without the
libraries' own buffers; and how much the process grows (Linux), with everything.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import networks

MEGABYTE = 1e6
STEPS = 3


def measure(
    progress: Callable[[float], None],
    *,
    how: str,
    action: str,
    network: str,
    count: int,
    contender: str = "dlcore float32",
) -> float | None:
    """Megabytes at the peak beyond what there is before: the network and the images.

    Parameters
    ----------
    how : "traced" or "resident"
    action : "step" or "predict"
        Three training steps on one batch, optimiser's state included; or one prediction.
    network : a name of ``networks.NETWORKS``
    count : int
        Images in the batch or to predict.
    contender : str
        One of those of ``speed``; PyTorch's memory cannot be traced.
    """
    run = _action(action, network, count, contender)
    warm_up = np.ones((64, 64), dtype=np.float32)
    warm_up @ warm_up  # OpenBLAS takes its buffers with the first product
    megabytes = _traced(run) if how == "traced" else _resident(run)
    progress(1.0)
    return None if megabytes is None else round(megabytes, 3)


def _action(action: str, network: str, count: int, contender: str) -> Callable[[], Any]:
    dtype = np.float64 if contender.endswith("float64") else np.float32
    x, t = networks.images(network, count, dtype)
    if action == "predict":
        net = networks.network(network, dtype)
        return lambda: net.predict(x)
    if contender.startswith("dlcore"):
        step = networks.training_step(network, x, t)
    elif contender.startswith("straightforward"):
        step = networks.straightforward_step(x, t)
    else:
        from benchmarks import torch_models

        layout = torch_models.layouts(network)[-1]
        step = torch_models.training_step(network, x, t, layout=layout, way="loop")
    return lambda: [step() for _ in range(STEPS)]


def _traced(run: Callable[[], Any]) -> float:
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - before) / MEGABYTE


def _resident(run: Callable[[], Any]) -> float | None:
    before = _status("VmRSS")
    if before is None:
        return None
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts from here
    run()
    peak = _status("VmHWM")
    return None if peak is None else (peak - before) / MEGABYTE


def _status(name: str) -> int | None:
    """A line of /proc/self/status in bytes, or None where there is no such file."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(f"{name}:"):
            return 1024 * int(line.split()[1])
    return None
