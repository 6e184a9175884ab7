"""Compile Python's library and the modules of wheels, so that no browser has to do it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from in_browser import node

PYODIDE = Path(__file__).resolve().parents[2] / "node_modules" / "pyodide"

# On these, in this folder, a compiled module depends besides its source.
RECIPE = ("compiling.py", "precompile.mjs", "precompile.py")

# Of Pyodide's Python, in the names of compiled modules beside their source.
CACHE_TAG = "cpython-314"

# What is no package of its own, and its kind in precompile.py.
LIBRARY, PAGE = "the standard library", "course_page"
_KINDS = {LIBRARY: "library", PAGE: "page"}

# Docstrings of these are left out: their modules work on them while they are imported, which takes
# a good part of the time until the first figure.
WITHOUT_DOCSTRINGS = {"matplotlib", "pillow", "pyparsing", "python-dateutil", "prompt-toolkit"}


def compile_all(
    packages: Mapping[str, dict[str, bytes]], keep_sources: Collection[str] = ()
) -> None:
    """Compile the modules of all packages, in place.

    A compiled module takes the place of its source, or lies where Python looks for it beside a
    source that is kept.

    Parameters
    ----------
    packages : dict
        For each package the files of its wheel; `LIBRARY` and `PAGE` name Python's library and what
        runs the cells of a page.
    keep_sources : collection of str, optional
        Packages that keep their sources.

    Raises
    ------
    in_browser.node.NodeError
        If there is no Node.js, or a module has a syntax error.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for package, entries in packages.items():
            for name in _modules(entries):
                path = folder / _kind(package) / package / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(entries[name])
        script = Path(__file__).with_name("precompile.mjs")
        node.run("node", script, PYODIDE, folder, folder=folder)
        for package, entries in packages.items():
            for name in _modules(entries):
                compiled = folder / _kind(package) / package / f"{name}c"
                if package in keep_sources:
                    parent, _, module = name.rpartition("/")
                    stem = module.removesuffix(".py")
                    entries[f"{parent}/__pycache__/{stem}.{CACHE_TAG}.pyc"] = compiled.read_bytes()
                else:
                    del entries[name]
                    entries[f"{name}c"] = compiled.read_bytes()


def _kind(package: str) -> str:
    return _KINDS.get(package) or ("bare" if package in WITHOUT_DOCSTRINGS else "plain")


def _modules(entries: Mapping[str, bytes]) -> list[str]:
    return [name for name in entries if name.endswith(".py")]
