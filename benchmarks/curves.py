"""The costs that were measured at several sizes, for the table and the figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks import scaling
from benchmarks.timing import fit


class Curve(NamedTuple):
    """A cost at several sizes, and how it grows."""

    cost: str  # "time" or "memory"
    unit: str
    quantity: str  # of scaling.SIZES
    sizes: list[int]
    values: list[float]
    fit: dict[str, float]

    @property
    def growth(self) -> tuple[float, float]:
        """How many times the smallest size and its cost the largest ones are."""
        return self.sizes[-1] / self.sizes[0], self.values[-1] / self.values[0]


def curves(results: dict[str, Any]) -> Iterator[Curve]:
    """Time, then memory, against each quantity."""
    for record in results["scaling"]:
        sizes, ms = record["sizes"], record["ms"]
        yield Curve("time", "ms", record["quantity"], sizes, ms, fit(sizes, ms))
    for record in results["scaling"]:
        found = _memory(results, record["quantity"])
        sizes, megabytes = list(found), list(found.values())
        yield Curve("memory", "MB", record["quantity"], sizes, megabytes, fit(sizes, megabytes))


def _memory(results: dict[str, Any], quantity: str) -> dict[int, float]:
    """Megabytes by size, where they were measured."""
    measured = [m for m in results["memory"] if m["contender"] == "dlcore float32"]
    if quantity == "images":  # measured at other numbers of images than the time
        deep = [m for m in measured if m["action"] == "predict" and m["network"] == "DeepConvNet"]
        return {m["count"]: m["traced_mb"] for m in deep}
    return {
        size: m["traced_mb"]
        for size in scaling.SIZES[quantity]
        for m in measured
        if scaling.case(quantity, size).items() <= m.items()
    }
