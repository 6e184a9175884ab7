"""Copies are found, however they are dressed up; independent right answers are left in peace."""

from __future__ import annotations

import ast
import csv
import inspect
import json
import os
import re
import shutil
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")
pytest.importorskip("copydetect", reason="needs the extra 'grading'")

from small_gradebook import new_gradebook

from dlcore import convolution
from dlgrader.course import Course, GradingError
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.generate import write_source
from dlgrader.model import load_model
from dlgrader.similarity import similarity, verb
from dlgrader.similarity.answers import MODEL, Reference, library
from dlgrader.similarity.fingerprints import Fingerprint, compare
from dlgrader.similarity.page import _joined, _side, render
from dlgrader.similarity.pairs import LEAST_TOKENS, Finding, compare_answers, ranked
from dlgrader.telling import Teller

pytestmark = pytest.mark.filterwarnings("ignore:Object of type")

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps4_convolution"
TEMPLATE = '''def im2col(x, filter_h, filter_w, stride=1, pad=0):
    """All windows of the images, one in each row."""
    # Your work here.
    raise NotImplementedError("im2col is not written yet.")'''

ADA = '''def padded(image, width):
    """Put zeros around."""
    rows = ((0, 0), (0, 0), (width, width), (width, width))
    return np.pad(image, rows)


def im2col(x, filter_h, filter_w, stride=1, pad=0):
    """All windows of the images, one in each row."""
    # first the zeros
    big = padded(x, pad)
    count, channels, height, width = big.shape
    down = (height - filter_h) // stride + 1
    right = (width - filter_w) // stride + 1
    result = np.empty((count * down * right, channels * filter_h * filter_w))
    row = 0
    for n in range(count):
        for i in range(down):
            for j in range(right):
                top, left = i * stride, j * stride
                window = big[n, :, top : top + filter_h, left : left + filter_w]
                result[row] = window.ravel()
                row += 1
    return result
'''


def renamed(code):
    """Every name that can be changed is changed."""
    kept = {"np", "range", "im2col", *dir(np), *dir(np.ndarray)}
    kept |= {"x", "filter_h", "filter_w", "stride", "pad"}
    names = sorted(set(re.findall(r"\b[a-z_]\w*\b", ast.unparse(ast.parse(code)))) - kept)
    import keyword

    for number, name in enumerate(names):
        if not keyword.iskeyword(name):
            code = re.sub(rf"\b{name}\b", f"my_{number}", code)
    return code


def with_other_comments(code):
    lines = [line for line in code.splitlines() if not line.strip().startswith("#")]
    return "\n".join(
        f"{line}  # line {n}" if line and '"""' not in line else line
        for n, line in enumerate(lines)
    )


def reordered(code):
    """The functions stand the other way round, and an own one is added."""
    tree = ast.parse(code)
    tree.body = [*tree.body[::-1], ast.parse("def unused(a):\n    return a + 1").body[0]]
    return ast.unparse(tree)


