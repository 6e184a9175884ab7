"""Take the README's picture of a page: `python tools/readme_picture.py`, after `make site`."""

from __future__ import annotations

import sys
from pathlib import Path

from local_browser import ChromiumNotFound, find_chromium
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "book" / "_build" / "html" / "ch4" / "convolution.html"
PICTURE = ROOT / "docs" / "page.png"
FIGURE = ".dlc-slider[data-dlc-name='explorer']"


def main() -> int:
    if not PAGE.is_file():
        print("The picture needs the built site: make site.")
        return 1
    try:
        program = find_chromium()
    except ChromiumNotFound as error:
        print(error)
        return 1
    PICTURE.parent.mkdir(exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 760}, color_scheme="light")
        page.goto(PAGE.as_uri())
        page.wait_for_load_state("networkidle")
        page.locator(FIGURE).evaluate(
            "figure => figure.scrollIntoView({block: 'center', behavior: 'instant'})"
        )
        page.wait_for_timeout(1000)  # fonts of the formulas
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)} is renewed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
