"""Time against the size of the batch, the number of images and the number of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import networks
from benchmarks.effort import BATCH, BATCHES, DEPTHS, IMAGES, Effort
from benchmarks.timing import interleave, summary

SIZES = {"batch": BATCHES, "images": IMAGES, "layers": DEPTHS}


def measure(progress: Callable[[float], None], *, effort: Effort, quantity: str) -> dict[str, Any]:
    """Times at all sizes of a quantity of ``SIZES``, in turn."""
    sizes = SIZES[quantity][: effort.scaling_sizes]
    runs = {str(size): _run(quantity, size) for size in sizes}
    times = interleave(
        runs,
        rounds=effort.scaling_rounds,
        turn=effort.scaling_turn,
        warm_up=dict.fromkeys(runs, runs[str(sizes[0])]) if quantity == "images" else None,
        progress=progress,
    )
    ms = [float(summary(times[str(size)])["median_ms"]) for size in sizes]
    return {"quantity": quantity, "sizes": list(sizes), "ms": ms}


def case(quantity: str, size: int) -> dict[str, Any]:
    """What is done at a size, in the words of ``memory.measure``."""
    return {
        "batch": {"action": "step", "network": "DeepConvNet", "count": size},
        "images": {"action": "predict", "network": "DeepConvNet", "count": size},
        "layers": {"action": "step", "network": f"depth {size}", "count": BATCH},
    }[quantity]


def _run(quantity: str, size: int) -> Callable[[], Any]:
    what = case(quantity, size)
    x, t = networks.images(what["network"], what["count"])
    if what["action"] == "step":
        return networks.training_step(what["network"], x, t)
    net = networks.network(what["network"])
    return lambda: net.predict(x)
