"""Put a submission into submitted/: all of it or nothing; and what it replaces is kept.

A submission is written into a folder beside its place, whose name begins with a dot, so that no
program takes it for one, and gets its name when it is complete. What stood there before goes into
``replaced/ASSIGNMENT/LEARNER/TIME/``. Whatever an interrupted run left is put right by the next.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from dlgrader.moments import moment_of_file

REPLACED = "replaced"
LONGEST_NAME = 128
"""Bytes of a learner's name; it also names folders, and stands in a column of the gradebook."""

_LOCK = ".collecting.lock"
_NAME = re.compile(r"[^\s./\\+][^/\\+]*")


def is_usable_name(student: str) -> bool:
    """Whether a learner's name can name a folder, and only that.

    >>> [is_usable_name(name) for name in ("ada", "ada@example.org", "..", "", "a/b", ".ada")]
    [True, True, False, False, False, False]
    """
    fits = student.isprintable() and len(student.encode("utf-8", "replace")) <= LONGEST_NAME
    return fits and bool(_NAME.fullmatch(student))


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Wait until nobody else collects in this course."""
    # Another instructor of the same group may be the next to lock.
    with FileLock(root / _LOCK, mode=0o666):
        yield


@dataclass(frozen=True)
class Place:
    """Where a submission of a learner stands.

    Attributes
    ----------
    folder : Path
        Such as ``submitted/ada/ps4``.
    kept : Path
        The folder for those that were replaced.
    shared : bool
        Whether a group of instructors may write there (``c.CourseDirectory.groupshared``).
    """

    folder: Path
    kept: Path
    shared: bool = False

    @contextmanager
    def renewed(self) -> Iterator[Path]:
        """Yield an empty folder that takes the place once it is filled.

        If filling it raises, all stays as it was.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.put_right()
        start = f".{self.folder.name}.new-"
        fresh = Path(tempfile.mkdtemp(prefix=start, dir=self.folder.parent))
        try:
            yield fresh
            fresh.chmod(0o2770 if self.shared else 0o755)
            if os.path.lexists(self.folder):
                self.folder.rename(self._aside)
            fresh.rename(self.folder)
        finally:
            self.put_right()

    def put_right(self) -> None:
        """Undo or complete what an interrupted run began."""
        if not self.folder.parent.is_dir():
            return
        for entry in self.folder.parent.iterdir():
            if entry.name.startswith(f".{self.folder.name}.new-"):
                shutil.rmtree(entry, ignore_errors=True)
        if not os.path.lexists(self._aside):
            return
        if os.path.lexists(self.folder):
            self._keep_aside()
        else:
            self._aside.rename(self.folder)

    def holds(self, files: Mapping[str, Path]) -> bool:
        """Whether the submission consists of just these files, not looking at its time."""
        if self.folder.is_symlink():
            return False
        there = {path for path in self.folder.rglob("*") if not path.is_dir()}
        names = {str(path.relative_to(self.folder)) for path in there} - {"timestamp.txt"}
        return names == set(files) and all(
            filecmp.cmp(self.folder / name, files[name], shallow=False) for name in names
        )

    @property
    def _aside(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.old")

    def _keep_aside(self) -> None:
        if not os.path.lexists(self._aside):
            return
        self.kept.mkdir(parents=True, exist_ok=True)
        stamp = self._aside / "timestamp.txt"
        written = (stamp if stamp.exists() else self._aside).lstat().st_mtime
        name = f"{moment_of_file(written):%Y-%m-%dT%H-%M-%SZ}"
        number, place = 1, self.kept / name
        while os.path.lexists(place):
            number += 1
            place = self.kept / f"{name}-{number}"
        shutil.move(self._aside, place)
