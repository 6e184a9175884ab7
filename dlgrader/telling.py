"""What the verbs of `dlgrader` tell: lines for people, progress, or one JSON object for scripts."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

_MANY, _WIDTH = 4, 96


@dataclass(frozen=True)
class Outcome:
    """What came of a verb.

    Attributes
    ----------
    ok : bool
        Whether all that was asked for has been done.
    facts : mapping
        What a script may want to know; plain data for JSON.
    attention : sequence of str
        What a person has to look at, one line each, beginning with the student's name.
    """

    ok: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)
    attention: Sequence[str] = ()


class Teller:
    """Tells people on stdout; with `as_json` on stderr, and the outcome as JSON on stdout."""

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json
        self._stream = sys.stderr if as_json else sys.stdout
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Write a line."""
        print(text, file=self._stream, flush=True)

    def begin(self) -> None:
        """Start the clock of `progress`."""
        self._began = time.monotonic()

    def progress(self, done: int, total: int, what: str = "") -> None:
        """Say how far a long work has come, and how long it will still take."""
        seconds = time.monotonic() - self._began
        left = seconds / done * (total - done) if done else 0.0
        self.say(f"  {done} of {total}, {_duration(left)} left: {what}")

    def finish(self, verb: str, outcome: Outcome) -> None:
        """Write the list of what needs a person; as JSON, all of the outcome."""
        if self._as_json:
            whole = {
                "verb": verb,
                "ok": outcome.ok,
                **outcome.facts,
                "attention": list(outcome.attention),
            }
            print(json.dumps(whole, ensure_ascii=False))
        elif outcome.attention:
            self.say("A person has to look at:")
            for line in _gathered(outcome.attention):
                self.say(f"  {line}")


def _gathered(attention: Sequence[str]) -> Iterator[str]:
    """Yield the lines; what is said of many stands last, and once, with all their names below.

    >>> list(_gathered(["ada: late", *(f"s{number}: empty" for number in range(4))]))
    ['ada: late', 'empty (4):', '  s0, s1, s2, s3']
    """
    names: dict[str, list[str]] = {}
    for line in attention:
        name, _, text = line.partition(": ")
        names.setdefault(text, []).append(name)
    many = {text: them for text, them in names.items() if text and len(them) >= _MANY}
    yield from (line for line in attention if line.partition(": ")[2] not in many)
    for text, them in many.items():
        yield f"{text} ({len(them)}):"
        yield from wrap(
            ", ".join(sorted(them)),
            width=_WIDTH,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _duration(seconds: float) -> str:
    """Return a time in words.

    >>> _duration(7.4), _duration(75), _duration(7300)
    ('7 s', '1 min 15 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
