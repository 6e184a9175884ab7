"""The pages of the graded exercises: what the declarations say, and nothing that gives away."""

from __future__ import annotations

import html
import io
import json
import pickle
import re
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book", reason="needs the extra 'book'")
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import build_book  # noqa: E402
import exercise_pages  # noqa: E402
import exercise_text  # noqa: E402
from course_wheel import wheel  # noqa: E402

from dlgrader.declarations import (  # noqa: E402
    AnswerExercise,
    Assignment,
    ChoiceExercise,
    CodeExercise,
    Property,
    Section,
    Written,
)
from dlgrader.exercises import assignment_names, load_assignment  # noqa: E402

ASSIGNMENTS = [load_assignment(name) for name in assignment_names()]
each = pytest.mark.parametrize("declared", ASSIGNMENTS, ids=lambda declared: declared.name)


@pytest.fixture(scope="module")
def pages(site) -> dict[str, BeautifulSoup]:
    """The page of each assignment."""
    found = {}
    for declared in ASSIGNMENTS:
        path = site / "exercises" / f"{exercise_text.short_name(declared.name)}.html"
        found[declared.name] = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return found


def squeezed(text: str) -> str:
    """A text for comparison: typographic marks as typed, and no white space."""
    for mark, typed in {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "--", "…": "..."}.items():
        text = text.replace(mark, typed)
    return re.sub(r"\s", "", text)


# --- The numbers are those of the declaration -----------------------------------------------------


@each
def test_the_table_lists_every_exercise_with_its_points_and_minutes(pages, declared):
    rows = pages[declared.name].select("table.exercises tbody tr")
    for number, (row, exercise) in enumerate(zip(rows, declared.exercises, strict=True), start=1):
        cells = [cell.get_text(" ", strip=True) for cell in row.select("td")]
        assert cells[0] == str(number)
        assert squeezed(cells[1]) == squeezed(re.sub("[`$]", "", exercise.title))
        bonus = isinstance(exercise, CodeExercise) and exercise.bonus
        assert cells[2] == f"{exercise.max_points:g}" + (" (bonus)" if bonus else "")
        assert cells[3] == str(exercise.minutes)
        assert row.select_one("td:last-child a")["href"].partition("#")[2], "no link to a section"


@each
def test_every_exercise_shows_its_signature_and_how_the_points_come_about(pages, declared):
    page = pages[declared.name]
    for exercise in declared.exercises:
        section = page.find(id=exercise_text.anchor(declared, exercise)).find_parent("section")
        section = (
            page.find(id=exercise_text.anchor(declared, exercise)) if section is None else section
        )
        text = section.get_text(" ", strip=True)
        assert f"{exercise.max_points:g} point" in text
        assert f"about {exercise.minutes} minutes" in text
        if not isinstance(exercise, CodeExercise):
            continue
        assert squeezed(exercise.signature) in squeezed(section.select_one("pre").get_text())
        rows = [
            [cell.get_text(strip=True) for cell in row.select("td")]
            for row in section.select("table.properties tbody tr")
        ]
        titles = [squeezed(part.title) for part in exercise.properties]
        assert [squeezed(title) for title, _ in rows] == titles
        total = sum(float(worth) for _, worth in rows if worth != "advice only")
        assert total == exercise.max_points


@each
def test_the_totals_are_those_of_the_declaration_and_of_the_notebook(pages, declared):
    text = pages[declared.name].article.get_text(" ", strip=True)
    assert exercise_text.worth(declared) in text
    notebook = (ROOT / "exercises" / declared.name / f"{declared.name}.ipynb").read_text("utf-8")
    assert f"about {exercise_text.hours(declared)}" in notebook


@each
def test_a_section_is_on_a_page_of_its_number(declared):
    for exercise in declared.exercises:
        section = exercise.section
        assert exercise_text.find_section(section, ROOT / "book"), str(section)
        text = (ROOT / "book" / f"{section.page}.md").read_text(encoding="utf-8")
        assert re.search(rf"^# {re.escape(section.number)}\.? ", text, re.MULTILINE), str(section)


