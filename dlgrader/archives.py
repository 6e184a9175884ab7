"""Unpack archives that somebody else made: within bounds, and nothing but regular files.

Sizes are counted while unpacking; what an archive says of itself is not believed. Archives inside
an archive are files like others here.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from dlgrader.intake.files import kind_of
from dlgrader.regular_files import MOST_BYTES, MOST_FILES

ENDINGS = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz")
_NOT_UNPACKED = {".7z": b"7z\xbc\xaf\x27\x1c", ".rar": b"Rar!\x1a\x07"}
"""Archives whose kind is known, and no more: the bytes that they begin with."""

_CHUNK = 2**20
_MOST_FOLDERS_DEEP = 20
_LONGEST_PART, _LONGEST_PATH = 200, 1_000
_DIRECTORY_ENTRY = 300
"""Bytes in a zip file's directory that an entry with a long name takes."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_UTF_8_NAME, _ENCRYPTED = 0x800, 0x1
_MOST_XZ_MEMORY = 128 * 2**20
"""Bytes that unpacking an xz file may need: twice what the strongest setting of `xz` asks for."""


class BadArchive(Exception):  # noqa: N818 (a finding about somebody's file)
    """An archive can't be unpacked; the message says why, and begins with a verb."""


@dataclass(frozen=True)
class Bounds:
    """How much may come out of an archive."""

    files: int = MOST_FILES
    entries: int = 10 * MOST_FILES
    in_all: int = MOST_BYTES
    each: int = MOST_BYTES


ONE_LEARNER = Bounds()
A_CLASS = Bounds(files=100_000, entries=100_000, in_all=20 * 2**30)


@dataclass
class Unpacked:
    """What came out of an archive.

    Attributes
    ----------
    files : list of str
        Paths relative to the folder, in the archive's order.
    left_out : list of str
        Names, with the reason, of what was not unpacked.
    """

    files: list[str]
    left_out: list[str]


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: str
    """What it is, if it is no regular file; "a folder" is left out without a word."""
    file: Any
    """Opens the content."""


def is_archive(name: str) -> bool:
    """Whether a file's name has the ending of an archive; some are refused when unpacked."""
    return name.lower().endswith((*ENDINGS, *_NOT_UNPACKED))


def unpack(archive: Path, folder: Path, bounds: Bounds = ONE_LEARNER) -> Unpacked:
    """Unpack a zip or tar file.

    Parameters
    ----------
    archive : Path
        A regular file.
    folder : Path
        Is made if it does not exist; what was unpacked before an error stays in it.
    bounds : Bounds

    Raises
    ------
    BadArchive
        If it is no such archive, is broken, or holds more than the bounds allow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, None] = {}
    left_out: list[str] = []
    room = _Room(bounds)
    with _opened(archive, bounds) as entries:
        for number, entry in enumerate(_careful(entries)):
            if number >= bounds.entries:
                raise BadArchive(f"has more than {bounds.entries:,} entries")
            if entry.kind == "a folder":
                continue
            name = ""
            try:
                if entry.kind:
                    raise _LeftOut(entry.kind)
                name = safe_name(entry.name)
                if name in names:
                    left_out.append(f"{_shown(name)}: stands there twice; the last one was taken")
                _write(entry, folder / name, room)
                names[name] = None
            except _LeftOut as reason:
                left_out.append(f"{_shown(entry.name)}: {reason}")
                names.pop(name, None)
            if len(names) > bounds.files:
                raise BadArchive(f"has more than {bounds.files:,} files")
    return Unpacked(list(names), left_out)


class _Room:
    """Counts what is unpacked, be it kept or not."""

    def __init__(self, bounds: Bounds) -> None:
        self._left, self._each = bounds.in_all, bounds.each

    def spend(self, size: int, of_entry: int) -> None:
        """Count bytes of an entry of which so many are there."""
        self._left -= size
        if self._left < 0:
            raise BadArchive("unpacks to more than is allowed")
        if of_entry > self._each:
            raise _LeftOut(f"larger than {self._each // 2**20} MiB")


class _LeftOut(Exception):  # noqa: N818
    """An entry is not unpacked; the message says why."""


def safe_name(name: str) -> str:
    r"""Return a relative path that stays below its folder.

    >>> safe_name("ps4\\data/table.csv")
    'ps4/data/table.csv'

    Raises
    ------
    Exception
        If there is none; the message says why.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if not name.isprintable():
        raise _LeftOut("an odd name")
    if path.is_absolute() or (path.parts and path.parts[0].endswith(":")):
        raise _LeftOut("an absolute path")
    if ".." in path.parts:
        raise _LeftOut("a path that leads out of the archive")
    if not path.parts:
        raise _LeftOut("no name")
    if len(path.parts) > _MOST_FOLDERS_DEEP:
        raise _LeftOut("too many folders deep")
    lengths = [len(part.encode("utf-8")) for part in path.parts]
    if max(lengths) > _LONGEST_PART or sum(lengths) > _LONGEST_PATH:
        raise _LeftOut("too long a name")
    return str(path)


