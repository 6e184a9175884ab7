"""The disk under a course's folder, and the exchange between instructor and learners."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dlgrader.course import Course, GradingError
from dlgrader.doctor.finding import Finding, failure, ok, remark
from dlgrader.releasing import exchange_root

_GIB = 1 << 30
_LEAST, _COMFORTABLE = _GIB // 8, _GIB
_LEARNERS = stat.S_IWOTH | stat.S_IXOTH


def disk(root: Path) -> Finding:
    """Look how much room is left where grading writes."""
    places = {root: "in the course's folder", Path(tempfile.gettempdir()): "for temporary files"}
    rooms = {what: shutil.disk_usage(place).free for place, what in places.items()}
    says = ", ".join(f"{free / _GIB:.1f} GiB free {what}" for what, free in rooms.items())
    for place in places:
        if not os.access(place, os.W_OK | os.X_OK):
            return failure("disk", f"{place} can't be written")
    if min(rooms.values()) < _LEAST:
        return failure("disk", says, "make room")
    return (remark if min(rooms.values()) < _COMFORTABLE else ok)("disk", says)


def exchange(course: Course) -> Iterator[Finding]:
    """Look whether learners can fetch and hand in."""
    name = "exchange"
    if course.config.ExchangeFactory:
        yield remark(name, "a service that the course names (c.ExchangeFactory); not looked at")
        return
    try:
        root = exchange_root(course)
    except GradingError as error:
        yield failure(name, str(error))
        return
    if root is None:
        yield remark(
            name,
            "none, so learners get and return notebooks in another way",
            "if they work on this machine: set c.Exchange.root in nbgrader_config.py",
        )
        return
    inbound = root / str(course.config.CourseDirectory.course_id) / "inbound"
    if not root.is_dir():
        yield ok(name, f"{root}, made by the first release")
    elif not inbound.is_dir():
        yield ok(name, f"{root}, nothing released yet")
    elif not os.access(inbound, os.R_OK | os.X_OK):
        yield failure(name, f"you may not read {inbound}; it belongs to another instructor")
    elif inbound.stat().st_mode & _LEARNERS != _LEARNERS:
        yield failure(name, f"learners can't hand in to {inbound}", f"chmod o+wx {inbound}")
    else:
        waiting = sum(1 for _ in inbound.iterdir())
        yield ok(name, f"{root}, {waiting} submission{'' if waiting == 1 else 's'} in it")