@each
def test_the_chapter_leads_to_its_exercises(site, declared):
    number = declared.name[2]
    folder = f"../exercises/{exercise_text.short_name(declared.name)}.html"
    boxes = [
        box.get_text(" ", strip=True)
        for path in (site / f"ch{number}").glob("*.html")
        for box in BeautifulSoup(path.read_text("utf-8"), "html.parser").select(
            ".exercise:not(.trial)"
        )
        if box.select(f"a[href^='{folder}']")
    ]
    assert boxes
    for text in boxes:
        assert f"{len(declared.exercises)} exercises, {exercise_text.worth(declared)}." in text


def test_the_table_of_limits_has_them_all(site):
    from dataclasses import fields

    from dlgrader.sandbox.limits import Limits

    page = BeautifulSoup((site / "appendix/instructors.html").read_text("utf-8"), "html.parser")
    shown = [row.td.get_text(strip=True) for row in page.select("table.limits tbody tr")]
    assert shown == [field.name for field in fields(Limits)]


def test_the_feedback_that_is_shown_comes_from_the_judge(site):
    page = (site / "appendix/students.html").read_text(encoding="utf-8")
    text = BeautifulSoup(page, "html.parser").article.get_text()
    assert "conv_output_size: 3 of 4 points" in text
    assert "0.0 of 1.0  padding at both ends" in text


def test_the_answer_of_which_the_feedback_is_shown_is_the_one_on_the_page():
    text = (ROOT / "book" / "appendix" / "students.md").read_text(encoding="utf-8")
    answer = re.search(r"```\{feedback\}[^\n]*\n(.*?)```", text, re.DOTALL)[1]
    assert f"```{{code-cell}} python3\n{answer}```" in text


# --- What is not for learners ---------------------------------------------------------------------


def secrets(declared: Assignment) -> set[str]:
    """Sentences that stand in the instructor's version only, squeezed."""
    texts: list[str] = []
    for exercise in declared.exercises:
        if isinstance(exercise, Written):
            texts += re.split(r"(?<=[.!?]) ", exercise.model)
            texts += [text for _, text in exercise.rubric]
        elif isinstance(exercise, ChoiceExercise):
            texts += exercise.why.values()
        elif isinstance(exercise, AnswerExercise):
            slips = (exercise.slips or {}).values()
            texts += [said for answers in slips for said in answers.values()]
        elif isinstance(exercise, CodeExercise):
            texts += [mistake.says for mistake in exercise.mistakes]
            texts += [change.source for change in exercise.alternatives if change.source]
    return {squeezed(text) for text in texts if len(squeezed(text)) >= 25}


def model_solutions(declared: Assignment) -> set[str]:
    """Lines of the model solutions that cannot stand anywhere by chance, squeezed."""
    from dlgrader.model import load_model

    lines = set()
    for source in load_model(declared.name).cells.values():
        inside = re.search(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)
        for line in (inside[1] if inside else "").splitlines():
            if len(squeezed(line)) >= 35:
                lines.add(squeezed(line))
    return lines


@each
def test_there_is_something_to_look_for(declared):
    assert len(secrets(declared)) > 20
    assert model_solutions(declared)


@each
def test_exercise_pages_and_notebooks_give_nothing_away(site, pages, declared):
    article = pages[declared.name].article.get_text()
    packed = zipfile.ZipFile(site / "notebooks" / "exercises" / f"{declared.name}.zip")
    notebook = packed.read(f"{declared.name}/{declared.name}.ipynb").decode("utf-8")
    cells = json.loads(notebook)["cells"]
    places = {
        "the page": article,
        "the notebook": "\n".join("".join(cell["source"]) for cell in cells),
    }
    for where, text in places.items():
        shown = squeezed(text)
        for secret in secrets(declared) | model_solutions(declared):
            assert secret not in shown, f"{where}: {secret}"
    assert all(not cell.get("outputs") for cell in cells)


