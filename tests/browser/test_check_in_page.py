"""Exercises solved and checked in the page, and the overview of what has been answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from handed_in import graded, solutions
from playwright.sync_api import Locator, Page

from dlcore import checks
from dlgrader.declarations import ChoiceExercise, CodeExercise, Written
from dlgrader.exercises import load_assignment

ROOT = Path(__file__).resolve().parents[2]
PS1, PS4 = "ps1_vanishing_gradients", "ps4_convolution"
PROGRESS = "appendix/progress.html"
# Until Python has been fetched and started, on a busy machine.
PATIENCE = 120_000

FORGOT_ONE = """\
def conv_output_size(input_size, filter_size, stride=1, pad=0):
    return (input_size + 2 * pad - filter_size) // stride"""
ENDLESS = """\
def conv_output_size(input_size, filter_size, stride=1, pad=0):
    while True:
        pass"""


@pytest.fixture(autouse=True)
def with_python(site: Path) -> None:
    """Skip where the site could not bring Python along."""
    if not (site / "_python").is_dir():
        pytest.skip("the site was built without Python for the browser")


def box(page: Page, name: str) -> Locator:
    """The box of an exercise, with its field."""
    found = page.locator(f".exercise-box[data-exercise='{name}']")
    found.scroll_into_view_if_needed()
    found.locator(".exercise-field > *").first.wait_for()
    return found


def write(page: Page, name: str, text: str) -> None:
    """Type an answer in place of what stands there."""
    field = box(page, name)
    if field.locator("textarea").count():
        field.locator("textarea").fill(text)
        return
    field.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(text)


def written(page: Page, name: str) -> str:
    """What stands in an editor."""
    return "\n".join(box(page, name).locator(".cm-line").all_text_contents())


def check(page: Page, name: str) -> str:
    """Press "Check my answer", wait for the end, and return what the check said."""
    field = box(page, name)
    field.get_by_role("button", name="Check my answer").click()
    field.get_by_role("button", name="Stop").wait_for(state="hidden", timeout=PATIENCE)
    return field.locator(".exercise-output").inner_text()


def in_jupyter(source: str) -> str:
    """What the check of conv_output_size says to a function outside of the browser."""
    names: dict[str, object] = {}
    exec(source, names)
    with pytest.raises(checks.CheckFailed) as failed:
        checks.ps4.conv_output_size(names["conv_output_size"])
    return str(failed.value)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_a_check_says_what_it_says_in_jupyter(visit):
    page = visit("exercises/ps4.html")
    assert not [url for url in addresses(page) if "pyodide" in url], "Python came unasked"

    write(page, "conv_output_size", FORGOT_ONE)
    said = check(page, "conv_output_size")
    assert squeezed(said) == squeezed(in_jupyter(FORGOT_ONE))
    assert "the + 1 is missing" in said
    state = box(page, "conv_output_size").locator(".exercise-state")
    assert state.inner_text() == "begun"

    # An exercise that builds on another one says so, as in Jupyter.
    assert "can be tried as soon as conv_forward works" in check(page, "conv_backward")
    write(page, "conv_forward", "def conv_forward(x, W, b:\n")
    said = check(page, "conv_backward")
    assert "Your answer to conv_forward, which this one makes use of, can't be run" in said

    write(page, "conv_output_size", ENDLESS)
    field = box(page, "conv_output_size")
    field.get_by_role("button", name="Check my answer").click()
    field.get_by_text("If there may be a loop without an end, press Stop.").wait_for(
        timeout=PATIENCE
    )
    field.get_by_role("button", name="Stop").click()
    field.get_by_text("Stopped.").wait_for()

    answer = solutions(PS4)["conv_output_size"]
    write(page, "conv_output_size", answer)
    assert "all 10 public cases are right" in check(page, "conv_output_size")
    assert state.inner_text() == "passed"
    # The answers of other exercises that a check compares with.
    write(page, "output_sizes", solutions(PS4)["output_sizes"])
    assert "all agree with your conv_output_size" in check(page, "output_sizes")

    # Editor, messages and outputs: nothing scrolls sideways on a phone, and axe finds nothing.
    page.set_viewport_size({"width": 390, "height": 900})
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        page.wait_for_timeout(300)
        found = page.evaluate(
            "axe.run({include: ['.exercise-box', '.hand-in']}).then((r) => "
            "r.violations.map((v) => [v.id, v.nodes.map((node) => node.html.slice(0, 120))]))"
        )
        assert not found, f"{scheme}: {found}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.reload()
    assert written(page, "conv_output_size") == answer.rstrip("\n")
    assert state.inner_text() == "passed"
    write(page, "conv_output_size", answer + "# changed")
    assert state.inner_text() == "passed before the last change"

    page.goto(page.url.replace("exercises/ps4.html", PROGRESS))
    page.locator("summary", has_text="Convolutional").first.click()
    rows = page.locator(".progress-part[data-part=exercises] details[open] tbody tr")
    states = [row.locator("td").inner_text() for row in rows.all()]
    assert states[0] == "passed before the last change"
    assert states[1].startswith("passed, ")
    assert states[2] == "not begun"


