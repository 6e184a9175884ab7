"""Put together the folder from which a page loads Pyodide: ``build/browser/pyodide``.

It holds Pyodide itself, Python's library and the slimmed wheels with their modules compiled (so
that no browser has to do it), the wheel of `dlcore` with its sources (which tracebacks quote), a
lock file that names exactly these wheels, and ``files.json`` with size and hash of each file, from
which a page knows how much there is to load and when something has changed. ``started.bin`` is
Python's memory just after its start, compressed: with it, a page does without most of the start.
"""

from __future__ import annotations

import email.message
import email.parser
import hashlib
import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from in_browser import compiling, node, slimming, sources, wheels
from in_browser.compiling import PYODIDE
from in_browser.sources import Say

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import course_wheel  # noqa: E402

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
LIBRARY = "python_stdlib.zip"
COURSE = course_wheel.PACKAGE
FILES = "files.json"
STARTED = "started.bin"

# What a finished wheel depends on besides its content.
RECIPE = (*compiling.RECIPE, "slimming.py")
# And the folder, besides its wheels.
OTHERS = ("pure-wheels.txt", "runtime.py", "snapshot.mjs", "wheels.py")

# Requirements that a browser can do without.
NOT_NEEDED = {
    "fonttools",  # matplotlib: for PDF files
    "jupyterlab-widgets",  # ipywidgets: is a part of JupyterLite
    "pexpect",  # ipython: for terminals
    "pooch",  # dlcore: to download MNIST
    "pytz",  # matplotlib: not imported
    "threadpoolctl",  # dlcore: there are no threads
    "widgetsnbextension",  # ipywidgets: for the classic notebook
}
# Loaded by those that use them: a page has sliders of its own, JupyterLite loads ipywidgets.
NOT_NEEDED_BY = {COURSE: {"ipywidgets", "tqdm"}}


@dataclass(frozen=True)
class Packed:
    """A wheel as the browser gets it."""

    name: str
    version: str
    file_name: str
    content: bytes
    depends: tuple[str, ...]
    imports: tuple[str, ...]


# --- One wheel -----------------------------------------------------------------------------------


def metadata(wheel: zipfile.ZipFile) -> email.message.Message:
    """Return a package's description from its wheel."""
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.parser.Parser().parsestr(wheel.read(name).decode())


def requirements(about: email.message.Message) -> tuple[str, ...]:
    """The packages that a package needs in the browser, whatever extras it may offer."""
    package = wheels.normal(about["Name"])
    names = []
    for line in about.get_all("Requires-Dist") or []:
        if re.search(r";.*\b(extra|sys_platform|platform_system|os_name|python_version)\b", line):
            continue
        name = wheels.normal(re.match(r"[A-Za-z0-9._-]+", line).group())
        if name not in NOT_NEEDED | NOT_NEEDED_BY.get(package, set()):
            names.append(name)
    return tuple(sorted(names))


def top_names(entries: Iterable[str]) -> tuple[str, ...]:
    """What can be imported from a wheel with these files."""
    tops = {name.split("/")[0] for name in entries if ".dist-info/" not in name}
    return tuple(sorted({re.sub(r"\..*$", "", top) for top in tops}))


def pack(content: bytes, file_name: str) -> Packed:
    """Describe a finished wheel."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        about = metadata(archive)
    return Packed(
        name=wheels.normal(about["Name"]),
        version=about["Version"],
        file_name=file_name,
        content=content,
        depends=requirements(about),
        imports=top_names(names),
    )


# --- The folder ----------------------------------------------------------------------------------


def lock_file(info: dict[str, Any], packed: Sequence[Packed]) -> dict[str, Any]:
    """Return a lock file with these wheels and no others.

    Raises
    ------
    ValueError
        If one of them needs a wheel that is not there.
    """
    there = {wheel.name for wheel in packed}
    for wheel in packed:
        missing = sorted(set(wheel.depends) - there)
        if missing:
            raise ValueError(
                f"{wheel.name} {wheel.version} needs {', '.join(missing)}, which the browser does "
                "not get; name it in tools/in_browser/wheels.py or pure-wheels.txt, or in "
                "NOT_NEEDED of runtime.py"
            )
    entries = {
        wheel.name: {
            "depends": list(wheel.depends),
            "file_name": wheel.file_name,
            "imports": list(wheel.imports),
            "install_dir": "site",
            "name": wheel.name,
            "package_type": "package",
            "sha256": hashlib.sha256(wheel.content).hexdigest(),
            "unvendored_tests": False,
            "version": wheel.version,
        }
        for wheel in sorted(packed, key=lambda wheel: wheel.name)
    }
    return {"info": info, "packages": entries}


def list_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and hash of every file in a folder."""
    return {
        path.name: {"size": path.stat().st_size, "sha256": sources.sha256(path)}
        for path in sorted(folder.iterdir())
        if path.name != FILES
    }


