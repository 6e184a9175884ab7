"""Run the cells of pages, two pages at a time, into the cache that Jupyter Book takes outputs from.

That cache looks only at the cells. Here each of its entries also remembers what the cells depended
on when they ran: the modules of `dlcore` that they import, directly or not, without docstrings and
comments; the results that these read; Python and the packages that compute and draw. A page runs
again when any of this has changed, and only then.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import multiprocessing
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader
from myst_parser.config.main import MdParserConfig

PACKAGE = "dlcore"
# What the outputs of cells depend on besides their code and the package's.
VERSIONS = ("numpy", "matplotlib", "ipykernel")
# Modules that read files of the repository, and which.
READ_BY = {
    "dlcore.checks.public": "dlcore/checks/data/*.json",
    "dlcore.experiments.results": "results/*.json",
}
# Folders of the package whose files no module reads, such as styles for the pages, or only one.
NOT_READ = {"__pycache__", "checks", "static"}
# What is imported through these does not show in the import statements.
UNFORESEEABLE = re.compile(r"(importlib|importlib\.import_module|(runpy|subprocess)(\..*)?)")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

PROCESSES = 2
TIMEOUT = 300  # seconds for one cell
TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


# --- What the cells of a page depend on ----------------------------------------------------------


def code_only(path: Path) -> bytes:
    """What a file makes a program do: Python's syntax tree without docstrings, or all bytes."""
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(tree).encode()


class Sources:
    """The files of the package below `root`, and which of them code depends on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.modules: dict[str, Path] = {}
        self.data: list[Path] = []
        for path in sorted((root / PACKAGE).rglob("*")):
            parts = list(path.relative_to(root).with_suffix("").parts)
            if path.suffix == ".py":
                self.modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
            elif path.is_file() and not NOT_READ & set(parts):
                self.data.append(path)

    def imports(self, code: str | bytes) -> set[str] | None:
        """Return the package's modules that code imports anywhere; None if that cannot be known.

        A package above an imported module counts when it is named itself: what it hands on from
        other modules has no influence on who does not take it from there.
        """
        try:
            tree = ast.parse(code)
        except SyntaxError:  # a command of IPython, which may run anything
            return None
        found: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                found |= self.modules.keys() & names
                # "import dlcore.layers" gives the name dlcore, through which all is in reach.
                short = {alias.name for alias in node.names if not alias.asname}
                found |= {PACKAGE for name in short if name.partition(".")[0] == PACKAGE}
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                found |= {node.module or "", *names} & self.modules.keys()
            else:
                continue
            relative = isinstance(node, ast.ImportFrom) and node.level > 0
            if relative or any(UNFORESEEABLE.fullmatch(name) for name in names):
                return None
        return found

    @functools.cached_property
    def _imports_of_modules(self) -> dict[str, set[str] | None]:
        return {name: self.imports(path.read_bytes()) for name, path in self.modules.items()}

    def dependencies(self, cells: Iterable[str]) -> list[Path]:
        """Return every file that the outputs of these cells depend on."""
        needed = [self.imports(code) for code in cells]
        reached: set[str] = set()
        while needed:
            modules = needed.pop()
            new = (self.modules.keys() if modules is None else modules) - reached
            reached |= new
            needed += [self._imports_of_modules[name] for name in new]
        read = [path for name in reached & READ_BY.keys() for path in self.root.glob(READ_BY[name])]
        return sorted([*(self.modules[name] for name in reached), *self.data, *read])

    @functools.cache  # noqa: B019  # the object lives for one build
    def _digest(self, path: Path) -> bytes:
        return hashlib.sha256(code_only(path)).digest()

    def fingerprint(self, cells: Iterable[str]) -> str:
        """Return a hash of all that the outputs of these cells depend on, the cells aside."""
        digest = hashlib.sha256(sys.version.encode())
        for name in VERSIONS:
            digest.update(f"{name}=={importlib.metadata.version(name)}\n".encode())
        for path in self.dependencies(cells):
            digest.update(path.relative_to(self.root).as_posix().encode() + b"\0")
            digest.update(self._digest(path))
        return digest.hexdigest()


# --- Running -------------------------------------------------------------------------------------


class CellError(Exception):
    """Cells of pages failed; the message names each page and line."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("\n\n".join(faults.values()))
        self.pages = list(faults)


@dataclass
class Run:
    """One page to run: where it is, its notebook, and what its outputs will depend on."""

    name: str
    path: Path
    notebook: Any
    fingerprint: str


