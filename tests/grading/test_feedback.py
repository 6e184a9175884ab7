"""The feedback page: what it says, and that harmless content gets through."""

from __future__ import annotations

import base64
import io
import itertools
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from dlgrader.execution import verdict_outputs
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.feedback.exporter import render_page
from dlgrader.feedback.facts import Facts, Mark
from dlgrader.feedback.formulas import formula
from dlgrader.feedback.hidden import HideHiddenTests
from dlgrader.feedback.markdown import render_markdown
from dlgrader.feedback.outputs import render_outputs
from dlgrader.feedback.sanitising import clean, plain
from dlgrader.judge import PropertyVerdict, Verdict
from dlgrader.solutions import points_cell, solution_notebook

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps1_vanishing_gradients"
DECLARED = load_assignment(NAME)
FIRST = DECLARED.code[0]
BOOK = "https://book.example/course"


def soup(html) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


# -- what is harmless ------------------------------------------------------------------------------

PANDAS = """<div>
<style scoped>.dataframe tbody tr th { vertical-align: top; }</style>
<table border="1" class="dataframe">
  <thead><tr style="text-align: right;"><th></th><th>loss</th></tr></thead>
  <tbody><tr><th>0</th><td>0.25</td></tr></tbody>
</table>
</div>"""


def figure(kind: str = "png") -> str:
    """Return a figure of matplotlib's as the notebook keeps it."""
    plt = pytest.importorskip("matplotlib.pyplot")
    drawn, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1])
    stream = io.BytesIO()
    drawn.savefig(stream, format=kind)
    plt.close(drawn)
    return base64.encodebytes(stream.getvalue()).decode()


def test_a_table_of_pandas_survives():
    data = {"text/html": PANDAS, "text/plain": "loss"}
    page = soup(render_outputs([new_output("execute_result", data=data)]))
    assert [cell.text for cell in page.select("table.dataframe th, table.dataframe td")] == [
        "",
        "loss",
        "0",
        "0.25",
    ]
    assert "vertical-align" not in str(page)
    assert not page.select("[style], style")


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_figure_survives_with_its_description(kind):
    content = figure(kind)
    output = new_output(
        "display_data",
        data={f"image/{kind}": content, "text/plain": "<Figure>"},
        metadata={f"image/{kind}": {"alt": "a line that rises"}},
    )
    (shown,) = soup(render_outputs([output])).select("img")
    assert shown["alt"] == "a line that rises"
    assert shown["src"] == f"data:image/{kind};base64,{''.join(content.split())}"


def test_a_picture_attached_to_a_cell_survives():
    given_picture = {"plot.png": {"image/png": figure()}}
    (shown,) = soup(render_markdown("![my plot](attachment:plot.png)", given_picture)).select("img")
    assert shown["alt"] == "my plot"
    assert shown["src"].startswith("data:image/png;base64,iVBOR")


def test_ordinary_markdown_survives():
    text = (
        "# Title\n\n**bold**, *slanted*, `code`, ~~gone~~ and "
        "[a link](https://other.example/a?b=1&c=2)\n\n1. one\n2. two\n\n> said\n\n"
        "|a|b|\n|-:|:-:|\n|1|2|\n\n"
        "```python\ndef f(x):\n    return x\n```\n\n<b>by hand</b> H<sub>2</sub>O"
    )
    page = soup(render_markdown(text))
    for tag in ("h3", "strong", "em", "code", "del", "ol li", "blockquote", "table", "sub", "b"):
        assert page.select(tag), tag
    (link,) = page.select("a")
    assert link["href"] == "https://other.example/a?b=1&c=2"
    assert {"noopener", "noreferrer"} <= set(link["rel"])
    assert [cell["align"] for cell in page.select("tbody td")] == ["right", "center"]
    assert page.select_one(".highlight").text.strip() == "def f(x):\n    return x"


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\frac{1}{2} x_i^2", "12xi2"),
        (r"\sigma'(x) \le \tfrac14", "σ"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a=bc=d"),
        (r"\hat y = W^\top x + b", "y"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "(1234)"),
        (r"a < b \& c", "a<b"),
    ],
)
def test_a_formula_is_shown_without_a_script(tex, shown):
    page = soup(formula(tex))
    assert page.math["alttext"] == tex
    assert shown in page.math.text


