"""Cells run in the page: what a reader does with them, and what must not happen before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "ch4/convolution.html"
# Python's start alone takes seconds, and in CI several tests share two cores.
PATIENCE = 300_000
# Cells of the chapter, by what they do (tests below say what they rely on).
PRINTS, DRAWS, LONG_NEED = "np.correlate", "image_grid(", "bias=3.0"


@pytest.fixture(scope="session")
def chapter(site) -> list[dict]:
    listing = site / "_python" / "pages" / "ch4" / "convolution.json"
    if not listing.exists():
        pytest.skip("the site was built without Python in its pages; the build says why")
    return json.loads(listing.read_text(encoding="utf-8"))["cells"]


class Cell:
    """One cell of an open page."""

    def __init__(self, page, cells: list[dict], words: str) -> None:
        found = [
            cell for cell in cells if words in cell["source"] and "import " not in cell["source"]
        ]
        self.page, self.index = page, found[0]["index"]
        page.set_default_timeout(PATIENCE)
        self.box = page.locator(f".cell-index-{self.index}")
        self.output = self.box.locator(".cell_output")
        self.status = self.box.locator(".cell-status")
        self.editor = self.box.locator(".cm-content")

    def button(self, word: str):
        return self.box.get_by_role("button", name=f"{word} cell {self.index + 1}")

    def type(self, code: str) -> None:
        """Put code into the editor in place of what is there, as pasting does."""
        if not self.editor.is_visible():
            self.button("Edit").click()
        self.editor.wait_for()
        self.editor.focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)

    def says(self, words: str) -> None:
        """Wait until the cell is at rest and the line beside it begins with these words."""
        self.page.wait_for_function(
            """([button, status, words]) =>
                button.ariaDisabled !== "true" && status.textContent.startsWith(words)""",
            arg=[self.button("Run").element_handle(), self.status.element_handle(), words],
            timeout=PATIENCE,
        )

    def run(self) -> str:
        """Run the cell to its end and return what it printed."""
        self.button("Run").click()
        self.says("Done in")
        return self.output.inner_text().strip()


def test_nothing_of_python_before_the_first_run(visit, chapter):
    page = visit(CHAPTER)
    loaded = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    late = [name for name in loaded if "pyodide" in name or "worker" in name or "editor" in name]
    assert not late
    assert (
        page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    )
    assert page.evaluate("caches.keys().then((all) => all.length)") == 0


def test_a_reader_runs_edits_and_resets(visit, chapter):
    page = visit(CHAPTER)
    cell = Cell(page, chapter, LONG_NEED)
    built = cell.output.inner_text().strip()

    # The cells that it needs run first, and nothing else.
    assert cell.run() == built
    ran = page.evaluate("coursePage.cells.ranIndices()")
    assert 0 in ran
    assert cell.index in ran
    assert len(ran) < cell.index

    # A figure stands where it stood, with its description and its caption.
    figure = Cell(page, chapter, DRAWS)
    caption = figure.output.locator("figcaption").inner_text()
    description = figure.output.locator("svg.dlc-picture").get_attribute("aria-label")
    figure.run()
    assert figure.output.locator("figcaption").inner_text() == caption
    assert figure.output.locator("svg.dlc-picture").get_attribute("aria-label") == description
    assert figure.output.locator("figure").count() == 1

    # An error shows the reader's own lines.
    cell.type("def f(n):\n    return 1 / n\n\nprint('so far')\nf(0)")
    page.keyboard.press("Control+Enter")
    cell.says("Stopped with an error")
    text = cell.output.inner_text()
    assert text.startswith("so far")
    assert f'File "cell {cell.index + 1}", line 2, in f' in text
    assert "ZeroDivisionError: division by zero" in text
    assert "course_page" not in text

    # The version of the reader outlives the page, and Reset brings the book's back.
    page.reload()
    cell.editor.wait_for()
    assert "return 1 / n" in cell.editor.inner_text()
    assert cell.box.locator(".cell-changed").inner_text() == "changed"
    cell.button("Reset").click()
    assert not cell.editor.is_visible()
    assert cell.output.inner_text().strip() == built
    page.reload()
    assert cell.box.locator(".cell-changed").inner_text() == ""


def test_an_edited_earlier_cell_counts(visit, chapter):
    page = visit(CHAPTER)
    later = Cell(page, chapter, LONG_NEED)
    earlier = Cell(page, chapter, "show_matrices(")
    built = later.output.inner_text().strip()
    earlier.type("x = np.ones((3, 3))\nW = np.ones((2, 2))")
    assert later.run() != built
    # Brought back, it is run again before the later one.
    earlier.button("Reset").click()
    assert later.run() == built


def test_stop_ends_an_endless_loop(visit, chapter):
    page = visit(CHAPTER)
    cell = Cell(page, chapter, PRINTS)
    # Before Python is there.
    cell.button("Run").click()
    cell.button("Stop").click()
    cell.says("Stopped before Python was there")

    cell.type("print('begun')\nwhile True:\n    pass")
    cell.button("Run").click()
    cell.output.get_by_text("begun").wait_for(timeout=PATIENCE)
    cell.button("Stop").click()
    cell.says("Stopped. What had been computed on this page is forgotten")
    assert page.evaluate("coursePage.cells.ranIndices()") == []
    cell.button("Reset").click()
    built = cell.output.inner_text().strip()
    assert cell.run() == built


def wait_until_kept(page, *names: str) -> None:
    """Wait until files whose addresses hold these names are there for a visit offline."""
    page.wait_for_function(
        """async (names) => {
          const kept = (await (await caches.open("dlcore-course")).keys()).map((one) => one.url);
          return names.every((name) => kept.some((address) => address.includes(name)));
        }""",
        arg=list(names),
        timeout=PATIENCE,
    )


def test_second_visit_without_a_connection(visit, chapter):
    page = visit(CHAPTER)
    cell = Cell(page, chapter, PRINTS)
    printed = cell.run()
    # All that was used is kept, a moment later.
    wait_until_kept(
        page, "pyodide.asm.wasm", "numpy-", "course_page.zip", "convolution.html", "worker.js"
    )
    page.context.set_offline(True)
    page.reload()
    assert cell.run() == printed


def test_each_start_draws_other_random_numbers(visit, chapter):
    """Although from the second start on, Python comes from a memory that was kept."""
    page = visit(CHAPTER)
    cell = Cell(page, chapter, PRINTS)
    cell.type("import random\nimport numpy as np\nprint(random.random(), np.random.random())")
    drawn = [cell.run()]
    for _ in range(2):
        wait_until_kept(page, "started.bin")
        page.reload()
        drawn.append(cell.run())
    numbers = [number for line in drawn for number in line.split()]
    assert len(set(numbers)) == len(numbers) == 6


def test_over_plain_http(browser, base, chapter):
    """Where browsers offer neither caches nor a service worker."""
    context = browser.new_context()
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(base.replace("127.0.0.1", "course.test") + CHAPTER)
    assert not page.evaluate("isSecureContext")
    cell = Cell(page, chapter, PRINTS)
    printed = cell.output.inner_text().strip()
    assert cell.run() == printed
    assert not errors
    context.close()


def test_an_edit_outlives_an_update_of_the_page(visit, chapter):
    page = visit(CHAPTER)
    cell = Cell(page, chapter, PRINTS)
    key = f"dlcore:cell:ch4/convolution:{cell.index}"
    kept = json.dumps({"code": "print(1)", "book": "what the book said before"})
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [key, kept])
    # The cell that stood here when the reader edited it stands elsewhere now.
    moved = Cell(page, chapter, LONG_NEED)
    other = json.dumps({"code": "print(2)", "book": chapter[moved.index]["source"]})
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [key[:-1] + "99", other])
    page.reload()
    cell.editor.wait_for()
    assert cell.editor.inner_text() == "print(1)"
    changed = cell.box.locator(".cell-changed").inner_text()
    assert changed.startswith("Your version is kept; the book's has changed since")


def test_with_the_keyboard_alone(visit, chapter):
    page = visit(CHAPTER)
    cell = Cell(page, chapter, PRINTS)
    cell.button("Run").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    cell.editor.wait_for()
    assert cell.editor.evaluate("e => e === document.activeElement")
    # Keys that mean something to the page mean letters here; Tab indents.
    page.keyboard.press("Control+A")
    page.keyboard.type("4 / 2")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert cell.editor.inner_text() == "    4 / 2"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+Enter")
    cell.says("Done in")
    assert cell.output.inner_text().strip() == "2.0"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert cell.button("Run").evaluate("e => e === document.activeElement")
    spoken = page.locator(".course-spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    assert spoken.text_content() == "The Tab key now leaves the editor."


def test_a_site_that_cannot_be_reached_is_said(visit, chapter):
    page = visit(CHAPTER)
    cell = Cell(page, chapter, PRINTS)
    page.route("**/files.json", lambda route: route.fulfill(json={}))
    page.route("**/lite/static/pyodide/pyodide*", lambda route: route.fulfill(body="not Python"))
    cell.button("Run").click()
    cell.says("Python could not be started")
    page.unroute_all()
    assert cell.run()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_an_open_editor(visit, chapter, scheme, width):
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("no axe-core: npm ci")
    page = visit(CHAPTER, width=width, scheme=scheme)
    cell = Cell(page, chapter, PRINTS)
    cell.type("# a remark\nfor k in range(3):\n    print(k, 'text', None)")
    page.evaluate(axe.read_text(encoding="utf-8"))
    faults = page.evaluate(
        """(box) => axe.run(box).then((result) => result.violations.map(
            (one) => [one.id, one.nodes.length, one.nodes[0].failureSummary]))""",
        f".cell-index-{cell.index}",
    )
    assert not faults
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
