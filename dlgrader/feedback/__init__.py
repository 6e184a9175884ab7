"""Feedback for learners, and the formgrader's preview: worth reading, and safe to open."""

from dlgrader.feedback.verb import feedback

__all__ = ["feedback"]
