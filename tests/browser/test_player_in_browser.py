"""The player in Chromium: by keyboard, playing, without script, on paper, and for axe.

The page is made here, of two players and the course's own script and style sheets, so that these
tests need no site.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcore import _static_html
from dlcore.optimizers import SGD, Adam, Momentum
from dlcore.player import Runner, _height_text, playground
from dlcore.surfaces import RAVINE, SADDLE

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "dlcore" / "static"
RATES = {"Ravine": 0.1, "Saddle": 0.05}
RUNNERS = [
    Runner("SGD", "S", SGD, RATES),
    Runner("Momentum", "M", Momentum, RATES),
    Runner("Adam", "A", Adam, RATES),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """Address of a page with two players."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLCORE_STATIC", "1")
        patch.setattr(_static_html, "_on_this_page", {})
        players = [
            playground(
                name,
                [RAVINE, SADDLE],
                RUNNERS,
                factors=(0.1, 1, 30),
                steps=40,
                shown=["SGD", "Adam"],
            ).html
            for name in ("one", "two")
        ]
    css = "".join((STATIC / f"course-{n}.css").read_text("utf-8") for n in ("widgets", "player"))
    script = (STATIC / "course-player.js").read_text("utf-8")
    path = tmp_path_factory.mktemp("player") / "index.html"
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Players</title>'
        f'<meta name="viewport" content="width=device-width"><style>{css}</style></head>'
        f"<body><main><h1>Players</h1>{''.join(players)}</main><script>{script}</script></body>"
        "</html>",
        encoding="utf-8",
    )
    return path.as_uri()


@pytest.fixture
def open_page(browser, address):
    """`open_page(**options of the context)`; at the end no page may have complained."""
    contexts, complaints = [], []

    def open_it(**options):
        context = browser.new_context(**({"reduced_motion": "reduce"} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(address)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not complaints


def lines(page) -> list[str]:
    """The points of the paths that can be seen in the first player."""
    return page.evaluate(
        "[...document.querySelector('.dlc-player').querySelectorAll('.dlc-player-view:not([hidden])"
        " polyline')].map((line) => line.getAttribute('points'))"
    )


def test_the_script_draws_what_the_page_already_shows(open_page):
    assert lines(open_page()) == lines(open_page(java_script_enabled=True))
    without = open_page(java_script_enabled=False)
    picture = without.locator(".dlc-player").first.locator(".dlc-player-view svg .dlc-paths").first
    script = open_page().locator(".dlc-player").first.locator(".dlc-player-view svg .dlc-paths")
    points = [
        [line.get_attribute("points") for line in place.locator("polyline").all()]
        for place in (picture, script.first)
    ]
    assert len(points[0]) == 2
    assert points[0] == points[1]
    assert not without.locator(".dlc-controls").first.is_visible()
    assert not without.locator("input").first.is_visible()
    assert without.locator(".dlc-settings").first.is_visible()


def test_everything_works_by_keyboard(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator("#one-surface").input_value() == "Saddle"
    assert page.locator("#two-surface").input_value() == "Ravine"
    page.keyboard.press("Tab")
    before = lines(page)
    page.keyboard.press("ArrowRight")
    assert page.locator("#one-rate").get_attribute("aria-valuetext") == "30 × the sensible rates"
    assert "η = 1.5" in page.locator(".dlc-runner").first.inner_text()
    assert lines(page) != before
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert page.locator("#one-step").get_attribute("aria-valuetext") == "0 of 40"
    assert all(" " not in points for points in lines(page))
    page.keyboard.press("ArrowRight")
    assert all(points.count(" ") == 1 for points in lines(page))
    for _ in range(4):  # past the three buttons, to the first optimiser
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert len(lines(page)) == 1
    said = "Saddle, 30 × the sensible rates, step 1 of 40. Heights: Adam "
    page.wait_for_function(
        "(said) => document.querySelector('.dlc-live').textContent.startsWith(said)", arg=said
    )
    assert page.locator(".dlc-live").nth(1).text_content() == ""


def test_it_plays_only_when_asked_and_pauses(open_page):
    page = open_page()
    step, button = page.locator("#one-step"), page.locator("[data-dlc-action=play]").first
    page.wait_for_timeout(300)
    assert step.get_attribute("aria-valuetext") == "40 of 40"
    button.press("Enter")
    assert button.text_content() == "Pause"
    page.wait_for_function("Number(document.getElementById('one-step').value) >= 4")
    button.press("Enter")
    assert button.text_content() == "Play"
    stopped = step.input_value()
    assert 4 <= int(stopped) < 30
    page.wait_for_timeout(300)
    assert step.input_value() == stopped
    button.press("Enter")  # from where it stopped to the end
    page.wait_for_function("document.getElementById('one-step').value === '30'")
    assert button.text_content() == "Play"
    page.wait_for_function("/step 40 of 40/.test(document.querySelector('.dlc-live').textContent)")


def test_taking_the_slider_stops_it(open_page):
    page = open_page()
    button = page.locator("[data-dlc-action=play]").first
    button.click()
    page.wait_for_function("Number(document.getElementById('one-step').value) >= 2")
    page.locator("#one-step").press("Home")
    assert button.text_content() == "Play"
    assert page.locator("#one-step").input_value() == "0"


def test_all_and_none(open_page):
    page = open_page()
    page.locator("[data-dlc-action=all]").first.click()
    assert len(lines(page)) == 3
    page.locator("[data-dlc-action=none]").first.click()
    assert lines(page) == []


def test_a_diverging_path_is_said_to_diverge(open_page):
    page = open_page()
    page.locator("#one-rate").press("End")
    assert "diverged" in page.locator(".dlc-runner").first.inner_text()


def test_paper_shows_the_first_state_and_the_screen_keeps_its_own(open_page):
    page = open_page()
    first = lines(page)
    page.locator("#one-surface").select_option("Saddle")
    page.locator("#one-step").press("Home")
    changed = lines(page)
    page.emulate_media(media="print")
    page.wait_for_function("!document.querySelector('.dlc-player-view').hidden")
    assert lines(page) == first
    assert page.locator(".dlc-settings").first.is_visible()
    assert not page.locator(".dlc-controls").first.is_visible()
    page.emulate_media(media="screen")
    page.wait_for_function("document.querySelector('.dlc-player-view').hidden")
    assert lines(page) == changed


def test_heights_are_written_as_in_python(open_page):
    numbers = list(range(-1205, 1000))
    written = open_page().evaluate(
        "(numbers) => numbers.map((n) => dlcorePlayers.heightText(n, -1200))", numbers
    )
    assert written == [_height_text(number) for number in numbers]


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, width):
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("no axe-core: npm ci")
    page = open_page(viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document).then((r) => r.violations.map((v) => v.id))")
    assert found == []
