"""The files of a folder that a learner filled: regular ones, within bounds, and no others."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from traitlets.log import get_logger

from dlgrader.collected import remark
from dlgrader.intake.files import kind_of

MOST_FILES = 1_000
MOST_BYTES = 100 * 2**20
"""Of all files of one submission together, the notebook left out."""

_MOST_FOLDERS_DEEP = 8


def find_regular_files(path: str, exclude: Sequence[str] | None = None) -> list[str]:
    """Return the files below a folder that may be copied; in place of ``find_all_files``.

    Left out are links and everything that lies behind them, pipes and devices, what may not be
    read, names that not every program could write down, and what goes beyond the bounds above.
    """
    # In "source/./ps1" stands no learner's folder; the instructor may have linked "source".
    own = os.path.basename(os.path.dirname(path)) == "."  # noqa: PTH119, PTH120 (Path drops ".")
    root = Path(path)
    if root.is_symlink() or (root.parent.is_symlink() and not own):
        _leave_out(f"Nothing is copied from {root}", "the folder is a symbolic link")
        return []
    found: list[str] = []
    room = MOST_BYTES
    for file in _regular_files(root, root, tuple(exclude or ()), 0):
        room -= file.lstat().st_size
        if room < 0 or len(found) >= MOST_FILES:
            why = (
                f"more than {MOST_BYTES // 2**20} MiB in all"
                if room < 0
                else f"more than {MOST_FILES:,} files"
            )
            _leave_out(f"Only {len(found)} files are copied from {root}", why)
            break
        found.append(str(file))
    return found


def _regular_files(folder: Path, root: Path, exclude: Sequence[str], depth: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        _leave_out(f"Not copied: {folder}", f"{_shown(folder, root)}: the folder can't be read")
        return
    for entry in entries:
        if any(fnmatch.fnmatch(entry.name, pattern) for pattern in exclude):
            continue
        path = folder / entry.name
        if not entry.name.isprintable():  # neither are bytes that are no UTF-8
            _leave_out(f"Not copied from {folder}", f"{entry.name!a}: an odd name")
        elif entry.is_dir(follow_symlinks=False):
            if depth < _MOST_FOLDERS_DEEP:
                yield from _regular_files(path, root, exclude, depth + 1)
            else:
                _leave_out(f"Not copied: {path}", f"{_shown(path, root)}: too many folders deep")
        elif kind := kind_of(entry.stat(follow_symlinks=False).st_mode):
            _leave_out(f"Not copied: {path}", f"{_shown(path, root)}: {kind}")
        elif os.access(path, os.R_OK):
            yield path
        else:
            _leave_out(f"Not copied: {path}", f"{_shown(path, root)}: may not be read")


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path != root else path.name


def _leave_out(what: str, why: str) -> None:
    get_logger().warning("%s: %s", what, why)
    remark(f"not copied: {why}")
