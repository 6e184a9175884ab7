"""Interactive figures that Python draws in the page: finer steps, free values, and the way back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# Until Python has been fetched and started, on a busy machine.
PATIENCE = 180_000
PAGE = "ch2/playground.html"


@pytest.fixture(autouse=True)
def with_python(site: Path) -> None:
    """Skip where the site could not bring Python along."""
    if not (site / "_python").is_dir():
        pytest.skip("the site was built without Python for the browser")


def figure(page: Page, name: str) -> Locator:
    return page.locator(f"[data-dlc-name={name}]")


def compute(root: Locator) -> None:
    """Press "Compute live" and wait until Python draws."""
    root.get_by_role("button", name="Compute live").click()
    expect(root.locator(".dlc-compute span")).to_have_text(
        "Computed by Python as you move.", timeout=PATIENCE
    )


def shows(root: Locator, words: str) -> None:
    """Wait until the picture that can be seen is described so."""
    picture = root.locator("svg[role=img]:visible")
    expect(picture).to_have_accessible_name(words, timeout=PATIENCE)


def violations(page: Page, selector: str) -> list[str]:
    """What axe finds in a part of the page; nothing where it is not installed."""
    if not AXE.is_file():
        return []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(
        "(selector) => axe.run(selector).then((r) => r.violations.map((v) => v.id))", selector
    )


def test_a_slider_takes_any_value_once_python_runs(visit):
    page = visit(PAGE, width=390, scheme="dark")
    loaded = "performance.getEntriesByType('resource').map((entry) => entry.name).join()"
    assert "pyodide" not in page.evaluate(loaded), "Python came unasked"

    root = figure(page, "ch2-angle")
    prepared = root.locator(".dlc-view")
    prepared_words = [view.get_attribute("aria-label") for view in prepared.locator("svg").all()]
    root.get_by_role("slider").fill("2")
    shows(root, prepared_words[2])

    compute(root)
    # It goes on where the prepared pictures were, and with the same words.
    shows(root, prepared_words[2])
    slider = root.get_by_role("slider")
    assert slider.get_attribute("max") == "90"
    assert slider.get_attribute("aria-valuetext") == "20°"
    slider.press("ArrowRight")
    shows(root, re.compile("turned by 21 degrees"))

    exact = root.get_by_role("textbox", name="Angle: a whole number from 0° to 90°")
    expect(exact).to_have_value("21°")
    exact.fill("45")
    exact.press("Enter")
    shows(root, prepared_words[4])
    expect(exact).to_have_value("45°")
    expect(root.locator(".dlc-live")).to_have_text(prepared_words[4])

    exact.fill("200")
    exact.press("Enter")
    expect(root.get_by_role("alert")).to_have_text(
        'Angle: write a whole number from 0° to 90°, not "200".'
    )
    expect(exact).to_have_attribute("aria-invalid", "true")
    shows(root, prepared_words[4])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not violations(page, "[data-dlc-name=ch2-angle]")

    # On paper stands what was prepared, at its default.
    page.emulate_media(media="print")
    shows(root, prepared_words[0])
    page.emulate_media(media="screen")

    slider.fill("46")
    shows(root, re.compile("turned by 46 degrees"))
    page.evaluate("coursePage.cells.stop()")
    expect(root.locator(".dlc-compute span")).to_have_text(
        "Python was stopped. These are the prepared pictures again."
    )
    shows(root, prepared_words[4])
    assert root.get_by_role("slider").get_attribute("max") == "7"


def test_figures_switch_when_their_cell_has_run(visit):
    page = visit(PAGE)
    root = figure(page, "ch2-twelve")
    compute(root)
    exact = root.get_by_role("textbox")
    exact.fill("0.25")
    exact.press("Enter")
    shows(root, re.compile(r"^\S+, 0.25 × the sensible rates, step 200 of 200"))
    root.get_by_role("combobox", name="Surface").select_option(index=1)
    shows(root, re.compile(r", 0.25 × the sensible rates, step 200 of 200"))
    root.get_by_role("button", name="Show prepared pictures").click()
    shows(root, re.compile(", 0.3 × the sensible rates,"))

    # The slider's cell is run by its own button: its output takes the place of the book's.
    cell = page.locator(".cell", has=page.locator("[data-dlc-name=ch2-angle]"))
    cell.locator("summary").click()
    cell.get_by_role("button", name=re.compile("^Run cell")).click()
    fresh = page.locator(".dlc-unprepared[data-dlc-name=ch2-angle]")
    expect(fresh.get_by_role("slider")).to_have_attribute("max", "90", timeout=PATIENCE)
    fresh.get_by_role("slider").press("End")
    shows(fresh, re.compile("turned by 90 degrees"))