def answers_in_words(shortest: int) -> set[str]:
    """What rubrics and model answers say, sentence by sentence, squeezed."""
    texts: list[str] = []
    for declared in ASSIGNMENTS:
        for exercise in declared.written:
            texts += re.split(r"(?<=[.!?]) ", exercise.model)
            texts += [text for _, text in exercise.rubric]
    return {squeezed(text) for text in texts if len(squeezed(text)) >= shortest}


def without_markup(page: str) -> str:
    return html.unescape(re.sub(r"<svg\b.*?</svg>|<[^<>]+>", "", page, flags=re.DOTALL))


def test_the_rest_of_the_site_gives_no_model_answer_away(site):
    """Chapters explain the same things, but not in the words of rubrics and model answers."""
    secret = answers_in_words(40)
    texts = {
        path: without_markup(path.read_text(encoding="utf-8"))
        for path in [*site.rglob("*.html"), site / "searchindex.js"]
    }
    for path in site.rglob("*.zip"):
        packed = zipfile.ZipFile(path)
        for name in packed.namelist():
            if name.endswith(".ipynb"):
                cells = json.loads(packed.read(name))["cells"]
                texts[path / name] = "\n".join("".join(cell["source"]) for cell in cells)
    for path, text in texts.items():
        shown = squeezed(text)
        found = [words for words in secret if words in shown]
        assert not found, f"{path}: {found}"


def test_the_package_on_the_site_holds_no_answer():
    """The wheel has public cases and the names of misconceptions, but nothing that solves."""
    packed = zipfile.ZipFile(io.BytesIO(wheel(ROOT)[1]))
    checks = [name for name in packed.namelist() if name.startswith("dlcore/checks/")]
    assert len([name for name in checks if name.endswith(".json")]) == len(ASSIGNMENTS)
    hidden = answers_in_words(25)
    for declared in ASSIGNMENTS:
        hidden |= model_solutions(declared)
        for exercise in declared.exercises:
            if isinstance(exercise, ChoiceExercise):
                hidden |= {squeezed(why) for why in exercise.why.values() if len(why) >= 30}
    for name in checks:
        shown = squeezed(packed.read(name).decode("utf-8"))
        assert not [text for text in hidden if text in shown], name


# --- What is made anew, and when ------------------------------------------------------------------


@each
def test_a_page_depends_on_its_declaration_and_its_text(site, declared):
    environment = pickle.loads((site.parent / ".doctrees" / "environment.pickle").read_bytes())
    page = f"exercises/{exercise_text.short_name(declared.name)}"
    needed = {
        (Path(environment.srcdir) / path).resolve().relative_to(ROOT).as_posix()
        for path in environment.dependencies[page]
    }
    assert "dlgrader/declarations.py" in needed
    assert any(path.startswith(f"dlgrader/exercises/{declared.name}") for path in needed)
    assert {f"book/{exercise.section.page}.md" for exercise in declared.exercises} <= needed


