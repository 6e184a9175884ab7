"""Write a file whole or not at all: who reads it meanwhile, or after a break, sees the old one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file beside the old one, and put it in its place when it is complete.

    Parameters
    ----------
    path : Path
        In a folder that is there.
    content : bytes or str
        A text is written in UTF-8.

    Raises
    ------
    OSError
        If it can't be written; nothing is left behind then.
    """
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # As open() would make it: mkstemp lets nobody else read.
        mask = os.umask(0)
        os.umask(mask)
        unfinished.chmod(0o666 & ~mask)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
