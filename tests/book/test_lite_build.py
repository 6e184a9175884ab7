"""JupyterLite as it is built: the released notebooks, and nothing that asks another host."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from in_browser import lite  # noqa: E402


@pytest.fixture
def made(tmp_path) -> Path:
    """What `check` looks at, of a folder that is as it should be."""
    settings = json.loads((lite.PAGES / "jupyter-lite.json").read_text(encoding="utf-8"))
    config = settings["jupyter-config-data"]
    config["federated_extensions"] = [{"name": name} for name in lite.EXTENSIONS.values()]
    (tmp_path / "jupyter-lite.json").write_text(json.dumps(settings))
    (tmp_path / "index.html").write_bytes((lite.PAGES / "index.html").read_bytes())
    lite.check(tmp_path)
    return tmp_path


def test_the_notebook_is_the_released_one_and_says_which():
    for name, path in lite.notebooks().items():
        before = nbformat.read(path, as_version=4)
        about, content = lite.released(name, path.read_bytes())
        now = nbformat.reads(content.decode(), as_version=4)
        nbformat.validate(now)
        assert now.cells == before.cells
        assert now.metadata.pop("course") == {"assignment": name, "release": about["release"]}
        assert now.metadata == before.metadata
        assert before.cells[0].source.startswith(f"# {about['title']}\n")
    _, other = lite.released(name, path.read_bytes() + b"\n")
    assert other != content


def test_kernel_and_packages_are_local(made):
    file = made / "jupyter-lite.json"
    text = file.read_text()
    file.write_text(text.replace("./static/pyodide/", "https://cdn.example/pyodide/"))
    with pytest.raises(lite.LiteError, match="pyodideUrl is not local"):
        lite.check(made)
    file.write_text(text.replace('"disablePyPIFallback": true', '"disablePyPIFallback": false'))
    with pytest.raises(lite.LiteError, match="would ask PyPI"):
        lite.check(made)
    file.write_text(text.replace('{"name": "@jupyter-widgets', '{"name": "@other-widgets'))
    with pytest.raises(lite.LiteError, match="others than it should"):
        lite.check(made)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", '<script src="https://cdn.example/a.js"></script>'),
        ("page.html", "<link rel=stylesheet href=https://cdn.example/a.css>"),
        ("page.css", "@font-face { src: url('https://fonts.example/a.woff2'); }"),
        ("page.css", '@import "https://fonts.example/a.css";'),
    ],
)
def test_nothing_is_loaded_from_another_host(made, name, text):
    (made / name).write_text(text)
    with pytest.raises(lite.LiteError, match=rf"{name} would load https://\w+\.example"):
        lite.check(made)


def test_links_to_other_hosts_are_no_loads(made):
    (made / "page.html").write_text('<a href="https://example.org">elsewhere</a>')
    lite.check(made)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(lite.EXTENSIONS, "no-such-package", "@no/such")
    with pytest.raises(lite.LiteError, match=r"no-such-package is not installed.*make setup"):
        lite.extension("no-such-package")