def addresses(page: Page) -> list[str]:
    """Everything that the page has fetched."""
    return page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")


def test_a_notebook_solved_in_the_page_gets_full_points(visit, tmp_path):
    page = visit("exercises/ps1.html")
    answers = solutions(PS1)
    for exercise in load_assignment(PS1).exercises:
        if isinstance(exercise, ChoiceExercise):
            box(page, exercise.name).get_by_label(f"{exercise.right})", exact=True).check()
        else:
            assert isinstance(exercise, (CodeExercise, Written))
            write(page, exercise.name, answers[exercise.name])
    assert not [url for url in addresses(page) if "pyodide" in url], "Python is not needed for it"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the notebook with my answers").click()
    assert download.value.suggested_filename == f"{PS1}.ipynb"
    notebook = tmp_path / f"{PS1}.ipynb"
    download.value.save_as(notebook)

    made = json.loads(notebook.read_text("utf-8"))
    released = json.loads((ROOT / "exercises" / PS1 / f"{PS1}.ipynb").read_text("utf-8"))
    for part in (made, released):
        for cell in part["cells"]:
            if cell["id"] in answers:
                del cell["source"]
    assert made == released, "something beside the answers has changed"

    points = graded(tmp_path / "course", PS1, notebook)
    assert points.given == points.most > 50

    # What is in a file can be taken over elsewhere; another notebook is refused.
    elsewhere = visit("exercises/ps1.html")
    field = elsewhere.locator(".hand-in input[type=file]")
    field.set_input_files(ROOT / "exercises" / PS4 / f"{PS4}.ipynb")
    status = elsewhere.locator(".hand-in .cell-status")
    status.get_by_text("This is another notebook").wait_for()
    field.set_input_files(notebook)
    status.get_by_text(f"Took over {len(answers)} answers").wait_for()
    assert written(elsewhere, "relu") == answers["relu"].rstrip("\n")
    assert (
        box(elsewhere, "zero_weights").locator("textarea").input_value()
        == (answers["zero_weights"])
    )


def test_an_answer_in_a_chapter_is_the_answer_of_the_assignment(visit):
    page = visit("ch4/convolution.html")
    write(page, "conv_output_size", FORGOT_ONE)
    page.goto(page.url.replace("ch4/convolution.html", "exercises/ps4.html"))
    assert written(page, "conv_output_size") == FORGOT_ONE
    reset = box(page, "conv_output_size").get_by_role("button", name="reset")
    reset.click()
    assert "NotImplementedError" in written(page, "conv_output_size")
    reset.click()
    assert written(page, "conv_output_size") == FORGOT_ONE


def test_progress_is_exported_erased_and_imported(visit, tmp_path):
    page = visit("ch4/convolution.html")
    question = page.locator("#ch4-size-floor")
    for answer in ("4", "3"):
        question.get_by_label("Your answer").fill(answer)
        question.get_by_role("button", name="Check").click()
    write(page, "conv_output_size", FORGOT_ONE)
    page.goto(page.url.replace("ch4/convolution.html", PROGRESS))

    def row() -> list[str]:
        cells = page.locator(".progress-part[data-part=questions] tr", has_text="Convolutional")
        return cells.first.locator("td").all_inner_texts()

    page.locator(".progress-part table").first.wait_for()
    assert row()[:2] == ["1", "1"]
    status = page.locator(".progress-status")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as a file").click()
    download.value.save_as(tmp_path / "progress.json")
    kept = json.loads((tmp_path / "progress.json").read_text("utf-8"))["entries"]
    assert set(kept) == {
        "answer:ch4/convolution.html#ch4-size-floor",
        f"exercise:{PS4}:conv_output_size",
    }

    page.get_by_role("button", name="Erase everything").click()
    page.get_by_role("button", name="No, keep it").click()
    assert row()[:2] == ["1", "1"]
    page.get_by_role("button", name="Erase everything").click()
    page.get_by_role("button", name="Yes, erase it").click()
    assert status.inner_text() == "Erased 2 entries."
    assert row()[:2] == ["0", "0"]
    assert not page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('dlcore:'))")

    field = page.get_by_label("Import a file that was exported")
    (tmp_path / "other.json").write_text('{"cells": []}', encoding="utf-8")
    field.set_input_files(tmp_path / "other.json")
    status.get_by_text("This is another file").wait_for()
    field.set_input_files(tmp_path / "progress.json")
    status.get_by_text("Took over 2 entries.").wait_for()
    assert row()[:2] == ["1", "1"]

    # A site without Python has the questions alone.
    address = page.url.replace(PROGRESS, "_static/progress/contents.json")
    contents = page.request.get(address).json() | {"python": False, "assignments": []}
    page.route("**/progress/contents.json", lambda route: route.fulfill(json=contents))
    page.reload()
    page.get_by_text("This site was built without Python for the browser").wait_for()
    assert row()[:2] == ["1", "1"]
