"""Put together the folder from which a page loads Pyodide: ``build/browser/pyodide``.

It holds Pyodide itself, the slimmed wheels with their modules compiled (so that no browser has to),
the wheel of `dlcore` with its sources (which tracebacks quote), a lock file that names exactly these
wheels, and ``files.json`` with size and hash of each file, from which a page knows how much there is
to load and when something has changed.
"""

from __future__ import annotations

import email.parser
import hashlib
import io
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from in_browser import node, slimming, sources, wheels
from in_browser.sources import Say

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import course_wheel  # noqa: E402

PYODIDE = ROOT / "node_modules" / "pyodide"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
FILES = "files.json"

# Docstrings of these are left out: their modules work on them while they are imported, which takes
# a good part of the time until the first figure.
WITHOUT_DOCSTRINGS = {"matplotlib", "pillow", "pyparsing", "python-dateutil", "prompt-toolkit"}

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
# dlcore's sliders are the page's own there; JupyterLite's kernel loads ipywidgets when it is imported.
NOT_NEEDED_BY = {"dlcore": {"ipywidgets", "tqdm"}}


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


def metadata(entries: Mapping[str, bytes]) -> email.message.Message:
    """Return the description of a package from the files of its wheel."""
    name = next(name for name in entries if name.endswith(".dist-info/METADATA"))
    return email.parser.Parser().parsestr(entries[name].decode())


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


def compile_all(packages: Mapping[str, dict[str, bytes]], pyodide: Path) -> None:
    """Compile the modules of all packages, in place.

    A module takes the place of its source, but for `dlcore`, whose sources stay.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        places = {}
        for package, entries in packages.items():
            kind = "bare" if package in WITHOUT_DOCSTRINGS else "plain"
            for name, content in entries.items():
                if name.endswith(".py"):
                    path = folder / kind / package / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                    places[package, name] = path.with_suffix(".pyc")
        script = Path(__file__).with_name("precompile.mjs")
        node.run("node", script, pyodide, folder, folder=ROOT)
        for (package, name), path in places.items():
            if package == course_wheel.PACKAGE:
                parent, _, module = name.rpartition("/")
                cached = f"{parent}/__pycache__/{module.removesuffix('.py')}.cpython-314.pyc"
                packages[package][cached] = path.read_bytes()
            else:
                del packages[package][name]
                packages[package][f"{name}c"] = path.read_bytes()


def pack(entries: Mapping[str, bytes], file_name: str) -> Packed:
    """Return a wheel with these files; the same files give the same bytes."""
    about = metadata(entries)
    return Packed(
        name=wheels.normal(about["Name"]),
        version=about["Version"],
        file_name=file_name,
        content=course_wheel.archive(dict(sorted(entries.items()))),
        depends=requirements(about),
        imports=top_names(entries),
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


def assemble(target: Path, found: Mapping[wheels.Wheel, Path], others: Sequence[Path]) -> None:
    """Write the folder anew from Pyodide's npm package and the files of wheels.

    Parameters
    ----------
    target : path
        The folder; what was there is replaced at the end, when everything has gone well.
    found : dict
        The published wheels and their files.
    others : sequence of paths
        Wheels that came with a package already installed here.
    """
    files = {wheel.name: path for wheel, path in found.items()}
    files |= {wheels.normal(path.name.split("-")[0]): path for path in others}
    packages = {name: slimming.slim_entries(name, path) for name, path in files.items()}
    names = {name: path.name for name, path in files.items()}
    course_name, course = course_wheel.wheel(ROOT)
    packages[course_wheel.PACKAGE] = slimming.slim_entries(course_wheel.PACKAGE, io.BytesIO(course))
    names[course_wheel.PACKAGE] = course_name
    compile_all(packages, PYODIDE)
    packed = [pack(entries, names[name]) for name, entries in packages.items()]

    beside = target.with_name(f".{target.name}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name in CORE:
        shutil.copyfile(PYODIDE / name, beside / name)
    for wheel in packed:
        (beside / wheel.file_name).write_bytes(wheel.content)
    lock = lock_file(wheels.read_lock(PYODIDE)["info"], packed)
    (beside / "pyodide-lock.json").write_text(json.dumps(lock, indent=1), encoding="utf-8")
    (beside / FILES).write_text(json.dumps(list_files(beside), indent=1), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    beside.replace(target)


def collect(target: Path, others: Sequence[Path], say: Say) -> None:
    """Get all parts and assemble the folder.

    Raises
    ------
    in_browser.sources.MissingParts
        If a wheel cannot be had.
    in_browser.node.NodeError
        If there is no Node.js to compile with.
    """
    lock = wheels.read_lock(PYODIDE)
    version = json.loads((PYODIDE / "package.json").read_text(encoding="utf-8"))["version"]
    wanted = wheels.compiled_wheels(lock) + wheels.pure_wheels()
    found = sources.fetch(wanted, sources.cache_folder(), sources.all_sources(version), say)
    say("compiling the modules for the browser")
    assemble(target, found, others)
