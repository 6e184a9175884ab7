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
    filelock = pytest.importorskip("filelock", reason="needs the extra 'dev'")
    command = [sys.executable, str(ROOT / "tools" / "build_book.py")]
    # Tests run in several processes, which share the folder.
    (ROOT / "build").mkdir(exist_ok=True)
    with filelock.FileLock(ROOT / "build" / "site.lock"):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        pytest.fail("tools/build_book.py failed; its last lines:\n" + done.stdout[-3000:], False)
    return ROOT / "book" / "_build" / "html"
