"""Answers that have code in common: among learners, with the library, with the model solution."""

from dlgrader.similarity.verb import similarity

__all__ = ["similarity"]
