"""A browser, a local server, and pages that must not complain or talk to other hosts."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line per request on the terminal."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium as installed on the machine; `DLCORE_CHROMIUM` may name another one."""
    program = os.environ.get("DLCORE_CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium found: install Debian's package, or set DLCORE_CHROMIUM")
    with sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    """Address of the site, served below a path as on a project page."""
    handler = functools.partial(QuietHandler, directory=str(site.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}/"
        server.shutdown()


@pytest.fixture
def visit(browser, base: str) -> Iterator[Callable]:
    """`visit(name, width=…, scheme=…)` opens a page of the site in a fresh profile.

    At the end of the test no page may have logged an error, failed to find a file, or asked any
    other host for anything.
    """
    contexts, complaints = [], []

    def watch(page) -> None:
        def on_console(message):
            if message.type in {"error", "warning"}:
                complaints.append(f"console {message.type}: {message.text}")

        def on_request(request):
            if not request.url.startswith((base, "data:", "blob:")):
                complaints.append(f"request to {request.url}")

        def on_response(response):
            if response.status >= 400:
                complaints.append(f"status {response.status}: {response.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
        page.on("request", on_request)
        page.on("response", on_response)

    def open_page(name: str, width: int = 1280, scheme: str = "light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(base + name)
        page.wait_for_load_state("networkidle")
        page.evaluate("window.MathJax?.startup?.promise")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)
