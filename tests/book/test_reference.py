"""Appendix D: that nothing is missing from the reference, and how docstrings are set."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import posixpath
import re
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import dlcore

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("sphinx", reason="needs the extra 'book'")
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from dlcore_reference import public_names  # noqa: E402
from docstring_style import render_docstring  # noqa: E402


@pytest.fixture(scope="module")
def documented(site) -> dict[str, object]:
    """Everything that has an entry in the reference, by its full name."""
    from sphinx.util.inventory import InventoryFile

    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    names = [name for kind in inventory if kind.startswith("py:") for name in inventory[kind]]
    return {name: pkgutil.resolve_name(name) for name in names}


@pytest.fixture(scope="module")
def reference(site) -> dict[str, BeautifulSoup]:
    """The pages of the reference by their names."""
    paths = sorted((site / "reference").glob("*.html"))
    return {p.stem: BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser") for p in paths}


def exported() -> dict[str, object]:
    """Everything that some `__all__` of the package names, by module and name."""
    found = pkgutil.walk_packages(dlcore.__path__, prefix="dlcore.")
    names = ["dlcore", *(m.name for m in found if not re.search(r"\._", m.name))]
    modules = {name: importlib.import_module(name) for name in names}
    return {
        f"{name}.{exported}": getattr(module, exported)
        for name, module in modules.items()
        for exported in getattr(module, "__all__", ())
    }


def test_every_public_name_has_an_entry(documented):
    entries = {id(value) for value in documented.values()}
    missing = [name for name, value in exported().items() if id(value) not in entries]
    assert not missing, "add the module to a page of book/reference"


def test_no_private_name_has_an_entry(documented):
    assert not [name for name in documented if re.search(r"\._(?!_)", name)]


def test_the_index_lists_every_entry(reference):
    linked = {a["href"] for a in reference["index"].select("dl.name-list a[href]")}
    missing = [
        entry["id"]
        for page, content in reference.items()
        for entry in content.select("article dl.py > dt.sig[id]")
        if entry.parent.find_parent("dl", class_="py") is None  # no method
        and f"{page}.html#{entry['id']}" not in linked
    ]
    assert not missing, "add the module to book/reference/index.md"


def test_the_index_says_something_about_every_name(reference):
    lists = reference["index"].select("dl.name-list")
    silent = [dt.get_text() for dl in lists for dt in dl.select("dt") if not _text_after(dt)]
    assert lists
    assert not silent


def _text_after(dt) -> str:
    return dt.find_next_sibling("dd").get_text(strip=True)


def test_signatures_name_types_briefly(reference):
    long = [
        entry.get_text(" ", strip=True)
        for content in reference.values()
        for entry in content.select("dt.sig")
        if re.search(r"ndarray\[|Union\[|typing\.", entry.get_text())
    ]
    assert not long, "add the type's name to autodoc_type_aliases in _config.yml"


def test_sections_of_docstrings_are_fields(reference):
    """What looks like a heading with dashes has become a field or a title of its own."""
    for content in reference.values():
        assert not [p for p in content.select("article p") if "----" in p.get_text()]
    fields = {dt.get_text() for dt in reference["convolution"].select("dl.field-list > dt")}
    assert {"Shapes:", "Raises:", "Parameters:"} <= {re.sub(r"\s", "", field) for field in fields}


def test_members_stand_in_the_order_of_the_source():
    from dlcore import convolution

    lines = [inspect.getsourcelines(getattr(convolution, n))[1] for n in public_names(convolution)]
    assert lines == sorted(lines)


# --- How a docstring is set ----------------------------------------------------------------------


def rendered(text: str) -> list[str]:
    return [line for line in render_docstring(text.split("\n"), {"ch2"}) if line]


def test_entries_of_a_section_become_a_list_and_what_follows_is_text():
    assert rendered("Shapes\n------\nx : (N, C)\n    rows\nreturns : (N,)\n\n>>> f(x)\n1") == [
        ":Shapes:",
        "    * **x** : (N, C)",
        "      rows",
        "    * **returns** : (N,)",
        ">>> f(x)",
        "1",
    ]


def test_two_entries_on_a_line_are_two():
    assert rendered("Shapes\n------\nx : (N, C); y : (N, K)")[1:] == [
        "    * **x** : (N, C)",
        "    * **y** : (N, K)",
    ]


def test_errors_are_strong_and_returned_types_are_not():
    assert rendered("Raises\n------\nValueError\n    If.")[1] == "    * **ValueError**"
    assert rendered("Returns\n-------\nlist of str")[1] == "    * list of str"


def test_lines_of_formulas_stay_lines():
    lines = rendered("Title.\n\nm ← β m,\nw ← w − m\n\nA sentence that\ngoes on.")
    assert lines[2:4] == ["   | m ← β m,", "   | w ← w − m"]
    assert lines[4:] == ["A sentence that", "goes on."]


def test_formulas_after_two_colons_lose_one():
    lines = rendered("Title.\n\nThe rule::\n\n    m ← |g|\n    w = m")
    assert lines[1:] == ["The rule:", ".. rst-class:: formula", r"   | m ← \|g\|", "   | w = m"]


def test_code_after_two_colons_and_examples_stay_as_they_are():
    for text in ("So::\n\n    f(W_) | g", ">>> f(W_) | g\n1"):
        assert rendered(text) == [line for line in text.split("\n") if line]


def test_bars_and_underscores_mean_nothing_in_text():
    assert rendered("At |x| the W_ of ``W_ | b`` and `W_`.") == [
        r"At \|x\| the W\_ of ``W_ | b`` and `W_`."
    ]


def test_the_book_is_linked_where_it_has_the_chapter():
    assert rendered("Book: chapter 2, chapter 9.") == [
        "**Book:** :ref:`chapter 2 <ch2>`, chapter 9."
    ]
