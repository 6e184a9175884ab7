"""Exercises that can be solved on a page: what the page and the site's data hold, and what not."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book", reason="needs the extra 'book'")
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import exercise_boxes  # noqa: E402
import exercise_text  # noqa: E402
import progress_page  # noqa: E402
import released_notebook  # noqa: E402

from dlgrader.declarations import ChoiceExercise, Written  # noqa: E402
from dlgrader.exercises import assignment_names, load_assignment  # noqa: E402

ASSIGNMENTS = [load_assignment(name) for name in assignment_names()]
each = pytest.mark.parametrize("declared", ASSIGNMENTS, ids=lambda declared: declared.name)


# --- The parts of a notebook ----------------------------------------------------------------------


@each
def test_every_exercise_is_a_part_and_every_cell_to_be_run_belongs_to_one(declared):
    notebook = released_notebook.read(declared.name)
    parts = {part.name: part for part in released_notebook.parts(notebook)}
    answers = [part.name for part in parts.values() if part.kind != "extra"]
    assert answers == [exercise.name for exercise in declared.exercises]
    for exercise in declared.exercises:
        part = parts[exercise.name]
        kind = {ChoiceExercise: "choice", Written: "written"}.get(type(exercise), "code")
        assert part.kind == kind
        assert bool(part.check) == (kind != "written")
        assert part.task
        assert not part.task.startswith("#"), "the page has a heading of its own"
        assert "minutes ·" not in part.task
        if isinstance(exercise, ChoiceExercise):
            assert part.letters == exercise.letters
    code = {cell["id"] for cell in notebook["cells"] if cell["cell_type"] == "code"}
    left = {name for name in code - parts.keys() if not name.endswith(("-check", "-points"))}
    assert left == set(released_notebook.setup_cells(notebook)) == {"setup"}


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="has no part 'conv'; it has conv_output_size, "):
        released_notebook.part("ps4_convolution", "conv")


# --- The data of the site -------------------------------------------------------------------------


@each
def test_the_data_is_the_released_notebook_and_no_more(declared, tmp_path):
    """Hidden cases and solutions are not in the notebook that learners get, so not here either."""
    app = SimpleNamespace(
        builder=SimpleNamespace(name="html", get_target_uri=lambda page: f"{page}.html"),
        config=SimpleNamespace(python_in_browser="somewhere"),
        env=SimpleNamespace(
            metadata={
                "a": {exercise_boxes.OFFERED: declared.name},
                "b": {"exercise_boxes": [declared.name]},
            }
        ),
        outdir=str(tmp_path),
    )
    exercise_boxes.write_data(app, None)
    (path,) = (tmp_path / exercise_boxes.FOLDER).iterdir()
    data = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == f"{declared.name}.json"
    assert set(data) == {"assignment", "page", "setup", "parts", "notebook"}
    assert data["page"] == "a.html"
    assert {key for part in data["parts"] for key in part} == {"name", "kind", "check", "letters"}
    lies_there = ROOT / "exercises" / declared.name / f"{declared.name}.ipynb"
    assert data["notebook"] == json.loads(lies_there.read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in data["notebook"]["cells"])


def test_without_python_nothing_is_written(tmp_path):
    app = SimpleNamespace(
        builder=SimpleNamespace(name="html"),
        config=SimpleNamespace(python_in_browser=""),
        outdir=str(tmp_path),
    )
    exercise_boxes.write_data(app, None)
    assert not any(tmp_path.iterdir())


def test_the_site_has_nothing_of_the_grader(site):
    names = [f"/{path.relative_to(site).as_posix()}" for path in site.rglob("*")]
    assert not [name for name in names if "/dlgrader" in name or "/solutions" in name]


# --- The pages ------------------------------------------------------------------------------------


def page_text(name: str, lab: str) -> str:
    parts = released_notebook.parts(released_notebook.read(name))
    return exercise_text.page(name, "x.zip", lambda section: section.number, "", parts, lab)


@each
def test_a_page_has_all_tasks_and_with_python_a_box_for_each_part(declared):
    parts = released_notebook.parts(released_notebook.read(declared.name))
    plain, solvable = page_text(declared.name, ""), page_text(declared.name, "../lite/")
    for part in parts:
        box = f"```{{exercise-box}} {declared.name} {part.name}\n```"
        assert solvable.count(box) == 1
        assert part.task in solvable
        assert (part.task in plain) == (part.kind != "extra" or not part.task)
    assert "exercise-box" not in plain
    assert "hand-in" not in plain
    assert "lite/" not in plain
    assert f"../lite/notebooks/index.html?path={declared.name}.ipynb" in solvable


def test_a_box_in_a_chapter_shows_the_task_and_leads_to_the_assignment():
    part = released_notebook.part("ps4_convolution", "im2col")
    text = exercise_text.trial("ps4_convolution", part, [], solvable=True)
    assert part.task in text
    assert "```{exercise-box} ps4_convolution im2col" in text
    assert "{ref}`exercise 3 of ps4_convolution <ps4-im2col>`" in text
    without = exercise_text.trial("ps4_convolution", part, ["Write it."], solvable=False)
    assert "Write it." in without
    assert "exercise-box" not in without
    assert part.task not in without


def test_chapters_have_at_least_two_exercises_to_try_where_they_teach_them():
    for declared in ASSIGNMENTS:
        number = declared.name[2]
        found = [
            (path.stem, match["name"])
            for path in (ROOT / "book" / f"ch{number}").glob("*.md")
            for match in re.finditer(
                rf"^```{{try-exercise}} {declared.name} (?P<name>\w+)$",
                path.read_text(encoding="utf-8"),
                re.MULTILINE,
            )
        ]
        assert len({name for _, name in found}) >= 2, f"chapter {number}: {found}"
        pages = {one.name: one.section.page for one in declared.exercises}
        assert all(pages[name] == f"ch{number}/{page}" for page, name in found)


@each
def test_the_built_page_has_the_boxes(site, declared):
    page = site / "exercises" / f"{exercise_text.short_name(declared.name)}.html"
    boxes = BeautifulSoup(page.read_text("utf-8"), "html.parser").select(".exercise-box")
    if not (site / "_python").is_dir():
        assert not boxes
        pytest.skip("the site was built without Python for the browser")
    parts = released_notebook.parts(released_notebook.read(declared.name))
    assert [box["data-exercise"] for box in boxes] == [part.name for part in parts]
    assert {box["data-assignment"] for box in boxes} == {declared.name}
    for box, part in zip(boxes, parts, strict=True):
        assert box.pre.get_text().strip() == part.source.strip()


# --- The overview ---------------------------------------------------------------------------------


def test_the_overview_knows_every_question_and_exercise(site):
    contents = json.loads((site / "_static/progress/contents.json").read_text("utf-8"))
    listed = {
        (chapter["address"], question["id"])
        for chapter in contents["chapters"]
        for question in chapter["questions"]
    }
    there = set()
    for path in site.glob("ch*/*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for form in page.select("form.dlc-question"):
            there.add((path.relative_to(site).as_posix(), form["id"]))
    assert listed == there
    addresses = [chapter["address"] for chapter in contents["chapters"]]
    assert addresses[0] == "ch0/review.html", "the order is the book's"
    assert all(
        question["text"] for chapter in contents["chapters"] for question in chapter["questions"]
    )
    if contents["python"]:
        names = [
            (one["name"], [exercise["name"] for exercise in one["exercises"]])
            for one in contents["assignments"]
        ]
        assert names == [
            (declared.name, [exercise.name for exercise in declared.exercises])
            for declared in ASSIGNMENTS
        ]


def test_a_question_is_found_with_its_words():
    page = (
        '<form class="dlc-question" id="q-1" data-dlc-question="number" autocomplete="off">'
        '<fieldset aria-label="What is x^2?"><legend>What is <span>x</span>?</legend></fieldset>'
        '</form><form class="dlc-question" id="q-2" data-dlc-question="free" autocomplete="off">'
        "<fieldset><legend>Why &amp; <code>how</code>?</legend></fieldset></form>"
    )
    assert progress_page.questions(page) == [
        {"id": "q-1", "kind": "number", "text": "What is x^2?"},
        {"id": "q-2", "kind": "free", "text": "Why & how?"},
    ]


def test_every_module_of_the_overview_comes_with_it():
    """The browser loads them as they are, so what one imports has to lie beside it."""
    for name in progress_page.FILES:
        text = (progress_page.SCRIPTS / name).read_text(encoding="utf-8")
        for imported in re.findall(r'^(?:import|\} from) .*?"(.+?)";$', text, re.MULTILINE):
            assert imported.removeprefix("./") in progress_page.FILES, f"{name}: {imported}"
