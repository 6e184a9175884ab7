"""Make one PDF of the whole book: `make pdf` writes build/book.pdf.

The pages of the built site are put one behind the other and printed by Chromium, which also sets
the formulas and writes the bookmarks. On paper nothing moves: an interactive figure is in its
default state, and the answers to the questions stand at the end of the book.
"""

from __future__ import annotations

import argparse
import json
import posixpath
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from build_book import BUILD, ROOT, TOC, pages_of
from local_browser import ChromiumNotFound, find_chromium, serve

SITE = BUILD / "html"
OUTPUT = ROOT / "build" / "book.pdf"

# What is there to be operated, or shown only after that.
OPERATED = (
    "script, template, a.headerlink, button, details.hide, .dlc-controls, .dlc-buttons, "
    ".dlc-feedback, .dlc-unfolded, .dlc-live, .dlc-field, .dlc-view[hidden], .page-download"
)
# As on the site: formulas are set where Sphinx has marked them, and nowhere else.
MATHJAX = json.dumps(
    {
        "options": {"enableMenu": False, "processHtmlClass": "mathjax_process|math"},
        "tex": {"tags": "none"},
    }
)
ANSWERS = "answers"
FOOTER = (
    '<div style="width: 100%; font: 8pt sans-serif; text-align: center">'
    '<span class="pageNumber"></span></div>'
)


class PdfError(Exception):
    """A step failed; the message says what to do."""


def anchor(page: str, name: str = "") -> str:
    """The id of a place of a page within the one long document."""
    return "--".join(filter(None, [page.replace("/", "-"), name]))


def one_document(pages: Sequence[str], site: Path = SITE) -> BeautifulSoup:
    """Put the articles of the pages into one document, which finds its styles below html/."""
    first = BeautifulSoup((site / f"{pages[0]}.html").read_text(encoding="utf-8"), "html.parser")
    title = first.select_one(".course-brand .title").get_text(strip=True)
    styles = "".join(
        f'<link rel="stylesheet" href="html/{link["href"]}">'
        for link in first.select("link[rel=stylesheet]")
    )
    book = BeautifulSoup(
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{title}</title>{styles}<script>window.MathJax = {MATHJAX}</script>"
        '<script defer src="html/_static/mathjax/tex-chtml.js"></script></head>'
        '<body class="course-book tex2jax_ignore"><main class="bd-content"></main></body></html>',
        "html.parser",
    )
    answers: list[Tag] = []
    for page in pages:
        source = (site / f"{page}.html").read_text(encoding="utf-8")
        article = BeautifulSoup(source, "html.parser").article
        if article is None:
            raise PdfError(f"{page}.html has no article; build the site again with `make site`")
        article["id"] = anchor(page)
        answers += take_answers(article, page)
        for element in article.select(OPERATED):
            element.decompose()
        for folded in article.find_all("details"):
            folded["open"] = ""
        _rename(article, page)
        _redirect(article, page, set(pages))
        book.main.append(article)
    if answers:
        book.main.append(_answer_pages(answers))
    return book


def take_answers(article: Tag, page: str) -> list[Tag]:
    """Number the questions of a page and return their answers, ready to be printed."""
    answers = []
    for count, question in enumerate(article.select("form.dlc-question"), start=1):
        name = anchor(page, question["id"])
        legend = question.legend
        right = question.select_one("template[data-dlc-state=right]")
        worked = question.select_one("template[data-dlc-key=unfolded]") or right
        parts = [
            f'<p class="answer-title"><a href="#{name}">Question {count}</a>. '
            f"{legend.decode_contents()}</p>"
        ]
        if question["data-dlc-question"] == "choice":
            label = question.select_one(f"label[for='{question['id']}-{right['data-dlc-key']}']")
            parts.append(f"<p><strong>{label.decode_contents()}</strong></p>")
        if question["data-dlc-question"] == "number":
            values = json.loads(question.select_one("[data-dlc-answer]")["data-dlc-answer"])
            parts.append(f"<p><strong>{' × '.join(f'{v:g}' for v in values)}</strong></p>")
        parts.append(worked.decode_contents().replace("<strong>Right.</strong>", ""))
        html = f'<section id="{ANSWERS}--{name}" class="answer">{"".join(parts)}</section>'
        answer = BeautifulSoup(html, "html.parser").section
        answer["data-page-title"] = article.h1.get_text().rstrip("#")
        answers.append(answer)
        number = BeautifulSoup(
            f'<strong>Question {count}</strong> (<a href="#{ANSWERS}--{name}">answer</a>). ',
            "html.parser",
        )
        legend.insert(0, number)
    return answers


