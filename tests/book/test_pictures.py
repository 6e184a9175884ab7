"""The pictures of the built pages: colours that everyone can tell apart, sizes that fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from dlcore.figures import GREY, PALETTE

COLOUR = re.compile(r"(?:fill|stroke|stop-color)\s*:\s*([^;\"]+)")
# Grid lines, and the page's own colours, which follow light and dark mode.
NEUTRAL = {"none", "currentcolor", "#9a9a9a", GREY}


def foreign_colours(svg) -> set[str]:
    """Colours of a picture's shapes that are not from the course's palette."""
    allowed = NEUTRAL | set(PALETTE.values())
    styles = [svg, *svg.find_all(style=True)]
    used = {c.strip().lower() for e in styles for c in COLOUR.findall(e.get("style", ""))}
    return {c for c in used - allowed if not c.startswith(("var(", "url("))}


def pictures(path: Path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select("svg.dlc-picture")


@pytest.fixture(scope="module")
def page_pictures(site) -> dict[str, list]:
    paths = [p for p in sorted(site.rglob("*.html")) if "_static" not in p.parts]
    return {p.relative_to(site).as_posix(): pictures(p) for p in paths}


def test_pictures_use_the_palette(page_pictures):
    faults = {
        f"{page}: {svg.get('aria-label', '')[:60]}: {sorted(colours)}"
        for page, svgs in page_pictures.items()
        for svg in svgs
        if (colours := foreign_colours(svg))
    }
    assert not faults, "\n".join(sorted(faults))


def test_pictures_are_no_wider_than_the_text(page_pictures):
    faults = []
    for page, svgs in page_pictures.items():
        for svg in svgs:
            width = re.search(r"width:([\d.]+)pt", svg["style"])
            if width and float(width[1]) > 576:
                faults.append(f"{page}: {width[1]} pt, {svg['aria-label'][:60]}")
    assert not faults, "\n".join(faults)


def test_the_check_of_colours_sees():
    html = '<svg class="dlc-picture"><path style="fill:#ff0000;stroke:#0067b8"/></svg>'
    assert foreign_colours(BeautifulSoup(html, "html.parser").svg) == {"#ff0000"}
