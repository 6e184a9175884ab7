"""Plans: calls of a learner's functions as data, and what came of them, as data, too.

A *plan* is a sequence of `Call`; `attempt` has a `Player` make the calls and collects an `Attempt`:
numbers, text and NumPy arrays, never the learner's own objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

KEPT_OUTPUT = 2_000
"""Characters of what a learner's functions print that are kept."""


# -- what to call ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What call number `call` returned or, with `item`, one item of that tuple.

    With `plain` it is brought back as nested lists, dicts, numbers and text, not as an array.
    """

    call: int
    item: int | None = None
    plain: bool = False


@dataclass(frozen=True)
class After:
    """What an argument holds after call number `call`.

    Attributes
    ----------
    call : int
    argument : int or str
        Position, or name of a keyword argument.
    item : str or int, optional
        The key, if the argument is a dict or a list of arrays.
    original : bool
        Look at the array that was handed over, even if the dict now holds another one.
    """

    call: int
    argument: int | str
    item: str | int | None = None
    original: bool = False


@dataclass(frozen=True)
class Given:
    """What the plan hands over as an argument of call number `call`, whatever becomes of it there.

    For a view that compares random results with what they were made of.
    """

    call: int
    argument: int | str


@dataclass(frozen=True)
class Shared:
    """An argument that is one object for all calls of a plan that name the same `key`.

    It is made of `value` at the first call. A later call that gives a value fills it into the same
    arrays, as a caller does who reuses its buffers; without a value it is handed over as it is.
    """

    key: str
    value: Any = None


@dataclass(frozen=True)
class Seed:
    """An argument that is a fresh ``np.random.default_rng(seed)``."""

    seed: int


@dataclass(frozen=True)
class Call:
    """One call of a function, by name.

    Attributes
    ----------
    function : str
        The name of a learner's function or class; with `of`, of a method. A name that begins with
        ``numpy.`` or ``dlcore.`` is looked up there.
    args, kwargs
        Numbers, text, arrays, and tuples, lists and dicts of these; `Shared`, `Seed`; or a
        `Result`, which stands for the object that an earlier call returned.
    of : Result, optional
        The object whose method is called.
    counted : bool
        Count the lines of Python that run.
    """

    function: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    of: Result | None = None
    counted: bool = False

    def arguments(self) -> dict[int | str, Any]:
        """Return all arguments, by position or name."""
        found: dict[int | str, Any] = dict(enumerate(self.args))
        found.update(self.kwargs)
        return found


# -- what came of it -------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What one call did, in plain data.

    Attributes
    ----------
    problem : str
        Empty if the call came back; otherwise what happened, in a sentence.
    raised : tuple of str
        Names of Python's own exception classes that the exception belongs to, nearest first.
    timed_out : bool
        Whether the call was stopped at the time limit.
    printed : str
        The beginning of what was printed or warned.
    lines : int
        Lines of Python that ran, if they were counted.
    after, original : dict
        For each argument what it holds after the call: an array, or a dict of arrays (by key or
        position); None for anything else. See `After`.
    """

    problem: str = ""
    raised: tuple[str, ...] = ()
    timed_out: bool = False
    printed: str = ""
    lines: int = 0
    after: dict[int | str, Any] = field(default_factory=dict)
    original: dict[int | str, Any] = field(default_factory=dict)


class UnusableError(Exception):
    """A result is not what can be brought back; the message says what it is instead."""


class Player(Protocol):
    """Where a learner's functions run."""

    def reset(self) -> None:
        """Forget all calls; the next one is number 0 again."""

    def play(self, call: Call) -> Outcome:
        """Make a call; calls are numbered from 0 in the order in which they are made."""

    def play_all(self, calls: Sequence[Call], wanted: Sequence[Result] = ()) -> list[Outcome]:
        """Make calls until one has a problem; it is the last of the outcomes.

        If none has, `wanted` is what will be asked for next.
        """

    def fetch(self, result: Result) -> Any:
        """Return an array, or plain data; raise `UnusableError` with what stands in the way."""


