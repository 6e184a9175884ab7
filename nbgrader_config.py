"""Settings of nbgrader for this course; its commands and its formgrader read this file."""

import os
import sys
from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from dlgrader import nbgrader_patches
from dlgrader.grading_steps import RunInSandbox, SaveBonus
from dlgrader.intake import IntakeExporter
from dlgrader.preprocessors import (
    FlagUnreadable,
    HideMarkScheme,
    OmitChecks,
    RestoreCells,
    StderrToStdout,
)

c = get_config()  # noqa: F821 (nbgrader provides it)

# nbgrader calls `alembic` by its name; it must be found even if the environment is not active.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

c.CourseDirectory.course_id = "deep-learning-checked"

# `dlgrader generate` makes build/source/ from the text in solutions/. Nothing but notebooks lies
# there, so no solution can be copied along into exercises/.
c.CourseDirectory.source_directory = "build/source"
c.CourseDirectory.release_directory = "exercises"

# What learners see in place of a solution; the line that raises stands in the source.
c.ClearSolutions.code_stub = {"python": "# Your work here."}
c.ClearSolutions.text_stub = "*Your answer here.*"
# The marking scheme stands in the locked question, above the answer that is graded by hand.
c.ClearMarkScheme.enforce_metadata = False

# How long and how much a learner's code may compute stands in dlgrader/sandbox/limits.py; change it
# here, for example c.RunInSandbox.limits = {"cell_seconds": 120}.

# nbgrader follows links, waits at pipes, and stops at an odd timestamp; see the module.
nbgrader_patches.install()
c.Autograde.exporter_class = IntakeExporter
c.Autograde.sanitize_preprocessors = [OverwriteKernelspec, RestoreCells, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [
    RunInSandbox,
    StderrToStdout,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    SaveBonus,
    FlagUnreadable,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.GenerateFeedback.preprocessors = [
    GetGrades,
    OmitChecks,
    HideMarkScheme,
    CSSHTMLHeaderPreprocessor,
]
