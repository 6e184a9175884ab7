"""Numbers of runs in the text: each must stand in an output of the page, or in a result file.

What looks like one is a decimal from 0.1 to 1 with three digits or more, or a percentage with a
decimal, in running text. Formulas and code are left out: what stands there can be worked out.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]
build_book = pytest.importorskip("build_book", reason="needs the extra 'book'")

from plain_markdown import SPAN  # noqa: E402

NUMBER = re.compile(r"(?<![\w.,/-])(0\.[1-9]\d{2,}|\d{1,2}\.\d+ ?%)(?![\w/])")
FENCED_CODE = re.compile(r"^( *)(`{3,}|~{3,})(?!\{).*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def numbers_in(text: str) -> list[str]:
    """The numbers of a text in MyST that look as if they came from a run."""
    prose = SPAN.sub(" ", FENCED_CODE.sub(" ", text))
    return NUMBER.findall(prose)


def words_of(notebook: Any) -> str:
    """Everything that the cells of a page show, and what their code says."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        parts.append(cell.source)
        for output in cell.get("outputs", []):
            parts.append(output.get("text", ""))
            parts += [str(value) for value in output.get("data", {}).values()]
    return "\n".join(parts)


def known(number: str, words: str) -> bool:
    """Whether a number stands among the words; a zero at its end may be missing there."""
    digits, dot, places = number.rstrip(" %").partition(".")
    shown = re.escape(digits + dot + places.rstrip("0")) + "0*"
    return re.search(rf"(?<![\d.]){shown}(?!\.?\d)", words) is not None


@pytest.mark.parametrize("name", list(build_book.pages_of(build_book.TOC)))
def test_numbers_of_runs_come_from_runs(site, name):
    path = site.parent / "jupyter_execute" / f"{name}.ipynb"
    if not path.is_file():
        pytest.skip("a page without cells")
    notebook = nbformat.read(path, as_version=4)
    results = (file.read_text(encoding="utf-8") for file in (ROOT / "results").glob("*.json"))
    words = words_of(notebook) + "\n".join(results)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    stray = [n for text in texts for n in numbers_in(text) if not known(n, words)]
    assert not stray, f"in no output of the page and no result file: {stray}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("an accuracy of 0.983 in the end", ["0.983"]),
        ("**0.9830**, or 1.7 %.", ["0.9830", "1.7 %"]),
        ("$x = 0.983$, `0.983`, {glue:text}`a`, 0.5 and 3.14", []),
        ("version 0.1.0, doi 10.48550/0.12345", []),
        ("```python\nx = 0.983\n```", []),
    ],
)
def test_the_numbers_are_recognised(text, found):
    assert numbers_in(text) == found


def test_a_number_must_stand_there_whole():
    assert known("0.983", "test accuracy 0.983 ± 0.002")
    assert not known("0.983", "0.9834")
    assert known("1.7 %", "a share of 1.7%")
    assert known("0.900", "rate=0.9)")
