"""The feedback page in a browser: on a phone, in the dark, on paper, and without a complaint."""

from __future__ import annotations

import urllib.parse

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from local_browser import serve
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dlgrader.execution import verdict_outputs
from dlgrader.exercises import load_assignment
from dlgrader.feedback.exporter import render_page
from dlgrader.feedback.facts import Facts, Mark
from dlgrader.judge import PropertyVerdict, Verdict
from dlgrader.solutions import points_cell

NAME = "ps1_vanishing_gradients"
DECLARED = load_assignment(NAME)
LONG = "a_very_long_name_that_has_no_place_to_break_" * 4

# The lowest contrast of a text with what is behind it, and the text.
CONTRAST = """
() => {
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let lowest = [99, ""];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, element = text.parentElement;
    if (!text.data.trim() || !element.getClientRects().length) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < lowest[0]) lowest = [ratio, text.data];
  }
  return lowest;
}
"""


def about(name: str, *, solution: bool) -> dict:
    kind = {"grade_id": name, "grade": not solution, "solution": solution, "locked": not solution}
    return {"nbgrader": kind | {"schema_version": 3, "task": False}}


def full_page() -> str:
    """Return a page with all that may stand in one, some of it too wide for a phone."""
    first, second, *_ = DECLARED.judged
    found = Verdict(
        first.name,
        (
            PropertyVerdict("a", "small numbers", 1.0, 1.0),
            PropertyVerdict("b", f"large numbers, {LONG}", 0.0, 2.0, LONG, "x = 800"),
            PropertyVerdict("c", "any shape", 0.5, 1.0, "Likely cause: the sign is lost."),
            PropertyVerdict("d", "speed", 0.0, 0.0, "A loop runs."),
        ),
    )
    wide = f"|{'|'.join('abcdefghijkl')}|\n|{'-|' * 12}\n|{'|'.join(['wide cell'] * 12)}|"
    code = f'@cached\ndef f(x: int = 1) -> str:\n    """Doc."""\n    # {LONG}\n    return "a" + x'
    cells = [
        new_markdown_cell(f"# Title\n\n{wide}\n\n> said\n\n$$ {' + '.join(['x^2'] * 60)} $$"),
        new_code_cell(code, metadata=about(first.name, solution=True)),
        new_code_cell("# points", metadata=about(points_cell(first.name), solution=False)),
        new_code_cell("1"),
    ]
    cells[2].outputs = verdict_outputs(first, found)
    colours = " ".join(f"\x1b[{number}mtext\x1b[0m" for number in (31, 32, 33, 34, 35, 36, 1))
    cells[3].outputs = [
        new_output("stream", text=f"{colours}\n{LONG * 3}\n"),
        new_output("display_data", data={"text/html": "<table class=dataframe><td>1</table>"}),
        new_output("error", ename="E", evalue="e", traceback=["\x1b[31mE\x1b[0m: e"]),
    ]
    marks = {points_cell(part.name): Mark(0.0, part.max_points) for part in DECLARED.judged}
    marks[points_cell(first.name)] = Mark(1.5, first.max_points)
    marks[points_cell(second.name)] = Mark(second.max_points, second.max_points)
    marks |= {part.name: Mark(None, part.max_points, 0.0, True) for part in DECLARED.written}
    return render_page(
        new_notebook(cells=cells),
        Facts(
            assignment=NAME,
            notebook=NAME,
            student="eve",
            name=f"Eve {LONG}",
            marks=marks,
            comments={first.name: f"**Good**, see [this](https://other.example/{LONG})."},
            late_penalty=1.0,
            remarks=("A cell was restored.",),
            book="https://book.example",
        ),
    )


def failed_page() -> str:
    reason = f"The notebook is broken: {LONG}"
    facts = Facts(NAME, NAME, "eve", "Eve", failed=True, reason=reason)
    return render_page(new_notebook(), facts)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "full.html").write_text(full_page(), encoding="utf-8")
    (folder / "failed.html").write_text(failed_page(), encoding="utf-8")
    with serve(folder) as at:
        yield at


@pytest.fixture
def opened(browser, address):
    """`opened(name, …)` opens a page that must neither complain nor ask for anything."""
    contexts, complaints = [], []

    def open_it(name: str, **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on(
            "request",
            lambda request: (
                None
                if urllib.parse.urlsplit(request.url).path in {f"/{name}", "/favicon.ico"}
                else complaints.append(request.url)
            ),
        )
        page.goto(f"{address}{name}")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [text for text in complaints if "favicon" not in text] == []


@pytest.mark.parametrize("name", ["full.html", "failed.html"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(opened, name, width):
    page = opened(name, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["full.html", "failed.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(opened, name, scheme):
    page = opened(name, color_scheme=scheme)
    ratio, text = page.evaluate(CONTRAST)
    assert ratio >= 4.5, text
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


def test_paper_is_white_though_the_screen_is_dark(opened):
    page = opened("full.html", color_scheme="dark")
    page.emulate_media(media="print")
    ratio, text = page.evaluate(CONTRAST)
    assert ratio >= 4.5, text
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_links_of_the_summary_lead_to_their_places(opened):
    page = opened("full.html")
    for link in page.locator("main a[href^='#']").all():
        assert page.locator(link.get_attribute("href")).count() == 1


def test_a_formula_has_a_size(opened):
    box = opened("full.html").locator("math").first.bounding_box()
    assert box["height"] > 10
