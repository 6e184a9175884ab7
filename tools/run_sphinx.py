"""One run of Sphinx with Jupyter Book's settings, in a process of its own; used by build_book.py.

Like `jupyter-book build`, but all pages are written while only those are read that have changed:
what one page shows of another (titles, numbers, the list of chapters) is then never out of date.
"""

from __future__ import annotations

import argparse
import functools
import gc
import sys
from pathlib import Path

import pybtex.plugin
import sphinx_multitoc_numbering
import yaml
from jupyter_book.sphinx import build_sphinx
from page_cells import PROCESSES


def repository_buttons(config: Path) -> dict[str, object]:
    """The theme's options for what leads to the repository; none while it has no address."""
    repository = yaml.safe_load(config.read_text(encoding="utf-8")).get("repository", {})
    if not repository.get("url"):
        return {}
    return {
        "repository_url": repository["url"],
        "repository_branch": repository["branch"],
        "path_to_docs": repository["path_to_book"],
        "use_repository_button": True,
        "use_edit_page_button": True,
        # binder/ tells Binder what to install, and JupyterLab to open pages as notebooks.
        "launch_buttons": {
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("build", type=Path)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--toc", type=Path, required=True)
    parser.add_argument("--builder", default="html")
    parser.add_argument("--python-in-browser", default="", metavar="FOLDER")
    parser.add_argument("--strict", action="store_true", help="a warning counts as an error")
    arguments = parser.parse_args()
    # For each citation pybtex looks through all installed packages for the same plug-ins.
    pybtex.plugin._load_entry_point = functools.cache(pybtex.plugin._load_entry_point)
    # It numbers lists of pages that ask for it, of which there is none, and does not say that two
    # pages may be read at a time.
    numbering = sphinx_multitoc_numbering.setup
    sphinx_multitoc_numbering.setup = lambda app: numbering(app) or {"parallel_read_safe": True}
    # Trees of documents are many objects that stay; looking through them for rubbish takes long.
    gc.disable()
    result = build_sphinx(
        str(arguments.source.resolve()),
        str(arguments.build.resolve() / arguments.builder),
        noconfig=True,
        path_config=str(arguments.config),
        confoverrides={
            "external_toc_path": str(arguments.toc.resolve()),
            "latex_individualpages": False,
            "html_theme_options": repository_buttons(arguments.config),
            "python_in_browser": arguments.python_in_browser,
        },
        builder=arguments.builder,
        force_all=True,
        quiet=True,
        warningiserror=arguments.strict,
        keep_going=True,
        jobs=PROCESSES,
    )
    return result if isinstance(result, int) else 1


if __name__ == "__main__":
    sys.exit(main())
