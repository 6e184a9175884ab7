"""The figures of a cell as the page's pictures; this module is also matplotlib's backend there.

Jupyter shows at the end of a cell, and at ``plt.show()``, each figure that is still open, cut to
what it holds. So does this.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_svg import FigureCanvasSVG as FigureCanvas

from dlcore.figures import adapt_svg

__all__ = ["ALT", "FigureCanvas", "FigureManager", "picture", "show_open_figures"]

#: The page puts the description of the book's figure in its place, if there is one.
ALT = "A figure drawn by the cell above"


class FigureManager(FigureManagerBase):
    """Shows figures in the page."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:  # noqa: ARG003
        """Show all open figures and close them."""
        show_open_figures()


FigureCanvas.manager_class = FigureManager  # type: ignore[assignment]


def picture(figure: Any) -> str | None:
    """Return a figure as SVG for the page; None if nothing was drawn in it."""
    if not figure.axes and not figure.lines:
        return None
    buffer = io.StringIO()
    figure.savefig(
        buffer,
        format="svg",
        bbox_inches="tight",
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
        metadata={"Date": None},
    )
    return adapt_svg(buffer.getvalue(), ALT)


def show_open_figures() -> None:
    """Show pyplot's open figures in the order in which they were made, and close them."""
    from course_page import outputs

    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    try:
        for number in pyplot.get_fignums():
            outputs.display_data(pyplot.figure(number))
    finally:
        pyplot.close("all")
