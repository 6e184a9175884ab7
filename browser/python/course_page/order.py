"""Which earlier cells a cell needs, so that running it gives what running all of them would give.

A cell needs the last earlier cell that binds a name it reads, and the cells in between that may
have changed what the name stands for: a generator of random numbers that was used there, a network
that was trained. What these need themselves is needed, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from course_page.names import Reader

__all__ = ["needs"]


def needs(sources: Sequence[str]) -> list[list[int]]:
    """Find for each cell the earlier cells that it needs.

    Parameters
    ----------
    sources : sequence of str
        All cells of a page in their order.

    Returns
    -------
    list of list of int
        For each cell the indices, ascending.

    Examples
    --------
    >>> needs(["a = 1", "b = 2", "print(a)"])
    [[], [], [0]]
    >>> needs(["counts = {}", "counts['x'] = 1", "print(counts)"])
    [[], [0], [0, 1]]
    """
    reader = Reader()
    cells = [reader.read(source) for source in sources]
    found: list[list[int]] = []
    for index, cell in enumerate(cells):
        needed: set[int] = set()
        for name in cell.reads:
            for other in range(index - 1, -1, -1):
                if name in cells[other].changes or name in cells[other].binds:
                    needed.update(found[other], [other])
                if name in cells[other].binds:
                    break
        found.append(sorted(needed))
    return found
