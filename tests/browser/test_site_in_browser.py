"""What a reader does with the pages: move a slider, answer, search, switch to dark mode."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "ch4/convolution.html"
QUERY = "convolution"
PHONE, DESKTOP = 390, 1280


@pytest.fixture(scope="session")
def page_names(site) -> list[str]:
    paths = [p.relative_to(site) for p in sorted(site.rglob("*.html"))]
    return [p.as_posix() for p in paths if p.parts[0] not in {"_static", "lite"}]


def shown_view(slider):
    """Text alternative of the one picture of a slider that is shown."""
    views = slider.locator(".dlc-view:visible svg[role=img]")
    assert views.count() == 1
    return views.get_attribute("aria-label")


def test_slider_by_keyboard(visit):
    slider = visit(CHAPTER).locator(".dlc-slider").first
    before = shown_view(slider)
    slider.locator("input[type=range]").first.focus()
    for key in ("Home", "End"):
        slider.page.keyboard.press(key)
        if (after := shown_view(slider)) != before:
            break
    assert after != before
    # Whoever cannot see the picture hears what it shows now.
    live = slider.locator("[aria-live=polite]")
    slider.page.wait_for_function("e => e.textContent !== ''", arg=live.element_handle())
    assert live.text_content() == after


def test_slider_by_mouse(visit):
    slider = visit(CHAPTER).locator(".dlc-slider").first
    control = slider.locator("input[type=range]").first
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    views = set()
    for share in (0.02, 0.98):
        slider.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        views.add(shown_view(slider))
    assert len(views) == 2


def test_sliders_have_names_and_values(visit):
    controls = visit(CHAPTER).locator(".dlc-slider input[type=range]")
    assert controls.count() >= 2
    for control in controls.all():
        assert control.evaluate(
            "e => e.labels.length === 1 && e.labels[0].textContent.trim() !== ''"
        )
        assert control.get_attribute("aria-valuetext")


def test_question_explains_and_remembers(visit):
    page = visit(CHAPTER)
    question = page.locator("form[data-dlc-question=choice]").first
    first_choice = question.locator("input[type=radio]").first
    feedback = question.locator(".dlc-feedback")
    assert feedback.text_content() == ""

    first_choice.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    explanation = feedback.text_content()
    assert len(explanation.split()) > 3

    page.reload()
    page.wait_for_load_state("networkidle")
    assert first_choice.is_checked()
    assert feedback.text_content().split()[:3] == explanation.split()[:3]

    question.locator("[data-dlc-action=clear]").click()
    page.reload()
    assert not first_choice.is_checked()


def test_search_finds_the_chapter(visit):
    page = visit("index.html")
    fields = page.locator("input[type=search]")
    assert fields.count() == 1, "one search on a page"
    page.locator("button.search-button__button:visible").click()
    fields.fill(QUERY)
    fields.press("Enter")
    page.wait_for_url(f"**/search.html?q={QUERY}*")
    hit = page.locator(f"#search-results a[href*='{CHAPTER}']").first
    hit.wait_for(timeout=10_000)
    hit.click()
    page.wait_for_url(f"**/{CHAPTER}*")


COLOURS = """() => {
    const brightness = (colour) => {
        const [red, green, blue] = colour.match(/[0-9.]+/g).map(Number);
        return (red + green + blue) / 3;
    };
    const picture = document.querySelector("figure svg.dlc-picture");
    return {
        background: brightness(getComputedStyle(document.body).backgroundColor),
        ink: brightness(getComputedStyle(picture).color),
        remembered: localStorage.getItem("theme"),
    };
}"""


def test_dark_mode_switch_changes_page_and_figures(visit):
    page = visit(CHAPTER, scheme="light")
    light = page.evaluate(COLOURS)
    assert light["background"] > 200
    assert light["ink"] < 100

    switch = page.locator("button.theme-switch-button:visible")
    for _ in range(3):  # it goes round automatic, light and dark
        if page.evaluate("document.documentElement.dataset.mode") != "dark":
            switch.click()
    dark = page.evaluate(COLOURS)
    assert dark["background"] < 60
    assert dark["ink"] > 150

    page.reload()
    assert page.evaluate(COLOURS) == dark


def test_maths_is_set_with_the_sites_own_fonts(visit):
    page = visit(CHAPTER)
    assert page.locator("mjx-container").count() > 10
    assert page.locator("mjx-merror").count() == 0, "a formula that MathJax cannot read"
    fonts = page.evaluate(
        "performance.getEntriesByType('resource').map(e => e.name).filter(n => /woff/.test(n))"
    )
    assert any("/_static/mathjax/" in name for name in fonts)


def test_pages_without_maths_load_no_mathjax(visit):
    assert visit("search.html").evaluate("typeof window.MathJax") == "undefined"


def test_boxes_that_scroll_sideways_can_be_focused(visit):
    page = visit(CHAPTER, width=PHONE)
    page.wait_for_timeout(300)
    boxes = page.locator("article div.highlight pre")
    scrolling = [b for b in boxes.all() if b.evaluate("e => e.scrollWidth > e.clientWidth + 1")]
    assert scrolling, "expected code that is wider than a phone"
    assert all(box.get_attribute("tabindex") == "0" for box in scrolling)


AXE = """axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
})"""


# To axe a picture is its label, a formula is nothing, and all code has the colours of the first;
# without the thousands of their parts it is done in seconds.
STRIP = """() => {
    const code = [...document.querySelectorAll(".highlight pre")].slice(3);
    for (const element of [...document.querySelectorAll(".dlc-picture, mjx-container"), ...code]) {
        element.replaceChildren();
    }
}"""


# Milliseconds; on a busy machine a page may take long to follow.
PATIENCE = 60_000


def test_every_page_fits_and_has_no_barrier(visit, page_names):
    """No page scrolls sideways, and axe finds nothing against WCAG 2.2 A and AA."""
    axe = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    found = []

    def become(page, width, scheme):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if "404" not in page.url:
            html = page.locator("html")
            expect(html).to_have_attribute("data-theme", scheme, timeout=PATIENCE)
        page.wait_for_timeout(300)

    for name in page_names:
        page = visit(name, width=DESKTOP, scheme="light")
        for width in DESKTOP, PHONE:
            become(page, width, "light")
            if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{name}: {needed} px wide")
        page.evaluate(STRIP)
        page.evaluate(axe)
        for width, scheme in (PHONE, "dark"), (DESKTOP, "light"):
            become(page, width, scheme)
            for violation in page.evaluate(AXE)["violations"]:
                places = [node["html"][:120] for node in violation["nodes"][:3]]
                found.append(f"{name}, {scheme}: {violation['id']} ({violation['help']}): {places}")
        page.close()
    assert not found, "\n".join(found)


REFERENCE = "reference/index.html"


def test_reference_leads_from_the_list_to_the_entry(visit):
    page = visit(REFERENCE)
    page.locator("dl.name-list a", has_text="im2col").first.click()
    page.wait_for_url("**/reference/convolution.html#dlcore.convolution.im2col")
    entry = page.locator("[id='dlcore.convolution.im2col']")
    assert entry.bounding_box()["y"] < 200
    assert "im2col" in entry.text_content()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_signatures_are_seen_whole(visit, width):
    page = visit("reference/layers.html", width=width)
    signatures = page.locator("article dt.sig")
    assert signatures.count() > 10
    cut_off = "e => e.scrollWidth > e.clientWidth + 1"
    assert not [s.text_content() for s in signatures.all() if s.evaluate(cut_off)]


def test_an_example_is_copied_without_its_prompts(visit):
    page = visit("reference/convolution.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    example = page.locator("article div.highlight", has_text=">>> im2col(x").first
    example.hover()
    example.locator("button.copybtn").click()
    page.wait_for_timeout(200)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[-1] == "im2col(x, 2, 2)"
    assert ">>>" not in copied