def read_notebook(path: Path, extensions: Iterable[str] = ()) -> Any:
    """Return the page as the notebook that Jupyter Book makes of it; None if it has no cells."""
    text = path.read_text(encoding="utf-8")
    settings = MdParserConfig(enable_extensions=set(extensions))
    reader = create_nb_reader(str(path), settings, NbParserConfig(), text)
    notebook = reader.read(text) if reader else None
    has_code = notebook and any(cell.cell_type == "code" for cell in notebook.cells)
    return notebook if has_code else None


def outdated(
    pages: Mapping[str, Path], cache_folder: Path, root: Path, extensions: Iterable[str]
) -> list[Run]:
    """Return the pages whose outputs are not in the cache, or not up to date."""
    cache, sources = get_cache(str(cache_folder)), Sources(root)
    runs = []
    for name, path in pages.items():
        notebook = read_notebook(path, extensions)
        if notebook is None:
            continue
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        fingerprint = sources.fingerprint(cells)
        try:
            data = cache.match_cache_notebook(notebook).data
        except KeyError:
            data = {}
        if data.get("dependencies") != fingerprint:
            runs.append(Run(name, path, notebook, fingerprint))
    # The longest first, as far as the code shows it, so that no process is left idle at the end.
    return sorted(runs, key=lambda run: -sum(len(cell.source) for cell in run.notebook.cells))


def run_cells(
    runs: list[Run],
    cache_folder: Path,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Run these pages and put their outputs into the cache.

    Raises CellError, after all have had their turn, if any cell failed or wrote a warning.
    """
    if not runs:
        return
    cache = get_cache(str(cache_folder))
    say(f"running the cells of {len(runs)} pages, {PROCESSES} at a time")
    faults: dict[str, str] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, _use_environment, [dict(environment)]) as pool:
        jobs = {pool.submit(_run, run): run for run in runs}
        for number, job in enumerate(as_completed(jobs), start=1):
            run, (notebook, seconds, fault) = jobs[job], job.result()
            outcome = "failed" if fault else f"ran in {seconds:.0f} s"
            say(f"{number} of {len(runs)}: cells of {run.name} {outcome}")
            if fault:
                faults[run.name] = fault
                continue
            data = {"execution_seconds": seconds, "dependencies": run.fingerprint}
            bundle = CacheBundleIn(notebook, str(run.path), data=data)
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if faults:
        raise CellError(faults)


def _use_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _run(run: Run) -> tuple[Any, float, str]:
    """Run a page's cells, where the page lies; return notebook, seconds, and what went wrong."""
    from jupyter_cache.executors.utils import single_nb_execution

    folder = str(run.path.parent)
    try:
        result = single_nb_execution(run.notebook, folder, TIMEOUT, allow_errors=False)
    except Exception as error:
        return run.notebook, 0.0, f"{run.path}: the kernel stopped: {error!r}"
    if result.err is not None:
        return run.notebook, result.time, _fault(run, str(result.err))
    for cell in run.notebook.cells:
        _join_streams(cell)
        warnings = [out.text for out in cell.get("outputs", []) if out.get("name") == "stderr"]
        if warnings and not {"remove-stderr", "remove-output"} & set(cell.metadata.get("tags", [])):
            return run.notebook, result.time, _fault(run, "".join(warnings), cell)
    return run.notebook, result.time, ""


def _join_streams(cell: Any) -> None:
    """Join what one stream printed in a row: the kernel sends it in pieces, cut at any place."""
    joined: list[Any] = []
    for output in cell.get("outputs", []):
        name, last = output.get("name"), joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == name:
            last.text += output.text
        else:
            joined.append(output)
    if "outputs" in cell:
        cell.outputs = joined


def _fault(run: Run, text: str, cell: Any = None) -> str:
    """Say in which line of the page the cell starts that failed or warned, and with what words."""
    what = "failed" if cell is None else "wrote a warning"
    cells = run.notebook.cells
    if cell is None:
        # nbclient marks the cells that it has run; the last one of them failed.
        ran = [each for each in cells if each.get("execution_count")]
        cell = ran[-1] if ran else None
    lines = run.notebook.metadata.get("source_map", [])
    place = f"line {lines[cells.index(cell)] + 1}" if cell is not None and lines else "a cell"
    words = TERMINAL_COLOURS.sub("", text).rstrip()
    return f"{os.path.relpath(run.path)}: the cell at {place} {what}:\n{words}"
