"""Settings of nbgrader's own way to grade, which grading here does not use."""

from __future__ import annotations

from traitlets.config import Config

_OF_AUTOGRADE = {"create_student", "force", "log_level", "log_format", "log_datefmt"}
"""What is looked at in ``c.Autograde``."""

_ONLY_NBGRADERS = (
    *("Execute", "OverwriteCells", "OverwriteKernelspec", "DeduplicateIds"),
    *("CheckCellMetadata", "SaveAutoGrades"),
)
"""Steps of nbgrader's that have others in their place."""

REMEDY = """\
submissions are put in order, run and judged by dlgrader itself: no preprocessor or hook is called;
how long a cell may run is set by c.RunInSandbox.limits = {"cell_seconds": 120}"""


def unused_settings(config: Config) -> list[str]:
    """Return the settings of a course that change nothing when submissions are graded.

    >>> unused_settings(Config({"Autograde": {"force": True}, "Execute": {"timeout": 60}}))
    ['c.Execute.timeout']
    """
    ours = sorted(set(config.get("Autograde", {})) - _OF_AUTOGRADE)
    return [
        *(f"c.Autograde.{name}" for name in ours),
        *(f"c.{step}.{name}" for step in _ONLY_NBGRADERS for name in sorted(config.get(step, {}))),
    ]
