"""Judging functions of this process: for our own code in tests, and never for a submission."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.comparing import as_plain_data
from dlcore.checks.plans import UnusableError


class _LocalBench(LocalPlayer):
    ended = False

    def read(self, name: str) -> Any:
        """Return a variable as plain data."""
        if name not in self._functions:
            raise UnusableError(f"{name} is not defined here")
        try:
            return as_plain_data(self._functions[name])
        except TypeError as error:
            raise UnusableError(str(error)) from None


class LocalWorkplace:
    """A namespace of this process."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    @contextmanager
    def branch(self) -> Iterator[_LocalBench]:
        """Return a bench; unlike elsewhere, what the functions leave behind stays."""
        yield _LocalBench(self._namespace)
