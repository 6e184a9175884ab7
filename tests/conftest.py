"""The built site, for the tests of its files and for those in the browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the site, brought up to date first (quick when nothing has changed)."""
    pytest.importorskip("jupyter_book", reason="needs the extra 'book'")
    command = [sys.executable, str(ROOT / "tools" / "build_book.py")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        pytest.fail("tools/build_book.py failed; its last lines:\n" + done.stdout[-3000:], False)
    return ROOT / "book" / "_build" / "html"
