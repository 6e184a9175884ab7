"""The tool behind `make linkcheck`, on a server of this machine; no address elsewhere is asked."""

from __future__ import annotations

import http.server
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from check_links import check, external_links  # noqa: E402

STATUS = {"/page": 200, "/refused": 403, "/gone": 404}


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers each path with its status."""

    def do_GET(self):
        self.send_response(STATUS[self.path])
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_links_that_leave_the_site_are_found_with_their_pages(tmp_path):
    (tmp_path / "_static").mkdir()
    link = '<a href="https://example.org/{0}#part">x</a><a href="b.html">b</a>'
    for name, target in {"a": "one", "b": "two", "c": "one", "_static/d": "three"}.items():
        (tmp_path / f"{name}.html").write_text(link.format(target), encoding="utf-8")
    assert external_links(tmp_path) == {
        "https://example.org/one": ["a.html", "c.html"],
        "https://example.org/two": ["b.html"],
    }


def test_what_does_not_answer_is_told_with_the_reason(server):
    faults = check([f"{server}{path}" for path in STATUS])
    assert faults == {f"{server}/gone": "status 404"}


def test_a_host_that_is_not_there_is_told():
    [fault] = check(["http://127.0.0.1:1/"]).values()
    assert "refused" in fault