def inputs(others: Sequence[Path]) -> list[Path]:
    """The files that the folder is made from; `others` are wheels installed here."""
    return [
        *(Path(__file__).with_name(name) for name in (*RECIPE, *OTHERS)),
        *(path for path in sorted((ROOT / "dlcore").rglob("*")) if _counts(path)),
        ROOT / "book" / "_ext" / "course_wheel.py",
        ROOT / "package-lock.json",
        ROOT / "pyproject.toml",
        *others,
    ]


def _counts(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def collect(build: Path, others: Sequence[Path], say: Say) -> None:
    """Get all wheels and write the folder ``pyodide`` below `build` anew.

    Finished wheels are kept in ``wheels``, so that a change of `dlcore` has only that compiled.

    Parameters
    ----------
    build : path
    others : sequence of paths
        Wheels that came with a package already installed here.
    say : callable
        Tells what takes a while.

    Raises
    ------
    in_browser.sources.MissingPartsError
        If a wheel cannot be had.
    in_browser.node.NodeError
        If there is no Node.js to compile with, or a module has a syntax error.
    """
    version = json.loads((PYODIDE / "package.json").read_text(encoding="utf-8"))["version"]
    lock = wheels.read_lock(PYODIDE)
    wanted = wheels.compiled_wheels(lock) + wheels.pure_wheels()
    found = sources.fetch(wanted, sources.cache_folder(), sources.all_sources(version), say)
    contents = {path.name: path.read_bytes() for path in [*found.values(), *others]}
    contents |= dict([course_wheel.wheel(ROOT)])

    recipe = [version, *(Path(__file__).with_name(name).read_text() for name in RECIPE)]
    finished = {
        name: build / "wheels" / _key(content, recipe) for name, content in contents.items()
    }
    _finish(
        {name: content for name, content in contents.items() if not finished[name].is_file()},
        finished,
        say,
    )
    library = _library(build / "wheels", recipe, say)
    started = _started(build / "wheels", library)
    packed = [pack(path.read_bytes(), name) for name, path in finished.items()]
    _write(build / "pyodide", packed, lock["info"], {LIBRARY: library, STARTED: started})
    kept = {library, started, *finished.values()}
    for path in (build / "wheels").iterdir():
        if path not in kept:
            path.unlink()


def _key(content: bytes, recipe: Sequence[str]) -> str:
    digest = hashlib.sha256(content)
    for text in recipe:
        digest.update(text.encode())
    return digest.hexdigest()


def _finish(contents: Mapping[str, bytes], finished: Mapping[str, Path], say: Say) -> None:
    """Slim and compile wheels, and put each into its place."""
    if not contents:
        return
    say(f"compiling {len(contents)} packages for the browser")
    packages = {
        _package(name): slimming.slim_entries(_package(name), content)
        for name, content in contents.items()
    }
    compiling.compile_all(packages, keep_sources={COURSE})
    for name in contents:
        _archive(packages[_package(name)], finished[name])


def _package(file_name: str) -> str:
    return wheels.normal(file_name.split("-")[0])


def _archive(entries: Mapping[str, bytes], path: Path) -> None:
    """Write an archive; it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_bytes(course_wheel.archive(dict(sorted(entries.items()))))
    beside.replace(path)


def _library(folder: Path, recipe: Sequence[str], say: Say) -> Path:
    """Return the archive of Python's library with its modules compiled, made unless it is there."""
    content = (PYODIDE / LIBRARY).read_bytes()
    path = folder / _key(content, recipe)
    if not path.is_file():
        say("compiling Python's library for the browser")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {
                one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()
            }
        compiling.compile_all({compiling.LIBRARY: entries})
        _archive(entries, path)
    return path


def _started(folder: Path, library: Path) -> Path:
    """Return the file with Python's memory after its start, made unless it is there."""
    script = Path(__file__).with_name("snapshot.mjs")
    path = folder / _key(script.read_bytes(), [library.name])
    if not path.is_file():
        beside = path.with_suffix(".part")
        node.run("node", script, PYODIDE, library, beside, folder=ROOT)
        beside.replace(path)
    return path


def _write(
    target: Path, packed: Sequence[Packed], info: dict[str, Any], made: Mapping[str, Path]
) -> None:
    """Write the folder, with files that were made, beside its place and rename it."""
    beside = target.with_name(f".{target.name}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name in CORE:
        shutil.copyfile(PYODIDE / name, beside / name)
    for wheel in packed:
        (beside / wheel.file_name).write_bytes(wheel.content)
    for name, path in made.items():
        shutil.copyfile(path, beside / name)
    lock = json.dumps(lock_file(info, packed), indent=1)
    (beside / "pyodide-lock.json").write_text(lock, encoding="utf-8")
    (beside / FILES).write_text(json.dumps(list_files(beside), indent=1), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    beside.replace(target)
