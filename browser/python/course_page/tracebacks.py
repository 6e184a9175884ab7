"""Errors as the reader wants to see them: the lines of the cells, not of what runs them."""

from __future__ import annotations

import traceback
from pathlib import PurePosixPath

from course_page.outputs import Output

__all__ = ["error_output"]

_OWN_FOLDER = PurePosixPath(__file__).parent.as_posix()


def error_output(error: BaseException) -> Output:
    """Return an error as an nbformat output."""
    own_lines = getattr(error, "_render_traceback_", None)  # as IPython asks for them
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": list(own_lines()) if callable(own_lines) else lines_of(error),
    }


def lines_of(error: BaseException) -> list[str]:
    """Return the lines of the traceback, without colours.

    Of the places that Python went through, the cells' own remain, and the last one if it lies in a
    library: it says which of its functions complained.
    """
    report = traceback.TracebackException.from_exception(error, compact=True)
    _shorten(report)
    return "".join(report.format()).rstrip("\n").split("\n")


def _shorten(report: traceback.TracebackException) -> None:
    """Drop frames here, in the errors that led to this one, and in those of a group."""
    frames = [frame for frame in report.stack if not _is_own(frame)]
    kept = [frame for frame in frames if _is_cell(frame)]
    # Without any, the code could not even be read.
    if kept and not _is_cell(frames[-1]):
        kept.append(_named_briefly(frames[-1]))
    report.stack = traceback.StackSummary.from_list(kept)
    for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
        if other is not None:
            _shorten(other)


def _is_own(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(_OWN_FOLDER)


def _is_cell(frame: traceback.FrameSummary) -> bool:
    """Cells have names such as `cell 3`; files are paths, frozen modules stand in brackets."""
    return "/" not in frame.filename and not frame.filename.startswith("<")


def _named_briefly(frame: traceback.FrameSummary) -> traceback.FrameSummary:
    """Name a library's file from its package on, not from the root of the file system."""
    _, found, rest = frame.filename.rpartition("/site-packages/")
    if found:
        frame.filename = rest
    return frame
