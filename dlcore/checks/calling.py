"""Call functions that a learner wrote and come back, whatever they do."""

from __future__ import annotations

import contextlib
import copy
import io
import signal
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlcore.checks.comparing import as_plain_array

SECONDS = 3.0
"""Time that one call may take; the cases are so small that plain Python loops need milliseconds."""

_KEPT_OUTPUT = 2_000


class TimeLimitReached(BaseException):
    """Raised inside the learner's function; their ``except Exception`` does not swallow it."""


@dataclass(frozen=True)
class Result:
    """What call number `call` of a plan returned or, with `item`, one item of that tuple."""

    call: int
    item: int | None = None


@dataclass(frozen=True)
class Call:
    """One call of a function, by name; a `Result` among its arguments stands for that result."""

    function: str
    args: tuple[Any, ...]


@dataclass
class Attempt:
    """What came of a plan of calls, in plain data: numbers, text and NumPy arrays.

    Attributes
    ----------
    arrays : dict of arrays
        The results that were asked for, by name.
    unusable : dict of str
        For each result that is no array of numbers, what it is instead.
    completed : int
        How many calls came back.
    problem : str
        Empty if every call came back; otherwise what happened, in a sentence.
    failed : str
        Name of the function that did not come back.
    raised : tuple of str
        Names of the exception's class and of its base classes, nearest first.
    timed_out : bool
        Whether a call was stopped at the time limit.
    changed : tuple of (str, int)
        Function and position of each array argument that no longer holds what it held.
    printed : str
        The beginning of what was printed or warned.
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)
    completed: int = 0
    problem: str = ""
    failed: str = ""
    raised: tuple[str, ...] = ()
    timed_out: bool = False
    changed: tuple[tuple[str, int], ...] = ()
    printed: str = ""


def attempt(
    calls: Sequence[Call],
    results: Mapping[str, Result],
    functions: Mapping[str, Any],
    seconds: float = SECONDS,
) -> Attempt:
    """Make the calls in order, until one fails, and collect the results by name.

    Every call gets its own copies of the arguments, so a function that changes them can't spoil a
    later call.

    >>> calls = (Call("double", (np.array([1.0, 2.0]),)),)
    >>> attempt(calls, {"y": Result(0)}, {"double": lambda x: 2 * x}).arrays
    {'y': array([2., 4.])}
    """
    tried = Attempt()
    values: list[Any] = []
    for call in calls:
        args = []
        for argument in call.args:
            if isinstance(argument, Result):
                value, problem = _pick(values, argument)
                if problem:
                    earlier = calls[argument.call].function
                    tried.problem, tried.failed = f"{earlier} returned {problem}.", earlier
                    return tried
                args.append(value)
            else:
                args.append(copy.deepcopy(argument))
        values.append(_call(functions, call.function, args, seconds, tried))
        if tried.problem:
            tried.failed = call.function
            return tried
        tried.completed += 1
    for name, result in results.items():
        value, problem = _pick(values, result)
        if not problem:
            try:
                tried.arrays[name] = as_plain_array(value)
            except TypeError as error:
                problem = str(error)
        if problem:
            tried.unusable[name] = problem
    return tried


def _pick(values: Sequence[Any], result: Result) -> tuple[Any, str]:
    """Return the value that `result` names, or what stands in the way."""
    value = values[result.call]
    if result.item is None:
        return value, ""
    if not isinstance(value, (tuple, list)) or len(value) <= result.item:
        return None, f"{_in_words(value)}, where a tuple was expected"
    return value[result.item], ""


def _in_words(value: Any) -> str:
    if value is None:
        return "None (is there a `return` at the end?)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"an object of type {type(value).__name__}"


def _call(
    functions: Mapping[str, Any], name: str, args: list[Any], seconds: float, tried: Attempt
) -> Any:
    """Call one function; what it does besides returning is noted in `tried`."""
    function = functions.get(name)
    if not callable(function):
        tried.problem = f"{name} is not a function here; has the cell that defines it been run?"
        return None
    before = copy.deepcopy([a if isinstance(a, np.ndarray) else None for a in args])
    printed = _Beginning()
    value = None
    try:
        with _quiet(printed), _time_limit(seconds):
            value = function(*args)
    except KeyboardInterrupt:
        raise
    except TimeLimitReached:
        tried.timed_out = True
        tried.problem = f"{name} was stopped after {seconds:g} s: is there a loop without an end?"
    except BaseException as error:
        tried.problem = _describe(name, function, error)
        tried.raised = tuple(kind.__name__ for kind in type(error).__mro__)
    tried.printed = (tried.printed + printed.text)[:_KEPT_OUTPUT]
    tried.changed += tuple(
        (name, position)
        for position, old in enumerate(before)
        if old is not None and not _same_array(old, args[position])
    )
    return value


def _describe(name: str, function: Any, error: BaseException) -> str:
    try:
        message = str(error)[:300]
    except Exception:  # the learner's own exception class may be broken, too
        message = ""
    if isinstance(error, NotImplementedError):
        return message or f"{name} is not written yet."
    text = f"{name} raised {type(error).__name__}" + (f": {message}" if message else "")
    return text.rstrip(".") + "." + _place(function, error)


def _place(function: Any, error: BaseException) -> str:
    """Quote the learner's own line in which the exception began, if it can be found."""
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    if not own or not own[-1].line:
        return ""
    return f"\nThat was line {own[-1].lineno} of the cell, in {own[-1].name}: {own[-1].line}"


def _same_array(old: np.ndarray, new: np.ndarray) -> bool:
    if old.shape != new.shape or old.dtype != new.dtype:
        return False
    return np.array_equal(old, new, equal_nan=old.dtype.kind == "f")


class _Beginning(io.TextIOBase):
    """Text output of which only the beginning is kept."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text[: max(0, _KEPT_OUTPUT - len(self.text))]
        return len(text)


def _print_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    print(f"{category.__name__}: {message}")


@contextlib.contextmanager
def _quiet(printed: _Beginning) -> Iterator[None]:
    """Collect prints. A warning is printed, too, even where warnings were made errors."""
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        warnings.showwarning = _print_warning
        yield


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeLimitReached` in the block after `seconds`.

    Needs signals and the main thread; elsewhere (Windows, Python in the browser) nothing is raised.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return

    def stop(_signum: int, _frame: object) -> None:
        raise TimeLimitReached

    previous = signal.signal(signal.SIGALRM, stop)
    # Again every half second, for code that catches everything and goes on.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
