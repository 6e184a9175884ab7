"""Put everything for the browser below ``build/browser``, as far as it is not there already.

Three parts, each with a stamp that tells what it was made from: ``pyodide/`` (runtime.py),
``scripts/`` (scripts.py) and ``lite/`` (lite.py). Either all are there or the site does without.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from in_browser import lite, node, runtime, scripts, sources
from in_browser.sources import Say

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "browser"
STAMPS = "made-from.json"


class UnavailableError(Exception):
    """The site has to do without Python in its pages; the message says why and what to do."""


def digest_of(paths: Iterable[Path], *texts: str) -> str:
    """Return a digest of files, with their names, and of texts."""
    digest = hashlib.sha256()
    for path in paths:
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


@contextlib.contextmanager
def locked(build: Path = BUILD) -> Iterator[None]:
    """Let no other build touch the folder meanwhile."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def assemble(say: Say, build: Path = BUILD) -> str:
    """Bring the folder up to date; return a digest of what is in it.

    Raises
    ------
    UnavailableError
        If a part cannot be had.
    """
    with locked(build):
        try:
            return _assemble(say, build)
        except (sources.MissingPartsError, node.NodeError, lite.LiteError) as error:
            raise UnavailableError(str(error)) from None


def _assemble(say: Say, build: Path) -> str:
    stamps_file = build / STAMPS
    stamps = _read_stamps(stamps_file)
    kernel = lite.kernel_wheels()
    wanted = {
        "pyodide": digest_of(runtime.inputs(kernel)),
        "scripts": digest_of(scripts.inputs()),
        "lite": lite.fingerprint(),
    }
    steps = {
        "pyodide": lambda: runtime.collect(build, kernel, say),
        "scripts": lambda: scripts.bundle(build),
        "lite": lambda: lite.build(build / "lite", say),
    }
    for name, step in steps.items():
        if stamps.get(name) != wanted[name] or not (build / name).is_dir():
            step()
            stamps[name] = wanted[name]
            stamps_file.write_text(json.dumps(stamps, indent=1), encoding="utf-8")
    return digest_of([], *wanted.values())


def _read_stamps(path: Path) -> dict[str, str]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def copy_into(site: Path, build: Path = BUILD) -> None:
    """Copy Pyodide and JupyterLite, which share it, into a finished site."""
    with locked(build):
        shutil.copytree(build / "lite", site / "lite", dirs_exist_ok=True)
        target = site / "lite" / "static" / "pyodide"
        shutil.copytree(build / "pyodide", target, dirs_exist_ok=True)
