"""Say which page is being read: its cells run meanwhile, and most of a build's time goes there."""

from __future__ import annotations

import itertools

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    numbers = itertools.count(1)

    def show(app: Sphinx, page: str, _source: list[str]) -> None:
        print(f"  page {next(numbers)} of {len(app.env.found_docs)}: {page}", flush=True)

    app.connect("source-read", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
