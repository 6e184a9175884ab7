"""Every cell of chapters 0 to 2, run in the page, gives what the book shows."""

from __future__ import annotations

import pytest
from every_cell import cells_that_differ

PAGES = (
    "ch0/review",
    "ch1/vanishing",
    "ch1/initial_values",
    "ch1/batch_normalization",
    "ch1/exploding",
    "ch2/learning_rate",
    "ch2/adaptive",
    "ch2/playground",
    "ch2/further",
)


@pytest.mark.parametrize("name", PAGES)
def test_cells_give_what_the_page_shows(visit, site, name):
    faults = cells_that_differ(visit, site, name)
    assert not faults, "\n\n".join(faults)
