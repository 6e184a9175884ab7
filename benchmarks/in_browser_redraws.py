"""How long a reader waits for the picture when a slider is moved and Python draws it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page

AT_MOST = 0.3
_MOVES = 9
_SLIDERS = ".dlc-slider.dlc-can-compute"
_PATIENCE = 300_000

# Each move goes to another place, and, where there are several sliders, to the next of them; a
# reader's pause lies between two.
_MOVE = """async ([name, moves]) => {
  const root = document.querySelector(`[data-dlc-name="${name}"]`);
  const view = root.querySelector(".dlc-computed-view");
  const ranges = [...root.querySelectorAll(".dlc-computed input[type=range]")];
  const seconds = [];
  for (let move = 0; move < moves; move++) {
    const range = ranges[move % ranges.length];
    const most = Number(range.max);
    const position = Math.round(most * ((0.1 + 0.381 * move) % 1));
    const other = position < most ? position + 1 : position - 1;
    const began = performance.now();
    const drawn = new Promise((done) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        requestAnimationFrame(() => done((performance.now() - began) / 1000));
      });
      observer.observe(view, {childList: true});
    });
    range.value = String(String(position) === range.value ? other : position);
    range.dispatchEvent(new Event("input", {bubbles: true}));
    seconds.push(await drawn);
    await new Promise((done) => setTimeout(done, 150));
  }
  return seconds;
}"""


def redraws(browser: Browser, site: Path, address: str) -> dict[str, list[float]]:
    """Return the seconds from each move to its picture, for each slider that Python can draw."""
    listings = site / "_python" / "pages"
    found: dict[str, list[float]] = {}
    for listing in sorted(listings.rglob("*.json")):
        context = browser.new_context()
        context.set_default_timeout(_PATIENCE)
        page = context.new_page()
        page.goto(f"{address}{listing.relative_to(listings).with_suffix('.html').as_posix()}")
        names = [slider.get_attribute("data-dlc-name") for slider in page.locator(_SLIDERS).all()]
        found |= {name: _seconds(page, name) for name in names if name}
        context.close()
    return found


def _seconds(page: Page, name: str) -> list[float]:
    root = page.locator(f"[data-dlc-name='{name}']")
    root.get_by_role("button", name="Compute live").click()
    root.locator(".dlc-computed-view svg").wait_for()
    seconds: list[float] = page.evaluate(_MOVE, [name, _MOVES])
    return [round(one, 3) for one in seconds]


def table(found: Mapping[str, Sequence[float]]) -> str:
    """Return the figures as Markdown, the slowest slider first."""
    lines = [
        "| slider | from move to picture, s | slowest of its moves, s |",
        "| --- | --: | --: |",
    ]
    medians = {name: statistics.median(seconds) for name, seconds in found.items()}
    for name in sorted(medians, key=medians.__getitem__, reverse=True):
        lines.append(f"| {name} | {medians[name]:.2f} | {max(found[name]):.2f} |")
    slow = sum(median > AT_MOST for median in medians.values())
    lines += [
        "",
        f"Medians of {_MOVES} moves, to be at most {AT_MOST} s; {slow} of {len(medians)} above.",
    ]
    return "\n".join(lines)
