"""Call what a learner wrote in this process, and come back with plain data, whatever happens.

This is right for a check cell; the grader's player asks another process.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.checks.comparing import as_plain_array, as_plain_data
from dlcore.checks.plans import (
    KEPT_OUTPUT,
    Call,
    Outcome,
    Result,
    Seed,
    Shared,
    UnusableError,
    arrays_of,
    items_of,
)

SECONDS = 3.0
"""Time that one call may take; the cases are so small that plain Python loops need milliseconds."""

_UNCHANGEABLE = (str, int, float, type(None))
_NUMPY = str(Path(np.__file__).parent)


class TimeLimitReached(BaseException):
    """Raised inside the learner's function; their ``except Exception`` does not swallow it."""


class LocalPlayer:
    """Makes calls in this process.

    Every call gets its own copies of the arguments, so a function that changes them can't spoil a
    later call; `Shared` arguments are the exception.

    Parameters
    ----------
    functions : mapping
        The functions and classes that can be called, by name; a notebook's namespace will do.
    seconds : float, optional
        Time limit of one call; without, there is none.
    """

    def __init__(self, functions: Mapping[str, Any], seconds: float | None = SECONDS) -> None:
        self._functions = functions
        self._seconds = seconds
        self.reset()

    def reset(self) -> None:
        """Forget all calls; the next one is number 0 again."""
        self._values: list[Any] = []
        self._shared: dict[str, Any] = {}

    def play(self, call: Call) -> Outcome:
        """Make a call."""
        outcome = Outcome()
        value = None
        try:
            function = self._find(call)
            arguments = {name: self._make(given) for name, given in call.arguments().items()}
        except UnusableError as error:
            outcome.problem = str(error)
        else:
            originals = {name: arrays_of(value) for name, value in arguments.items()}
            value = self._call(call, function, arguments, outcome)
            held = {name: arrays_of(value) for name, value in arguments.items()}
            taken: dict[int, Any] = {}
            outcome.after = {name: _snapshot(held[name], taken) for name in held}
            outcome.original = {name: _snapshot(originals[name], taken) for name in originals}
        self._values.append(value)
        return outcome

    def play_all(
        self,
        calls: Sequence[Call],
        wanted: Sequence[Result] = (),  # noqa: ARG002 (it is at hand)
    ) -> list[Outcome]:
        """Make calls until one has a problem; it is the last of the outcomes."""
        outcomes: list[Outcome] = []
        for call in calls:
            outcomes.append(self.play(call))
            if outcomes[-1].problem:
                break
        return outcomes

    def fetch(self, result: Result) -> Any:
        """Return an array, or plain data."""
        try:
            value = self._pick(result)
        except UnusableError as error:
            raise UnusableError(f"missing: {error}") from None
        try:
            return as_plain_data(value) if result.plain else as_plain_array(value)
        except TypeError as error:
            raise UnusableError(str(error)) from None

    def _find(self, call: Call) -> Any:
        name = call.function
        if call.of is not None:
            holder = self._pick(call.of)
            function = getattr(holder, name, None)
            if not callable(function):
                raise UnusableError(f"{type(holder).__name__} has no method {name}.")
            return function
        package, _, rest = name.rpartition(".")
        if package.split(".")[0] in ("numpy", "dlcore"):
            return getattr(importlib.import_module(package), rest)
        function = self._functions.get(name)
        if not callable(function):
            raise UnusableError(
                f"{name} is not a function here; has the cell that defines it been run?"
            )
        return function

    def _make(self, given: Any) -> Any:
        """Turn what stands in a plan into an argument of the learner's function."""
        if isinstance(given, Result):
            return self._pick(given)
        if isinstance(given, Seed):
            return np.random.default_rng(given.seed)
        if isinstance(given, Shared):
            if given.key not in self._shared:
                self._shared[given.key] = self._make(given.value)
            elif given.value is not None:
                _refill(self._shared[given.key], given.value)
            return self._shared[given.key]
        return given if isinstance(given, _UNCHANGEABLE) else copy.deepcopy(given)

    def _pick(self, result: Result) -> Any:
        value = self._values[result.call]
        if result.item is None:
            return value
        if not isinstance(value, (tuple, list)) or len(value) <= result.item:
            raise UnusableError(f"{_in_words(value)} came back, where a tuple was expected")
        return value[result.item]

    def _call(
        self, call: Call, function: Any, arguments: Mapping[int | str, Any], outcome: Outcome
    ) -> Any:
        printed = _Beginning()
        args = [arguments[name] for name in range(len(call.args))]
        kwargs = {name: arguments[name] for name in call.kwargs}
        counting = _line_count(outcome) if call.counted else contextlib.nullcontext()
        value = None
        try:
            with _quiet(printed), _time_limit(self._seconds), counting:
                value = function(*args, **kwargs)
        except KeyboardInterrupt:
            raise
        except TimeLimitReached:
            outcome.timed_out = True
            outcome.problem = (
                f"{call.function} was stopped after {self._seconds:g} s: is there a loop without "
                "an end?"
            )
        except BaseException as error:
            outcome.problem = _describe(call.function, function, error)
            outcome.raised = tuple(
                kind.__name__ for kind in type(error).__mro__ if kind in _PYTHONS_EXCEPTIONS
            )
        outcome.printed = printed.text
        return value


