"""The record of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["History"]


@dataclass
class History:
    """What happened during training, in numbers that can be written as JSON.

    Attributes
    ----------
    loss : list of float
        The loss of every iteration's batch, measured before that iteration's update.
    evaluated_at : list of int
        The iterations (counted from 1) after which accuracies were measured.
    evaluations : dict of lists of float
        For the name of each evaluation set its accuracies, one for each entry of `evaluated_at`.

    Examples
    --------
    >>> history = History(loss=[2.3, 1.9], evaluated_at=[2], evaluations={"test": [0.41]})
    >>> history.iterations
    2
    >>> History.from_dict(history.to_dict()) == history
    True
    """

    loss: list[float] = field(default_factory=list)
    evaluated_at: list[int] = field(default_factory=list)
    evaluations: dict[str, list[float]] = field(default_factory=dict)

    @property
    def iterations(self) -> int:
        """The number of iterations done so far."""
        return len(self.loss)

    def to_dict(self) -> dict[str, Any]:
        """Return a copy as a dict of plain lists, ready for ``json.dumps``."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> History:
        """Make a history from what ``to_dict`` returned.

        Raises
        ------
        ValueError
            If `record` has other keys, or lists that do not fit together.
        """
        names = {"loss", "evaluated_at", "evaluations"}
        if set(record) != names:
            raise ValueError(
                f"History.from_dict: expected the keys {sorted(names)}, got {sorted(record)}"
            )
        history = cls(
            [float(loss) for loss in record["loss"]],
            [int(iteration) for iteration in record["evaluated_at"]],
            {name: [float(a) for a in values] for name, values in record["evaluations"].items()},
        )
        for name, values in history.evaluations.items():
            if len(values) != len(history.evaluated_at):
                raise ValueError(
                    f"History.from_dict: expected {len(history.evaluated_at)} accuracies of "
                    f"{name!r}, one for each entry of evaluated_at, got {len(values)}"
                )
        return history
