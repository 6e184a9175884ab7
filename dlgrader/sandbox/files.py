"""Read the files that a learner handed in beside the notebook."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dlgrader.sandbox.backend import SessionEnded
from dlgrader.sandbox.limits import Limits
from dlgrader.sandbox.watchdog import amount


def read_files(folder: Path, limits: Limits) -> dict[str, bytes]:
    """Read the regular files of a folder, except notebooks, by their path in it.

    Raises
    ------
    SessionEnded
        If they are more than the sandbox has room for.
    """
    found: dict[str, bytes] = {}
    room = limits.disk_bytes // 2
    for parent, folders, names, handle in os.fwalk(folder, follow_symlinks=False):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".ipynb"):
                continue
            content = _content(name, handle, min(room, limits.file_bytes))
            if content is None:
                continue
            room -= len(content)
            if len(found) >= limits.files // 20:
                raise SessionEnded(f"more than {limits.files // 20} files were handed in")
            found[str(Path(parent, name).relative_to(folder))] = content
    return found


def _content(name: str, folder: int, most: int) -> bytes | None:
    """Return what is in a regular file, or None if it is something else."""
    try:
        # O_NONBLOCK, because opening a FIFO would wait for ever.
        number = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return None
        content = file.read(most + 1)
    if len(content) > most:
        raise SessionEnded(f"more than {amount(most)} of files were handed in")
    return content
