"""Nothing that a learner writes, or is called, runs in the formgrader.

A real Jupyter server shows a course in which all that learners write and name is hostile, see
`hostile_texts`. A refusal by the pages' policy counts as well: neither the formgrader nor anything
that the cleaning leaves may need one.
"""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from hostile_texts import CONTENT, HTML, NAMES, answer
from lab_server import LabServer, running
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from watching import PROVOKE, watched

from dlgrader import records

# What SQLAlchemy 2 remarks about every submission that nbgrader 0.9 adds.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type .* not in session")

NAME = "own"
GRADED = 3  # cells that the gradebook knows; all look alike
ALL = "name-title"  # the student whose notebook holds everything
LISTS = (
    "manage_assignments",
    f"manage_submissions/{NAME}",
    "gradebook",
    f"gradebook/{NAME}",
    f"gradebook/{NAME}/{NAME}",
    "manage_students",
)


def student_of(kind: str) -> str:
    """Return a student's id; it is the name of a folder, so it has no slash."""
    hostile = NAMES[kind].replace("/", "\u2215")
    return hostile if list(NAMES).index(kind) % 2 else kind


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
    few = new_notebook(cells=submission.cells[:GRADED])
    nbformat.write(new_notebook(), root / "source" / NAME / f"{NAME}.ipynb")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "own") as book:
        book.add_assignment(NAME)
        book.add_notebook(NAME, NAME)
        for cell in submission.cells[:GRADED]:
            name = cell.metadata.nbgrader.grade_id
            book.add_grade_cell(name, NAME, NAME, max_score=2, cell_type=cell.cell_type)
            book.add_solution_cell(name, NAME, NAME)
        for kind, text in NAMES.items():
            student = student_of(kind)
            book.add_student(student, first_name=text, last_name=text, email=text)
            book.add_submission(NAME, student)
            book.find_comment("answer-0", NAME, NAME, student).manual_comment = text
            book.find_comment("answer-1", NAME, NAME, student).auto_comment = text
            for step in ("submitted", "autograded"):
                place = root / step / student / NAME
                place.mkdir(parents=True)
                nbformat.write(submission if kind == ALL else few, place / f"{NAME}.ipynb")
        records.prepare(book)
        records.save(book, records.Record(NAME, ALL, records.FAILED, "d", NAMES[ALL]))
        book.db.commit()
    files = root / "autograded" / ALL / NAME
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


@pytest.fixture(scope="module")
def visited(browser, server):
    """`visited(path)` opens a page; it returns what should not happen, and what `look` sees."""
    base, token = server
    with watched(browser, urllib.parse.urlsplit(base).netloc) as (page, happened):
        page.goto(f"{base}/formgrader/gradebook?token={token}")
        page.on(
            "console",
            lambda message: (
                happened.append(("", message.text)) if message.type == "error" else None
            ),
        )

        def visit(path, look="document.title", root="#notebook", ready="true"):
            happened.clear()
            page.goto(f"{base}/formgrader/{path}")
            # Not by `wait_for_function`: it evaluates a text, which the page's policy forbids.
            page.evaluate(WAIT.format(ready))
            page.evaluate(PROVOKE, root)
            page.wait_for_timeout(100)
            return [what for _, what in happened], page.evaluate(look)

        yield visit


WAIT = """async () => {{
  for (let tries = 0; !({0}); tries += 1) {{
    if (tries > 1500) throw new Error("never ready: {0}");
    await new Promise(next => setTimeout(next, 20));
  }}
}}"""
PREVIEW_READY = "formgrader.loaded && formgrader.grades.loaded && formgrader.comments.loaded"
LIST_READY = "models && models.loaded"


