"""Nothing that a learner writes runs: in the feedback, in the formgrader's preview, in its lists.

Each text of `hostile_texts` is tried in Chromium. That the texts are harmful at all is tried, too,
in a page that nbconvert makes of them without our help.
"""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from hostile_texts import CONTENT, HTML, NAMES, Hostile
from lab_server import LabServer, running
from local_browser import serve
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from watching import A_MOMENT, PROVOKE, harm_of, watched

from dlgrader import records
from dlgrader.feedback.exporter import render_page
from dlgrader.feedback.facts import Facts, Mark

NAME = "own"
POLICY_LEAVES = {"meta-refresh"}  # a policy cannot forbid it; the cleaning does


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


def answer(number: int, cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Make a cell a learner's answer that is graded."""
    cell.metadata["nbgrader"] = {
        "grade_id": f"answer-{number}",
        "grade": True,
        "solution": True,
        "locked": False,
        "points": 2,
        "schema_version": 3,
        "task": False,
    }
    return cell


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


# -- the formgrader --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course in which everything that learners name and write is hostile."""
    root = tmp_path_factory.mktemp("course")
    (root / "nbgrader_config.py").write_text(
        "from dlgrader.settings import configure_grading\n"
        "c = get_config()\n"
        "configure_grading(c)\n"
        "c.CourseDirectory.course_id = 'own'\n"
        f"c.Exchange.root = {str(root / 'exchange')!r}\n"
    )
    (root / "exchange").mkdir(mode=0o777)
    (root / "source" / NAME).mkdir(parents=True)
    cells = [cell for hostile in CONTENT for cell in hostile.cells()]
    submission = new_notebook(
        cells=[answer(number, cell) for number, cell in enumerate(cells)],
        metadata=dict(item for hostile in CONTENT for item in hostile.notebook.items()),
    )
    nbformat.write(new_notebook(), root / "source" / NAME / f"{NAME}.ipynb")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "own") as book:
        book.add_assignment(NAME)
        book.add_notebook(NAME, NAME)
        for cell in submission.cells:
            name = cell.metadata.nbgrader.grade_id
            book.add_grade_cell(name, NAME, NAME, max_score=2, cell_type=cell.cell_type)
            book.add_solution_cell(name, NAME, NAME)
        for number, (kind, text) in enumerate(NAMES.items()):
            # A student's folder has this name, so it has no slash.
            student = text.replace("/", "\u2215") if number % 2 else kind
            book.add_student(student, first_name=text, last_name=text, email=text)
            book.add_submission(NAME, student)
            book.find_comment("answer-0", NAME, NAME, student).manual_comment = text
            book.find_comment("answer-1", NAME, NAME, student).auto_comment = text
            for step in ("submitted", "autograded"):
                place = root / step / student / NAME
                place.mkdir(parents=True)
                nbformat.write(submission, place / f"{NAME}.ipynb")
        records.prepare(book)
        records.save(
            book, records.Record(NAME, "name-title", records.FAILED, "d", NAMES["name-title"])
        )
        book.db.commit()
    files = root / "autograded" / "name-title" / NAME
    for kind in ("html", "htm", "xhtml", "svg"):
        text = (
            HTML["script"]
            if kind in {"html", "htm"}
            else HTML["svg-script"].replace("<svg>", '<svg xmlns="http://www.w3.org/2000/svg">')
        )
        (files / f"evil.{kind}").write_text(text)
    (files / "settings").mkdir()
    (files / "settings" / "nbgrader_config.py").write_text(
        f"open({str(root / 'taken_over')!r}, 'w').close()\n"
    )
    return root


@pytest.fixture(scope="module")
def server(course, tmp_path_factory):
    """The address of a Jupyter server with nbgrader's extensions, and its token."""
    home = tmp_path_factory.mktemp("home")
    with running(LabServer(course, home, instructor=True)) as (address,):
        parts = urllib.parse.urlsplit(address)
        yield f"http://{parts.netloc}", urllib.parse.parse_qs(parts.query)["token"][0]


@pytest.fixture(scope="module")
def submissions(server):
    """What the formgrader knows of the submissions."""
    base, token = server
    address = f"{base}/formgrader/api/submitted_notebooks/{NAME}/{NAME}?token={token}"
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)


