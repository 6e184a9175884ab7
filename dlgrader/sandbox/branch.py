"""Calls of a learner's functions, made in a child of the notebook's process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlcore.checks.plans import Call, Outcome, Result, UnusableError
from dlgrader.sandbox.backend import Process
from dlgrader.sandbox.deadline import Deadline
from dlgrader.sandbox.limits import Limits
from dlgrader.sandbox.packed import Packer, packed_message
from dlgrader.sandbox.runner.wire import ClosedError, Line, WireError

_TICK_SECONDS = 0.05
_TEXT = 2_000

_packer = Packer()


class CallTimeout(Exception):  # noqa: N818 (it is no error of the program's)
    """A call took too long."""


class Branch:
    """A copy of the notebook as it stands, in which functions are called; a `Player`.

    What a call changes stays in the copy. If the copy ends or has to be ended, the notebook and
    later branches are as they were. Made by `Session.branch`; use it in a ``with`` statement.
    """

    def __init__(
        self,
        connection: socket.socket,
        process: Process,
        known: frozenset[str],
        limits: Limits,
        *,
        end: Callable[[], str],
        ended_session: Callable[[], str],
    ) -> None:
        connection.settimeout(_TICK_SECONDS)
        self._line = Line(connection, limits.result_bytes, ahead=True)
        self._process, self._known, self._limits = process, known, limits
        self._end, self._ended_session = end, ended_session
        self._over = ""
        self._anew = False
        self._brought: dict[Result, Any] = {}

    def __enter__(self) -> Branch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ended(self) -> bool:
        """Whether the copy is gone; then no call comes back any more."""
        return bool(self._over)

    def reset(self) -> None:
        """Forget all calls; the next one is number 0 again."""
        self._anew = True  # said together with what is asked next
        self._brought.clear()

    def play(self, call: Call) -> Outcome:
        """Make a call; calls are numbered from 0 in the order in which they are made."""
        return self.play_all([call])[0]

    def play_all(self, calls: Sequence[Call], wanted: Sequence[Result] = ()) -> list[Outcome]:
        """Make calls until one has a problem; it is the last of the outcomes.

        If none has, the results `wanted` come along, so that `fetch` need not ask for them.
        """
        plan = _packer.packed(calls, wanted, self._anew)
        outcomes: list[Outcome] = []
        for some, message in plan.messages:
            for number, call in enumerate(some):
                # All are sent with the first: the process need not wait for the next one.
                given = plan.given[len(outcomes)]
                outcomes.append(self._play(call, given, None if number else message))
                if outcomes[-1].problem:
                    return outcomes
        if plan.messages:
            for result in wanted:
                self._brought[result] = self._received("the result")
        return outcomes

    def _play(self, call: Call, given: dict[int | str, Any], message: bytes | None) -> Outcome:
        """Receive the outcome of a call, after sending a message, if there is one to send."""
        if self._over:
            return Outcome(problem=self._over)
        name = call.function
        try:
            answer = self._ask(message)
            if "refused" in answer:
                return Outcome(problem=f"{name} gave back {_text(answer, 'refused')}.")
            return _outcome(answer, given)
        except CallTimeout:
            self._stop(
                f"{name} was stopped after {self._limits.call_seconds:g} s: "
                "is there a loop without an end?"
            )
            return Outcome(problem=self._over, timed_out=True)
        except ClosedError:
            self._stop("")
            return Outcome(problem=self._over)
        except WireError as error:
            self._stop(f"{name} disturbed the process it ran in ({error}).")
            return Outcome(problem=self._over)

    def fetch(self, result: Result) -> Any:
        """Return an array, or plain data; raise `UnusableError` with what stands in the way."""
        if result in self._brought:
            value = self._brought.pop(result)
        else:
            value = self._received("the result", {"do": "fetch", "result": result})
        if isinstance(value, UnusableError):
            raise value
        if not (_is_plain(value) if result.plain else type(value) is np.ndarray):
            raise UnusableError("something else than what was asked for")
        return value

    def read(self, name: str) -> Any:
        """Return the value of a variable as plain data, a dict without what is not plain in it.

        Raises
        ------
        UnusableError
            If there is no such variable, or it holds something else.
        """
        value = self._received(name, {"do": "read", "name": name})
        if isinstance(value, UnusableError):
            raise value
        if not _is_plain(value):
            raise UnusableError("something else than what was asked for")
        return value

    def close(self) -> None:
        """End the copy, with all that was started in it."""
        if not self._over:
            self._stop("the branch is closed")

    def _ask(self, message: bytes | None) -> dict[str, Any]:
        """Send a message, if there is one, and receive an answer."""
        deadline = Deadline(self._process, self._limits.call_seconds)

        def check() -> None:
            if deadline.over():
                raise CallTimeout
            if self._process.poll() is not None:
                raise ClosedError("the sandbox is gone")

        if message is not None:
            self._anew = False
            self._line.send_parts([message], check)
        return self._line.receive(check)

    def _received(self, what: str, asked: dict[str, Any] | None = None) -> Any:
        """Return a value, or an `UnusableError` that says what stands in the way.

        Without a request, it is a value that was asked for earlier.
        """
        if self._over:
            return UnusableError(self._over)
        try:
            message = packed_message({**asked, "anew": self._anew}) if asked else None
            answer = self._ask(message)
            if "value" in answer:
                return answer["value"]
            return UnusableError(_text(answer, "refused" if "refused" in answer else "unusable"))
        except CallTimeout:
            self._stop(f"stopped after {self._limits.call_seconds:g} s of reading {what}")
        except ClosedError:
            self._stop("")
        except WireError as error:
            self._stop(f"{what} disturbed the process it was read in ({error})")
        return UnusableError(self._over)

    def _stop(self, why: str) -> None:
        """End the copy; without a reason, it has ended by itself."""
        # The notebook's process knows best when the copy has ended. What the copy has started, and
        # what that was just starting, is seen to afterwards.
        self._process.kill_others(self._known, once=True)
        self._line.close()
        how = self._end()
        self._process.kill_others(self._known)
        self._over = self._ended_session() or why or f"The process {how} during the call."


def _outcome(answer: dict[str, Any], given: dict[int | str, Any]) -> Outcome:
    """Make an `Outcome` of an answer that may be forged; it leaves out what goes without saying."""
    raised, lines = answer.get("raised", ()), answer.get("lines", 0)
    if type(raised) is not tuple or not all(type(name) is str for name in raised):
        raise WireError("an answer of an unknown kind")
    if type(lines) is not int or lines < 0:
        raise WireError("an answer of an unknown kind")
    outcome = Outcome(
        problem=_text(answer, "problem", ""),
        raised=tuple(name[:100] for name in raised[:50]),
        printed=_text(answer, "printed", ""),
        lines=min(lines, 2**62),
    )
    if "after" in answer:
        # Sent is only what holds something else than the plan has handed over,
        outcome.after = {**given, **_held(answer["after"])}
        # and of the original arrays, what holds something else than is there now.
        outcome.original = {**outcome.after, **_held(answer.get("original", {}))}
    return outcome


def _text(answer: dict[str, Any], name: str, default: str | None = None) -> str:
    text = answer.get(name, default)
    if type(text) is not str:
        raise WireError("an answer of an unknown kind")
    return text[:_TEXT]


def _is_plain(value: Any) -> bool:
    """Whether this consists of numbers and text, lists, tuples and dicts."""
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    return value is None or type(value) in (bool, int, float, str)


def _held(arguments: Any) -> dict[int | str, Any]:
    """Return what arguments hold: by position or name an array, a dict of such, or None."""
    if type(arguments) is not dict:
        raise WireError("an answer of an unknown kind")
    for held in arguments.values():
        if type(held) is dict:
            _held(held)
        elif held is not None and type(held) is not np.ndarray:
            raise WireError("an answer of an unknown kind")
    return arguments