@pytest.mark.parametrize("assignment", assignment_names())
def test_all_formulas_of_the_assignments_can_be_shown(assignment):
    notebook = solution_notebook(ROOT, load_assignment(assignment))
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    page = soup("".join(map(render_markdown, texts)))
    assert page.select("math")
    assert not page.select("code.tex")
    for shown in page.select("math"):
        assert "\\" not in shown.text, shown["alttext"]
        assert "&" not in [part.text for part in shown.select("mi, mo")], shown["alttext"]


@pytest.mark.parametrize(
    "tex",
    ["x_", r"\left( x \right", "{" * 3000 + "}" * 3000, "x" * 5000, r"\sqrt{" * 70 + "}" * 70],
)
def test_what_is_no_formula_is_shown_as_it_stands(tex):
    page = soup(formula(tex))
    assert page.math is None
    assert page.code.text == tex


def test_formulas_of_a_text_find_their_places():
    page = soup(
        render_markdown("First $a$, then\n\n$$b$$\n\nand \\begin{equation}c\\end{equation}.")
    )
    assert [found["alttext"] for found in page.select("math")] == ["a", "b", "c"]
    assert [found["display"] for found in page.select("math")] == ["inline", "block", "block"]
    assert page.text.split() == ["First", "a,", "then", "b", "and", "c."]


def test_a_place_of_a_formula_cannot_be_made_up():
    page = soup(render_markdown('$a$ <span class="formula-0123456789abcdef-0"></span>'))
    assert len(page.select("math")) == 1


def test_colours_of_the_terminal_survive():
    text = "\x1b[31mred\x1b[0m and \x1b[1mbold\x1b[0m <b>"
    page = soup(render_outputs([new_output("stream", text=text)]))
    assert page.select_one(".ansi-red-fg").text == "red"
    assert page.text.strip() == "red and bold <b>"


def test_the_best_form_that_can_be_shown_is_taken():
    data = {
        "application/javascript": "draw()",
        "text/html": "<div id='plot'></div><script>draw()</script>",
        "image/svg+xml": "<svg></svg>",
        "text/plain": "a figure",
    }
    assert soup(render_outputs([new_output("display_data", data=data)])).text == "a figure"


PIECES = st.sampled_from(
    (
        *("<b>", "</b>", "<p>", "<table>", "<td>", "<script>", "</script>", "<style>", "</style>"),
        *("<svg>", "</svg>", "<math>", "<mtext>", "<mglyph>", "<!--", "-->", "<![CDATA[", "]]>"),
        *("<noscript>", "</noscript>", "<textarea>", "<title>", "<iframe>", "<template>", "<form>"),
        *("<select>", "<a href=javascript:x>", "<a href=https://a.b>", "<img src=x onerror=y>"),
        *('"', "'", "<", ">", "&lt;", "&", "text", "onload=x", "id=summary", "style=x"),
        *("class=badge", "<b class=badge id=x>", "\0", "\n"),
    )
)


@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_cleaning_is_final(html):
    """What is cleaned once has nothing left that a second reading would find."""
    once = clean(html)
    assert clean(once) == once
    page = soup(once)
    for tag in page.find_all(True):
        assert tag.name not in {"script", "style", "svg", "math", "iframe", "form", "template"}
        names = set(tag.attrs)
        assert not any(name.startswith("on") for name in names)
        assert not names & {"id", "name", "style"}
        assert tag.get("href", "https://").startswith("https://")
        assert "badge" not in tag.get("class", [])


def test_misnested_elements_settle():
    once = clean("<a href=https://a.b> <table> <a href=https://c.d>x</table>")
    assert clean(once) == once
    assert len(soup(once).select("a")) >= 2


def test_line_breaks_at_the_head_of_a_block_do_no_harm():
    shown = soup(clean("<pre>\n\n\n\n\n\n\n\n\n<b>x</b>\n</pre>"))
    assert shown.pre.b.text == "x"


@given(st.text())
def test_any_text_is_a_readable_formula_and_markdown(text):
    for shown in (formula(text), render_markdown(text), render_markdown(f"$${text}$$")):
        assert not soup(shown).select("script, img, [onclick]")


def test_a_name_stays_on_its_line():
    assert plain("Eve\n\u202eevil\x1b[1m ") == "Eve evil[1m"


# -- what the page says ----------------------------------------------------------------------------


def verdict(*parts: PropertyVerdict) -> Verdict:
    return Verdict(FIRST.name, parts, str(FIRST.section))


HALF = verdict(
    PropertyVerdict("a", "small numbers", 1.0, 1.0),
    PropertyVerdict("b", "large numbers", 0.0, 2.0, "Likely cause: the sign is lost.", "x = 800"),
    PropertyVerdict("c", "any shape", 0.0, 0.5, "Likely cause: the sign is lost.", "x = [1]"),
    PropertyVerdict("d", "speed", 0.0, 0.0, "A loop runs.", "x of shape (9,)"),
)


