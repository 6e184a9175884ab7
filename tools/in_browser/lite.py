"""JupyterLite: the exercise notebooks, opened and solved in the browser (``build/browser/lite``).

The folder holds JupyterLite's notebook view, its kernel and the widgets, the learners' notebooks,
and a page on which readers see which of them they have changed (``browser/lite/index.html``).
Pyodide is not in it: the site has it once, in ``lite/static/pyodide``, for its pages too.

Nothing of it asks another host: there is neither PyPI nor a CDN to fall back on. JupyterLite's own
service worker is left out. It would let Python read files beside the notebook, of which there are
none, and would compete with the site's.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from in_browser import node

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "browser" / "lite"
SCRIPTS = ROOT / "browser" / "src"
ESBUILD = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"

KERNEL = "jupyterlite-pyodide-kernel"
# The packages whose JupyterLab extensions are part of it.
EXTENSIONS = {
    KERNEL: "@jupyterlite/pyodide-kernel-extension",
    "jupyterlab-widgets": "@jupyter-widgets/jupyterlab-manager",
}
PACKAGES = ("jupyterlite-core", *EXTENSIONS)
SETTINGS = "@jupyterlite/pyodide-kernel-extension:kernel"

# Scripts of our own: of the page about the notebooks, and of the page of a notebook.
ENTRIES = ("notebooks_page.js", "notebook_opened.js")
# What a browser that runs JupyterLite does not ask for.
LEFT_OUT = (
    "*.config*.js",
    "**/*.eot",  # fonts, which are there as woff2 too
    "**/*.ttf",
    "**/package.json",
    "build/fa-*.svg",
    "doc",
    "jupyterlite.schema.v0.json",
    "service-worker.js",
)
# The logo and `File → Open…` lead here.
TO_NOTEBOOKS = (
    '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Exercise notebooks</title>\n'
    '<meta http-equiv="refresh" content="0; url=../index.html">\n'
    '<p><a href="../index.html">Exercise notebooks</a></p>\n</html>\n'
)
# Files carry this time instead of the real one, so that the same inputs give the same bytes.
EPOCH = 1767225600


class LiteError(Exception):
    """JupyterLite could not be built; the message says why."""


# --- What it is made from ------------------------------------------------------------------------


def extension(package: str) -> Path:
    """Return the folder of a package's JupyterLab extension.

    Raises
    ------
    LiteError
        If the package is not installed.
    """
    name = f"labextensions/{EXTENSIONS[package]}/package.json"
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        raise LiteError(
            f"the package {package} is not installed. Bring the environment up to date with "
            "`make setup`."
        ) from None
    found = (Path(file.locate()).resolve() for file in files if str(file).endswith(name))
    manifest = next(found, None)
    if manifest is None or not manifest.is_file():
        raise LiteError(f"{package} has no file share/jupyter/{name}; install it again.")
    return manifest.parent


def kernel_wheels() -> list[Path]:
    """Return the wheels that JupyterLite's kernel brings for Pyodide, but those of widgets."""
    wheels = (extension(KERNEL) / "static" / "pypi").glob("*.whl")
    return sorted(path for path in wheels if not path.name.startswith("widgetsnbextension"))


def notebooks() -> dict[str, Path]:
    """Return the learners' notebooks by the names of their assignments."""
    folders = (path for path in (ROOT / "exercises").iterdir() if path.is_dir())
    paths = {folder.name: folder / f"{folder.name}.ipynb" for folder in sorted(folders)}
    return {name: path for name, path in paths.items() if path.is_file()}


