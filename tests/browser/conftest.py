"""A browser, a local server, and pages that must not complain or talk to other hosts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from local_browser import ChromiumNotFound, find_chromium, serve

FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    # A name of this machine that browsers do not trust more than any other's.
    "--host-resolver-rules=MAP course.test 127.0.0.1",
]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator:
    """Tell the fixtures of a test what came of it, as ``request.node.failed``."""
    report = yield
    item.failed = report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium as installed on the machine; `DLCORE_CHROMIUM` may name another one."""
    try:
        program = find_chromium()
    except ChromiumNotFound as error:
        pytest.skip(str(error))
    with sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    """Address of the site, served below a path as on a project page."""
    with serve(site.parent) as address:
        yield f"{address}{site.name}/"


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