def _write(entry: _Entry, target: Path, room: _Room) -> None:
    """Write an entry's content to a file."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise _LeftOut("there is a folder of that name")
    except (FileExistsError, NotADirectoryError):
        raise _LeftOut("there is a file in place of its folder") from None
    size = 0
    try:
        with _content(entry) as source, target.open("wb") as file:
            while chunk := _read(source):
                size += len(chunk)
                room.spend(len(chunk), size)
                file.write(chunk)
    except _LeftOut:
        target.unlink(missing_ok=True)
        raise


@contextmanager
def _content(entry: _Entry) -> Iterator[IO[bytes]]:
    """Open an entry."""
    try:
        source = entry.file()
    except (BadArchive, MemoryError):
        raise
    except Exception as error:  # whatever the library does with bytes that somebody made up
        raise _LeftOut(f"broken ({error or type(error).__name__})") from None
    with source:
        yield source


def _read(source: IO[bytes]) -> bytes:
    try:
        return source.read(_CHUNK)
    except (BadArchive, MemoryError):
        raise
    except Exception as error:  # as above
        raise _LeftOut(f"broken ({error or type(error).__name__})") from None


def _careful(entries: Iterator[_Entry]) -> Iterator[_Entry]:
    """Yield the entries; say so if their list is broken."""
    while True:
        try:
            entry = next(entries)
        except StopIteration:
            return
        except (BadArchive, MemoryError):
            raise
        except Exception as error:  # as above
            raise BadArchive(f"is broken ({error or type(error).__name__})") from None
        yield entry


@contextmanager
def _opened(archive: Path, bounds: Bounds) -> Iterator[Iterator[_Entry]]:
    """Open an archive by what its first bytes say."""
    try:
        kind = kind_of(archive.lstat().st_mode)
        if kind:
            raise BadArchive(f"is {kind}, not a file")
        file = archive.open("rb")
    except OSError as error:
        raise BadArchive(f"can't be opened: {error.strerror}") from None
    with file:
        start = file.read(512)
        file.seek(0)
        if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield _zip_entries(file, bounds)
        elif start.startswith(b"\x1f\x8b"):
            yield _tar_entries(gzip.GzipFile(fileobj=file), bounds)
        elif start.startswith(b"BZh"):
            yield _tar_entries(bz2.BZ2File(file), bounds)
        elif start.startswith(b"\xfd7zXZ\0"):
            yield _tar_entries(_Xz(file), bounds)
        elif start[257:262] == b"ustar":
            yield _tar_entries(file, bounds)
        elif not start:
            raise BadArchive("is empty")
        elif start.startswith(tuple(_NOT_UNPACKED.values())):
            raise BadArchive(
                "is a 7z or rar archive, which is not unpacked here; ask for a zip file"
            )
        else:
            raise BadArchive(
                "is neither a zip file nor a tar file (.tar, .tar.gz, .tar.bz2, .tar.xz)"
            )


# -- zip -------------------------------------------------------------------------------------------


def _zip_entries(file: IO[bytes], bounds: Bounds) -> Iterator[_Entry]:
    # `ZipFile` makes an object of each entry before it can be asked how many there are.
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end is None:
        raise BadArchive("is broken (no end of the zip file was found; was it cut off?)")
    directory = max(end[zipfile._ECD_SIZE], 0)  # type: ignore[attr-defined]
    if directory > bounds.entries * _DIRECTORY_ENTRY:
        raise BadArchive(f"has more than {bounds.entries:,} entries")
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            yield _Entry(_zip_name(info), _zip_kind(info), lambda info=info: archive.open(info))


def _zip_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF_8_NAME:
        return info.filename
    try:  # UTF-8 in spite of what is said
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _zip_kind(info: zipfile.ZipInfo) -> str:
    if info.is_dir():
        return "a folder"
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) and (kind := kind_of(mode)):
        return kind
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if info.compress_type not in _METHODS:
        return f"packed by method {info.compress_type}, which is not known here"
    return ""


# -- tar -------------------------------------------------------------------------------------------


class _Xz:
    """Unpacks an xz file from the beginning; one that asks for too much memory is broken.

    `lzma.LZMAFile` has no bound: a few bytes can make it ask for gigabytes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_XZ_MEMORY)

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most so many; none at the end."""
        while not self._decoder.eof:
            packed = self._file.read(_CHUNK) if self._decoder.needs_input else b""
            if self._decoder.needs_input and not packed:
                raise EOFError("the file was cut off")
            content = self._decoder.decompress(packed, size)
            if content:
                return content
        return b""


class _Counted:
    """A file that can be read once, from the beginning, and not beyond a bound."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._left = file, most

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise BadArchive("unpacks to more than is allowed")
        return content


def _tar_entries(file: Any, bounds: Bounds) -> Iterator[_Entry]:
    # Headers count, too: tarfile reads a long name into memory, however long it is.
    most = bounds.in_all + 4 * tarfile.BLOCKSIZE * bounds.entries
    with tarfile.open(fileobj=_Counted(file, most), mode="r|") as archive:  # type: ignore[call-overload]
        for info in archive:
            yield _Entry(info.name, _tar_kind(info), lambda info=info: archive.extractfile(info))


def _tar_kind(info: tarfile.TarInfo) -> str:
    if info.isdir():
        return "a folder"
    if info.issym():
        return "a symbolic link"
    if info.islnk():
        return "a hard link"
    if info.isfifo():
        return "a named pipe"
    return "" if info.isreg() else "a device"


def _shown(name: str) -> str:
    """Return a name that can be printed, and is not too long."""
    clean = name if name.isprintable() else ascii(name)[1:-1]
    return clean if len(clean) <= 120 else f"{clean[:117]}…"