def graded_notebook(outputs=None) -> nbformat.NotebookNode:
    """Return a notebook with the answer to the first exercise, and its points."""

    def about(name, *, solution):
        return {
            "nbgrader": {
                "grade_id": name,
                "grade": not solution,
                "solution": solution,
                "locked": not solution,
                "schema_version": 3,
                "task": False,
            }
        }

    cells = [
        new_markdown_cell("Some text with $x$."),
        new_code_cell("def sigmoid(x): ...", metadata=about(FIRST.name, solution=True)),
        new_code_cell("# points", metadata=about(points_cell(FIRST.name), solution=False)),
    ]
    cells[2].outputs = verdict_outputs(FIRST, HALF) if outputs is None else outputs
    return new_notebook(cells=cells)


def facts(**others) -> Facts:
    marks = {points_cell(part.name): Mark(0.0, part.max_points) for part in DECLARED.judged}
    marks[points_cell(FIRST.name)] = Mark(1.0, FIRST.max_points)
    marks |= {part.name: Mark(None, part.max_points, 0.0, True) for part in DECLARED.written}
    given_facts = {"name": "Eve Example", "marks": marks} | others
    return Facts(assignment=NAME, notebook=NAME, student="eve", **given_facts)


def first_part(page) -> BeautifulSoup:
    (part,) = [one for one in page.select("article.part") if f"{FIRST.name}: " in one.text]
    return part


def test_each_property_with_its_points_and_what_was_found():
    part = first_part(soup(render_page(graded_notebook(), facts())))
    found = [" ".join(item.text.split()) for item in part.select(".found li")]
    assert found == [
        "passed 1.0 of 1.0 small numbers",
        "not yet 0.0 of 2.0 large numbers x = 800 Likely cause: the sign is lost.",
        "not yet 0.0 of 0.5 any shape As above.",
        "advice speed x of shape (9,) A loop runs.",
    ]
    assert f"1 of {FIRST.max_points:g} points" in part.text


def test_arrays_of_a_finding_stand_in_line():
    text = "x differs\nexpected:\n[[1 2]\n\n [3 4]]\ngot:\n[0]\nLikely cause: a [b"
    details = verdict(PropertyVerdict("a", "numbers", 0.0, 2.0, text))
    part = first_part(soup(render_page(graded_notebook(verdict_outputs(FIRST, details)), facts())))
    assert [block.text for block in part.select("pre.array")] == ["[[1 2]\n\n [3 4]]", "[0]"]
    said = [block.text for block in part.select(".finding")]
    assert said == ["x differs\nexpected:", "got:", "Likely cause: a [b"]


def test_the_judges_words_where_nothing_else_is_known():
    outputs = [new_output("stream", text=f"{HALF}\n")]
    part = first_part(soup(render_page(graded_notebook(outputs), facts())))
    assert "large numbers" in part.select_one("pre.said").text


def test_a_section_is_linked_where_the_book_has_an_address():
    part = first_part(soup(render_page(graded_notebook(), facts(book=f"{BOOK}/"))))
    link = part.select_one(".again a")
    assert link["href"] == f"{BOOK}/{FIRST.section.page}.html"
    assert {"noopener", "noreferrer"} <= set(link["rel"])
    assert str(FIRST.section) in link.text
    without = first_part(soup(render_page(graded_notebook(), facts())))
    assert not without.select(".again a")
    assert str(FIRST.section) in without.select_one(".again").text


def test_comments_are_markdown_and_stand_in_both_places():
    about = facts(comments={FIRST.name: "**Good**, but $x < 0$?"})
    page = soup(render_page(graded_notebook(), about))
    assert len(page.select(".comment")) == 2
    for comment in page.select(".comment"):
        assert comment.strong.text == "Good"
        assert comment.math["alttext"] == "x < 0"


def test_a_penalty_is_taken_off_and_said():
    page = soup(render_page(graded_notebook(), facts(late_penalty=0.25)))
    assert "0.25 points are taken off" in page.header.text
    assert page.header.select_one(".total").text.startswith("0.75 of ")


def test_what_waits_for_a_person_is_said():
    about = facts(marks={**facts().marks, "x": Mark(None, 2.0, 0.0, True)})
    page = soup(render_page(graded_notebook(), about))
    assert "so far" in page.header.text
    assert "for a person to grade" in page.header.text