def test_a_declaration_that_changes_is_noticed_and_no_other_page_read(tmp_path, monkeypatch):
    for name in ("dlgrader/exercises/one.py", "dlcore/checks/data/one.json", "dlcore/layers.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    toc = tmp_path / "_toc.yml"
    toc.write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    monkeypatch.setattr(build_book, "ROOT", tmp_path)

    def changed(name: str) -> set[str]:
        before = build_book.inputs_of(toc)
        (tmp_path / name).write_text(f"{name} anew", encoding="utf-8")
        after = build_book.inputs_of(toc)
        return {part for part in before if before[part] != after[part]}

    assert changed("dlgrader/exercises/one.py") == {"assignments"}
    assert changed("dlcore/checks/data/one.json") == {"assignments"}
    assert changed("dlcore/layers.py") == {"frame"}


# --- With an address of the site ------------------------------------------------------------------


def test_with_an_address_the_notebook_fetches_the_package_from_the_site(tmp_path):
    name, base = ASSIGNMENTS[0].name, "https://example.org/course/"
    app = SimpleNamespace(
        builder=SimpleNamespace(name="html"),
        env=SimpleNamespace(metadata={"a": {exercise_pages.OFFERED: name}, "b": {}}),
        outdir=str(tmp_path),
        config=SimpleNamespace(html_baseurl=base),
    )
    exercise_pages.write_downloads(app, None)
    folder = tmp_path / "notebooks" / "exercises"
    wheel_name = wheel(ROOT)[0]
    expected = {f"{name}.ipynb", f"{name}.zip", wheel_name}
    assert {path.name for path in folder.iterdir()} == expected
    first = json.loads((folder / f"{name}.ipynb").read_text("utf-8"))["cells"][0]["source"]
    address = re.search(r'urlretrieve\("([^"]+)"', "".join(first))[1]
    assert address == f"{base}notebooks/exercises/{wheel_name}"


# --- The text -------------------------------------------------------------------------------------

SECTION = Section("2.1", "AdaGrad: divide by the sum", "ch2/adaptive")
MADE_UP = Assignment(
    "ps8_made_up",
    "Made up",
    0,
    (
        CodeExercise(
            name="Some_Rule",
            title="A rule: `Some_Rule`",
            signature=f"Some_Rule({', '.join(f'{letter}=0.5' for letter in 'abcdefghijklmnop')})",
            minutes=40,
            section=SECTION,
            functions=("Some_Rule",),
            reference={},
            public=(),
            properties=(
                Property("a", "x_1 | *x*, 0 < x", 1.5, lambda rng: []),
                Property("b", "a hint", 0.0, lambda rng: []),
            ),
            mistakes=(),
            alternatives=(),
            bonus=True,
        ),
        Written("why", "Why?", 20, SECTION, ((1.0, "a rubric"),), "a model answer"),
        ChoiceExercise("pick", "Which?", 5, SECTION, "b", {"a": "no", "b": "yes"}, 2.0),
        AnswerExercise("sizes", "Sizes", 25, SECTION, {"a": 5, "b": 6}, 0.5),
    ),
)


@pytest.fixture
def made_up(monkeypatch) -> str:
    monkeypatch.setattr(exercise_text, "load_assignment", lambda name: MADE_UP)
    return exercise_text.page("ps8_made_up", "x.zip", lambda section: section.number)


def test_a_page_in_text(made_up):
    assert "**4 points, and up to 1.5 more as a bonus; about 2 hours.**" in made_up
    assert r"| 1 | [A rule: `Some_Rule`](#ps8-some-rule) | 1.5 (bonus) | 40 | 2.1 |" in made_up
    assert r"| x\_1 \| \*x\*, 0 \< x | 1.5 |" in made_up
    assert "| a hint | advice only |" in made_up
    assert "*a bonus of 1.5 points · about 40 minutes · chapter 2.1*" in made_up
    assert "2 answers, 0.5 points each" in made_up
    assert all(
        len(line) <= 72 for line in made_up.split("```python\n")[1].split("```")[0].split("\n")
    )
    for secret in ("a rubric", "a model answer", "yes"):
        assert secret not in made_up


def test_a_box_and_a_table_in_text(made_up):
    box = exercise_text.box("ps8_made_up", ["Write it."])
    assert box.startswith(
        ":::{admonition} Write it yourself: ps8_made_up\n:class: exercise\n\nWrite it."
    )
    assert "{ref}`To the exercises <exercises-ps8>`: 4 exercises, 4 points" in box
    table = exercise_text.assignments(["ps8_made_up"])
    assert "| {ref}`ps8_made_up <exercises-ps8>` | Made up | 4 | 4 | 1.5 | about 2 hours |" in table


def test_a_section_is_found_by_its_words(tmp_path):
    text = "(top)=\n# 2.1 A title\n\n(one)=\n## The *sum* of `x`, it’s\n\n## No label\n"
    (tmp_path / "page.md").write_text(text, encoding="utf-8")

    def found(title: str) -> str | None:
        return exercise_text.find_section(Section("2.1", title, "page"), tmp_path)

    assert found("The sum of x, it's") == "one"
    assert found("A title") == "top"
    assert found("No label") is None
    assert found("Elsewhere") is None
    assert exercise_text.find_section(Section("1", "A title", "no_page"), tmp_path) is None
