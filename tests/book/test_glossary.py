"""The glossary: complete entries, in order, linked from the text."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
KANJI = re.compile(r"[一-鿿]")


def parse(text: str) -> list[tuple[str, str]]:
    """Terms of the glossary and what stands below each, in the page's order."""
    body = re.search(r":::\{glossary\}\n(.*?)^:::", text, re.DOTALL | re.MULTILINE)
    assert body, "the page has no glossary"
    entries = re.findall(r"^(\S.*)\n((?:  .*\n?)+)", body[1], re.MULTILINE)
    return [(term.strip(), " ".join(below.split())) for term, below in entries]


def position(term: str) -> str:
    """What the order goes by: letters in any case; signs count as spaces."""
    return re.sub(r"[^\w ]", " ", term.casefold())


def japanese_name(entry: str) -> str:
    """What stands before the explanation, with the reading in its brackets."""
    return entry.partition(". ")[0]


def pages() -> dict[str, str]:
    """All pages of the book but the glossary, by their names."""
    found = {}
    for path in sorted(BOOK.rglob("*.md")):
        name = path.relative_to(BOOK).as_posix()
        if "_build" not in path.parts and name != "glossary.md":
            found[name] = path.read_text(encoding="utf-8")
    return found


def terms_used(text: str) -> set[str]:
    """Targets of the `{term}` roles of a page."""
    roles = (re.sub(r"\s+", " ", role) for role in re.findall(r"\{term\}`([^`]+)`", text))
    return {re.sub(r"^.*<(.+)>$", r"\1", role).casefold() for role in roles}


@pytest.fixture(scope="module")
def entries() -> list[tuple[str, str]]:
    """The glossary of the book."""
    return parse((BOOK / "glossary.md").read_text(encoding="utf-8"))


def test_the_pieces_are_recognised():
    page = (
        ":::{glossary}\ncol2im\n  col2im. Adds. → {ref}`a`\n\n"
        "t-x\n  名（な）. One\n  two. → {ref}`b`\n:::\n"
    )
    assert parse(page) == [
        ("col2im", "col2im. Adds. → {ref}`a`"),
        ("t-x", "名（な）. One two. → {ref}`b`"),
    ]
    assert japanese_name("名（な）. One two.") == "名（な）"
    assert terms_used("{term}`A b` and {term}`many\nx <x y>`") == {"a b", "x y"}


def test_there_are_at_least_eighty_terms(entries):
    assert len(entries) >= 80


def test_the_order_is_alphabetical_and_no_term_comes_twice(entries):
    terms = [term for term, _ in entries]
    assert len({term.casefold() for term in terms}) == len(terms)
    wrong = [pair for pair in pairwise(terms) if position(pair[0]) > position(pair[1])]
    assert wrong == []


def test_every_term_has_a_japanese_name_and_its_reading(entries):
    for term, entry in entries:
        name = japanese_name(entry)
        assert JAPANESE.search(name) or name == term, f"{term}: no Japanese name in {name!r}"
        reading = re.search(r"（(.+)）$", name)
        if KANJI.search(name):
            assert reading, f"{term}: {name!r} has kanji and no reading in （…） at its end"
            assert not KANJI.search(reading[1]), f"{term}: the reading {reading[1]!r} has kanji"


def test_every_entry_explains_and_leads_to_a_section(entries):
    labels = {
        label
        for text in pages().values()
        for label in re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE)
    }
    for term, entry in entries:
        parts = re.fullmatch(r".+?\. (.+[.!?)]) → \{ref\}`([\w-]+)`", entry)
        assert parts, f"{term}: expected name, explanation and → {{ref}}`section`, got {entry!r}"
        assert len(parts[1]) >= 20, f"{term}: the explanation is {parts[1]!r}"
        assert parts[2] in labels, f"{term}: no page has the label {parts[2]!r}"


def test_every_term_is_used_on_a_page(entries):
    used = set().union(*(terms_used(text) for text in pages().values()))
    assert [term for term, _ in entries if term.casefold() not in used] == []


def test_every_term_that_is_used_has_an_entry(entries):
    known = {term.casefold() for term, _ in entries}
    missing = {name: sorted(terms_used(text) - known) for name, text in pages().items()}
    assert {name: terms for name, terms in missing.items() if terms} == {}


def names(entry: str) -> list[str]:
    """The Japanese names of an entry, without readings and abbreviations."""
    bare = re.sub(r"（.*?）|\(.*?\)", "", japanese_name(entry))
    return [name.strip() for name in bare.split("、")]


def test_the_text_uses_the_japanese_names_of_the_glossary(entries):
    assert names("最適化手法、方法 (X)（さいてきかしゅほう）. A rule.") == ["最適化手法", "方法"]
    known = {term.casefold(): names(entry) for term, entry in entries}
    for page, text in pages().items():
        for role, beside in re.findall(r"\{term\}`([^`]+)`[\s*]*\(([^()]*)\)", text):
            (term,) = terms_used(f"{{term}}`{role}`")
            if JAPANESE.search(beside):
                same = any(name in beside for name in known.get(term, []))
                assert same, f"{page}: {term} ({beside}), but the glossary says {known.get(term)}"
