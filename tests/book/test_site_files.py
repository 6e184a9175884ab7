"""The built site as files: links, pictures, hosts, structure. No browser needed."""

from __future__ import annotations

import gzip
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
build_book = pytest.importorskip("build_book", reason="needs the extra 'book'")

PAGES = list(build_book.pages_of(build_book.TOC))
CHAPTERS = sorted({Path(name).parent.name for name in PAGES if name.startswith("ch")})
# Made by Sphinx and the extensions, from no text.
OTHER_PAGES = {"404", "genindex", "search"}
# Bytes, compressed: text, styles, scripts and fonts; and the same with the pictures.
PAGE_WEIGHT_LIMIT = 700_000
WHOLE_WEIGHT_LIMIT = 800_000
PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


# Elements that fetch what their attribute names as soon as the page is opened.
FETCHING = {
    "audio": ["src"],
    "embed": ["src"],
    "iframe": ["src"],
    "image": ["href", "xlink:href"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "link": ["href"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "video": ["src", "poster"],
}
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
FOREIGN = re.compile(r"\s*(?:[a-z]+:)?//", re.IGNORECASE)


def css_addresses(css: str) -> list[str]:
    """Every address that a style sheet fetches."""
    return [first or second for first, second in CSS_ADDRESS.findall(css)]


def fetched_addresses(page: BeautifulSoup) -> list[str]:
    """Every address that opening the page fetches, style rules written into it included."""
    addresses = []
    for element in page.find_all(True):
        attributes = FETCHING.get(element.name, [])
        addresses += [element[name] for name in attributes if name in element.attrs]
        if element.name == "style":
            addresses += css_addresses(element.get_text())
        elif "url(" in element.attrs.get("style", ""):
            addresses += css_addresses(element["style"])
    return addresses


def foreign_addresses(page: BeautifulSoup) -> list[str]:
    """Addresses of other hosts among those that the page fetches."""
    return [address for address in fetched_addresses(page) if FOREIGN.match(address)]


def anchors(page: BeautifulSoup) -> set[str]:
    """Every place of a page that a link can point to."""
    return {element["id"] for element in page.find_all(id=True)}


def broken_links(path: Path, page: BeautifulSoup, places: dict[Path, set[str]]) -> list[str]:
    """Links and resources of a page whose file is not there, or whose anchor is not in `places`."""
    broken = []
    for address in fetched_addresses(page) + [a["href"] for a in page.find_all("a", href=True)]:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        anchor = unquote(parts.fragment)
        missing_anchor = anchor and target in places and anchor not in places[target]
        if not target.is_file() or missing_anchor:
            broken.append(address)
    return broken


def pictures_without_text(page: BeautifulSoup) -> list[str]:
    """Pictures of the page's text whose alternative text is missing or says next to nothing."""
    bad = []
    for picture in page.select("article img, article svg:not(svg svg)"):
        text = picture.get("alt" if picture.name == "img" else "aria-label", "")
        if picture.get("aria-hidden") != "true" and len(text.split()) < 3:
            bad.append(str(picture)[:160])
    return bad


@pytest.fixture(scope="session")
def pages(site) -> dict[Path, BeautifulSoup]:
    """Every page of the site by its path; _static holds templates, lite is JupyterLite's."""
    found = sorted(site.rglob("*.html"))
    paths = [p for p in found if not {"_static", "lite"} & set(p.relative_to(site).parts)]
    return {p: BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser") for p in paths}


def report(faults: dict[Path, list[str]]) -> str:
    return "\n".join(f"{path.name}: {fault}" for path, found in faults.items() for fault in found)


def collect(pages, check) -> dict[Path, list[str]]:
    return {path: found for path, page in pages.items() if (found := check(path, page))}


def test_every_page_of_the_toc_is_there_and_no_other(site, pages):
    names = {path.relative_to(site).with_suffix("").as_posix() for path in pages}
    assert names - OTHER_PAGES == set(PAGES)


def test_internal_links_and_anchors_resolve(pages):
    places = {path: anchors(page) for path, page in pages.items()}
    faults = collect(pages, lambda path, page: broken_links(path, page, places))
    assert not faults, report(faults)


def test_pictures_say_what_is_seen(pages):
    faults = collect(pages, lambda _, page: pictures_without_text(page))
    assert not faults, report(faults)


def test_pages_fetch_nothing_from_other_hosts(pages):
    faults = collect(pages, lambda _, page: foreign_addresses(page))
    assert not faults, report(faults)


def test_style_sheets_fetch_nothing_from_other_hosts(site):
    faults = {}
    for path in site.rglob("*.css"):
        addresses = css_addresses(path.read_text(encoding="utf-8"))
        if found := [a for a in addresses if FOREIGN.match(a)]:
            faults[path] = found
    assert not faults, report(faults)


def test_scripts_written_into_pages_name_no_other_host(pages):
    def check(_, page):
        scripts = [s.get_text() for s in page.find_all("script", src=False)]
        return [s.strip()[:160] for s in scripts if "https://" in s or "http://" in s]

    faults = collect(pages, check)
    assert not faults, report(faults)


def test_ids_are_unique(pages):
    def check(_, page):
        counts = Counter(element["id"] for element in page.find_all(id=True))
        return [name for name, count in counts.items() if count > 1]

    faults = collect(pages, check)
    assert not faults, report(faults)


def test_headings_start_with_one_h1_and_skip_no_level(pages):
    def check(_, page):
        text = page.article or page.main  # the search page has no article
        levels = [int(h.name[1]) for h in text.find_all(re.compile("^h[1-6]$"))]
        if levels.count(1) != 1 or levels[0] != 1:
            return [f"levels {levels}: expected one h1, at the start"]
        jumps = [b for a, b in pairwise(levels) if b > a + 1]
        return [f"levels {levels}: a level is skipped"] if jumps else []

    faults = collect(pages, check)
    assert not faults, report(faults)


def test_no_page_shows_a_fault_of_the_build(pages):
    wanted = "tag_raises-exception"  # cells that show an error on purpose

    def check(_, page):
        found = page.select(".problematic, .system-message, .output.stderr, .output.traceback")
        return [str(e)[:160] for e in found if e.find_parent(class_=wanted) is None]

    faults = collect(pages, check)
    assert not faults, report(faults)


def test_pages_do_not_name_the_folder_they_were_built_in(pages):
    naming = [path.name for path in pages if str(ROOT) in path.read_text(encoding="utf-8")]
    assert not naming


def test_pages_are_light(site, pages):
    """What a first visit to one page fetches, without and with the pictures written into it."""

    def weight(content: bytes) -> int:
        return len(gzip.compress(content))

    def check(path, page):
        text = path.read_text(encoding="utf-8")
        shared = set()
        for address in fetched_addresses(page):
            part = (path.parent / address.split("?")[0]).resolve()
            if part.suffix in {".js", ".css", ".woff2"}:
                shared.add(part)
        rest = sum(weight(part.read_bytes()) for part in shared)
        before = rest + weight(PICTURE.sub("", text).encode())
        whole = rest + weight(text.encode())
        if before > PAGE_WEIGHT_LIMIT or whole > WHOLE_WEIGHT_LIMIT:
            return [f"{before / 1000:.0f} kB before pictures, {whole / 1000:.0f} kB with them"]
        return []

    faults = collect(pages, check)
    assert not faults, report(faults)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_has_its_parts(site, pages, chapter):
    names = [name for name in PAGES if Path(name).parent.name == chapter]
    articles = [pages[site / f"{name}.html"].article for name in names]

    def count(selector: str) -> int:
        return sum(len(article.select(selector)) for article in articles)

    number = chapter.removeprefix("ch")
    assert articles[0].h1.get_text().startswith(f"{number}. ")
    for k, article in enumerate(articles[1:], start=1):
        assert article.h1.get_text().startswith(f"{number}.{k} ")

    objectives = articles[0].select_one(".admonition.objectives")
    assert objectives is not None, "no box of class 'objectives' at the start"
    assert 3 <= len(objectives.select("ol > li")) <= 5, "expected 3 to 5 objectives"
    assert "Time needed" in objectives.get_text()
    assert "What to know first" in objectives.get_text()

    assert count(".dlc-slider") >= 2, "expected two interactive figures or more"
    assert count(".dlc-question") >= 3, "expected three questions or more"
    assert count(".admonition.report") >= 1, "no box 'What the report says'"
    assert count("a[href*='references.html#']") >= 1, "no reference to a source"
    assert count("a[href*='glossary.html#']") >= 1, "no term linked to the glossary"
    headings = [h.get_text() for h in articles[-1].select("h2")]
    assert any(h.startswith("Summary") for h in headings), f"no summary among {headings}"


# --- The checks themselves: each must see the fault it is for ------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.org/css">',
        '<img src="http://example.org/x.png" alt="A picture of x">',
        '<p style="background: url(https://example.org/x.png)">x</p>',
        '<style>@import "https://example.org/x.css";</style>',
    ],
)
def test_the_check_of_hosts_sees(html):
    assert foreign_addresses(BeautifulSoup(html, "html.parser"))


def test_the_check_of_hosts_lets_ordinary_links_pass():
    html = '<a href="https://example.org/paper.pdf">paper</a><img src="data:image/png;base64,xx">'
    assert not foreign_addresses(BeautifulSoup(html, "html.parser"))


def test_the_check_of_links_sees(tmp_path):
    html = '<a href="#here" id="here">1</a><a href="#gone">2</a><a href="gone.html">3</a>'
    path = tmp_path / "page.html"
    path.write_text(html)
    page = BeautifulSoup(html, "html.parser")
    found = broken_links(path, page, {path: anchors(page)})
    assert found == ["#gone", "gone.html"]


def test_the_check_of_pictures_sees():
    html = '<article><img src="x.png" alt="plot"><svg role="img"></svg></article>'
    assert len(pictures_without_text(BeautifulSoup(html, "html.parser"))) == 2
