"""Classes for the report's tests: small ones, and one whose every name is hostile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlgrader.records import GRADED, Record
from dlgrader.report.analysis import Summary, summarise
from dlgrader.report.reading import ClassWork, Item
from dlgrader.standings import Standing


def standing(student: str, status: str, points: float | None = None, **more) -> Standing:
    counted = status in ("graded", "needs grading")
    values = {
        "student": student,
        "first_name": "",
        "last_name": "",
        "email": "",
        "lms_user_id": "",
        "assignment": "a",
        "status": status,
        "points": points if counted else None,
        "raw_points": points if counted else None,
        "max_points": 10.0,
        "extra": 0.0,
        "late_penalty": 0.0,
        "seconds_late": 0.0,
        "timestamp": None,
        "reason": "",
    }
    return Standing(**{**values, **more})


def class_of(points: np.ndarray, due=None, statuses=None, name="a") -> ClassWork:
    """A class of s0, s1, … with these points in exercises worth 1 each."""
    points = np.atleast_2d(np.asarray(points, dtype=float))
    statuses = ["graded"] * len(points) if statuses is None else statuses
    found = tuple(standing(f"s{i}", status, 1.0) for i, status in enumerate(statuses))
    return ClassWork(
        name=name,
        title=name,
        due=due,
        items=tuple(Item(f"e{i}", f"e{i}", 1.0) for i in range(points.shape[1])),
        standings=found,
        records={},
        students=tuple(one.student for one in found if one.points is not None),
        points=points,
    )


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe",
    "$\\frac{",
    "a\x00b\nc",
    "名前\u3000太郎",
    "x" * 300,
)


def hostile_summary() -> Summary:
    points = np.linspace(0, 0.6, len(HOSTILE))[:, None]
    work = class_of(points)
    found = [
        standing(
            f"s{i}",
            "failed" if i == 0 else "graded",
            1.0,
            first_name=text,
            last_name=text,
            reason=text,
            seconds_late=90.0,
        )
        for i, text in enumerate(HOSTILE)
    ]
    found += [standing(f"m{i}", "missing", first_name=text) for i, text in enumerate(HOSTILE)]
    remarked = {
        f"s{i}": Record("a", f"s{i}", GRADED, "d", remarks=[text]) for i, text in enumerate(HOSTILE)
    }
    items = [Item(text, text, 1.0, by_hand=True) for text in HOSTILE]
    return summarise(
        replace(
            work,
            name=HOSTILE[1],
            title=HOSTILE[0],
            standings=tuple(found),
            records=remarked,
            students=tuple(one.student for one in found if one.points is not None),
            items=tuple(items),
            points=np.repeat(points[1:], len(items), axis=1),
        )
    )
