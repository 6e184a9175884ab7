"""JupyterLite in Chromium: notebooks run and are graded, and a newer release loses nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from handed_in import graded, solutions
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dlcore import checks

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps4_convolution"
NAMES = sorted(path.name for path in (ROOT / "exercises").iterdir() if path.is_dir())
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Milliseconds for a step on a busy machine; alone, Python starts in a tenth of it.
SLOW = 120_000

WRONG = """def conv_output_size(input_size, filter_size, stride=1, pad=0):
    return (input_size + 2 * pad - filter_size) // stride
"""
SLIDER = """import matplotlib.pyplot as plt
from dlcore.interactive import Control, slider


def draw(k):
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot([0, k])
    return figure


slider(draw, [Control("k", [1, 2, 3], "k", 2)], name="line", alt=lambda k: f"Up to {k}.")
"""


@pytest.fixture(scope="module")
def lite(site: Path, base: str) -> str:
    """The address of JupyterLite's folder."""
    if not (site / "lite" / "index.html").is_file():
        pytest.skip("the site was built without Python in the browser")
    return f"{base}lite/"


@pytest.fixture
def context(browser, lite: str, base: str) -> Iterator[BrowserContext]:
    """A fresh profile; at the end, no page may have failed or asked another host for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    complaints: list[str] = []

    def on_request(request: Any) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            complaints.append(f"request to {request.url}")

    def on_response(response: Any) -> None:
        # A browser looks for a site's icon at the root of the host by itself.
        if response.status >= 400 and not response.url.endswith("/favicon.ico"):
            complaints.append(f"status {response.status}: {response.url}")

    context.on("request", on_request)
    context.on("response", on_response)
    context.on("weberror", lambda error: complaints.append(f"page error: {error.error}"))
    yield context
    context.close()
    expect.set_options(timeout=5_000)  # Playwright's own
    assert not complaints, "\n".join(complaints)


def released(name: str) -> dict[str, Any]:
    path = ROOT / "exercises" / name / f"{name}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


def source_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


# --- A notebook from the first cell to the grade --------------------------------------------------


class Notebook:
    """A notebook in JupyterLite, used by keyboard; always one cell is selected."""

    def __init__(self, page: Page, cells: list[dict[str, Any]]) -> None:
        self.page, self.cells = page, cells
        self.at = 0
        page.locator(".jp-Notebook .jp-Cell").first.locator(".jp-Cell-inputWrapper").click()
        page.keyboard.press("Escape")
        self.selected()

    def selected(self) -> Locator:
        """The selected cell, once it is the one that should be."""
        cell = self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        expect(cell).to_have_attribute("data-windowed-list-index", str(self.at))
        return cell

    def number_of(self, cell: str) -> int:
        return [one["id"] for one in self.cells].index(cell)

    def go_to(self, cell: str, run: bool = False) -> Locator:
        """Go to a cell and return it; with `run` (downwards only), run those on the way."""
        target = self.number_of(cell)
        while self.at != target:
            down = self.at < target
            self.page.keyboard.press("Shift+Enter" if run else "ArrowDown" if down else "ArrowUp")
            self.at += 1 if down else -1
            self.selected()
        return self.selected()

    def write(self, source: str) -> None:
        """Put a text in place of what stands in the selected cell."""
        self.page.keyboard.press("Enter")
        expect(self.selected().locator(".cm-content")).to_be_focused()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Escape")

    def run(self) -> Locator:
        """Run the selected cell, which stays so; return it when it has run."""
        self.page.keyboard.press("Control+Enter")
        cell = self.selected()
        expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))
        return cell


@pytest.fixture
def notebook(context: BrowserContext, lite: str) -> Notebook:
    page = context.new_page()
    page.goto(f"{lite}notebooks/index.html?path={NAME}.ipynb")
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
    # JupyterLab forgets what is run before it has asked for Python, and keeps what is run after.
    indicator = page.locator(".jp-Notebook-ExecutionIndicator")
    expect(indicator).to_have_attribute("data-status", re.compile("."))
    return Notebook(page, released(NAME)["cells"])


def wrong_answer(input_size, filter_size, stride=1, pad=0):
    return (input_size + 2 * pad - filter_size) // stride


def test_a_notebook_solved_there_is_graded(notebook, context, lite, tmp_path):
    page = notebook.page
    # A check says the same as in any other Jupyter.
    with pytest.raises(checks.CheckFailed) as failure:
        checks.ps4.conv_output_size(wrong_answer)
    notebook.go_to("conv_output_size", run=True)
    notebook.write(WRONG)
    notebook.go_to("conv_output_size-check", run=True)
    said = notebook.run().locator(".jp-OutputArea-output").inner_text()
    for line in str(failure.value).splitlines():
        assert line.strip() in said

    # Everything is solved, from top to bottom.
    answers = solutions(NAME)
    for cell in (one["id"] for one in notebook.cells if one["id"] in answers):
        notebook.go_to(cell, run=notebook.at < notebook.number_of(cell))
        notebook.write(answers[cell])
    figure = notebook.go_to("training-figure", run=True)
    notebook.run()
    expect(figure.locator(".jp-OutputArea-output img").first).to_be_visible(timeout=SLOW)

    page.get_by_role("menuitem", name="File", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download", exact=True).click()
    assert download.value.suggested_filename == f"{NAME}.ipynb"
    file = tmp_path / f"{NAME}.ipynb"
    download.value.save_as(file)
    written = json.loads(file.read_text(encoding="utf-8"))
    before = released(NAME)["cells"]
    assert [cell["id"] for cell in written["cells"]] == [cell["id"] for cell in before]
    for now, then in zip(written["cells"], before, strict=True):
        assert now["metadata"].get("nbgrader") == then["metadata"].get("nbgrader"), then["id"]
        assert source_of(now) == answers.get(then["id"], source_of(then)), then["id"]
    points = graded(tmp_path / "course", NAME, file)
    assert points.given == points.most == 52

    # A slider of the course's, in a cell of the learner's own.
    page.locator(".jp-Notebook").press("b")
    notebook.at += 1
    notebook.selected()
    notebook.write(SLIDER)
    cell = notebook.run()
    expect(cell.get_by_role("img", name="Up to 2.")).to_be_visible()
    cell.get_by_role("slider").first.press("ArrowRight")
    expect(cell.get_by_role("img", name="Up to 3.")).to_be_visible()

    # The work is still there for the page about the notebooks, and when it is opened again.
    overview = context.new_page()
    overview.goto(f"{lite}index.html")
    expect(overview.locator(f"#{NAME}")).to_contain_text("Your version, with 10 answers")
    overview.get_by_role("link", name="Open: Convolutional networks by hand").click()
    expect(overview.locator(".jp-Notebook")).to_contain_text("room // stride + 1")


# --- The other notebooks --------------------------------------------------------------------------

KEEP = """async ([database, path, content]) => {
    const opened = indexedDB.open(database, 1);
    opened.onupgradeneeded = () => opened.result.createObjectStore("files");
    await new Promise((done) => { opened.onsuccess = done; });
    const change = opened.result.transaction(["files"], "readwrite");
    change.objectStore("files").put(
        {name: path, path, type: "notebook", format: "json", content,
         last_modified: "2026-01-02T03:04:05.678Z"}, path);
    await new Promise((done) => { change.oncomplete = done; });
    opened.result.close();
}"""


def keep(page: Page, name: str, notebook: dict[str, Any], base: str) -> None:
    """Save a notebook in the browser; the page must be one of JupyterLite's folder."""
    host = base.split("/", 3)[3]
    page.evaluate(KEEP, [f"JupyterLite Storage - /{host}lite/", f"{name}.ipynb", notebook])