DISGUISES = {
    "as it is": lambda code: code,
    "renamed": renamed,
    "comments": with_other_comments,
    "reordered": reordered,
    "reformatted": lambda code: ast.unparse(ast.parse(code)),
    "other numbers' spelling": lambda code: code.replace("= 0\n", "= 0.0\n").replace("0)", "0.)"),
    "all at once": lambda code: renamed(reordered(with_other_comments(code))),
    "beside other code": lambda code: code + "\n\nprint(im2col(np.ones((1, 1, 3, 3)), 2, 2))\n" * 9,
    "with a syntax error": lambda code: code + "\n\nreturn return (((\n",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found(disguise):
    codes = {"ada": ADA, "bob": DISGUISES[disguise](ADA), "eve": "def im2col(x):\n    return x.T"}
    found = compare_answers("im2col", TEMPLATE, codes, [])
    (finding,) = found.findings
    assert (finding.student, finding.other) == ("ada", "bob")
    assert finding.match.share > 0.9


def test_what_is_highlighted_is_what_is_equal():
    own = "def other(a):\n    return [item for item in a if item is not None]\n\n\n"
    one, two = Fingerprint.of(ADA), Fingerprint.of(own + renamed(ADA))
    match = compare(one, two)
    pieces = _side(Finding("im2col", "a", "b", True, (one.code, two.code), match), 1)
    assert "".join(text for text, _ in pieces) == two.code
    marked = "".join(text for text, common in pieces if common)
    assert "item is not None" not in marked
    assert "np.pad" in marked
    assert ".ravel()" in marked


def test_spans_that_overlap_are_one():
    assert _joined([(5, 9), (0, 3), (2, 4), (9, 12)]) == [(0, 4), (5, 12)]


def test_the_order_of_the_learners_does_not_matter():
    codes = {"ada": ADA, "bob": renamed(ADA)}
    one = compare_answers("im2col", TEMPLATE, codes, []).findings
    other = compare_answers("im2col", TEMPLATE, dict(reversed(codes.items())), []).findings
    assert one == other


def released_text(exercise, model):
    """What a learner is given: signature and docstring, as in the released cell."""
    return model.source(exercise).partition("### BEGIN SOLUTION")[0]


def independent():
    """Yield each exercise with the right answers that were written independently."""
    for name in assignment_names():
        declared, model = load_assignment(name), load_model(name)
        for exercise in declared.code:
            ways = [way for way in exercise.alternatives if way.source]
            forms = {way.name: model.source(exercise, way) for way in ways}
            yield pytest.param(exercise, model, forms, name, id=f"{name}-{exercise.name}")


@pytest.mark.parametrize(("exercise", "model", "forms", "assignment"), list(independent()))
def test_independent_right_answers_are_no_copies(exercise, model, forms, assignment):
    """Neither of each other nor of the model solution, though nobody says that they are right."""
    references = [Reference(MODEL, model.source(exercise))]
    found = compare_answers(exercise.name, released_text(exercise, model), forms, references)
    assert [(one.student, one.other, one.match.share) for one in found.findings] == []


@pytest.mark.parametrize("assignment", assignment_names())
def test_independent_right_answers_are_no_copies_of_the_library(assignment):
    declared, model = load_assignment(assignment), load_model(assignment)
    listed, tried = [], 0
    for exercise in declared.code:
        forms = {
            way.name: model.source(exercise, way) for way in exercise.alternatives if way.source
        }
        template = released_text(exercise, model)
        found = compare_answers(exercise.name, template, forms, library(assignment))
        listed += [(one.student, one.other, one.match.shares) for one in found.findings]
        tried += len(forms)
    assert tried
    assert listed == []


def test_a_copy_of_the_library_is_found_under_other_names():
    source = inspect.getsource(convolution.im2col)
    lines = renamed(ast.unparse(ast.parse(source)))
    found = compare_answers("im2col", TEMPLATE, {"bob": lines, "ada": ADA}, library(NAME))
    assert [one.student for one in found.findings] == ["bob"]
    assert found.findings[0].other == "dlcore.convolution.im2col"


@pytest.mark.parametrize("assignment", assignment_names())
def test_every_part_of_the_library_that_is_long_enough_is_found(assignment):
    parts = library(assignment)
    assert parts
    for part in parts:
        copy = renamed_all(part.code)
        if Fingerprint.of(copy).tokens < LEAST_TOKENS:
            continue
        found = compare_answers("any", "", {"bob": copy}, parts)
        assert [one.student for one in found.findings] == ["bob"], part.name


def renamed_all(code):
    import textwrap

    return textwrap.dedent(code).replace("self", "this")


def test_a_copy_of_the_model_solution_is_found():
    model = load_model(NAME)
    exercise = load_assignment(NAME).exercise("im2col")
    references = [Reference(MODEL, model.source(exercise))]
    copy = renamed(model.source(exercise))
    found = compare_answers("im2col", TEMPLATE, {"bob": copy}, references)
    assert [(one.student, one.other) for one in found.findings] == [("bob", MODEL)]


def test_an_answer_that_is_hardly_more_than_the_template_is_too_short():
    codes = {name: TEMPLATE + f"\n    y = x  # {name}" for name in ("ada", "bob")}
    found = compare_answers("im2col", TEMPLATE, codes, [])
    assert (found.answers, found.too_short, list(found.findings)) == (0, 2, [])


def test_what_much_of_the_class_has_is_no_sign_of_copying():
    few = {f"learner{n}": ADA if n < 3 else f"a = {n}" for n in range(40)}
    found = compare_answers("im2col", TEMPLATE, few, [])
    assert len(found.findings) == 3
    assert not found.groups
    many = {f"learner{n}": renamed(ADA) if n < 20 else f"a = {n}" for n in range(40)}
    found = compare_answers("im2col", TEMPLATE, many, [])
    assert not found.findings
    (group,) = found.groups
    assert len(group.students) == 20


def test_pairs_with_most_in_common_come_first():
    long = compare_answers("im2col", TEMPLATE, {"ada": ADA, "bob": ADA}, []).findings
    short = compare_answers("other", TEMPLATE, {"eve": ADA[:500], "tom": ADA[:500]}, []).findings
    pairs = ranked([*short, *long])
    assert [(pair.student, pair.other) for pair in pairs] == [("ada", "bob"), ("eve", "tom")]


def test_a_hundred_learners():
    """Every learner's own arithmetic, three copies among them."""
    rng = np.random.default_rng(1)
    codes = {f"learner{n:03}": made_up(rng) for n in range(100)}
    codes["copycat"] = renamed(codes["learner007"])
    found = compare_answers("f", "def f(x):\n    pass", codes, [])
    assert {(one.student, one.other) for one in found.findings} == {("copycat", "learner007")}


def made_up(rng):
    """Code that nobody else has."""
    operators, calls = ["+", "-", "*", "/", "@", "//", "%"], ["sum", "mean", "max", "ravel", "copy"]
    lines = ["def f(x):"]
    for n in range(20):
        a, b, c = rng.choice(operators, 3)
        call, number = rng.choice(calls), rng.integers(100)
        lines.append(f"    v{n} = x {a} {number} {b} x.{call}() {c} np.{rng.choice(calls)}(x)")
    return "\n".join([*lines, "    return v0"])


# -- the command -----------------------------------------------------------------------------------

HOSTILE = '</code></pre><script>window.bad = 1</script><img src=x onerror="bad()">'
HOSTILE_NAME = "<img src=x onerror=bad()>\"'&"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course's own assignment, and a class with copies, broken and hostile submissions."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    write_source(ROOT, NAME, root)
    new_gradebook(root / "gradebook.db")
    course = Course(root)
    course.generate_assignment(NAME)
    (path,) = course.release_folder(NAME).glob("*.ipynb")
    released = nbformat.read(path, as_version=4)
    model = load_model(NAME)
    hand_in(course, released, "ada", {"im2col": ADA})
    hand_in(course, released, "bob", {"im2col": renamed(reordered(ADA))})
    hand_in(course, released, "col", {"im2col": inspect.getsource(convolution.im2col)})
    hand_in(course, released, "mod", model.cells)
    hand_in(course, released, "nobody", {})
    evil = ADA + f"\n\nevil = '''{HOSTILE}'''\n# \u202egnisrever\n"
    hand_in(course, released, HOSTILE_NAME, {"im2col": evil})
    hand_in(course, released, "=1+1", {"im2col": evil})
    for student, content in (("broken", b"{"), ("empty", b""), ("bytes", os.urandom(999))):
        folder = course.submission("submitted", student, NAME)
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(content)
    course.submission("submitted", "without", NAME).mkdir(parents=True)
    folder = course.submission("submitted", "linked", NAME)
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").symlink_to(path)
    # No labels are left, and the answer stands in two other cells.
    bare = nbformat.v4.new_notebook(cells=[new_code_cell(part) for part in ADA.split("\n\n\n")])
    write(course, "bare", bare)
    huge = {"im2col": "x = 1\n" * 100_000, "col2im": "((((" * 50_000, "conv_forward": "'" * 90_000}
    hand_in(course, released, "huge", huge)
    return course


def hand_in(course, released, student, answers):
    notebook = nbformat.from_dict(json.loads(json.dumps(released)))
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    write(course, student, notebook)


def write(course, student, notebook):
    folder = course.submission("submitted", student, NAME)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


@pytest.fixture(scope="module")
def outcome(course):
    return similarity(course, Teller(as_json=True), NAME)


def test_the_command_finds_copies_and_stops_at_nothing(outcome):
    assert outcome.ok
    facts = outcome.facts
    found = {(pair["student"], pair["other"]): pair for pair in facts["pairs"]}
    for one, other in combinations(("ada", "bare", "bob"), 2):
        assert max(found[one, other]["exercises"]["im2col"]["shares"]) > 0.9
    assert found["col", "the library"]["exercises"]["im2col"]["other"].endswith(".im2col")
    assert set(found["mod", MODEL]["exercises"]) >= {"im2col", "col2im", "conv_forward"}
    missing = {part["student"] for part in facts["not_compared"]}
    assert missing == {"broken", "empty", "bytes", "without", "linked"}
    assert not {"nobody", "huge"} & {name for pair in found for name in pair}
    assert any(line.startswith("ada: code in common with bare") for line in outcome.attention)
    assert json.loads(json.dumps(facts)) == facts


class Page(HTMLParser):
    """Notes what a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_safe_and_says_what_it_is_not(outcome):
    text = Path(outcome.facts["page"]).read_text()
    page = Page(text)
    assert not page.tags & {"script", "img", "iframe", "form", "a", "base", "object"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert "Content-Security-Policy" in text
    assert "default-src 'none'" in text
    shown = "".join(page.text)
    assert "<script>window.bad" in shown  # as text
    assert "\u202e" not in text
    assert "This page accuses nobody" in shown
    assert "No points are taken off by the program" in shown
    for word in ("ada", "bob", "im2col", "dlcore.convolution.im2col", MODEL):
        assert word in shown


def test_only_the_first_pairs_are_named_one_by_one(course, monkeypatch, tmp_path):
    monkeypatch.setattr(verb, "_MOST_NAMED", 2)
    outcome = similarity(course, Teller(as_json=True), NAME, tmp_path, threshold=0.9)
    named = [line for line in outcome.attention if "code in common with" in line]
    assert len(named) == 2
    assert any(re.match(r"\d+ more pairs: see ", line) for line in outcome.attention)
    assert (tmp_path / "similarity.html").is_file()


def test_the_table_computes_nothing(outcome):
    with Path(outcome.facts["table"]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == "learner"
    assert any("'=1+1" in row for row in rows)
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_grades_are_not_touched(course, outcome):
    with course.gradebook() as book:
        assert not book.find_assignment(NAME).submissions


def test_twice_gives_the_same(course, outcome):
    before = Path(outcome.facts["page"]).read_bytes()
    again = similarity(course, Teller(as_json=True), NAME)
    assert again == outcome
    assert Path(again.facts["page"]).read_bytes() == before


def test_nothing_to_compare(course, tmp_path):
    with pytest.raises(GradingError, match="no assignment 'ps9'"):
        similarity(course, Teller(as_json=True), "ps9")
    with pytest.raises(GradingError, match="expected a share"):
        similarity(course, Teller(as_json=True), NAME, threshold=3)


def test_a_page_without_findings_says_so():
    text = render("ps9", [], {}, 3, [], 0.7)
    assert "No two answers have that much in common." in text
