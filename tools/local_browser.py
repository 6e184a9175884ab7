"""Chromium and a local server: for printing the site, picturing it, and testing it in a browser."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ChromiumNotFound(Exception):  # noqa: N818 - says what is the case, as FileNotFoundError does
    """There is no program; the message says what to do."""


def find_chromium() -> str:
    """The program to start: `DLCORE_CHROMIUM`, or the installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("DLCORE_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    if not program:
        raise ChromiumNotFound(
            "no Chromium was found. Install it (on Debian: apt-get install chromium), or name a "
            "Chrome or Chromium in the environment variable DLCORE_CHROMIUM."
        )
    return program


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line per request on the terminal."""

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder to this machine for a while, and give its address."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