def fingerprint() -> str:
    """A digest of everything that the folder is made from."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        digest.update(f"{package}=={_version(package)}\n".encode())
    own = [*PAGES.iterdir(), *SCRIPTS.glob("*.js"), ROOT / "package-lock.json", Path(__file__)]
    for path in sorted([*own, *notebooks().values()]):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


# --- The notebooks -------------------------------------------------------------------------------


def released(name: str, content: bytes) -> tuple[dict[str, str], bytes]:
    """Return what the page about the notebooks knows of one, and the notebook for JupyterLite.

    Its metadata say which release it is. They stay when the notebook is changed and saved in the
    browser, and so it can be told later whether a newer one has come out.
    """
    notebook = json.loads(content)
    release = hashlib.sha256(content).hexdigest()[:16]
    notebook["metadata"]["course"] = {"assignment": name, "release": release}
    heading = re.search(r"^# +(.+)", "".join(notebook["cells"][0]["source"]))
    title = heading.group(1) if heading else name
    about = {"name": name, "path": f"{name}.ipynb", "title": title, "release": release}
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    return about, text.encode()


# --- Building ------------------------------------------------------------------------------------


def build(folder: Path, say: Callable[[str], None]) -> None:
    """Write the folder anew; what was there stays if that fails.

    Raises
    ------
    LiteError
        If a package is missing, or JupyterLite's build fails, or would ask another host.
    in_browser.node.NodeError
        If the scripts cannot be bundled.
    """
    say("building JupyterLite")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        work = Path(temporary)
        listed = _prepare(work)
        _run_jupyterlite(work)
        made = work / "made"
        _complete(made, listed)
        check(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)


def _prepare(work: Path) -> list[dict[str, str]]:
    """Write what JupyterLite's build reads; return what is known of the notebooks."""
    contents = work / "contents"
    contents.mkdir()
    listed = []
    for name, path in notebooks().items():
        about, content = released(name, path.read_bytes())
        listed.append(about)
        (contents / about["path"]).write_bytes(content)
    for name in ("jupyter-lite.json", "overrides.json"):
        shutil.copyfile(PAGES / name, work / name)
    settings = {
        "apps": ["notebooks"],
        "cache_dir": "cache",
        "contents": ["contents"],
        "federated_extensions": [str(extension(package)) for package in EXTENSIONS],
        "ignore_sys_prefix": ["federated_extensions"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "output_dir": "made",
        "source_date_epoch": EPOCH,
    }
    config = json.dumps({"LiteBuildConfig": settings})
    (work / "jupyter_lite_config.json").write_text(config, encoding="utf-8")
    return listed


def _run_jupyterlite(work: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise LiteError(f"JupyterLite's build failed:\n{said}")


def _complete(made: Path, listed: list[dict[str, str]]) -> None:
    """Leave out what is not needed, and add the pages and scripts of our own."""
    for pattern in LEFT_OUT:
        for path in list(made.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for name in ("index.html", "notebooks.css"):
        shutil.copyfile(PAGES / name, made / name)
    (made / "released.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    (made / "tree").mkdir(exist_ok=True)
    (made / "tree" / "index.html").write_text(TO_NOTEBOOKS, encoding="utf-8")

    page = made / "notebooks" / "index.html"
    text, places = re.subn(
        "(?=</head>)",
        '<script type="module" src="../notebook_opened.js"></script>\n  ',
        page.read_text(encoding="utf-8"),
        count=1,
    )
    if not places:
        raise LiteError("the page of JupyterLite's notebook view has no </head> to put a script at")
    page.write_text(text, encoding="utf-8")
    options = ["--bundle", "--splitting", "--format=esm", "--minify"]
    options += ["--chunk-names=notebooks-[hash]", "--log-level=warning"]
    entries = [SCRIPTS / name for name in ENTRIES]
    node.run("node", ESBUILD, *entries, *options, f"--outdir={made}", folder=ROOT)


# --- What must hold ------------------------------------------------------------------------------


def check(made: Path) -> None:
    """See to it that nothing would be loaded from another host.

    Raises
    ------
    LiteError
        If something would; the message says what.
    """
    settings = json.loads((made / "jupyter-lite.json").read_text(encoding="utf-8"))
    config = settings["jupyter-config-data"]
    kernel: dict[str, Any] = config["litePluginSettings"].get(SETTINGS, {})
    if not str(kernel.get("pyodideUrl")).startswith("./static/pyodide/"):
        raise LiteError("JupyterLite would load Pyodide from another host: pyodideUrl is not local")
    if not kernel.get("disablePyPIFallback"):
        raise LiteError("JupyterLite would ask PyPI for packages: disablePyPIFallback is not set")
    loaded = {found["name"] for found in config["federated_extensions"]}
    if loaded != set(EXTENSIONS.values()):
        raise LiteError(f"JupyterLite has the extensions {sorted(loaded)}, others than it should")
    for page, address in _foreign(made):
        raise LiteError(f"{page} would load {address} from another host")


def _foreign(made: Path) -> Iterator[tuple[str, str]]:
    """Yield what pages and style sheets load from elsewhere."""
    loads = re.compile(
        r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)\s*=\s*["']?(https?:[^"'\s>]+)"""
        r"""|url\(\s*["']?(https?:[^"')]+)|@import\s+["'](https?:[^"']+)"""
    )
    for path in sorted([*made.rglob("*.html"), *made.rglob("*.css")]):
        for match in loads.finditer(path.read_text(encoding="utf-8")):
            yield path.relative_to(made).as_posix(), next(filter(None, match.groups()))
