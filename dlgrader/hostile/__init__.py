"""Hostile, broken, and honest but odd submissions, each with what is expected of its grade."""

from dlgrader.hostile.cells import CELLS
from dlgrader.hostile.declaring import FOUND, Ground, Hostile
from dlgrader.hostile.files import FILES
from dlgrader.hostile.patches import PATCHES
from dlgrader.hostile.process import PROCESS
from dlgrader.hostile.secrets import SECRETS, listening
from dlgrader.hostile.values import VALUES

HOSTILE: tuple[Hostile, ...] = (*PROCESS, *PATCHES, *SECRETS, *CELLS, *FILES, *VALUES)

__all__ = ["FOUND", "HOSTILE", "Ground", "Hostile", "listening"]
