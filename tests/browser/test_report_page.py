"""The instructor's report in Chromium: it fits, it has no barrier, and it runs nothing."""

from __future__ import annotations

import datetime
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "grading"))

from made_up_class import made_up_course
from report_classes import hostile_summary

from dlgrader.exercises import load_assignment
from dlgrader.report import report
from dlgrader.report.page import render
from dlgrader.telling import Teller

ROOT = Path(__file__).resolve().parents[2]
PHONE, DESKTOP = 390, 1280
NOW = datetime.datetime(2027, 4, 1)
ASSIGNMENTS = ["ps2_optimizers", "ps5_modern_cnn"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The reports of a made-up class, with and without names, and of a hostile one."""
    folder = tmp_path_factory.mktemp("report")
    course = made_up_course(folder / "course", 60, assignments=ASSIGNMENTS)
    report(course, Teller(as_json=True), folder / "named")
    report(course, Teller(as_json=True), folder / "unnamed", names=False)
    (folder / "hostile").mkdir()
    page = render([hostile_summary()], course="</title><script>alert(1)</script>", now=NOW)
    (folder / "hostile" / "report.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
def open_report(browser, folder: Path) -> Iterator[Callable]:
    """`open_report(which, width=…, scheme=…)`; the page must not complain, ask or open anything."""
    contexts, complaints = [], []

    def open_page(which: str, width: int = DESKTOP, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        address = (folder / which / "report.html").as_uri()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                None
                if request.url == address or request.url.startswith("data:")
                else complaints.append(f"request: {request.url}")
            ),
        )
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("which", ["named", "unnamed", "hostile"])
@pytest.mark.parametrize("width", [320, PHONE, 768, DESKTOP])
def test_nothing_is_wider_than_the_window(open_report, which, width):
    page = open_report(which, width)
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


AXE = """axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})"""


@pytest.mark.parametrize(
    ("width", "scheme"), [(PHONE, "dark"), (PHONE, "light"), (DESKTOP, "dark"), (DESKTOP, "light")]
)
def test_no_barrier(open_report, width, scheme):
    """Contrast, names of pictures, headings, tables: axe finds nothing."""
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("axe-core is not installed (npm ci)")
    page = open_report("named", width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    page.evaluate("document.querySelectorAll('.dlc-picture').forEach(e => e.replaceChildren())")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = [
        f"{one['id']} ({one['help']}): {[node['html'][:120] for node in one['nodes'][:3]]}"
        for one in page.evaluate(AXE)["violations"]
    ]
    assert not found, "\n".join(found)


COLOURS = """() => {
    const grey = (colour) => {
        const [red, green, blue] = colour.match(/[0-9.]+/g).map(Number);
        return (red + green + blue) / 3;
    };
    const picture = document.querySelector(".dlc-picture");
    return {
        paper: grey(getComputedStyle(document.body).backgroundColor),
        ink: grey(getComputedStyle(picture).color),
    };
}"""


def test_pictures_follow_light_and_dark(open_report):
    light, dark = (
        open_report("named", scheme=scheme).evaluate(COLOURS) for scheme in ("light", "dark")
    )
    assert light["paper"] > 200 > 100 > light["ink"]
    assert dark["paper"] < 60 < 150 < dark["ink"]


def test_pictures_have_their_colours(open_report):
    """Styles that the page's policy forbids would leave them black."""
    page = open_report("named")
    fills = page.evaluate(
        """[...document.querySelectorAll(".dlc-picture path")]
            .map(e => getComputedStyle(e).fill)"""
    )
    assert {"rgb(0, 103, 184)", "rgb(178, 74, 0)"} <= set(fills)


def test_print_holds_what_is_folded(open_report, tmp_path):
    page = open_report("named")
    assert not page.locator("details").first.evaluate("e => e.open")
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    text = " ".join(one.extract_text() for one in PdfReader(tmp_path / "report.pdf").pages)
    words = " ".join(unicodedata.normalize("NFKC", text).split())  # without ligatures
    for name in ASSIGNMENTS:
        for exercise in load_assignment(name).code[:3]:
            for part in exercise.properties:
                start = " ".join(part.title.replace("`", "").split()[:3])
                assert start in words or not part.points


def test_keyboard_reaches_the_fold(open_report):
    page = open_report("named")
    fold = page.locator("details").first
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.evaluate("e => e.open")


def test_hostile_names_run_nothing(open_report):
    page = open_report("hostile", PHONE)
    assert page.title() == "Class report: </title><script>alert(1)</script>"
    assert page.locator("script, img, [onload], [onerror]").count() == 0
    assert page.get_by_text("<script>alert(1)</script>").count() > 0
