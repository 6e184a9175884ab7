"""What the selfcheck counts, and its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What was judged, and what was judged wrongly."""

    right: int = 0
    refused: int = 0
    wrong: int = 0
    accepted: int = 0
    unnamed: int = 0
    hostile: int = 0
    gained: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def faultless(self) -> bool:
        """Whether nothing was judged wrongly."""
        return not self.problems


def selfcheck_table(tallies: Mapping[str, Tally]) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| assignment | right answers | refused | wrong answers | accepted | not named | "
        "hostile submissions | gained |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, tally in tallies.items():
        numbers = (
            tally.right,
            tally.refused,
            tally.wrong,
            tally.accepted,
            tally.unnamed,
            tally.hostile,
            tally.gained,
        )
        lines.append(f"| {name} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines)
