"""What the site ships that others wrote: name, version, licence, and the texts of the licence.

All of it is read from what is really there: the packages installed here, the wheels in
``build/browser/pyodide``, the bundler's list of modules, JupyterLite's own lists. Two packages
bring no text of their licence; it lies in ``texts/``. Only what is compiled into Python's
WebAssembly cannot be read from it, and is listed here.
"""

from __future__ import annotations

import email.message
import importlib.metadata
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from in_browser import runtime, scripts, wheels

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"
TEXTS = Path(__file__).with_name("texts")

_IS_TEXT = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
_MODULE = re.compile(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/]+)/")

# Packages of which pages carry scripts, styles or icons.
THEME = (
    "sphinx",
    "sphinx-book-theme",
    "pydata-sphinx-theme",
    "sphinx-design",
    "sphinx-copybutton",
    "myst-nb",
)

INSIDE_OF = "314.0.3"
"""The version of Pyodide that `INSIDE` holds for."""

INSIDE = (
    ("bzip2", "1.0.6", "bzip2-1.0.6"),
    ("Emscripten, its runtime", "", "MIT"),
    ("Expat", "2.7.3", "MIT"),
    ("HACL*", "", "MIT"),
    ("libffi", "", "MIT"),
    ("liblzma", "5.2.2", "public domain"),
    ("libmpdec", "2.5.1", "BSD-2-Clause"),
    ("LLVM, its C++ libraries", "", "Apache-2.0 WITH LLVM-exception"),
    ("musl", "", "MIT"),
    ("SQLite", "3.39.0", "public domain"),
    ("zlib", "1.3.1", "Zlib"),
    ("Zstandard", "1.5.7", "BSD-3-Clause"),
)
"""Name, version where it has one, and licence of the libraries in ``pyodide.asm.wasm``.

They are those that Pyodide's ``Makefile.envs`` links, and those that Python brings along.
"""


@dataclass(frozen=True)
class Part:
    """Something that the site ships."""

    group: str
    name: str
    version: str
    licence: str
    #: The licence's texts by the names of their files.
    texts: dict[str, bytes] = field(default_factory=dict, hash=False)


def licence_of(about: email.message.Message) -> str:
    """Return what a Python package says of its licence, in a few words.

    Its field ``License`` may hold anything, a whole text even; then the classifier counts.
    """
    if expression := about.get("License-Expression"):
        return expression
    said = about.get("License", "").strip()
    if said and len(said) < 60 and not re.search(r"copyright|\n|={3}|agreement|^dual", said, re.I):
        return said
    classified = [
        re.sub(r" License$", "", line.rsplit(" :: ", 1)[1])
        for line in about.get_all("Classifier") or []
        if line.startswith("License :: OSI Approved :: ")
    ]
    return " or ".join(classified) or "see its text"


# --- What each kind of package says --------------------------------------------------------------


def from_wheel(path: Path, group: str) -> Part:
    """Describe a wheel."""
    with zipfile.ZipFile(path) as wheel:
        about = runtime.metadata(wheel)
        names = [name for name in wheel.namelist() if _IS_TEXT.search(name)]
        texts = {_flat(name): wheel.read(name) for name in names if not name.endswith(".pyc")}
    return Part(group, about["Name"], about["Version"], licence_of(about), texts)


def from_npm(name: str, group: str) -> Part:
    """Describe a package in node_modules."""
    folder = NODE_MODULES / name
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    files = [path for path in folder.iterdir() if path.is_file() and _IS_TEXT.search(path.name)]
    texts = {_flat(path.name): path.read_bytes() for path in sorted(files)}
    return Part(group, name, manifest["version"], manifest["license"], texts)


def from_installed(name: str, group: str) -> Part:
    """Describe a package installed for this Python."""
    found = importlib.metadata.distribution(name)
    texts = {}
    for file in found.files or []:
        if _IS_TEXT.search(file.name) and file.suffix in {"", ".txt", ".md", ".rst"}:
            texts[_flat(str(file))] = file.locate().read_bytes()
    return Part(group, name, found.version, licence_of(found.metadata), texts)


def from_list(path: Path, group: str, owner: str, version: str) -> Part:
    """Describe the packages that a part of JupyterLite says it is built from."""
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    kinds = sorted({package["licenseId"] or "see its text" for package in packages})
    texts = [
        f"{package['name']} {package['versionInfo']} ({package['licenseId']})\n\n"
        f"{package['extractedText']}".strip()
        for package in packages
    ]
    text = f"\n\n{'-' * 79}\n\n".join(texts) + "\n"
    name = f"{len(packages)} packages inside {owner}"
    return Part(group, name, version, ", ".join(kinds), {"licences.txt": text.encode()})


def _flat(name: str) -> str:
    """Return a name that keeps apart texts of the same name in different folders."""
    inside = re.sub(r"^[^/]+\.dist-info/(licenses/)?", "", name)
    flat = re.sub(r"[^A-Za-z0-9._-]+", "-", "/".join(inside.split("/")[-2:]))
    return flat if flat.endswith(".txt") else f"{flat}.txt"


# --- All -----------------------------------------------------------------------------------------


def inputs() -> list[Path]:
    """Return the files from which the list is made, beside what is listed."""
    return [Path(__file__), *sorted(TEXTS.rglob("*.txt"))]


def shipped(build: Path | None) -> list[Part]:
    """Return everything that a site ships, with the parts in `build` or without any."""
    return [*_of_every_site(), *(_of_python(build) if build else [])]


def _of_every_site() -> Iterator[Part]:
    group = "Formulas and the frame of the pages"
    yield from_npm("mathjax", group)
    for name in THEME:
        yield from_installed(name, group)


def _of_python(build: Path) -> Iterator[Part]:
    lock = wheels.read_lock(build / "pyodide")
    group = "Python in the pages"
    pyodide = from_npm("pyodide", group)
    mozilla = {"MPL-2.0.txt": (TEXTS / "MPL-2.0.txt").read_bytes()}
    yield Part(group, "Pyodide", pyodide.version, pyodide.licence, pyodide.texts | mozilla)
    python = {"Python.txt": (TEXTS / "Python.txt").read_bytes()}
    series = ".".join(lock["info"]["python"].split(".")[:2])
    yield Part(group, "Python and its standard library", series, "PSF-2.0", python)
    for path in sorted((build / "pyodide").glob("*.whl"), key=lambda path: path.name.lower()):
        if not path.name.startswith(f"{runtime.COURSE}-"):
            yield from_wheel(path, group)

    group = "Inside Python's WebAssembly"
    for name, version, licence in INSIDE:
        file = f"{re.split('[^a-z0-9]', name.lower())[0]}.txt"
        yield Part(group, name, version, licence, {file: (TEXTS / "inside" / file).read_bytes()})

    group = "The editor of cells"
    bundled = json.loads((build / scripts.BUNDLED).read_text(encoding="utf-8"))["inputs"]
    names = {match.group(1) for match in map(_MODULE.search, bundled) if match}
    for name in sorted(names):
        yield from_npm(name, group)

    group = "JupyterLite"
    lists = {
        "jupyterlite-core": "build",
        "jupyterlite-pyodide-kernel": "extensions/@jupyterlite/pyodide-kernel-extension/static",
        "jupyterlab-widgets": "extensions/@jupyter-widgets/jupyterlab-manager/static",
    }
    for name, folder in lists.items():
        part = from_installed(name, group)
        yield part
        path = build / "lite" / folder / "third-party-licenses.json"
        yield from_list(path, group, name, part.version)