@pytest.mark.parametrize("name", [name for name in NAMES if name != NAME])
def test_each_notebook_runs_when_it_is_solved(name, context, site, lite, base):
    page = context.new_page()
    page.goto(f"{lite}index.html")
    expect(page.locator("#released article")).to_have_count(len(NAMES))
    file = site / "lite" / "files" / f"{name}.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    answers = solutions(name)
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["id"], source_of(cell))
    keep(page, name, notebook, base)
    page.goto(f"{lite}notebooks/index.html?path={name}.ipynb&mine=")
    indicator = page.locator(".jp-Notebook-ExecutionIndicator")
    expect(indicator).to_have_attribute("data-status", re.compile("."))
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    numbers = [f"[{number}]:" for number, _ in enumerate(cells, start=1)]
    expect(prompts).to_have_text(numbers, timeout=3 * SLOW)
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts() == []
    assert page.locator(".jp-OutputArea-output img").count() > 0


# --- Versions -------------------------------------------------------------------------------------


def older_version() -> dict[str, Any]:
    """A notebook of an earlier release, with an answer and a cell of the learner's own."""
    notebook = released(NAME)
    notebook["metadata"]["course"] = {"assignment": NAME, "release": "earlier"}
    cells = notebook["cells"]
    place = [cell["id"] for cell in cells].index("conv_output_size")
    cells[place]["source"] = [WRONG]
    own = {"id": "own", "cell_type": "code", "source": "help_me = 1", "metadata": {}, "outputs": []}
    cells.insert(place, {**own, "execution_count": None})
    old_text = {"id": "cell-99", "cell_type": "markdown", "source": "Dropped.", "metadata": {}}
    cells.append(old_text)
    return notebook


