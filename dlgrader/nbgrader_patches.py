"""What nbgrader does with files that a learner made, and there is no setting to change.

nbgrader 0.9 copies whatever was handed in, through symbolic links (to the solutions, say, which are
then published as feedback), waits for ever at a named pipe, stops with a traceback at a timestamp
that is none, and leaves a submission without grade and reason if its notebook has another name.
Nor can it be told to stop before the first submission if there is no sandbox to run it in.
`install`, which nbgrader_config.py calls, replaces six functions of nbgrader by those below.
"""

from __future__ import annotations

import datetime
import fnmatch
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, base
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default.collect import ExchangeCollect
from nbgrader.utils import parse_utc
from traitlets.log import get_logger

from dlgrader.grading_steps import sandbox_problem
from dlgrader.intake.files import Unreadable, kind_of, read_regular_file

MOST_FILES = 1_000
MOST_BYTES = 100 * 2**20
"""Of all files of one submission together, the notebook left out."""

_MOST_FOLDERS_DEEP = 8
_LONGEST_TIMESTAMP = 200
_EARLIEST, _LATEST = datetime.datetime(2000, 1, 1), datetime.datetime(2200, 1, 1)


def install() -> None:
    """Put the functions of this module into nbgrader; a second time does nothing more."""
    base.find_all_files = find_regular_files
    CourseDirectory.get_existing_timestamp = get_existing_timestamp
    Autograde.init_notebooks = init_notebooks
    Autograde.start = start_in_sandbox
    ExchangeCollect.do_copy = do_copy
    ExchangeCollect._path_to_record = path_to_record


# -- files -----------------------------------------------------------------------------------------


def find_regular_files(path: str, exclude: Sequence[str] | None = None) -> list[str]:
    """Return the files below a folder that may be copied; in place of ``find_all_files``.

    Left out are links and everything that lies behind them, pipes and devices, what may not be
    read, names that not every program could write down, and what goes beyond the bounds above.
    """
    # In "source/./ps1" stands no learner's folder; the instructor may have linked "source".
    own = os.path.basename(os.path.dirname(path)) == "."  # noqa: PTH119, PTH120 (Path drops ".")
    root = Path(path)
    if root.is_symlink() or (root.parent.is_symlink() and not own):
        get_logger().warning("Nothing is copied from %s: it is a symbolic link", root)
        return []
    found: list[str] = []
    room = MOST_BYTES
    for file in _regular_files(root, tuple(exclude or ()), 0):
        room -= file.lstat().st_size
        if room < 0 or len(found) >= MOST_FILES:
            get_logger().warning("Only %d files are copied from %s: too many", len(found), root)
            break
        found.append(str(file))
    return found


def _regular_files(folder: Path, exclude: Sequence[str], depth: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if any(fnmatch.fnmatch(entry.name, pattern) for pattern in exclude):
            continue
        path = folder / entry.name
        if not entry.name.isprintable():  # neither are bytes that are no UTF-8
            get_logger().warning("Not copied: a file with an odd name in %s", folder)
        elif entry.is_dir(follow_symlinks=False):
            if depth < _MOST_FOLDERS_DEEP:
                yield from _regular_files(path, exclude, depth + 1)
        elif kind := kind_of(entry.stat(follow_symlinks=False).st_mode):
            get_logger().warning("Not copied: %s is %s", path, kind)
        elif os.access(path, os.R_OK):
            yield path


def do_copy(self: Any, src: str, dest: str, log: Any = None) -> None:  # noqa: ARG001 (nbgrader's)
    """Copy one submission out of the exchange, whose folders belong to the learners."""
    Path(dest).mkdir(parents=True, exist_ok=True)
    for file in find_regular_files(f"{src}", self.coursedir.ignore):
        size = Path(file).lstat().st_size
        included = any(fnmatch.fnmatch(Path(file).name, p) for p in self.coursedir.include)
        if not included or size > 1000 * self.coursedir.max_file_size:
            self.log.warning("Not copied: %s", file)
            continue
        target = Path(dest) / Path(file).relative_to(src)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.write_bytes(read_regular_file(Path(file), size))
        except (Unreadable, OSError) as reason:
            self.log.warning("Not copied: %s %s", file, reason)
            continue
        shutil.copystat(file, target, follow_symlinks=False)
        target.chmod(0o664 if self.coursedir.groupshared else 0o644)
    if self.coursedir.groupshared:
        for folder in (Path(dest), *(path for path in Path(dest).rglob("*") if path.is_dir())):
            folder.chmod(0o2770)


# -- timestamps ------------------------------------------------------------------------------------


def get_existing_timestamp(self: Any, dest_path: str) -> datetime.datetime | None:
    """Return when a submission was handed in; of a timestamp that is none, the file's own time."""
    path = Path(dest_path) / "timestamp.txt"
    try:
        written = path.lstat().st_mtime
    except OSError:
        return None
    try:
        text = read_regular_file(path, _LONGEST_TIMESTAMP).decode("ascii").strip()
        if not text:
            self.log.warning("Empty timestamp file: %s", path)
            return None
        return _plausible(parse_utc(text))
    except Exception as error:  # whatever dateutil does with a text that somebody made up
        reason = str(error) if isinstance(error, Unreadable) else "holds no time"
        self.log.warning("%s %s; the file's own time is taken", path, reason)
        return _time(written)


def path_to_record(self: Any, path: str) -> dict[str, Any]:
    """Return learner and time of a folder in the exchange; its name was given by a learner."""
    name = Path(path).name
    parts = name.rsplit("+", 3)
    try:
        timestamp = _plausible(parse_utc(parts[2]))
    except Exception:  # as above
        self.log.warning("%s holds no time; the folder's own time is taken", name)
        timestamp = _time(Path(path).lstat().st_mtime)
    return {"username": parts[0], "filename": name, "timestamp": timestamp}


def _plausible(moment: datetime.datetime) -> datetime.datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError(f"{moment} is no time of a submission")
    return moment


def _time(seconds: float) -> datetime.datetime:
    """Return a file's time as nbgrader counts: in UTC, but without saying so."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


# -- notebooks -------------------------------------------------------------------------------------

_find_notebooks, _start = base.BaseConverter.init_notebooks, base.BaseConverter.start


def start_in_sandbox(self: Any) -> None:
    """Grade, unless submissions can't be run safely here; then nothing is touched."""
    if problem := sandbox_problem(self.config):
        self.log.error("%s", problem)
        raise base.NbGraderException(problem)
    _start(self)


def init_notebooks(self: Any) -> None:
    """Find the submissions; every one has all notebooks of the assignment, even if not handed in.

    What stands in their place is the business of `dlgrader.intake`. Notebooks that the assignment
    does not have are left out, as are folders whose name nbgrader could not handle.
    """
    with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
        try:
            notebooks = book.find_assignment(self.coursedir.assignment_id).notebooks
        except MissingEntry:
            notebooks = []
        names = [f"{notebook.name}.ipynb" for notebook in notebooks]
    pattern = f"{self.coursedir.notebook_id}.ipynb"
    wanted = [name for name in names if fnmatch.fnmatch(name, pattern)]
    if not wanted:
        _find_notebooks(self)
        return
    self.assignments, self.notebooks = {}, []
    folders = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
    for folder in sorted(base.glob.glob(folders)):
        if not folder.isprintable():
            self.log.error("Left out: the folder %r has an odd name", folder)
            continue
        self.assignments[folder] = [str(Path(folder) / name) for name in wanted]
    if not self.assignments:
        _find_notebooks(self)  # says what is missing
