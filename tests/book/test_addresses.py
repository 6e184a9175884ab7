"""The two addresses in _config.yml: without them nothing leads nowhere, with them all is right.

Both are tested on a book of two pages with the settings, extensions and templates of the real one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book", reason="needs the extra 'book'")
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

from build_book import BuildError, install_npm_packages, kernel_environment  # noqa: E402
from site_addresses import check_addresses  # noqa: E402
from sphinx.errors import ConfigError  # noqa: E402

SITE = "https://example.org/course/"
REPOSITORY = "https://github.com/somebody/course"
NOTEBOOK = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""
PAGES = {
    "index.md": "# The course\n\nA paragraph that says, in more than eight words, what this is.\n\n"
    "See {ref}`the page <one>`, or {doc}`deep/one`.\n",
    "deep/one.md": f"{NOTEBOOK}\n(one)=\n# One page\n\n:::{{note}}\nA box with enough words in it "
    "to be taken for a description.\n:::\n\nThe formula $x$ is in this paragraph, which has words "
    "enough.\n\nBut *this* paragraph is the first that is text & nothing else.\n\n"
    "```{code-cell} python3\nprint(1 + 1)\n```\n\nBack to {doc}`/index`.\n",
    "_toc.yml": "format: jb-book\nroot: index\nchapters:\n  - file: deep/one\n",
    "references.bib": "",
}


def make_book(folder: Path, **settings: str) -> tuple[int, str]:
    """Build the two pages with these settings; return Sphinx's exit status and messages."""
    try:
        install_npm_packages()
    except BuildError as error:
        pytest.skip(str(error))
    book = folder / "book"
    for name, text in PAGES.items():
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(text, encoding="utf-8")
    for name in ("_assets", "_ext", "_templates"):
        (book / name).symlink_to(ROOT / "book" / name)
    (folder / "dlcore").symlink_to(ROOT / "dlcore")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["html"]["baseurl"] = settings.get("site", "")
    config["repository"]["url"] = settings.get("repository", "")
    config["sphinx"]["config"]["notebooks_branch"] = settings.get("branch", "")
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [sys.executable, str(ROOT / "tools" / "run_sphinx.py"), str(book), str(folder)]
    command += ["--config", str(folder / "_config.yml"), "--toc", str(book / "_toc.yml")]
    environment = kernel_environment(folder)
    done = subprocess.run(
        [*command, "--strict"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def without(tmp_path_factory) -> Path:
    """The book without any address."""
    folder = tmp_path_factory.mktemp("without")
    status, messages = make_book(folder)
    assert status == 0, messages
    return folder / "html"


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Path:
    """The book with both addresses, and with its notebooks on a branch."""
    folder = tmp_path_factory.mktemp("everything")
    status, messages = make_book(folder, site=SITE, repository=REPOSITORY, branch="gh-pages")
    assert status == 0, messages
    return folder / "html"


def page(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def tags(site: Path, name: str) -> dict[str, str]:
    """What the page says about itself in its head."""
    found = page(site, name).select("meta[property], meta[name]")
    return {tag.get("property") or tag["name"]: tag["content"] for tag in found}


def first_cell(site: Path) -> str:
    content = zipfile.ZipFile(site / "notebooks/deep/one.zip").read("deep-one/deep-one.ipynb")
    return "".join(json.loads(content)["cells"][0]["source"])


def test_a_page_says_what_it_is(without):
    said = tags(without, "deep/one.html")
    assert said["og:title"] == "One page"
    assert said["og:type"] == "article"
    assert said["og:site_name"] == "Deep Learning, Checked"
    text = "But this paragraph is the first that is text & nothing else."
    assert said["og:description"] == said["description"] == text
    assert tags(without, "index.html")["og:title"] == "Deep Learning, Checked"
    assert tags(without, "index.html")["og:type"] == "website"


def test_without_addresses_nothing_names_one(without):
    for name in ("index.html", "deep/one.html"):
        assert not {"og:url", "og:image", "twitter:card"} & tags(without, name).keys()
        assert not page(without, name).select("link[rel=canonical]")
        buttons = page(without, name).select(".article-header-buttons a")
        assert [a["href"] for a in buttons if "://" in a["href"]] == []
    assert not (without / "sitemap.xml").exists()
    assert "urllib" not in first_cell(without)


def test_with_its_address_a_page_knows_where_it_is(everything):
    said = tags(everything, "deep/one.html")
    assert said["og:url"] == f"{SITE}deep/one.html"
    picture = said["og:image"].removeprefix(SITE)
    assert (everything / picture).is_file()
    canonical = page(everything, "deep/one.html").select("link[rel=canonical]")
    assert [link["href"] for link in canonical] == [f"{SITE}deep/one.html"]


def test_the_site_map_lists_the_pages(everything):
    root = ElementTree.parse(everything / "sitemap.xml").getroot()
    assert [place.text for place in root.findall(".//{*}loc")] == [
        f"{SITE}deep/one.html",
        f"{SITE}index.html",
    ]


def test_buttons_lead_to_the_repository(everything):
    addresses = {a["href"] for a in page(everything, "deep/one.html").select("a[href]")}
    colab = "https://colab.research.google.com/github/somebody/course"
    assert REPOSITORY in addresses
    assert f"{REPOSITORY}/edit/main/book/deep/one.md" in addresses
    assert f"{colab}/blob/gh-pages/notebooks/deep/one.ipynb" in addresses
    binder = "https://mybinder.org/v2/gh/somebody/course/main?urlpath=lab/tree/book/deep/one.md"
    assert binder in addresses
    assert (everything / "notebooks/deep/one.ipynb").is_file()
    # The start page has no cells, so there is nothing to run.
    on_start = {a["href"] for a in page(everything, "index.html").select("a[href]")}
    assert not [a for a in on_start if "colab" in a or "binder" in a]
    assert f"{REPOSITORY}/edit/main/book/index.md" in on_start


def test_the_notebook_fetches_its_files_from_the_site(everything):
    address = re.search(r'urlopen\("([^"]+)"\)', first_cell(everything))[1]
    assert address.startswith(SITE)
    assert (everything / address.removeprefix(SITE)).is_file()
    notebook = json.loads((everything / "notebooks/deep/one.ipynb").read_text(encoding="utf-8"))
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert f"[The course]({SITE}index.html)" in text


@pytest.mark.parametrize("name", ["index.html", "deep/one.html"])
def test_all_is_found_below_the_path_of_the_address(everything, name):
    """Follow every link as a browser would from the page's own address."""
    missing = []
    for element in page(everything, name).find_all(["a", "img", "link", "script"]):
        address = element.get("href") or element.get("src") or ""
        target = urljoin(f"{SITE}{name}", address)
        if target.startswith(SITE):
            file = everything / unquote(urlsplit(target).path).removeprefix("/course/")
            if not (file.is_file() or (file / "index.html").is_file()):
                missing.append(address)
        elif urlsplit(target).netloc == "example.org":
            missing.append(address)
    assert not missing


def test_the_page_for_not_found_leads_back_from_any_depth(everything, without):
    links = [a["href"] for a in page(everything, "404.html").select("a[href]")]
    assert links == ["/course/index.html", "/course/search.html"]
    assert not page(everything, "404.html").select("script, link:not([href='data:,']), img")
    # Without an address the browser finds out where the site begins.
    script = page(without, "404.html").script.get_text()
    assert '"deep"' in script
    assert not page(without, "404.html").select("script[src], link:not([href='data:,']), img")


@pytest.mark.parametrize(
    ("site", "repository", "branch", "message"),
    [
        ("https://example.org/course", "", "", "slash at its end"),
        ("example.org/", "", "", "expected an address"),
        ("", REPOSITORY, "gh-pages", "notebooks_branch"),
        (SITE, "https://gitlab.com/a/b", "gh-pages", "GitHub"),
    ],
)
def test_an_address_that_cannot_be_right_stops_the_build(site, repository, branch, message):
    options = {"repository_url": repository}
    config = SimpleNamespace(html_baseurl=site, html_theme_options=options, notebooks_branch=branch)
    with pytest.raises(ConfigError, match=message):
        check_addresses(None, config)
