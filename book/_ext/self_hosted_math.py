"""Serve MathJax from the site itself: copy what its pages can ask for out of node_modules."""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

MATHJAX = Path(__file__).resolve().parents[2] / "node_modules" / "mathjax" / "es5"

# The component of `mathjax_path`, the fonts it draws with, and the TeX packages that it fetches
# when a formula first uses one of their commands (\boldsymbol, \cancel, …).
NEEDED = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")


def require_mathjax(app: Sphinx) -> None:
    """Stop before the long part of the build when MathJax is missing."""
    if app.builder.format == "html" and not (MATHJAX / NEEDED[0]).is_file():
        raise ExtensionError(
            f"MathJax not found in {MATHJAX}; run `npm ci --ignore-scripts` at the root, "
            "or build with `python tools/build_book.py`, which does so"
        )


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy the needed files to _static/mathjax of the finished site."""
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    for name in NEEDED:
        source = MATHJAX / name
        if source.is_dir():
            shutil.copytree(source, target / name, dirs_exist_ok=True)
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", require_mathjax)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
