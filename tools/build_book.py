"""Build the site: `python tools/build_book.py` writes it to book/_build/html.

Five steps: take what comes from npm when it is not there yet; put together what lets pages run
Python in the reader's browser (in_browser/assemble.py); prepare the place where the pages' cells
run; run the cells of those pages whose outputs are missing or out of date (page_cells.py says when
that is); let Sphinx make the pages, with warnings as errors. Only pages that have changed are read
anew, unless anything else has changed that pages are made from, such as the settings, an extension
or a docstring: then all are. A site that is up to date is left alone.

Where Python for the browser cannot be had, the same site is built without it, and says so.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from in_browser import assemble, licences, node, scripts
from ipykernel.kernelspec import get_kernel_dict
from page_cells import CellError, outdated, run_cells
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
BUILD = BOOK / "_build"
CONFIG = ROOT / "_config.yml"
TOC = BOOK / "_toc.yml"
NODE_MODULES = ROOT / "node_modules"

# What the pages are made from, their own texts included.
ASSIGNMENTS = (
    "dlcore/checks/data",
    "dlgrader/declarations.py",
    "dlgrader/exercises",
    "dlgrader/expert.py",
    "dlgrader/judge.py",
    "dlgrader/sandbox/limits.py",
    "exercises",
    "solutions",
)
INPUTS = (
    "_config.yml",
    "book",
    "dlcore",
    *ASSIGNMENTS[1:],  # the first is a part of dlcore
    "package-lock.json",
    "pyproject.toml",
    "results",
    "tools",
)
PACKAGES = ("jupyter-book", "myst-nb", "pydata-sphinx-theme", "sphinx", "sphinx-book-theme")
# What is made below in_browser counts by itself: see `Browser`.
IGNORED_FOLDERS = {"_build", "__pycache__", ".ipynb_checkpoints", "in_browser"}


class BuildError(Exception):
    """A step failed; the message says what to do.

    `pages` are those whose cells failed, if that was the step.
    """

    def __init__(self, message: str, pages: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.pages = list(pages)


# --- What a build depends on ---------------------------------------------------------------------


def input_files() -> list[Path]:
    """All files that pages are made from, in a fixed order."""
    files: list[Path] = []
    for name in INPUTS:
        path = ROOT / name
        if path.is_dir():
            below = (p for p in path.rglob("*") if p.is_file())
            files += [p for p in below if not IGNORED_FOLDERS & set(p.relative_to(ROOT).parts)]
        elif path.is_file():
            files.append(path)
    return sorted(files)


def pages_of(toc: Path) -> dict[str, Path]:
    """The pages of a table of contents and their files."""
    return {name: BOOK / f"{name}.md" for name in parse_toc_yaml(toc)}


def inputs_of(toc: Path) -> dict[str, object]:
    """The state of what a build depends on.

    ``pages`` has a hash for each page, ``results`` and ``assignments`` one for all of them, and
    ``frame`` one for everything else. A change of the frame makes Sphinx read every page anew. The
    pages that are made from a declaration have told Sphinx so, which reads them when it changes.
    """
    pages = pages_of(toc)
    names = {path: name for name, path in pages.items()}
    own: dict[str, str] = {}
    frame = hashlib.sha256(sys.version.encode())
    results, assignments = hashlib.sha256(), hashlib.sha256()
    for package in PACKAGES:
        frame.update(f"{package}=={importlib.metadata.version(package)}\n".encode())
    frame.update(toc.read_bytes())
    for path in input_files():
        content = path.read_bytes()
        if path in names:
            own[names[path]] = hashlib.sha256(content).hexdigest()
        elif path != TOC and not (path.suffix == ".md" and path.is_relative_to(BOOK)):
            digest = frame
            if path.is_relative_to(ROOT / "results"):
                digest = results
            elif any(path.is_relative_to(ROOT / name) for name in ASSIGNMENTS):
                digest = assignments
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(content).digest())
    return {
        "pages": own,
        "results": results.hexdigest(),
        "assignments": assignments.hexdigest(),
        "frame": frame.hexdigest(),
    }


# --- The steps ------------------------------------------------------------------------------------


def installed_npm_packages() -> bool:
    """Whether node_modules holds every package of package-lock.json in its version."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for folder, entry in lock["packages"].items():
        if folder and not entry.get("optional"):  # those are for one kind of machine each
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
    say("taking what package-lock.json names from npm")
    try:
        node.run("npm", "ci", "--ignore-scripts", "--loglevel=error", folder=ROOT)
    except node.NodeError as error:
        raise BuildError(
            f"{error}\nWithout the packages of package-lock.json there is no MathJax. Check the "
            "network or npm's registry setting and run the same command again."
        ) from None