def _answer_pages(answers: Iterable[Tag]) -> Tag:
    article = BeautifulSoup(
        f'<article class="bd-article" id="{ANSWERS}"><h1>Answers to the questions</h1></article>',
        "html.parser",
    ).article
    title = None
    for answer in answers:
        if answer["data-page-title"] != title:
            title = answer["data-page-title"]
            heading = BeautifulSoup("<h2></h2>", "html.parser").h2
            heading.string = title
            article.append(heading)
        del answer["data-page-title"]
        article.append(answer)
    return article


def _rename(article: Tag, page: str) -> None:
    """Give every id of a page, and all that refers to it within the page, the page's name."""
    for element in article.find_all(True):
        if "id" in element.attrs and not element["id"].startswith(ANSWERS):
            element["id"] = anchor(page, element["id"])
        if "for" in element.attrs:
            element["for"] = anchor(page, element["for"])
        if element.name == "input":
            element["name"] = anchor(page, element.get("name", ""))
        if element.name == "use":
            element["href"] = f"#{anchor(page, element['href'].removeprefix('#'))}"
        for key, value in element.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                element[key] = value.replace("url(#", f"url(#{anchor(page)}--")


def _redirect(article: Tag, page: str, pages: set[str]) -> None:
    """Let links to pages of the book lead to their place in it; files have no place in a PDF."""
    folder = posixpath.dirname(page)
    for link in article.find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc or link["href"].startswith(f"#{ANSWERS}--"):
            continue
        path = posixpath.normpath(posixpath.join(folder, unquote(parts.path)))
        target = page if not parts.path else path.removesuffix(".html")
        if target in pages:
            link["href"] = f"#{anchor(target, unquote(parts.fragment))}"
        else:
            link.name = "span"
            link.attrs = {}
    for image in article.find_all("img", src=True):
        if not urlsplit(image["src"]).scheme:
            path = posixpath.normpath(posixpath.join(folder, image["src"]))
            image["src"] = f"html/{path}"


def print_pdf(document: BeautifulSoup, output: Path) -> None:
    """Print the document, which is served from the folder that holds the site."""
    from playwright.sync_api import sync_playwright

    program = find_chromium()
    source = BUILD / "book.html"
    source.write_text(str(document), encoding="utf-8")
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        with serve(BUILD) as address, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--disable-gpu"]
            )
            page = chromium.new_page(color_scheme="light")
            page.set_default_timeout(0)
            page.goto(address + source.name)
            page.evaluate("window.MathJax && MathJax.startup.promise")
            page.pdf(
                path=str(output),
                format="A4",
                margin={"top": "18mm", "bottom": "20mm", "left": "18mm", "right": "18mm"},
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                tagged=True,
                outline=True,
            )
            chromium.close()
    finally:
        source.unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make one PDF of the built book.")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: build/book.pdf")
    parser.add_argument("--only", nargs="+", metavar="PAGE", help="print these pages alone")
    arguments = parser.parse_args()
    started = time.perf_counter()
    try:
        if not SITE.is_dir():
            raise PdfError("the site is not built; run `make site` first")
        pages = arguments.only or list(pages_of(TOC))
        print(f"make_pdf: printing {len(pages)} pages of the site, a minute or two", flush=True)
        print_pdf(one_document(pages), arguments.output)
    except (PdfError, ChromiumNotFound) as error:
        print(f"\nmake_pdf: {error}", file=sys.stderr)
        return 1
    seconds = time.perf_counter() - started
    print(f"make_pdf: {arguments.output} is ready after {seconds:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
