"""Offer each page with cells as a notebook that runs elsewhere: a ZIP archive, linked on the page.

It holds the notebook, with the text in plain Markdown and a first cell that installs `dlcore`; the
package as a wheel; and `results/`, if the cells read it. When the site's address is set
(`html: baseurl` in _config.yml), the notebook is also there by itself and its first cell fetches
what is not beside it.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import nbformat
from course_wheel import archive, wheel
from docutils import nodes
from exercise_pages import generated
from plain_markdown import inline, plain_markdown
from pybtex.database import Entry
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "notebooks"
READS_RESULTS = re.compile(r"^\s*(from|import) dlcore\.experiments", re.MULTILINE)
# Cells that the page does not show, or not at first: Jupyter folds their code away.
FOLDED_TAGS = {"hide-cell", "hide-input", "remove-cell", "remove-input"}

BESIDE = """\
# Run this cell first. It installs dlcore, the course's package, from the file beside this notebook.
# (If that is not found: unpack the whole archive and open the notebook in its folder.)
%pip install --quiet ./{wheel}
"""
FETCHED = """\
# Run this cell first. It installs dlcore, the course's package; where the files that belong to this
# notebook are not beside it, it fetches them from the course's site.
import io
import os
import urllib.request
import zipfile

if not os.path.exists("{wheel}"):
    with urllib.request.urlopen("{address}") as answer:
        zipfile.ZipFile(io.BytesIO(answer.read())).extractall()
    os.chdir("{name}")
%pip install --quiet ./{wheel}
"""
SOURCE = """\
---

From *{title}*{where}. Text and figures: [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/).
Code: BSD 3-Clause."""


class SphinxBook:
    """The book as the converter of Markdown asks for it, for one page."""

    def __init__(self, app: Sphinx, facts: dict[str, str]) -> None:
        self.app, self.env, self.facts = app, app.env, facts
        self.labels = app.env.get_domain("std")
        self.base = app.config.html_baseurl

    def _link(self, words: str, page: str, anchor: str = "") -> str:
        if not self.base:
            return words
        address = urljoin(self.base, self.app.builder.get_target_uri(page))
        return f"[{words}]({address}#{anchor})" if anchor else f"[{words}]({address})"

    def reference(self, label: str, text: str) -> str:
        """Return a link to the place, if the site has an address; else its title or the text."""
        page, anchor, title = self.labels.labels.get(label.lower(), ("", "", label))
        words = text or title
        return self._link(words, page, anchor) if page else words

    def page(self, name: str, text: str) -> str:
        """Return a link to the page, if the site has an address; else its title or the text."""
        name = name.removeprefix("/").removesuffix(".md")
        titles = self.env.titles
        words = text or (titles[name].astext() if name in titles else name)
        return self._link(words, name) if name in titles else words

    def number(self, label: str, form: str) -> str:
        """Return "Figure 4.2"; with a form such as "Fig. %s" that, filled in."""
        page, anchor = self.labels.anonlabels.get(label.lower(), ("", ""))
        for kind, numbers in self.env.toc_fignumbers.get(page, {}).items():
            if anchor in numbers:
                text = form or self.app.config.numfig_format.get(kind, "%s")
                number = ".".join(map(str, numbers[anchor]))
                return text.replace("{number}", "%s").replace("{name}", "").replace("%s", number)
        return form.replace("%s", "").strip() or label

    def equation(self, label: str) -> str:
        """Return the equation's number as the site shows it."""
        page, _ = self.env.get_domain("math").equations.get(label, ("", 0))
        anchor = nodes.make_id(f"equation-{label}")
        numbers = self.env.toc_fignumbers.get(page, {}).get("displaymath", {})
        return ".".join(map(str, numbers.get(anchor, ())))

    def citation(self, keys: str, in_text: bool) -> str:
        """Return authors and years, as links where the work has a DOI or an arXiv number."""
        entries = self.env.get_domain("cite").bibdata.data.entries
        shown = []
        for key in (key.strip() for key in keys.split(",")):
            if key in entries:
                authors, year = _authors(entries[key]), entries[key].fields.get("year", "")
                words = f"{authors} ({year})" if in_text else f"{authors}, {year}"
                address = _address(entries[key])
                shown.append(f"[{words}]({address})" if address else words)
            else:
                shown.append(key)
        return ", ".join(shown) if in_text else f"({'; '.join(shown)})"

    def fact(self, name: str) -> str:
        """Return the number that a cell has put aside under this name."""
        return self.facts.get(name, name)

    def generated(self, name: str, argument: str, content: list[str]) -> str:
        """Return the text in MyST that a directive about exercises stands for."""
        return generated(name, argument, content)