def test_a_failed_grading_has_a_reason_and_no_points():
    about = facts(failed=True, reason="The notebook\nis broken: <b>line 3</b>.", comments={})
    page = soup(render_page(graded_notebook(), about))
    assert page.header.select_one(".total").text == "Not graded"
    assert page.select_one(".reason").text == "The notebook\nis broken: <b>line 3</b>."
    assert "this does not mean zero" in page.text
    assert not page.select(".notebook")
    assert re.search(r"\d of \d", page.main.text) is None


def test_remarks_about_the_files_are_said():
    page = soup(render_page(graded_notebook(), facts(remarks=("A cell was restored.",))))
    assert "A cell was restored." in page.select_one(".remarks").text


def test_the_page_holds_all_that_it_needs():
    text = render_page(graded_notebook(), facts(comments={FIRST.name: "x"}, book=BOOK))
    page = soup(text)
    assert page.html["lang"] == "en"
    policy = page.select_one("meta[http-equiv]")["content"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert not page.select("script, link, iframe, [src^=http], [onclick], [style]")
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    inside = [link["href"][1:] for link in page.select("a[href^='#']")]
    assert inside
    assert set(inside) <= set(ids)
    levels = [int(tag.name[1]) for tag in page.select("h1, h2, h3, h4, h5, h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))


def test_the_same_facts_have_the_same_digest():
    assert facts().digest(b"x") == facts().digest(b"x")
    digests = {
        facts().digest(b"x"),
        facts().digest(b"y"),
        facts(late_penalty=1.0).digest(b"x"),
        facts(comments={"a": "b"}).digest(b"x"),
        facts(failed=True).digest(b"x"),
        facts(name="Other").digest(b"x"),
    }
    assert len(digests) == 6


# -- assignments with tests of their own -----------------------------------------------------------


WITH_HIDDEN = """assert double(2) == 4
### BEGIN HIDDEN TESTS
assert double(17) == 34
### END HIDDEN TESTS"""


def test_hidden_tests_and_what_failed_in_them_stay_hidden():
    traceback = [
        "\x1b[31mAssertionError\x1b[0m   Traceback (most recent call last)",
        "Cell In[3], line 3\n      1 assert double(2) == 4\n      2 ### BEGIN HIDDEN TESTS\n"
        "----> 3 \x1b[38;5;28massert\x1b[39m double(17) == 34\n      4 ### END HIDDEN TESTS",
        "AssertionError: ",
    ]
    cell = cell_with_tests(WITH_HIDDEN)
    cell.outputs = [new_output("error", ename="AssertionError", evalue="", traceback=traceback)]
    notebook, _ = HideHiddenTests().preprocess(new_notebook(cells=[cell]), {})
    page = render_page(notebook, own_facts())
    assert "17" not in page
    assert "HIDDEN TESTS" not in page
    assert "A hidden test failed (AssertionError)." in page
    assert "double(2)" in soup(page).text


def test_a_visible_failure_stays_visible_without_the_hidden_lines():
    traceback = [
        "----> 1 assert double(2) == 4\n      3 assert double(17) == 34",
        "AssertionError: two",
    ]
    cell = cell_with_tests(WITH_HIDDEN)
    cell.outputs = [new_output("error", ename="AssertionError", evalue="two", traceback=traceback)]
    notebook, _ = HideHiddenTests().preprocess(new_notebook(cells=[cell]), {})
    page = render_page(notebook, own_facts())
    assert "17" not in page
    assert "AssertionError: two" in soup(page).text


def test_a_learner_cannot_hide_a_cell():
    cell = new_code_cell("### BEGIN HIDDEN TESTS\nx = 1")
    notebook, _ = HideHiddenTests().preprocess(new_notebook(cells=[cell]), {})
    assert "x = 1" in notebook.cells[0].source


def test_graded_cells_are_listed():
    page = soup(render_page(new_notebook(cells=[cell_with_tests("assert True")]), own_facts()))
    assert page.select_one(".overview").text.split() == [
        "Tests",
        "1",
        "of",
        "2",
        "points",
        "partly",
    ]


def cell_with_tests(source) -> nbformat.NotebookNode:
    about = {"grade_id": "test-1", "grade": True, "solution": False, "locked": True, "points": 2}
    about |= {"schema_version": 3, "task": False, "cell_type": "code"}
    return new_code_cell(source, metadata={"nbgrader": about})


def own_facts() -> Facts:
    return Facts("own", "own", "eve", "Eve", marks={"test-1": Mark(1.0, 2.0)})
