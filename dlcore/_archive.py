"""Arrays by name in an npz file, without pickle, and whole or not at all."""

from __future__ import annotations

import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from dlcore._validation import Array


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Array], *, where: str) -> None:
    """Write the arrays to an npz file of exactly this name, in place of any that is there."""
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{where}: expected the folder {target.parent} to exist; make it first"
        )
    with _replacing(target) as stream, zipfile.ZipFile(stream, "w") as archive:
        # As np.savez does it, which has no way to refuse pickles or to store an array named "file".
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_arrays(path: str | os.PathLike[str], *, where: str) -> dict[str, Array]:
    """Read all arrays of an npz file; a damaged file, or one with pickles, is a ValueError."""
    try:
        with Path(path).open("rb") as stream:
            if stream.read(2) != b"PK":
                raise zipfile.BadZipFile("it is not an npz file")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
    except (ValueError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{where}: expected {os.fspath(path)} to be a whole npz file of numbers, but reading "
            f"it failed: {error}. Save it again, or use an older copy"
        ) from error


@contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `target` once it is complete, and vanishes otherwise."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:  # the stop button too
        temporary.unlink(missing_ok=True)
        raise
