"""A cell that runs with nothing but the cells that it needs prints what it prints in the book.

The page runs the needed ones first (`course_page.order`). The tests of all cells go through a page
from its beginning, where a cell missing among the needed ones would not be noticed.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import IPython.display
import matplotlib.pyplot
import numpy as np
import pytest
from every_cell import ROUNDING, SLOW
from printed_numbers import differences

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book", reason="needs the extra 'book'")
sys.path[:0] = [str(ROOT / "browser" / "python"), str(ROOT / "tools")]

import yaml  # noqa: E402
from build_book import BUILD, CONFIG, TOC, pages_of  # noqa: E402
from course_page import display, order, running  # noqa: E402
from jupyter_cache import get_cache  # noqa: E402
from page_cells import read_notebook  # noqa: E402

PER_PAGE = 6


def cells_of(path: Path) -> tuple[list[Any], list[Any]]:
    """Return the cells of a page with code, and the same cells with the book's outputs."""
    settings = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["sphinx"]["config"]
    notebook = read_notebook(path, settings["myst_enable_extensions"])
    if notebook is None:
        return [], []
    cache = get_cache(str(BUILD / ".jupyter_cache"))
    built = cache.get_cache_bundle(cache.match_cache_notebook(notebook).pk).nb
    code = [[cell for cell in one.cells if cell.cell_type == "code"] for one in (notebook, built)]
    return code[0], code[1]


def printed(outputs: Sequence[Any]) -> str:
    return "".join(
        output["text"]
        for output in outputs
        if output["output_type"] == "stream" and output["name"] == "stdout"
    )


@pytest.fixture
def own_settings():
    """Let what cells set of NumPy and matplotlib last for one page, as in the book."""
    with np.printoptions(), np.errstate(), matplotlib.rc_context():
        yield
    matplotlib.pyplot.close("all")


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("name", sorted(pages_of(TOC)))
def test_with_needed_cells_only(site, name, monkeypatch):
    monkeypatch.setenv("DLCORE_STATIC", "1")
    monkeypatch.setenv("DLCORE_LIVE", "1")  # one picture for each slider
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(IPython.display, "display", display.display)
    monkeypatch.setattr(running, "_show_open_figures", lambda: None)
    cells, built = cells_of(pages_of(TOC)[name])
    sources = [cell.source for cell in cells]
    needs = order.needs(sources)
    tags = [set(cell.metadata.get("tags", [])) for cell in cells]
    quick = [
        index
        for index, cell in enumerate(built)
        if printed(cell.outputs) and not any(SLOW in tags[one] for one in [*needs[index], index])
    ]
    chosen = random.Random(name).sample(quick, min(PER_PAGE, len(quick)))
    for index in sorted(chosen):
        names: dict[str, Any] = {"__name__": "__main__"}
        for one in [*needs[index], index]:
            outputs: list[Any] = []
            running.run(sources[one], f"cell {one + 1}", outputs.append, names)
            errors = [output for output in outputs if output["output_type"] == "error"]
            assert not errors, f"cell {one + 1}, needed by {index + 1}: {errors}"
        found = differences(
            printed(built[index].outputs),
            printed(outputs),
            numbers_matter=ROUNDING not in tags[index],
        )
        assert not found, f"cell {index + 1}, run after {[one + 1 for one in needs[index]]}"
