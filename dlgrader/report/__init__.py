"""What an instructor wants to know of a class: how it did, what it misunderstands, who needs help."""

from dlgrader.report.verb import report

__all__ = ["report"]
