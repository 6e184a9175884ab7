"""nbgrader's settings for a course that is graded with `dlgrader`, in one place.

A course's nbgrader_config.py calls `configure` and then sets what is its own; so an update of the
package brings its settings along. For a folder whose file does not call it, such as one that
``nbgrader quickstart`` made, `dlgrader` calls `configure_grading` and lets the file go before.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from traitlets.config import Config

from dlgrader import nbgrader_patches
from dlgrader.feedback.exporter import FeedbackExporter
from dlgrader.feedback.hidden import HideHiddenTests
from dlgrader.preprocessors import HideMarkScheme, OmitChecks


def configure(c: Config) -> None:
    """Set what this course's assignments and `dlgrader` need of nbgrader.

    Called a second time, it changes nothing.
    """
    _assignments(c)
    configure_grading(c)


def configure_grading(c: Config) -> None:
    """Set what grading and feedback need, and mend nbgrader where no setting can.

    How learners' notebooks are made is left alone, so this suits any assignment of nbgrader's.
    """
    _find_alembic()
    # How long and how much a learner's code may compute stands in dlgrader/sandbox/limits.py; a
    # course changes it by, for example, c.RunInSandbox.limits = {"cell_seconds": 120}.
    nbgrader_patches.install()
    _feedback(c)
    _grades(c)


def _find_alembic() -> None:
    """Put the environment's programs on the path: nbgrader calls `alembic` by its name."""
    programs = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath)
    if path.split(os.pathsep)[0] != programs:
        os.environ["PATH"] = os.pathsep.join([programs, path])


def _assignments(c: Config) -> None:
    # What learners see in place of a solution; the line that raises stands in the source.
    c.ClearSolutions.code_stub = {"python": "# Your work here."}
    c.ClearSolutions.text_stub = "*Your answer here.*"
    # The marking scheme stands in the locked question, above the answer that is graded by hand.
    c.ClearMarkScheme.enforce_metadata = False


def _feedback(c: Config) -> None:
    c.GenerateFeedback.exporter_class = FeedbackExporter
    c.GenerateFeedback.preprocessors = [OmitChecks, HideMarkScheme, HideHiddenTests]


def _grades(c: Config) -> None:
    # Late submissions lose nothing unless a course says so; a day that costs 20 % of the points:
    # c.AssignLatePenalties.plugin_class = "dlgrader.late.PerDayPenalty"
    # c.PerDayPenalty.percent_per_day = 20
    c.ExportApp.plugin_class = "dlgrader.exports.GradeExport"
