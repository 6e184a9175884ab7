"""The pages' Python in another browser: Firefox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import Firefox, find_firefox, firefox
from local_browser import serve

from dlcore import checks

PROGRAM = find_firefox()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Firefox is not installed")
# Until Python has been fetched and started, on a busy machine.
PATIENCE = 180
CONTROL, ENTER = "\ue009", "\ue006"  # as WebDriver writes the keys
PRINTS, DRAWS = "np.correlate", "image_grid("
FORGOT_ONE = (
    "def conv_output_size(input_size, filter_size, stride=1, pad=0): "
    "return (input_size + 2 * pad - filter_size) // stride"
)

KEPT = """caches.open("dlcore-course").then((cache) => cache.keys()).then((kept) =>
    ["pyodide.asm.wasm", "numpy-", "course_page.zip", "convolution.html", "worker.js"].every(
        (name) => kept.some((one) => one.url.includes(name))))"""


@pytest.fixture(autouse=True)
def with_python(site: Path) -> None:
    """Skip where the site could not bring Python along."""
    if not (site / "_python").is_dir():
        pytest.skip("the site was built without Python for the browser")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Firefox]:
    """Firefox with a fresh profile."""
    assert PROGRAM is not None
    with firefox(PROGRAM, tmp_path / "profile") as browser:
        yield browser


@pytest.fixture
def page(browser: Firefox, base: str) -> Iterator[Firefox]:
    """In the end, nothing may have failed or asked another host."""
    yield browser
    ours = (base, "data:", "blob:", "about:")
    foreign = [url for url in browser.requested if not url.startswith(ours)]
    assert foreign == []
    assert browser.complaints == []


def cell(site: Path, words: str) -> int:
    """The number of the first cell of the chapter that has these words."""
    listing = site / "_python" / "pages" / "ch4" / "convolution.json"
    cells = json.loads(listing.read_text(encoding="utf-8"))["cells"]
    return next(
        one["index"] for one in cells if words in one["source"] and "import " not in one["source"]
    )


class Cell:
    """One cell of an open page."""

    def __init__(self, page: Firefox, number: int) -> None:
        self.page, self.number = page, number
        self.box = f"document.querySelector('.cell-index-{number}')"

    def press(self, word: str) -> None:
        name = f"{word} cell {self.number + 1}"
        self.page.js(
            f"[...{self.box}.querySelectorAll('button')].find((one) => "
            f"(one.ariaLabel ?? one.textContent).startsWith({json.dumps(name)})).click()"
        )

    def says(self, words: str) -> None:
        status = f"{self.box}.querySelector('.cell-status').textContent"
        self.page.wait_for(f"{status}.startsWith({json.dumps(words)})", PATIENCE)

    def output(self) -> str:
        return self.page.js(f"{self.box}.querySelector('.cell_output').innerText.trim()")


def test_cells_run_stop_and_draw(page, site, base):
    page.open(f"{base}ch4/convolution.html")
    assert not [url for url in page.requested if "pyodide" in url], "Python came unasked"
    prints = Cell(page, cell(site, PRINTS))
    built = prints.output()
    prints.press("Run")
    prints.says("Done in")
    assert prints.output() == built

    draws = Cell(page, cell(site, DRAWS))
    picture = f"{draws.box}.querySelector('svg.dlc-picture')"
    described = page.js(f"{picture}.getAttribute('aria-label')")
    draws.press("Run")
    draws.says("Done in")
    assert page.js(f"{picture}.getAttribute('aria-label')") == described

    prints.press("Edit")
    page.wait_for(f"{prints.box}.querySelector('.cm-content') !== null")
    page.js(f"{prints.box}.querySelector('.cm-content').focus()")
    page.write("while True: pass")
    page.press(ENTER, held=CONTROL)
    prints.says("Running")
    prints.press("Stop")
    prints.says("Stopped")

    # A slider is drawn for values that were not prepared.
    explorer = "document.querySelector('[data-dlc-name=explorer]')"
    page.js(f"{explorer}.querySelector('.dlc-compute button').click()")
    drawn = f"{explorer}.querySelector('.dlc-computed-view svg')?.getAttribute('aria-label')"
    before = page.wait_for(drawn, PATIENCE)
    page.js(
        f"(() => {{ const range = {explorer}.querySelector('.dlc-computed input[type=range]');"
        "range.value = range.value === range.max ? range.min : range.max;"
        "range.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    page.wait_for(f"{drawn} !== {json.dumps(before)}")


def test_an_answer_is_checked(page, base):
    page.open(f"{base}exercises/ps4.html")
    box = "document.querySelector('.exercise-box[data-exercise=conv_output_size]')"
    page.js(f"{box}.scrollIntoView()")
    page.wait_for(f"{box}.querySelector('.cm-content') !== null")
    page.js(f"{box}.querySelector('.cm-content').focus()")
    page.write(FORGOT_ONE)
    buttons = f"[...{box}.querySelectorAll('button')]"
    page.js(f"{buttons}.find((one) => one.textContent.includes('Check my answer')).click()")
    output = f"{box}.querySelector('.exercise-output').innerText"
    page.wait_for(f"{output}.includes('is missing')", PATIENCE)
    names: dict[str, object] = {}
    exec(FORGOT_ONE, names)
    with pytest.raises(checks.CheckFailed) as failure:
        checks.ps4.conv_output_size(names["conv_output_size"])
    assert page.js(output).split() == str(failure.value).split()


def test_a_second_visit_needs_no_server(browser, site):
    number = cell(site, PRINTS)
    with serve(site.parent) as address:
        chapter = f"{address}{site.name}/ch4/convolution.html"
        browser.open(chapter)
        first = Cell(browser, number)
        built = first.output()
        first.press("Run")
        first.says("Done in")
        browser.wait_for(KEPT)
    browser.open(chapter)
    again = Cell(browser, number)
    again.press("Run")
    again.says("Done in")
    assert again.output() == built


def test_jupyterlite_runs_a_notebook(page, base):
    page.open(f"{base}lite/notebooks/index.html?path=ps4_convolution.ipynb")
    # It is idle for a moment before it starts Python, too.
    for status in ("unknown", "idle"):
        page.wait_for(
            "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === "
            f"'{status}'",
            PATIENCE,
        )
    code = "document.querySelector('.jp-Notebook .jp-CodeCell')"
    page.js(f"{code}.querySelector('.cm-content').focus()")
    page.press(ENTER, held=CONTROL)
    page.wait_for(f"{code}.querySelector('.jp-InputPrompt').textContent === '[1]:'", PATIENCE)
    assert page.js(f"{code}.querySelectorAll('.jp-OutputArea-output').length") == 0
