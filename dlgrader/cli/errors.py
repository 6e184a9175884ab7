"""Which exceptions are somebody's business to mend, and in which words they are told."""

from __future__ import annotations

import importlib.util


def explained(error: Exception) -> str:
    """Return what is wrong and what to do; empty for a fault of this program."""
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").partition(".")[0]
        if package in ("", "dlgrader", "dlcore") or importlib.util.find_spec(package):
            return ""
        return (
            f"the package {package} is not installed here; what grading needs comes with\n"
            "  pip install 'dlcore[grading]'"
        )
    if isinstance(error, OSError):
        return _file_error(error)

    # After the branch above: where nbgrader or SQLAlchemy is missing, that has been said by now.
    from sqlalchemy.exc import SQLAlchemyError

    from dlgrader.course import GradingError
    from dlgrader.solutions import SolutionTextError

    if isinstance(error, (GradingError, SolutionTextError)):
        return str(error)
    if isinstance(error, SQLAlchemyError):
        # The driver's own words; SQLAlchemy adds the whole statement and its data.
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        return f"the gradebook could not be used: {said}\n`dlgrader doctor` looks what is wrong"
    return ""


def _file_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    said = f"{where}{error.strerror or error}"
    if error.errno == 28:  # ENOSPC
        said += "; make room and run the same command again"
    return said
