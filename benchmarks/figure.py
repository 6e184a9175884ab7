"""The picture of README.md: time and memory against three sizes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from benchmarks.curves import curves
from dlcore.figures import PALETTE, use_course_style

TITLES = {
    "batch": "images in a batch\n(training step, DeepConvNet)",
    "images": "images to predict\n(DeepConvNet)",
    "layers": "hidden layers\n(training step, 100 units each)",
}
UNITS = {"time": "time in ms", "memory": "memory in MB"}


def draw(results: dict[str, Any]) -> str:
    """Text of an SVG file: measured points, and the straight lines fitted to them."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        use_course_style()
        mpl.rcParams["svg.fonttype"] = "none"  # letters as text: a quarter of the size
        fig = Figure(figsize=(8.6, 4.6), facecolor="white")
        axes = fig.subplots(2, 3)
        for curve in curves(results):
            row, column = list(UNITS).index(curve.cost), list(TITLES).index(curve.quantity)
            ax = axes[row, column]
            sizes = np.asarray(curve.sizes, dtype=float)
            ends = np.array([0, sizes.max()])
            fit = curve.fit
            ax.plot(ends, fit["fixed"] + fit["per_unit"] * ends, "-", color=PALETTE["sky"])
            ax.plot(sizes, curve.values, "o", color=PALETTE["blue"])
            ax.set_ylim(bottom=0)
            ax.locator_params(nbins=4)
            ax.margins(x=0.04)
            if row == 1:
                ax.set_xlabel(TITLES[curve.quantity])
            if column == 0:
                ax.set_ylabel(UNITS[curve.cost])
        picture = io.StringIO()
        fig.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()
