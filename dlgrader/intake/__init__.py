"""Take in what a learner handed in: each file ends as a clean notebook or with a named reason."""

from dlgrader.intake.exporter import IntakeExporter, about_cell
from dlgrader.intake.reading import Intake, read_notebook
from dlgrader.intake.restoring import Released, restore

__all__ = ["Intake", "IntakeExporter", "Released", "about_cell", "read_notebook", "restore"]
