"""Take in what a learner handed in: each file ends as a clean notebook or with a named reason."""

from dlgrader.intake.reading import Intake, about_cell, read_content, read_notebook, unreadable
from dlgrader.intake.restoring import Released, restore

__all__ = [
    "Intake",
    "Released",
    "about_cell",
    "read_content",
    "read_notebook",
    "restore",
    "unreadable",
]
