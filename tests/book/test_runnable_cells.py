"""What the scripts of a page find there: lists of cells, their numbers in the page, the script."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("myst_nb", reason="needs the extra 'book'")
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import runnable_cells  # noqa: E402

HIDDEN = {"remove-cell", "remove-input"}
INDEX = re.compile(r"\bcell-index-(\d+)")


@pytest.fixture(scope="session")
def listings(site) -> list[Path]:
    found = sorted((site / "_python" / "pages").rglob("*.json"))
    if not found:
        pytest.skip("the site was built without Python in its pages; the build says why")
    return found


def test_each_listed_cell_is_the_one_on_the_page(site, listings):
    for path in listings:
        listing = json.loads(path.read_text(encoding="utf-8"))
        text = (site / f"{listing['page']}.html").read_text(encoding="utf-8")
        page = BeautifulSoup(text, "html.parser")
        script = page.select_one("script[data-course-page]")
        assert script["data-course-page"] == listing["page"]
        assert script["type"] == "module"
        assert (site / listing["page"]).parent.joinpath(script["src"]).resolve().is_file()
        found = {INDEX.search(" ".join(one["class"]))[1]: one for one in page.select(".cell")}
        for number, cell in enumerate(listing["cells"]):
            assert cell["index"] == number
            if HIDDEN & set(cell["tags"]):
                continue
            code = found[str(number)].select_one(".cell_input pre").get_text()
            assert code.strip("\n") == cell["source"].strip("\n")


def test_a_page_knows_which_earlier_cells_each_one_needs(listings):
    for path in listings:
        listing = json.loads(path.read_text(encoding="utf-8"))
        assert len(listing["needs"]) == len(listing["cells"])
        for number, needed in enumerate(listing["needs"]):
            assert needed == sorted(set(needed) & set(range(number))), (path, number)
        # Without NumPy, which an earlier cell imports, hardly any could run.
        assert any(listing["needs"]) or len(listing["cells"]) < 3, path


def test_figures_are_listed_with_their_descriptions(listings):
    cells = [
        cell
        for path in listings
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if "alt" in cell.get("figure", {})
    ]
    assert all(cell["figure"]["alt"].strip() for cell in cells)


def test_without_python_a_page_stays_as_it_is():
    builder = SimpleNamespace(name="html")
    app = SimpleNamespace(config=SimpleNamespace(python_in_browser=""), builder=builder)
    context = {"body": '<div class="cell cell-index-0 docutils">', "metatags": ""}
    runnable_cells.add_script(app, "ch4/convolution", "page.html", context, None)
    assert context["metatags"] == ""
    assert runnable_cells.parts(app) is None
