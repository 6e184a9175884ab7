"""What makes the build run the cells again: code that has changed, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("ipykernel", reason="needs the extra 'book'")
sys.path.insert(0, str(ROOT / "tools"))

from build_book import code_only  # noqa: E402

CODE = '"""Module."""\n\n\ndef f(x):\n    """Twice x."""\n    return 2 * x  # quickly\n'


def essence(tmp_path: Path, text: str) -> bytes:
    path = tmp_path / "module.py"
    path.write_text(text, encoding="utf-8")
    return code_only(path)


@pytest.mark.parametrize(
    "change", [("Twice x.", "Two times x."), ("Module.", "A module."), ("  # quickly", "")]
)
def test_docstrings_and_comments_are_no_code(tmp_path, change):
    assert essence(tmp_path, CODE) == essence(tmp_path, CODE.replace(*change))


@pytest.mark.parametrize("change", [("2 * x", "3 * x"), ("def f", "def g"), ("(x)", "(x=1)")])
def test_a_change_of_code_is_seen(tmp_path, change):
    assert essence(tmp_path, CODE) != essence(tmp_path, CODE.replace(*change))


def test_other_files_count_byte_for_byte(tmp_path):
    path = tmp_path / "style.css"
    path.write_bytes(b"/* a comment */")
    assert code_only(path) == b"/* a comment */"