@dataclass
class Attempt:
    """What came of a plan of calls, in plain data: numbers, text and NumPy arrays.

    Attributes
    ----------
    arrays : dict of arrays
        The results that were asked for, by name.
    plain : dict
        The results that were asked for as plain data.
    unusable : dict of str
        For each result that could not be brought back, what it is instead.
    completed : int
        How many calls came back.
    problem : str
        Empty if every call came back; otherwise what happened, in a sentence.
    failed : str
        Name of the function that did not come back.
    raised : tuple of str
        Names of Python's own exception classes that the exception belongs to, nearest first.
    timed_out : bool
        Whether a call was stopped at the time limit.
    changed : tuple of (str, int or str)
        Function and argument for each argument whose arrays no longer hold what they held.
    printed : str
        The beginning of what was printed or warned.
    lines : tuple of int
        For each call the lines of Python that ran, where they were counted.
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)
    completed: int = 0
    problem: str = ""
    failed: str = ""
    raised: tuple[str, ...] = ()
    timed_out: bool = False
    changed: tuple[tuple[str, int | str], ...] = ()
    printed: str = ""
    lines: tuple[int, ...] = ()


def attempt(
    calls: Sequence[Call], results: Mapping[str, Result | After | Given], player: Player
) -> Attempt:
    """Make the calls in order, until one fails, and collect the results by name.

    >>> from dlcore.checks.calling import LocalPlayer
    >>> calls = (Call("double", (np.array([1.0, 2.0]),)),)
    >>> attempt(calls, {"y": Result(0)}, LocalPlayer({"double": lambda x: 2 * x})).arrays
    {'y': array([2., 4.])}
    """
    player.reset()
    tried = Attempt()
    wanted = [result for result in results.values() if isinstance(result, Result)]
    outcomes = player.play_all(calls, wanted)
    for call, outcome in zip(calls, outcomes, strict=False):
        tried.printed = (tried.printed + outcome.printed)[:KEPT_OUTPUT]
        tried.lines += (outcome.lines,)
        tried.changed += tuple(
            (call.function, name)
            for name, given in call.arguments().items()
            if not _unchanged(given, outcome.original.get(name))
            or not _unchanged(given, outcome.after.get(name))
        )
        if outcome.problem:
            tried.problem, tried.failed = outcome.problem, call.function
            tried.raised, tried.timed_out = outcome.raised, outcome.timed_out
            return tried
        tried.completed += 1
    for name, result in results.items():
        try:
            if isinstance(result, Given):
                tried.arrays[name] = np.array(calls[result.call].arguments()[result.argument])
            elif isinstance(result, After):
                tried.arrays[name] = _held(outcomes[result.call], result)
            elif result.plain:
                tried.plain[name] = player.fetch(result)
            else:
                tried.arrays[name] = player.fetch(result)
        except UnusableError as error:
            tried.unusable[name] = str(error)
    return tried


def _held(outcome: Outcome, wanted: After) -> np.ndarray:
    held = (outcome.original if wanted.original else outcome.after).get(wanted.argument)
    if wanted.item is not None:
        held = held.get(wanted.item) if isinstance(held, dict) else None
    if not isinstance(held, np.ndarray):
        what = "gone" if wanted.item is not None else "no array"
        raise UnusableError(f"{what} after the call: expected an array of numbers")
    return held.copy()


def _unchanged(given: Any, held: Any) -> bool:
    """Whether arrays that were handed over still hold what they held; anything else passes."""
    if isinstance(given, Shared):
        given = given.value
    if isinstance(given, np.ndarray):
        return isinstance(held, np.ndarray) and _same_array(given, held)
    if isinstance(given, (list, tuple, dict)) and held is not None:
        return all(_unchanged(value, held.get(key)) for key, value in items_of(given))
    return True


def _same_array(old: np.ndarray, new: np.ndarray) -> bool:
    if old is new:
        return True
    if old.shape != new.shape or old.dtype != new.dtype:
        return False
    return np.array_equal(old, new, equal_nan=old.dtype.kind == "f")


def arrays_of(value: Any) -> Any:
    """Return the array, or the arrays of a dict, list or tuple by key or position, else None."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, (dict, list, tuple)):
        return {key: arrays_of(item) for key, item in items_of(value)}
    return None


def arrays_given(call: Call) -> dict[int | str, Any]:
    """Return for each argument the arrays that a plan hands over, as in `Outcome.after`."""
    given = call.arguments()
    return {
        name: arrays_of(value.value if isinstance(value, Shared) else value)
        for name, value in given.items()
    }


def items_of(container: Any) -> list[tuple[Any, Any]]:
    """Return key and value of a dict's items, or position and value of a list's."""
    return list(container.items() if isinstance(container, dict) else enumerate(container))
