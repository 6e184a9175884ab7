"""What an instructor wants to know of a class: how it did, where it is wrong, who needs help."""

from dlgrader.report.verb import report

__all__ = ["report"]
