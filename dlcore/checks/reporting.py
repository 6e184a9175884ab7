"""What a check says: the exception that Jupyter shows as plain text, and the running of a check."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from dlcore.checks.calling import SECONDS, LocalPlayer
from dlcore.checks.cases import Case, Known, findings, likely_cause
from dlcore.checks.plans import Attempt, Player, attempt

# `nbgrader validate` cuts its lines off a little above this.
_WIDTH = 80


class CheckFailed(AssertionError):  # noqa: N818 (a check fails; it is no error of the program)
    """A check found something to mend. Jupyter shows the message alone, without a traceback.

    >>> print(CheckFailed("im2col: 2 of 6 cases are wrong"))
    im2col: 2 of 6 cases are wrong
    """

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def failure(*parts: str) -> CheckFailed:
    """Return the exception whose message is made of these parts, in lines of moderate length."""
    return CheckFailed("\n".join(wrapped("\n".join(part for part in parts if part))))


def wrapped(text: str) -> list[str]:
    """Return a text in lines of moderate length; lines that show arrays stay as they are."""
    lines: list[str] = []
    for line in text.splitlines():
        if "[" in line:
            lines.append(line)
        else:
            lines += textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return lines


def explain(
    tries: Sequence[tuple[Case, Attempt]], number: int, known: Sequence[Known]
) -> tuple[str, tuple[str, ...]]:
    """Say what is wrong with a try, in the light of the others; empty if nothing is.

    Returns
    -------
    text : str
    names : tuple of str
        Names of the mistakes that were recognised.
    """
    case, tried = tries[number]
    others = [pair for place, pair in enumerate(tries) if place != number]
    texts: list[str] = []
    names: list[str] = []
    for found in findings(case, tried):
        name, cause = likely_cause(found, [(case, tried), *others], known)
        if found.text not in texts:
            texts.append(found.text)
        if cause and cause not in texts:
            texts.append(cause)
        if name:
            names.append(name)
    if texts and case.hint:
        texts.append(case.hint)
    return "\n".join(texts), tuple(dict.fromkeys(names))


def check(
    name: str,
    functions: Mapping[str, Any],
    cases: Sequence[Case],
    known: Sequence[Known],
    section: str = "",
    seconds: float = SECONDS,
) -> None:
    """Try the public cases in turn; raise `CheckFailed` at the first that goes wrong.

    Prints that all is well otherwise.
    """
    tries = try_cases(cases, LocalPlayer(functions, seconds))
    for number, (case, tried) in enumerate(tries):
        if tried.printed:
            print(tried.printed, end="" if tried.printed.endswith("\n") else "\n")
        text, names = explain(tries, number, known)
        if text:
            where = f"See section {section}." if names and section else ""
            head = f"{name}: case {number + 1} of {len(cases)}"
            waits = tried.problem and tried.failed not in ("", *own_calls(name, case))
            if waits:
                text += f"\n{name} can be tried as soon as {tried.failed} works."
            raise failure(head, case.about, text, where)
    print(f"{name}: all {len(cases)} public cases are right. The points come from others.")


def try_cases(cases: Sequence[Case], player: Player) -> list[tuple[Case, Attempt]]:
    """Try cases in turn, up to the first in which a call does not end."""
    tries: list[tuple[Case, Attempt]] = []
    for case in cases:
        tries.append((case, attempt(case.calls, case.results, player)))
        if tries[-1][1].timed_out:
            break
    return tries


def own_calls(name: str, case: Case) -> set[str]:
    """Name what belongs to the exercise: the function, methods of its objects, the library."""
    return {name} | {
        call.function
        for call in case.calls
        if call.of is not None or call.function.startswith(("numpy.", "dlcore."))
    }
