"""Nothing that a learner writes runs when the feedback is opened.

Each text of `hostile_texts` is tried in Chromium. That the texts are harmful at all is tried, too,
in a page that nbconvert makes of them without our help.
"""

from __future__ import annotations

import urllib.parse

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from hostile_texts import CONTENT, HTML, NAMES, Hostile, answer
from local_browser import serve
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_markdown_cell, new_notebook
from watching import harm_of

from dlgrader.feedback.exporter import render_page
from dlgrader.feedback.facts import Facts, Mark

NAME = "own"
# A policy does not forbid a page to be led elsewhere; the cleaning does.
POLICY_LEAVES = {"link-data", "meta-refresh"}


@pytest.fixture(scope="module")
def harm(browser, tmp_path_factory):
    """`harm(pages)` opens pages and returns what should not have happened; see `harm_of`."""
    folder = tmp_path_factory.mktemp("pages")
    with serve(folder) as address:
        host = urllib.parse.urlsplit(address).netloc
        yield lambda pages, root="body": harm_of(browser, folder, host, pages, root)


def feedback_page(cells, **facts) -> str:
    """Return the page of a notebook whose cells are a learner's answers."""
    about = {
        "assignment": NAME,
        "notebook": NAME,
        "student": "eve",
        "name": "Eve",
        "marks": {"answer-0": Mark(1.0, 2.0)},
    }
    notebook = new_notebook(cells=[answer(number, cell) for number, cell in enumerate(cells)])
    return render_page(notebook, Facts(**{**about, **facts}))


def unprotected(hostile: Hostile) -> str:
    """Return a page with the text as nbconvert puts it there."""
    (kind, content), *_ = hostile.output.get("data", {"": ""}).items()
    if kind == "text/html":
        body = content
    elif hostile.text:
        body = MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(hostile.text)
    else:
        exporter = HTMLExporter(template_name="basic")
        body, _ = exporter.from_notebook_node(hostile.whole_notebook())
    # An output of JavaScript expects jQuery.
    return f"<!DOCTYPE html><html><body><script>$ = String</script>{body}</body></html>"


def test_there_is_enough_to_try():
    alive = [hostile for hostile in CONTENT if hostile.alive]
    assert len({hostile.name for hostile in CONTENT}) == len(CONTENT)
    assert len(alive) >= 120


def test_they_do_harm_without_protection(harm):
    pages = {hostile.name: unprotected(hostile) for hostile in CONTENT if hostile.alive}
    harmless = set(pages) - set(harm(pages))
    assert harmless == set()


def test_feedback(harm):
    pages = {hostile.name: feedback_page(hostile.cells()) for hostile in CONTENT}
    assert harm(pages, "main") == {}


def test_cleaning_is_enough_without_the_policy(harm):
    pages = {}
    for hostile in CONTENT:
        page = feedback_page(hostile.cells())
        start = page.index('<meta http-equiv="Content-Security-Policy"')
        pages[hostile.name] = page[:start] + page[page.index(">", start) + 1 :]
    assert "Content-Security-Policy" not in "".join(pages.values())
    assert harm(pages, "main") == {}


def test_policy_is_enough_without_the_cleaning(harm):
    page = feedback_page([new_markdown_cell("PLACEHOLDER")])
    before, _, after = page.partition("PLACEHOLDER")
    assert after
    pages = {
        name: before + text + after for name, text in HTML.items() if name not in POLICY_LEAVES
    }
    assert harm(pages) == {}


def test_names_comments_and_reasons_in_the_feedback(harm):
    pages = {}
    for name, text in NAMES.items():
        facts = {"name": text, "student": text, "notebook": text, "remarks": (text,)}
        pages[f"{name}-graded"] = feedback_page(
            [new_markdown_cell("x")], comments={"answer-0": text}, **facts
        )
        pages[f"{name}-failed"] = feedback_page([], failed=True, reason=text, **facts)
    assert harm(pages) == {}
    for page in pages.values():
        assert "\u202e" not in page.split("<main>")[0]