def _authors(entry: Entry) -> str:
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = ["".join(map(str, person.rich_last_names)) for person in people]
    if not names:
        return entry.fields.get("title", "")
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def _address(entry: Entry) -> str:
    if doi := entry.fields.get("doi"):
        return f"https://doi.org/{doi}"
    if eprint := entry.fields.get("eprint"):
        return f"https://arxiv.org/abs/{eprint}"
    return entry.fields.get("url", "")


def facts_of(notebook: Any) -> dict[str, str]:
    """Return what the cells of a page have put aside for its text, as `dlcore.facts.fact` does."""
    facts = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                facts[name] = ast.literal_eval(next(iter(output["data"].values())))
    return facts


def executed(app: Sphinx, page: str) -> Any:
    """Return the page's notebook with its outputs, or None if the page has no cells."""
    if app.env is None or "kernelspec" not in app.env.metadata.get(page, {}):
        return None
    path = Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"
    if not path.is_file():
        return None
    notebook = nbformat.read(path, as_version=4)
    return notebook if any(cell.cell_type == "code" for cell in notebook.cells) else None


def portable(app: Sphinx, page: str, notebook: Any, first: str) -> Any:
    """Return a notebook without outputs whose text any Jupyter can show."""
    book = SphinxBook(app, facts_of(notebook))
    cells = [("code", first, {})]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if text := plain_markdown(cell.source, book):
                cells.append(("markdown", text, {}))
            continue
        tags = set(cell.metadata.get("tags", []))
        metadata = {"jupyter": {"source_hidden": True}} if tags & FOLDED_TAGS else {}
        if "raises-exception" in tags:  # shows an error on purpose, and "run all" goes on
            metadata["tags"] = ["raises-exception"]
        cells.append(("code", cell.source, metadata))
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if caption := figure.get("caption"):
            number = book.number(figure["name"], "") if "name" in figure else "Figure"
            text = inline(" ".join(str(caption).split()), book)
            cells.append(("markdown", f"**{number}.** {text}", {}))
    where = f", <{urljoin(book.base, app.builder.get_target_uri(page))}>" if book.base else ""
    cells.append(("markdown", SOURCE.format(title=app.config.html_title, where=where), {}))

    out = nbformat.v4.new_notebook(metadata={"kernelspec": dict(notebook.metadata.kernelspec)})
    out.metadata["language_info"] = {"name": "python"}
    for number, (kind, source, metadata) in enumerate(cells):
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        out.cells.append(make(source, metadata=metadata, id=f"cell-{number}"))
    nbformat.validate(out)
    return out


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """Write the archive of each page of the finished site."""
    if exception is not None or app.builder.name != "html":
        return
    wheel_name, wheel_content = wheel(ROOT)
    for page in sorted(app.env.found_docs):
        notebook = executed(app, page)
        if notebook is None:
            continue
        name = page.replace("/", "-")
        first = BESIDE.format(wheel=wheel_name)
        if base := app.config.html_baseurl:
            address = urljoin(base, f"{FOLDER}/{page}.zip")
            first = FETCHED.format(wheel=wheel_name, address=address, name=name)
        made = portable(app, page, notebook, first)
        text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
        entries = {f"{name}/{name}.ipynb": text.encode(), f"{name}/{wheel_name}": wheel_content}
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        if READS_RESULTS.search(code):
            for path in sorted((ROOT / "results").glob("*.json")):
                entries[f"{name}/results/{path.name}"] = path.read_bytes()
        target = Path(app.outdir, FOLDER, f"{page}.zip")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive(entries))
        if app.config.html_baseurl:
            target.with_suffix(".ipynb").write_text(text, encoding="utf-8")


def offer(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Put the link to the archive at the end of a page with cells, and among its buttons."""
    if app.builder.name != "html" or executed(app, page) is None:
        return
    address = context["pathto"](f"{FOLDER}/{page}.zip", 1)
    context["body"] += (
        f'<p class="page-download"><a href="{address}" download>Download this page as a notebook'
        "</a> (ZIP): it runs in any Jupyter, and brings the course's package along.</p>\n"
    )
    context["header_buttons"].append(
        {
            "type": "link",
            "url": address,
            "tooltip": "Download this page as a notebook",
            "icon": "fas fa-download",
            "label": "download-notebook-button",
        }
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    # After the theme, which begins its list of buttons at the usual priority of 500.
    app.connect("html-page-context", offer, priority=600)
    app.connect("build-finished", write_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
