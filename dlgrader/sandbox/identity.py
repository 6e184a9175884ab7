"""Users for sandboxes: as root, every sandbox gets one of its own."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

_FIRST, _SPAN = 1 << 30, 1 << 28
_PER_PROCESS = 64
_NOBODY = (65534, 65535)
_counter = itertools.count()


def spare_user() -> int | None:
    """Return a number for user and group that no other sandbox of this machine uses now.

    The system's limit of processes counts all processes of a user, so two sandboxes must not share
    one. Returns None if this process can't become another user: it is not root, or is root of a
    container in which no other number exists.
    """
    if os.geteuid() != 0:
        return None
    users, groups = _ranges("uid_map"), _ranges("gid_map")
    # Nobody has a number this large, and it is different for every process that grades.
    wanted = os.getpid() * _PER_PROCESS + next(_counter) % _PER_PROCESS
    user = _FIRST + wanted % _SPAN
    if any(user in numbers for numbers in users) and any(user in numbers for numbers in groups):
        return user
    # In a container there are often 65,536 numbers: take one of the upper half.
    first, last = max((numbers.start, numbers.stop) for numbers in users)
    half = (first + last) // 2
    user = half + wanted % max(1, last - half)
    if user in _NOBODY or user == 0 or not any(user in numbers for numbers in groups):
        return None
    return user


def _ranges(name: str) -> list[range]:
    lines = Path("/proc/self", name).read_text(encoding="ascii").splitlines()
    rows = [[int(word) for word in line.split()] for line in lines]
    return [range(first, first + length) for first, _, length in rows]
