"""The book as one PDF: order, links that stay inside, figures at rest, answers at the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from build_book import TOC, pages_of  # noqa: E402
from local_browser import ChromiumNotFound, find_chromium  # noqa: E402
from make_pdf import ANSWERS, one_document  # noqa: E402

ALL = list(pages_of(TOC))
PAGES = ["index", "ch0/review", "glossary"]


@pytest.fixture(scope="module")
def document(site) -> BeautifulSoup:
    """The whole book before it is printed."""
    return one_document(ALL, site)


def test_every_page_of_the_contents_is_in_it_once_and_in_order(document):
    ids = [article["id"] for article in document.select("main > article")]
    assert ids == [page.replace("/", "-") for page in ALL] + [ANSWERS]


def test_links_lead_to_a_place_in_the_book_or_to_the_web(document):
    ids = {element["id"] for element in document.find_all(id=True)}
    targets = [link["href"] for link in document.find_all("a", href=True)]
    assert len(targets) > 500
    lost = [t for t in targets if not t.startswith("http") and t.removeprefix("#") not in ids]
    assert not lost


def test_ids_are_unique_in_pictures_too(document):
    ids = [element["id"] for element in document.find_all(id=True)]
    assert len(ids) == len(set(ids))
    used = [use["href"].removeprefix("#") for use in document.find_all("use")]
    assert used
    assert set(used) <= set(ids)


def test_each_interactive_figure_shows_one_picture_and_says_which(document):
    sliders = document.select(".dlc-slider")
    assert len(sliders) >= 12
    for slider in sliders:
        assert len(slider.select("svg[role=img]")) == 1
        assert slider.select_one(".dlc-settings").get_text().startswith("Shown for")


def test_every_question_has_its_answer_at_the_end(document):
    questions = document.select("form.dlc-question")
    assert len(questions) >= 40
    answers = {answer["id"]: answer for answer in document.select("section.answer")}
    assert len(answers) == len(questions)
    for question in questions:
        answer = answers[f"{ANSWERS}--{question['id']}"]
        assert len(answer.get_text().split()) > len(question.legend.get_text().split())
        assert "Not right" not in answer.get_text()


def test_chromium_prints_text_formulas_and_bookmarks(site, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    try:
        find_chromium()
    except ChromiumNotFound as error:
        pytest.skip(str(error))
    output = tmp_path / "book.pdf"
    # In a process of its own: two browsers cannot be driven from one.
    program = [sys.executable, ROOT / "tools" / "make_pdf.py", "--output", output]
    subprocess.run([*program, "--only", *PAGES], check=True)
    reader = pypdf.PdfReader(output)
    text = "".join(page.extract_text() for page in reader.pages)
    assert "How a network learns".lower() in text.lower()
    assert "Answers to the questions" in text
    assert "\\frac" not in text, "a formula was printed as source"
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles[0] == "Deep Learning, Checked"
    assert titles[-1] == "Answers to the questions"


def test_without_chromium_it_says_what_to_install(monkeypatch):
    monkeypatch.delenv("DLCORE_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ChromiumNotFound, match="apt-get install"):
        find_chromium()
