"""A case: calls to make, what is expected of them, what known mistakes give, and how to say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dlcore.checks.comparing import alike, difference, matches
from dlcore.checks.plans import After, Attempt, Call, Given, Result
from dlcore.checks.views import VIEWS


@dataclass(frozen=True)
class Seen:
    """What is compared of an attempt.

    Attributes
    ----------
    arrays : dict of arrays
        What the case's view makes of the results.
    raised : tuple of str
        Names of the classes of the exception, if there was one.
    changed : tuple of (str, int or str)
        Function and argument for each argument that was changed.
    failed : str
        The function that raised the exception.
    """

    arrays: Mapping[str, np.ndarray]
    raised: tuple[str, ...] = ()
    changed: tuple[tuple[str, int | str], ...] = ()
    failed: str = ""


@dataclass(frozen=True)
class Known:
    """A known mistake: a short name, and what a tutor would say about it."""

    name: str
    says: str


@dataclass(frozen=True)
class Case:
    """Calls of a learner's functions, and what is expected.

    Attributes
    ----------
    about : str
        The case in words.
    calls : tuple of Call
    results : dict of Result, After or Given
        What is brought back, by name.
    aspects : tuple of str
        What has to be right: "values", "shapes", "integer", "untouched" (arguments that were not
        to be changed), "raises" (the expected exception), "undisclosed" (values, of which a
        message does not tell what is expected).
    expected : Seen
    rtol : float
        Allowed difference, relative to the largest expected value or 1.
    names : tuple of str
        The results that count; by default all.
    view : str
        Name of what is compared, see `dlcore.checks.views`.
    may_change : tuple of (str, int or str)
        Function and argument that is meant to be changed.
    mistakes : dict of Seen
        By the name of a mistake what it gives here, where that differs from what is expected.
    hint : str
        Added to what is said when the case is wrong.
    """

    about: str
    calls: tuple[Call, ...]
    results: Mapping[str, Result | After | Given]
    aspects: tuple[str, ...]
    expected: Seen
    rtol: float = 1e-6
    names: tuple[str, ...] = ()
    view: str = "arrays"
    may_change: tuple[tuple[str, int | str], ...] = ()
    mistakes: Mapping[str, Seen] = field(default_factory=dict)
    hint: str = ""

    @property
    def compared(self) -> tuple[str, ...]:
        """Names of the results that count."""
        return self.names or tuple(self.expected.arrays)


def look(case: Case, tried: Attempt) -> Seen:
    """Return what the case compares of an attempt."""
    failed = tried.failed if tried.raised else ""
    try:
        features = VIEWS[case.view](tried)
    except Exception:  # results so odd that nothing can be made of them are as good as missing
        features = {}
    return Seen(features, tried.raised, tried.changed, failed)


@dataclass(frozen=True)
class Finding:
    """What is wrong with an attempt: the text, and the name of the result or of the aspect.

    A diagnosis that recognises a mistake by itself gives its name as `mistake`.
    """

    text: str
    at: str
    mistake: str = ""


Diagnosis = Callable[[Case, Attempt], list[Finding]]

#: By the name of a view what finds fault itself, where comparing with what is expected does not do.
DIAGNOSES: dict[str, Diagnosis] = {}


def findings(case: Case, tried: Attempt) -> list[Finding]:
    """Return what is wrong with an attempt; an empty list if nothing is."""
    if case.view in DIAGNOSES:
        return DIAGNOSES[case.view](case, tried)
    if "raises" in case.aspects:
        return _not_raised(case, tried)
    if tried.problem:
        return [Finding(tried.problem, "problem")]
    found = []
    seen = look(case, tried)
    for name in case.compared:
        got, right = seen.arrays.get(name), case.expected.arrays[name]
        if got is None:
            found.append(Finding(_absent(name, tried), name))
        elif "undisclosed" in case.aspects:
            if not matches(got, right, case.rtol):
                found.append(Finding(f"{name} is {_in_a_row(got)}, which is not right", name))
        elif got.shape != right.shape:
            found.append(Finding(f"{name} has shape {got.shape}, expected {right.shape}", name))
        elif "values" in case.aspects:
            text = difference(name, got, right, case.rtol)
            if text:
                found.append(Finding(text, name))
        if got is not None and "integer" in case.aspects and got.dtype.kind not in "iu":
            found.append(
                Finding(
                    f"{name} is {got}, of type {got.dtype}, but an integer is needed, because it "
                    "counts: divide with //",
                    "integer",
                )
            )
    if not found and "untouched" in case.aspects:
        found += _touched(case, tried)
    return found


def _in_a_row(array: np.ndarray) -> str:
    """Write a number, or the numbers of a shape."""
    values = array.tolist()
    return f"{values:,}" if isinstance(values, (int, float)) else str(tuple(values))


def _absent(name: str, tried: Attempt) -> str:
    """Say why there is nothing to compare: for a view, because of the results it is made of."""
    cause = name if name in tried.unusable else next(iter(tried.unusable), "")
    return f"{cause} is {tried.unusable[cause]}" if cause else f"{name} is missing"


def _not_raised(case: Case, tried: Attempt) -> list[Finding]:
    wanted = case.expected.raised[0]
    if wanted in tried.raised:
        return []
    returned = ", ".join(f"{name} = {value}" for name, value in tried.arrays.items())
    came = tried.problem or f"it returned {returned or 'something else'}"
    return [Finding(f"expected a {wanted}; {came}", "problem")]


def _touched(case: Case, tried: Attempt) -> list[Finding]:
    names = []
    for function, argument in tried.changed:
        if (function, argument) not in case.may_change:
            which = argument if isinstance(argument, str) else f"number {argument + 1}"
            names.append(f"argument {which} of {function}")
    if not names:
        return []
    text = (
        f"{' and '.join(dict.fromkeys(names))} holds other values after the call than before. "
        "Work on a copy: an argument belongs to the caller."
    )
    return [Finding(text, "untouched")]


def likely_cause(
    found: Finding, tries: Sequence[tuple[Case, Attempt]], known: Sequence[Known]
) -> tuple[str, str]:
    """Look for the mistake that explains a finding; return its name and a sentence, or two blanks.

    The first of `tries` is the wrong one to explain. A mistake that also explains all the others is
    called likely; one that explains the first alone, possible. Of several likely ones the first is
    taken that agrees with all that was seen, not only with what the finding is about; of several
    possible ones, the one that agrees with most of the others.
    """
    case, tried = tries[0]
    if case.view in DIAGNOSES:
        named = {mistake.name: mistake for mistake in known}.get(found.mistake)
        return (named.name, f"Likely cause: {named.says}.") if named else ("", "")
    first = look(case, tried)
    likely = possible = shape_only = ("", "")
    most = -1
    for mistake in known:
        wrong = case.mistakes.get(mistake.name)
        if wrong is None:
            continue
        if _explains(wrong, first, found.at, case.rtol):
            if all(_explains_other(mistake.name, found.at, *other) for other in tries[1:]):
                cause = (mistake.name, f"Likely cause: {mistake.says}.")
                if all(_agrees(mistake.name, *other) for other in tries):
                    return cause
                likely = likely if likely[0] else cause
            agreeing = sum(_agrees(mistake.name, *other) for other in tries[1:])
            if agreeing > most:
                possible, most = (mistake.name, _on_this_case(mistake)), agreeing
        elif not shape_only[0] and _same_wrong_shape(case, wrong, first, found.at):
            shape_only = ("", f"That shape comes out when {mistake.says}.")
    return next((cause for cause in (likely, possible) if cause[0]), shape_only)


def _on_this_case(mistake: Known) -> str:
    return f"On this case it looks as if {mistake.says}."


def _explains(wrong: Seen, seen: Seen, at: str, rtol: float) -> bool:
    """Whether a mistake gives what was seen."""
    if at == "problem":
        if seen.raised:
            return wrong.raised[:1] == seen.raised[:1] and wrong.failed in ("", seen.failed)
        return bool(seen.arrays) and not wrong.raised and _all_match(wrong, seen, rtol)
    if at == "untouched":
        return bool(wrong.changed) and set(wrong.changed) == set(seen.changed)
    if at == "integer":
        return all(array.dtype.kind == "f" for array in wrong.arrays.values()) and (
            _all_match(wrong, seen, rtol)
        )
    if at not in seen.arrays:
        return at not in wrong.arrays
    return at in wrong.arrays and alike(seen.arrays[at], wrong.arrays[at], rtol)


def _agrees(name: str, case: Case, tried: Attempt) -> bool:
    """Whether nothing that was seen of a case contradicts a mistake."""
    seen, wrong = look(case, tried), case.mistakes.get(name, case.expected)
    return (
        seen.raised[:1] == wrong.raised[:1]
        and set(seen.changed) == set(wrong.changed)
        and set(seen.arrays) == set(wrong.arrays)
        and all(alike(seen.arrays[key], wrong.arrays[key], case.rtol) for key in seen.arrays)
    )


def _all_match(wrong: Seen, seen: Seen, rtol: float) -> bool:
    return set(wrong.arrays) == set(seen.arrays) and all(
        alike(seen.arrays[name], wrong.arrays[name], rtol) for name in seen.arrays
    )


def _explains_other(name: str, at: str, case: Case, tried: Attempt) -> bool:
    """Whether the mistake agrees with another case; it may change nothing there."""
    seen, wrong = look(case, tried), case.mistakes.get(name, case.expected)
    if seen.raised or wrong.raised:
        return seen.raised[:1] == wrong.raised[:1]
    if at not in seen.arrays or at not in wrong.arrays:
        return True
    return alike(seen.arrays[at], wrong.arrays[at], case.rtol)


def _same_wrong_shape(case: Case, wrong: Seen, seen: Seen, at: str) -> bool:
    if at not in seen.arrays or at not in wrong.arrays or at not in case.expected.arrays:
        return False
    shape = seen.arrays[at].shape
    return wrong.arrays[at].shape == shape != case.expected.arrays[at].shape
