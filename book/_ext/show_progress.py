"""Say which page is being read, which takes a while: the reader wants to see that it goes on."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    order: list[str] = []

    def remember(_app: Sphinx, _env: BuildEnvironment, names: list[str]) -> None:
        order[:] = sorted(names)

    def show(_app: Sphinx, page: str, _source: list[str]) -> None:
        if page in order:
            print(f"  page {order.index(page) + 1} of {len(order)}: {page}", flush=True)

    app.connect("env-before-read-docs", remember)
    app.connect("source-read", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
