"""Checks of answers that are no code: that one is given, not whether it is right."""

from __future__ import annotations

from typing import Any

from dlcore.checks.reporting import CheckFailed


class ChoiceCheck:
    """A check of a choice question: whether one of the letters was chosen.

    >>> check = ChoiceCheck("ridge", "abcd")
    >>> check("c")
    ridge: your answer is c. Whether it is right stands in the feedback.
    """

    def __init__(self, name: str, letters: str) -> None:
        self._name, self._letters = name, letters

    def __call__(self, answer: Any) -> None:
        """Say that the answer counts as one, or raise `CheckFailed`."""
        if answer is None:
            raise CheckFailed(f"{self._name}: no answer yet. Put a letter between quotation marks.")
        if not isinstance(answer, str) or answer.strip().lower() not in tuple(self._letters):
            raise CheckFailed(
                f"{self._name}: expected one of the letters {', '.join(self._letters)}, "
                f'such as {self._name} = "{self._letters[0]}"; got {answer!r:.40}'
            )
        print(
            f"{self._name}: your answer is {answer.strip().lower()}. "
            "Whether it is right stands in the feedback."
        )

    def __repr__(self) -> str:
        return f"check of the choice {self._name}"