def test_preview(visited, submissions):
    look = """[formgrader.grade_uis.length, formgrader.comment_uis.length,
               document.querySelectorAll("#notebook .nbgrader_cell").length,
               document.querySelectorAll("#notebook-container [style]:not(input):not(span)"
                                         + ":not(textarea)").length]"""
    (one,) = [each for each in submissions if each["student"] == ALL]
    happened, seen = visited(f"submissions/{one['id']}/", look, ready=PREVIEW_READY)
    count = sum(len(hostile.cells()) for hostile in CONTENT)
    assert happened == []
    assert seen == [GRADED, GRADED, count, 0]


def test_preview_of_every_name(visited, submissions):
    assert len(submissions) == len(NAMES)
    for one in submissions:
        look = "document.querySelector('.live-notebook .name-shown').textContent"
        happened, name = visited(f"submissions/{one['id']}/", look, "nav", PREVIEW_READY)
        assert happened == []
        assert one["first_name"] in name


@pytest.mark.parametrize("path", LISTS)
def test_lists(visited, path):
    look = "document.querySelectorAll('#main-table tr').length"
    happened, rows = visited(path, look, "#main-table", LIST_READY)
    assert happened == []
    assert rows >= 1


def test_pages_of_the_students(visited):
    look = "[window.student_id, document.querySelector('.breadcrumb').textContent]"
    for kind in NAMES:
        student = student_of(kind)
        path = f"manage_students/{urllib.parse.quote(student, safe='')}/{NAME}"
        happened, (known, shown) = visited(path, look, "#main-table", LIST_READY)
        assert happened == []
        assert known == student
        assert student in shown


def test_an_address_that_names_nobody(visited):
    """Any link may lead to such an address; what stands in it is put into the page."""
    look = "[window.student_id, document.querySelector('.breadcrumb').textContent]"
    for text in NAMES.values():
        nobody = text.replace("/", "\u2215") + "!"
        path = f"manage_students/{urllib.parse.quote(nobody, safe='')}"
        happened, (known, shown) = visited(path, look, "#main-table")
        assert [what for what in happened if "404" not in what] == []
        assert known == nobody
        assert nobody in shown


@pytest.mark.parametrize(
    "path", ["students", f"submissions/{NAME}", f"submitted_notebooks/{NAME}/{NAME}"]
)
def test_answers_to_scripts_are_no_pages(visited, path):
    happened, seen = visited(f"api/{path}", "document.querySelectorAll('img, script').length")
    assert happened == []
    assert seen == 0


@pytest.mark.parametrize("kind", ["html", "htm", "xhtml", "svg"])
def test_files_of_a_submission(visited, submissions, kind):
    (one,) = [each for each in submissions if each["student"] == ALL]
    happened, origin = visited(f"submissions/{one['id']}/evil.{kind}", "window.origin", "body")
    assert "a script ran" not in happened
    assert [what for what in happened if not what.startswith("Blocked script")] == []
    assert origin == "null"


def test_a_link_does_not_choose_the_settings(browser, course, server):
    base, token = server
    path = urllib.parse.quote(str(course / "autograded" / ALL / NAME / "settings"))
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/formgrader/gradebook?token={token}")
    page.evaluate(
        "path => { const a = document.createElement('a'); a.href = path; "
        "document.body.append(a); a.click(); }",
        f"/formgrader?path={path}",
    )
    page.get_by_text("Sorry, you are not authorized").wait_for()
    assert not (course / "taken_over").exists()
    context.close()


def test_a_missing_notebook_is_said(browser, course, server, submissions):
    (one,) = [each for each in submissions if each["student"] == "name-single-quote"]
    (course / "autograded" / "name-single-quote" / NAME / f"{NAME}.ipynb").rename(course / "aside")
    try:
        base, token = server
        context = browser.new_context()
        page = context.new_page()
        answer = page.goto(f"{base}/formgrader/submissions/{one['id']}/?token={token}")
        assert answer.status == 404
        assert "Submission notebook file not found" in page.content()
        context.close()
    finally:
        (course / "aside").rename(
            course / "autograded" / "name-single-quote" / NAME / f"{NAME}.ipynb"
        )