@dataclass(frozen=True)
class Browser:
    """What the site has for running Python in its pages."""

    folder: str = ""  # empty: nothing
    digest: str = ""  # of what is in the folder
    missing: str = ""  # why there is nothing, if it was wanted


WITHOUT_PYTHON = Browser()


def python_for_browser() -> Browser:
    """Put together what pages need to run Python, as far as it can be had."""
    try:
        return Browser(str(assemble.BUILD), assemble.assemble(say))
    except assemble.UnavailableError as error:
        return Browser(missing=str(error))


def kernel_environment(build: Path) -> dict[str, str]:
    """Environment in which the cells run with this very Python, whatever the user has set up."""
    kernel = build / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True, exist_ok=True)
    # Its warnings would come between the messages of the build, and none is about the pages.
    spec = get_kernel_dict(extra_arguments=["--log-level=ERROR"])
    kernel.write_text(json.dumps(spec), encoding="utf-8")

    environment = dict(os.environ)
    environment.pop("MPLBACKEND", None)  # it would keep the figures of cells from being shown
    environment |= {
        "DLCORE_STATIC": "1",  # sliders and questions write plain HTML
        "JUPYTER_PATH": str(build / "jupyter"),
        "IPYTHONDIR": str(build / "ipython"),
        "PYTHONPATH": str(ROOT),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # no debugger remarks on the terminal
        # One thread: sums come out in the same order, so the numbers on the page do not change.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    return environment


def run_sphinx(
    build: Path, toc: Path, environment: dict[str, str], strict: bool, browser: str
) -> bool:
    """Write the site below the build folder; return whether that went through."""
    # Written anew each time, so that no page remains that is no longer in the book.
    shutil.rmtree(build / "html", ignore_errors=True)
    options = ["--config", str(CONFIG), "--toc", str(toc)] + ["--strict"] * strict
    options.append(f"--python-in-browser={browser}")
    command = [sys.executable, str(ROOT / "tools" / "run_sphinx.py"), str(BOOK), str(build)]
    return subprocess.run([*command, *options], cwd=ROOT, env=environment).returncode == 0


class Builder:
    """Builds the pages of one table of contents into one folder.

    The folder holds, besides the site in ``html``: ``.jupyter_cache``, the outputs of cells;
    ``.doctrees`` and ``jupyter_execute``, what Sphinx has read; ``unread.json``, the pages that it
    has to read although their files have not changed (see book/_ext/unread_pages.py); and
    ``state.json``, what the last build was made from.
    """

    def __init__(
        self, build: Path, toc: Path, strict: bool, browser: Browser = WITHOUT_PYTHON
    ) -> None:
        self.build, self.toc, self.strict, self.browser = build, toc, strict, browser
        self.site = build / "html"
        self.state = build / "state.json"
        self.unread = build / "unread.json"

    def run(self) -> bool:
        """Bring the site up to date; return False if it was so already."""
        last = _read_json(self.state, {})
        now = {**inputs_of(self.toc), "browser": self.browser.digest}
        # Some scripts are a part of every site; no page has to be read anew when they change.
        now["scripts"] = assemble.digest_of(scripts.inputs())
        now["licences"] = assemble.digest_of(licences.inputs())
        if last == {**now, "done": True} and self.site.is_dir():
            return False
        self.build.mkdir(parents=True, exist_ok=True)
        if last.get("frame") != now["frame"]:
            for folder in (".doctrees", "jupyter_execute"):
                shutil.rmtree(self.build / folder, ignore_errors=True)
            self.unread.unlink(missing_ok=True)
        # From here on what Sphinx has read belongs to this frame, whether or not we get through.
        before = last.get("pages", {})
        self.state.write_text(json.dumps({"frame": now["frame"], "pages": before}))

        environment = kernel_environment(self.build)
        # A first import of pyplot may make matplotlib's font list and say so in a cell's output.
        start = [sys.executable, "-c", "import matplotlib.pyplot"]
        subprocess.run(start, env=environment, check=True)
        changed = [name for name, digest in now["pages"].items() if before.get(name) != digest]
        self._to_be_read(changed)
        self._run_cells(environment)
        say("building the pages")
        if not run_sphinx(self.build, self.toc, environment, self.strict, self.browser.folder):
            raise BuildError(
                "Sphinx stopped or gave warnings, and a warning counts as an error. Each is above "
                "and names its page. Mend the page and run the same command again; only what has "
                "changed is read anew."
            )
        if self.browser.folder:
            assemble.copy_into(self.site)
        self.unread.unlink(missing_ok=True)
        self.state.write_text(json.dumps({**now, "done": True}), encoding="utf-8")
        return True

    def _to_be_read(self, names: Iterable[str]) -> None:
        """Note pages that Sphinx has to read, until a build has gone through."""
        names = {*names, *_read_json(self.unread, [])}
        self.unread.write_text(json.dumps(sorted(names)), encoding="utf-8")

    def _run_cells(self, environment: dict[str, str]) -> None:
        settings = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["sphinx"]["config"]
        extensions = settings["myst_enable_extensions"]
        cache = self.build / ".jupyter_cache"
        runs = outdated(pages_of(self.toc), cache, ROOT, extensions)
        # First, so that no page keeps its old outputs if we do not get to the end.
        self._to_be_read(run.name for run in runs)
        try:
            run_cells(runs, cache, environment, say)
        except CellError as error:
            raise BuildError(
                f"{error}\n\nMend this and run the same command again; the other pages keep what "
                "they have computed.",
                error.pages,
            ) from None


def _read_json(path: Path, otherwise: object) -> object:
    """The content of a file; `otherwise` when there is none, or another kind of thing."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise
    return content if isinstance(content, type(otherwise)) else otherwise


# --- What can be asked for -----------------------------------------------------------------------


def build_site(clean: bool = False, plain: bool = False) -> tuple[Path, Browser]:
    """Bring book/_build/html up to date; return its path and what it has for the browser."""
    if clean:
        shutil.rmtree(BUILD, ignore_errors=True)
    install_npm_packages()
    browser = WITHOUT_PYTHON if plain else python_for_browser()
    builder = Builder(BUILD, TOC, strict=True, browser=browser)
    if not builder.run():
        say("nothing has changed since the last build")
    return builder.site, browser


def preview(pages: list[str], folder: Path, plain: bool = False) -> tuple[Path, Browser]:
    """Build a few pages alone into a folder, with the outputs that it has kept from last time.

    Links to other pages cannot be resolved then, so warnings are shown and do not stop the build.
    """
    install_npm_packages()
    browser = WITHOUT_PYTHON if plain else python_for_browser()
    folder.mkdir(parents=True, exist_ok=True)
    toc = folder / "_toc.yml"
    chapters = "".join(f"  - file: {page}\n" for page in pages)
    toc.write_text(f"format: jb-book\nroot: glossary\nchapters:\n{chapters}", encoding="utf-8")
    builder = Builder(folder.resolve() / "_build", toc, strict=False, browser=browser)
    try:
        builder.run()
    except BuildError as error:
        rest = [page for page in pages if page not in error.pages]
        if error.pages and rest:
            preview(rest, folder, plain)  # what can be seen, shall be; then the message
        raise
    return builder.site, browser


def say(message: str) -> None:
    print(f"build_book: {message}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the site into book/_build/html.")
    parser.add_argument("--clean", action="store_true", help="forget all earlier outputs first")
    parser.add_argument("--only", nargs="+", metavar="PAGE", help="preview these pages alone")
    parser.add_argument("--folder", type=Path, default=BUILD / "preview", help="of the preview")
    parser.add_argument("--plain", action="store_true", help="leave out Python in the pages")
    arguments = parser.parse_args()
    started = time.perf_counter()
    try:
        if arguments.only:
            site, browser = preview(arguments.only, arguments.folder, arguments.plain)
        else:
            site, browser = build_site(clean=arguments.clean, plain=arguments.plain)
    except BuildError as error:
        print(f"\nbuild_book: {error}", file=sys.stderr)
        return 1
    page = f"{arguments.only[0] if arguments.only else 'index'}.html"
    say(f"{site / page} is ready after {time.perf_counter() - started:.0f} s")
    if browser.missing:
        say(
            "the site is whole, but its cells cannot be run in the reader's browser. "
            f"{browser.missing}\nTo leave this out on purpose: --plain, or `make site PLAIN=1`."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
