"""Open files that somebody else made: regular files of a bounded size, never through a link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class Unreadable(Exception):  # noqa: N818 (a finding about somebody's file)
    """A file cannot be read; the message says why, and begins with a verb: "is empty"."""


def kind_of(mode: int) -> str:
    """Name what stands where a regular file was expected; empty for a regular file."""
    if stat.S_ISREG(mode):
        return ""
    return next((words for test, words in _KINDS if test(mode)), "a device")


def is_linked(path: Path, below: Path) -> bool:
    """Whether a folder between `below` and the file is a symbolic link."""
    folders = [below]
    for part in path.relative_to(below).parts[:-1]:
        folders.append(folders[-1] / part)
    return any(folder.is_symlink() for folder in folders[1:])


def read_regular_file(path: Path, most: int) -> bytes:
    """Return the content of a regular file of at most `most` bytes.

    A link is not followed, and nothing is waited for, as opening a named pipe would.

    Raises
    ------
    Unreadable
        If the file cannot be opened, is no regular file, or is larger.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        kind = kind_of(path.lstat().st_mode)
        if kind:
            raise Unreadable(f"is {kind}, not a file")
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise Unreadable("does not exist") from None
    except PermissionError:
        raise Unreadable("may not be read by the grader (its permissions forbid it)") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "an odd name"
        raise Unreadable(f"cannot be opened: {reason}") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if kind_of(found.st_mode):
            raise Unreadable(f"is {kind_of(found.st_mode)}, not a file")
        content = file.read(most + 1) if found.st_size <= most else b""
    if found.st_size > most or len(content) > most:
        raise Unreadable(
            f"is larger than {most // 2**20} MiB; clear the outputs and hand it in again"
        )
    return content
