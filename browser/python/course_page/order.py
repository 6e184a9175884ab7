"""Which earlier cells a cell needs."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["needs"]


def needs(sources: Sequence[str]) -> list[list[int]]:
    """Return for each cell the indices of the earlier ones that it needs, in their order."""
    return [list(range(index)) for index in range(len(sources))]
