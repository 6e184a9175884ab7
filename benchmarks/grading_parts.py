"""Where the time of grading a submission goes."""

from __future__ import annotations

import importlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from dlgrader.autograde import autograde
from dlgrader.course import Course
from dlgrader.telling import Teller

# Parts, and the functions whose time they are; what is called within another counts once.
PARTS = {
    "template": ("dlgrader.sandbox.template:Template.__init__",),
    "sandbox": (
        "dlgrader.sandbox.session:Session.__init__",
        "dlgrader.sandbox.session:Session.close",
    ),
    "cells": ("dlgrader.sandbox.session:Session.run_cell",),
    "judge": ("dlgrader.execution:judge",),
    "conversion": (
        "dlgrader.batch.task:_take_in",
        "dlgrader.batch.task:_tidy",
        "dlgrader.batch.task:_text",
        "dlgrader.batch.task:marks_of",
    ),
    "gradebook": ("dlgrader.batch.writer:Writer.write",),
}


class _Silent(Teller):
    def say(self, text: str) -> None:
        """Say nothing."""


class _Clock:
    """Adds up the time of parts; while one runs within another, the other's clock stands."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._running: list[str] = []
        self._since = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._switch()
        self._running.append(name)
        self.calls[name] += 1
        try:
            yield
        finally:
            self._switch()
            self._running.pop()

    def _switch(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return run


def where_the_time_goes(course: Course, assignment: str) -> dict[str, float]:
    """Grade an assignment's submissions in this process; return milliseconds by part.

    All are per submission but "template", which is made once in each worker.
    """
    clock = _Clock()
    with ExitStack() as stack:
        for part, places in PARTS.items():
            for place in places:
                module, _, path = place.partition(":")
                owner: Any = importlib.import_module(module)
                *classes, name = path.split(".")
                for each in classes:
                    owner = getattr(owner, each)
                made = clock.timed(part, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, made))
        count = len(course.students(assignment))
        # The first one makes the template and fills caches.
        autograde(course, _Silent(), assignment, course.students(assignment)[:1], jobs=1)
        template = clock.seconds["template"]
        clock.seconds.clear()
        began = time.perf_counter()
        autograde(course, _Silent(), assignment, jobs=1)
        whole = time.perf_counter() - began
    parts = {name: clock.seconds[name] for name in PARTS if name != "template"}
    parts["rest"] = whole - sum(parts.values())
    found = {name: round(1000 * seconds / (count - 1), 1) for name, seconds in parts.items()}
    return {
        **found,
        "in all": round(1000 * whole / (count - 1), 1),
        "template": round(1000 * template),
    }
