"""Plans in the form in which they are sent: made once, sent for each learner of a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlcore.checks.plans import Call, Result, arrays_given
from dlgrader.sandbox.runner.wire import WireError, pack

_CALLS_AT_ONCE = 16
_MOST_KEPT, _MOST_BYTES = 2_048, 1 << 16


@dataclass(frozen=True)
class Packed:
    """A plan, ready to be sent.

    Attributes
    ----------
    calls : sequence of Call
    messages : list of (sequence of Call, bytes)
        Some of the calls each; the last message asks for the results, too.
    given : list of dict
        For each call the arrays that it hands over, see `dlcore.checks.plans.arrays_given`.
    """

    calls: Sequence[Call]
    messages: list[tuple[Sequence[Call], bytes]]
    given: list[dict[int | str, Any]]


class Packer:
    """Packs plans, and keeps those that are no larger than usual and were sent last."""

    def __init__(self) -> None:
        self._kept: dict[Any, Packed] = {}

    def packed(self, calls: Sequence[Call], wanted: Sequence[Result], anew: bool) -> Packed:
        """Return a plan in the form in which it is sent.

        Parameters
        ----------
        calls : sequence of Call
            In a tuple, it is taken to be the same whenever it is the same object.
        wanted : sequence of Result
            What is brought back if all calls come back.
        anew : bool
            Whether earlier calls are forgotten.
        """
        # The identity stays this object's own as long as the object is kept.
        key = id(calls), tuple(wanted), anew
        found = self._kept.pop(key, None)
        if found is None:
            found = _pack(calls, wanted, anew)
            size = sum(len(message) for _, message in found.messages)
            if not isinstance(calls, tuple) or size > _MOST_BYTES:
                return found
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        self._kept[key] = found
        return found


def _pack(calls: Sequence[Call], wanted: Sequence[Result], anew: bool) -> Packed:
    messages: list[tuple[Sequence[Call], bytes]] = []
    for start in range(0, len(calls), _CALLS_AT_ONCE):
        some = tuple(calls[start : start + _CALLS_AT_ONCE])
        is_last = start + _CALLS_AT_ONCE >= len(calls)
        asked = {
            "do": "play",
            "calls": some,
            "wanted": tuple(wanted) if is_last else (),
            "anew": anew and start == 0,
        }
        messages.append((some, packed_message(asked)))
    return Packed(calls, messages, [arrays_given(call) for call in calls])


def packed_message(asked: dict[str, Any]) -> bytes:
    """Return what is sent for a request; raise ValueError if it can't be sent."""
    try:
        return b"".join(pack(asked))
    except WireError as error:  # the grader's mistake, not the learner's
        raise ValueError(f"this call can't be sent: {error}") from None