_PYTHONS_EXCEPTIONS = {
    value
    for value in vars(importlib.import_module("builtins")).values()
    if isinstance(value, type) and issubclass(value, BaseException)
}


def _snapshot(held: Any, taken: dict[int, Any]) -> Any:
    """Return copies of arrays; `taken` are those made before, by the identity of the array."""
    if isinstance(held, dict):
        return {key: _snapshot(item, taken) for key, item in held.items()}
    if held is None:
        return None
    if id(held) not in taken:
        try:
            taken[id(held)] = as_plain_array(held)
        except TypeError:
            taken[id(held)] = None
    return taken[id(held)]


def _refill(held: Any, value: Any) -> None:
    """Fill new values into the arrays of an argument; what is no array is left alone.

    An array that a learner took out of a dict or list, or replaced, is put back.
    """
    if isinstance(held, np.ndarray):
        held[...] = value
        return
    if not isinstance(held, (dict, list)):
        return
    for key, item in items_of(value):
        there: Any = held.get(key) if isinstance(held, dict) else dict(enumerate(held)).get(key)
        fits = isinstance(there, np.ndarray) and there.shape == np.shape(item)
        if isinstance(item, (dict, list)) and isinstance(there, type(item)):
            _refill(there, item)
        elif fits and there.flags.writeable and there.dtype == item.dtype:
            there[...] = item
        elif isinstance(held, dict) or key < len(held):
            held[key] = copy.deepcopy(item)
        else:
            held.append(copy.deepcopy(item))


def _in_words(value: Any) -> str:
    if value is None:
        return "None (is there a `return` at the end?)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"an object of type {type(value).__name__}"


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
    if isinstance(function, type):
        function = function.__init__  # type: ignore[misc]  # of a class that was just called
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    if not own or not own[-1].line:
        return ""
    return f"\nThat was line {own[-1].lineno} of the cell, in {own[-1].name}: {own[-1].line}"


class _Beginning(io.TextIOBase):
    """Text output of which only the beginning is kept."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text[: max(0, KEPT_OUTPUT - len(self.text))]
        return len(text)


def _print_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    print(f"{category.__name__}: {message}")


@contextlib.contextmanager
def _quiet(printed: _Beginning) -> Iterator[None]:
    """Collect prints. A warning is printed, too, even where warnings were made errors."""
    before = sys.stdout, sys.stderr
    with warnings.catch_warnings(action="default"):
        warnings.showwarning = _print_warning
        sys.stdout = sys.stderr = printed
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


def _time_limit(seconds: float | None) -> contextlib.AbstractContextManager[None]:
    """Raise `TimeLimitReached` in the block after `seconds`.

    Needs signals and the main thread; elsewhere (Windows, Python in the browser) nothing is raised.
    """
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not (main and hasattr(signal, "setitimer")):
        return contextlib.nullcontext()
    return _stopped_after(seconds)


@contextlib.contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
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


@contextlib.contextmanager
def _line_count(outcome: Outcome) -> Iterator[None]:
    """Count the lines of Python that run in the block, NumPy's own left out."""

    def trace(frame: Any, event: str, _arg: object) -> Any:
        if frame.f_code.co_filename.startswith(_NUMPY):
            return None
        if event == "line":
            outcome.lines += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
