"""What a learner handed in, read from its folder as bytes."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlgrader.course import Course
from dlgrader.intake.files import Unreadable, is_linked, kind_of, read_regular_file
from dlgrader.intake.reading import MOST_BYTES
from dlgrader.nbgrader_patches import find_regular_files
from dlgrader.sandbox import Limits

# More can't be unpacked in the sandbox, which says so.
_MOST_FILE_BYTES = Limits().disk_bytes


@dataclass(frozen=True)
class NotebookFile:
    """A notebook's file.

    Attributes
    ----------
    content : bytes
    reason : str
        Why there is no content; begins with a verb.
    remark : str
        What is odd about where it was found.
    """

    content: bytes = b""
    reason: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Submission:
    """What a learner handed in.

    Attributes
    ----------
    notebooks : mapping of NotebookFile
        One for each notebook of the assignment, by its name.
    extra : mapping of Path
        The other files that the notebook finds beside it, by their path in the folder: the
        learner's, and the assignment's own in their place.
    timestamp : datetime, optional
        In UTC, without saying so.
    digest : str
        Names the content and the time of all that was handed in.
    """

    assignment: str
    student: str
    notebooks: Mapping[str, NotebookFile]
    extra: Mapping[str, Path]
    timestamp: datetime.datetime | None
    digest: str

    def extra_files(self) -> dict[str, bytes]:
        """Read the other files, as many as may be unpacked and one more."""
        found: dict[str, bytes] = {}
        room = _MOST_FILE_BYTES
        for name, path in self.extra.items():
            try:
                content = read_regular_file(path, _MOST_FILE_BYTES)
            except Unreadable:
                continue
            found[name] = content
            room -= len(content)
            if room < 0:
                break
        return found


def read_submission(
    course: Course, assignment: str, student: str, names: Sequence[str]
) -> Submission:
    """Read what a learner handed in; `names` are those of the assignment's notebooks."""
    folder = course.submission("submitted", student, assignment)
    below = course.submissions_folder
    notebooks = {name: _notebook(folder, name, names, below) for name in names}
    theirs = _relative(folder, course.ignored)
    timestamp = course.timestamp(folder)
    return Submission(
        assignment,
        student,
        notebooks,
        theirs | _relative(course.source_folder(assignment), course.ignored),
        timestamp,
        _digest(notebooks, theirs, timestamp),
    )


def _notebook(folder: Path, name: str, names: Sequence[str], below: Path) -> NotebookFile:
    path, remark = folder / f"{name}.ipynb", ""
    if not _exists(path):
        other = _under_another_name(folder, names)
        if other is not None:
            remark = f"There is no {path.name}; the only other notebook was read."
            path = other
    try:
        if path.is_relative_to(below) and is_linked(path, below):
            raise Unreadable("lies in a folder that is a symbolic link")
        return NotebookFile(content=read_regular_file(path, MOST_BYTES), remark=remark)
    except Unreadable as reason:
        return NotebookFile(reason=str(reason), remark=remark)


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _under_another_name(folder: Path, names: Sequence[str]) -> Path | None:
    """Return the only notebook of the folder that is none of the assignment's, if there is."""
    expected = {f"{name}.ipynb" for name in names}
    try:
        others = [
            path
            for path in folder.iterdir()
            if path.suffix == ".ipynb"
            and path.name not in expected
            and not kind_of(path.lstat().st_mode)
        ]
    except OSError:
        return None
    return others[0] if len(others) == 1 else None


def _relative(folder: Path, ignored: Sequence[str]) -> dict[str, Path]:
    found = (Path(name) for name in find_regular_files(str(folder), [*ignored, "*.ipynb"]))
    return {path.relative_to(folder).as_posix(): path for path in found}


def _digest(
    notebooks: Mapping[str, NotebookFile],
    files: Mapping[str, Path],
    timestamp: datetime.datetime | None,
) -> str:
    whole = hashlib.sha256(str(timestamp).encode())
    for name, file in sorted(notebooks.items()):
        for part in (name.encode(), file.content, f"{file.reason}{file.remark}".encode()):
            whole.update(hashlib.sha256(part).digest())
    for name, path in sorted(files.items()):
        whole.update(hashlib.sha256(name.encode()).digest())
        try:
            with path.open("rb") as opened:
                whole.update(hashlib.file_digest(opened, "sha256").digest())
        except OSError:
            continue
    return whole.hexdigest()