@pytest.fixture
def visited(browser, server):
    """`visited(path)` opens a page of the formgrader; gives what should not happen, and its look.

    A refusal by the policy, which the console tells of, counts as well: nothing of ours, and
    nothing that the cleaning leaves, may need one.
    """
    base, token = server

    def visit(path: str, look: str = "document.title", root: str = "#notebook") -> tuple:
        with watched(browser, urllib.parse.urlsplit(base).netloc) as (page, happened):
            page.goto(f"{base}/formgrader/gradebook?token={token}")
            refused = []
            page.on(
                "console",
                lambda message: refused.append(message.text) if message.type == "error" else None,
            )
            page.goto(f"{base}/formgrader/{path}")
            page.wait_for_load_state("networkidle")
            page.evaluate(PROVOKE, root)
            page.wait_for_timeout(A_MOMENT)
            return [*(what for _, what in happened), *refused], page.evaluate(look)

    return visit


def test_preview(visited, submissions):
    look = """[formgrader.loaded, formgrader.grade_uis.length, formgrader.comment_uis.length,
               document.querySelectorAll("#notebook .nbgrader_cell").length,
               document.querySelectorAll("#notebook-container [style]:not(input):not(span)"
                                         + ":not(textarea)").length]"""
    (one,) = [each for each in submissions if each["student"] == "name-title"]
    happened, seen = visited(f"submissions/{one['id']}/", look)
    count = sum(len(hostile.cells()) for hostile in CONTENT)
    assert happened == []
    assert seen == [True, count, count, count, 0]


def test_preview_of_every_name(visited, submissions):
    assert len(submissions) == len(NAMES)
    for one in submissions:
        look = "[document.querySelector('.live-notebook .name-shown').textContent, window.ran]"
        happened, (name, _) = visited(f"submissions/{one['id']}/", look, "nav")
        assert happened == []
        assert one["first_name"] in name


@pytest.mark.parametrize(
    "path",
    [
        "manage_assignments",
        f"manage_submissions/{NAME}",
        "gradebook",
        f"gradebook/{NAME}",
        f"gradebook/{NAME}/{NAME}",
        "manage_students",
    ],
)
def test_lists(visited, path):
    look = "[document.querySelectorAll('#main-table tr').length, document.body.innerText]"
    happened, (rows, _) = visited(path, look, "#main-table")
    assert happened == []
    assert rows >= 1


@pytest.mark.parametrize("name", NAMES)
def test_pages_of_a_student(visited, name):
    student = urllib.parse.quote(NAMES[name].replace("/", "\u2215"), safe="")
    for path in (f"manage_students/{student}", f"manage_students/{student}/{NAME}"):
        look = "[window.student_id, document.querySelector('.breadcrumb').textContent]"
        happened, (known, shown) = visited(path, look, "#main-table")
        assert [what for what in happened if "404" not in what] == []
        assert known == NAMES[name].replace("/", "\u2215")
        assert known in shown


@pytest.mark.parametrize(
    "path", ["students", f"submissions/{NAME}", f"submitted_notebooks/{NAME}/{NAME}"]
)
def test_answers_to_scripts_are_no_pages(visited, path):
    happened, seen = visited(f"api/{path}", "document.querySelectorAll('img, script').length")
    assert happened == []
    assert seen == 0


@pytest.mark.parametrize("kind", ["html", "htm", "xhtml", "svg"])
def test_files_of_a_submission(visited, submissions, kind):
    (one,) = [each for each in submissions if each["student"] == "name-title"]
    happened, origin = visited(f"submissions/{one['id']}/evil.{kind}", "window.origin", "body")
    assert "a script ran" not in happened
    assert [what for what in happened if not what.startswith("Blocked script")] == []
    assert origin == "null"


def test_a_link_does_not_choose_the_settings(browser, course, server):
    base, token = server
    path = urllib.parse.quote(str(course / "autograded" / "name-title" / NAME / "settings"))
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/formgrader/gradebook?token={token}")
    page.evaluate(
        "path => { const a = document.createElement('a'); a.href = path; "
        "document.body.append(a); a.click(); }",
        f"/formgrader?path={path}",
    )
    page.wait_for_url("**/formgrader?path=*")
    assert "403" in page.content() or "not authorized" in page.content()
    assert not (course / "taken_over").exists()
    context.close()


def test_a_missing_notebook_is_said(browser, course, server, submissions):
    (one,) = [each for each in submissions if each["student"] == "name-string"]
    (course / "autograded" / "name-string" / NAME / f"{NAME}.ipynb").rename(course / "aside")
    try:
        base, token = server
        context = browser.new_context()
        page = context.new_page()
        answer = page.goto(f"{base}/formgrader/submissions/{one['id']}/?token={token}")
        assert answer.status == 404
        assert "Submission notebook file not found" in page.content()
        context.close()
    finally:
        (course / "aside").rename(course / "autograded" / "name-string" / NAME / f"{NAME}.ipynb")
