"""Settings of nbgrader for this course; its commands and its formgrader read this file."""

import os
import secrets
import sys
from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    Execute,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from dlgrader.preprocessors import (
    DropEmptyMetadata,
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

# One cell may take a minute; then it is interrupted, and the next one runs.
c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
c.Execute.timeout = 60
c.Execute.interrupt_on_timeout = True
c.Execute.startup_timeout = 120
c.Execute.shutdown_kernel = "immediate"
# A learner's tag must not skip the graded cells: this one can't be guessed.
c.Execute.skip_cells_with_tag = secrets.token_hex(16)

c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    DeduplicateIds,
    DropEmptyMetadata,
    OverwriteKernelspec,
    RestoreCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    Execute,
    StderrToStdout,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.OverwriteCells.add_missing_cells = True
c.GenerateFeedback.preprocessors = [
    GetGrades,
    OmitChecks,
    HideMarkScheme,
    CSSHTMLHeaderPreprocessor,
]