@pytest.fixture
def overview(context: BrowserContext, lite: str, base: str) -> Page:
    """The page about the notebooks, in a browser that keeps an older version of one."""
    page = context.new_page()
    page.goto(f"{lite}index.html")
    rows = page.locator("#released article")
    expect(rows).to_have_count(len(NAMES))
    assert [row.get_attribute("id") for row in rows.all()] == NAMES
    for row in rows.all():
        expect(row).to_contain_text("As released")
    keep(page, NAME, older_version(), base)
    return page


def download(page: Page, row: Locator, button: str, to: Path) -> dict[str, Any]:
    with page.expect_download() as event:
        row.get_by_role("button", name=re.compile(f"^{button}:")).click()
    event.value.save_as(to)
    return json.loads(to.read_text(encoding="utf-8"))


def test_a_newer_release_is_told_and_takes_the_answers(overview, lite, tmp_path):
    page = overview
    page.goto(f"{lite}notebooks/index.html?path={NAME}.ipynb")
    page.wait_for_url(f"{lite}index.html#{NAME}")  # the notebook does not open without a word
    row = page.locator(f"#{NAME}")
    expect(row).to_contain_text("A newer version has been released")
    expect(row).to_contain_text("1 answer,")
    page.get_by_role("button", name=re.compile("^Take my answers")).click()
    expect(page.get_by_role("status")).to_be_focused()
    expect(row).not_to_contain_text("A newer version")

    taken = download(page, row, "Download my version", tmp_path / "taken.ipynb")
    assert len(taken["metadata"]["course"]["release"]) == 16
    expected = released(NAME)["cells"]
    own = next(cell for cell in taken["cells"] if cell["id"] == "own")
    assert taken["cells"][taken["cells"].index(own) + 1]["id"] == "conv_output_size"
    rest = [cell for cell in taken["cells"] if cell is not own]
    assert [cell["id"] for cell in rest] == [cell["id"] for cell in expected]
    for now, then in zip(rest, expected, strict=True):
        changed = then["id"] == "conv_output_size"
        assert source_of(now) == (WRONG if changed else source_of(then))
        assert now["metadata"] == then["metadata"]

    # What it was before is kept, until it is removed in two steps.
    other = page.locator("#others article")
    expect(other).to_have_count(1)
    assert download(page, other, "Download", tmp_path / "kept.ipynb") == older_version()
    other.get_by_role("button", name=re.compile("^Remove…")).click()
    expect(other).to_have_count(1)
    other.get_by_role("button", name=re.compile("^Remove for good")).click()
    expect(other).to_have_count(0)
    expect(page.get_by_role("heading", name="Other notebooks")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_back_to_the_released_version(overview, scheme, tmp_path):
    page = overview
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    row = page.locator(f"#{NAME}")
    expect(row).to_contain_text("Your version")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if AXE.is_file():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document).then((r) => r.violations.map((v) => v.id))")
        assert found == []
    row.get_by_role("button", name=re.compile("^Back to the released version")).click()
    expect(row).to_contain_text("As released")
    other = page.locator("#others article")
    assert download(page, other, "Download", tmp_path / "kept.ipynb") == older_version()
