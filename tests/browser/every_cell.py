"""Run all cells of a page in the browser, and compare with what the page shows as built."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from printed_numbers import differences

sys.path.append(str(Path(__file__).resolve().parents[2] / "browser" / "python"))

from course_page.order import needs

LONGEST = 600  # seconds for one cell; in CI two pages share two cores
ROUNDING = "depends-on-rounding"  # tag of cells that multiply rounding errors, as their text says
SLOW = "slow-in-browser"
# Leaves out the slow cells, and those that need one, where minutes count.
SKIP_SLOW = bool(os.environ.get("DLCORE_SKIP_SLOW_CELLS"))

# What a cell shows, in words: prints, tables, how a slider is set and what its picture shows; and
# how many pictures there are besides.
SHOWN = """(cell) => {
  const place = cell.querySelector(".cell_output");
  if (!place) return { text: "", pictures: 0 };
  const said = place.querySelectorAll("pre, table, .dlc-settings, .dlc-default svg[aria-label]");
  const pictures = [...place.querySelectorAll("svg.dlc-picture, img")];
  return {
    text: [...said].map((one) => one.getAttribute("aria-label") ?? one.textContent).join("\\n"),
    pictures: pictures.filter((one) => !one.closest("[data-dlc-name]")).length,
  };
}"""


def cells_that_differ(visit, site: Path, name: str) -> list[str]:
    """Run each cell that shows its code, in the order of the page.

    Parameters
    ----------
    visit : callable
        The fixture.
    site : Path
        The folder of the built site.
    name : str
        Of the page, such as ``ch4/convolution``.

    Returns
    -------
    list of str
        For each cell that fails or gives something else than the page shows: what is different.
    """
    listing = site / "_python" / "pages" / f"{name}.json"
    if not listing.exists():
        pytest.skip("the site was built without Python in its pages; the build says why")
    cells = json.loads(listing.read_text(encoding="utf-8"))["cells"]
    page = visit(f"{name}.html")
    faults = []
    left_out = _slow(cells) if SKIP_SLOW else set()
    for cell in cells:
        number = cell["index"]
        if number in left_out:
            continue
        container = page.locator(f".cell-index-{number}")
        run = container.locator("button.cell-run")
        if run.count() == 0:  # hidden, and run when another one needs it
            continue
        built = container.evaluate(SHOWN)
        # Some stand inside a fold that is closed; a click needs no open one.
        run.dispatch_event("click")
        status = _wait(page, container)
        now = container.evaluate(SHOWN)
        found = differences(built["text"], now["text"], numbers_matter=ROUNDING not in cell["tags"])
        if not status.startswith("Done"):
            faults.append(f"{name}, cell {number + 1}: {status} It shows:\n{now['text'][-1500:]}")
        elif found:
            faults.append(f"{name}, cell {number + 1}: in the book and now: {found[:5]}")
        elif built["pictures"] != now["pictures"]:
            faults.append(
                f"{name}, cell {number + 1}: {now['pictures']} pictures instead of "
                f"{built['pictures']}"
            )
    return faults


def _slow(cells: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return the indices of the slow cells and of those that need one."""
    slow = {cell["index"] for cell in cells if SLOW in cell["tags"]}
    needed = enumerate(needs([cell["source"] for cell in cells]))
    return slow | {index for index, others in needed if slow & set(others)}


def _wait(page, container) -> str:
    """Wait until the cell has run, and return what the page says of it."""
    page.wait_for_function(
        "(run) => run.getAttribute('aria-disabled') === 'false'",
        arg=container.locator("button.cell-run").element_handle(),
        timeout=1000 * LONGEST,
    )
    return container.locator(".cell-status").text_content() or ""
