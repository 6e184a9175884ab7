"""course_page, which runs in the Python of a page, is tested in this one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "browser" / "python"), str(ROOT / "tools")]


@pytest.fixture(autouse=True)
def _no_open_figures() -> None:
    """Close what other tests of this process have left open: a page's cell would show it."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
