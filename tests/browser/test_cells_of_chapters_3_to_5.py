"""Every cell of chapters 3 to 5 and of the appendix, run in the page, gives what the book shows.

A file of its own, so that the two halves of the book run at the same time.
"""

from __future__ import annotations

import pytest
from every_cell import cells_that_differ
from test_cells_of_chapters_0_to_2 import PAGES as OTHER_PAGES

PAGES = (
    "ch3/overfitting",
    "ch3/penalties",
    "ch3/dropout",
    "ch4/convolution",
    "ch4/matrix_products",
    "ch4/networks",
    "ch5/alexnet",
    "ch5/global_pooling",
    "ch5/deep",
    "appendix/errata",
    "appendix/report",
    "appendix/students",
)


@pytest.mark.parametrize("name", PAGES)
def test_cells_give_what_the_page_shows(visit, site, name):
    faults = cells_that_differ(visit, site, name)
    assert not faults, "\n\n".join(faults)


def test_no_page_is_forgotten(site):
    listings = site / "_python" / "pages"
    if not listings.exists():
        pytest.skip("the site was built without Python in its pages; the build says why")
    listed = {str(path.relative_to(listings).with_suffix("")) for path in listings.rglob("*.json")}
    assert listed - {"index"} == {*PAGES, *OTHER_PAGES}
