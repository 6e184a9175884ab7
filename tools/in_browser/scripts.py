"""Bundle the page's scripts (``browser/src``) and pack the Python that goes with them.

``build/browser/scripts`` holds what a page loads: the scripts and the style sheet, the package
`course_page` that runs the cells, and the results of the experiments that cells read. The service
worker lies outside, because it belongs at the root of the site.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from in_browser import compiling, node

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from course_wheel import archive  # noqa: E402

SOURCES = ROOT / "browser" / "src"
PYTHON = ROOT / "browser" / "python"
RESULTS = ROOT / "results"
ESBUILD = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"

#: What a page, or a script of it, loads by name; everything else becomes a part of these.
ENTRIES = ("page.js", "worker.js", "page.css")
SERVICE_WORKER = "service-worker.js"
#: What the bundler says about the bundle: which modules are in it.
BUNDLED = "bundled.json"


def inputs() -> list[Path]:
    """The files that the folder is made from."""
    files = [
        *SOURCES.rglob("*"),
        *PYTHON.rglob("*.py"),
        *RESULTS.glob("*.json"),
        ROOT / "package-lock.json",
        *(Path(__file__).with_name(name) for name in compiling.RECIPE),
        Path(__file__),
    ]
    return sorted(path for path in files if path.is_file())


def contents(folder: Path, pattern: str) -> dict[str, bytes]:
    """Return the files that match, with their paths from above the folder."""
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    return {path.relative_to(folder.parent).as_posix(): path.read_bytes() for path in files}


def bundle(build: Path) -> None:
    """Write ``scripts/``, the service worker and the list of bundled modules below `build`.

    Raises
    ------
    in_browser.node.NodeError
        If there is no Node.js, or the scripts have an error.
    """
    beside = build / ".scripts"
    shutil.rmtree(beside, ignore_errors=True)
    always = ["--bundle", "--minify", "--target=es2022", "--log-level=warning"]
    node.run(
        "node",
        ESBUILD,
        *(SOURCES / name for name in ENTRIES),
        *always,
        "--splitting",
        "--format=esm",
        "--entry-names=[name]",
        "--chunk-names=[name]-[hash]",
        f"--outdir={beside}",
        f"--metafile={build / BUNDLED}",
        folder=ROOT,
    )
    worker = SOURCES / SERVICE_WORKER
    options = [*always, "--format=iife", f"--outfile={build / SERVICE_WORKER}"]
    node.run("node", ESBUILD, worker, *options, folder=ROOT)
    modules = contents(PYTHON / "course_page", "**/*.py")
    compiling.compile_all({compiling.PAGE: modules})
    (beside / "course_page.zip").write_bytes(archive(modules))
    (beside / "results.zip").write_bytes(archive(contents(RESULTS, "*.json")))
    shutil.rmtree(build / "scripts", ignore_errors=True)
    beside.replace(build / "scripts")
