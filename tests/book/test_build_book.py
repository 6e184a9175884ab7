"""What makes the build run cells or read pages again: what has changed, and nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book", reason="needs the extra 'book'")
sys.path.insert(0, str(ROOT / "tools"))

import build_book  # noqa: E402
from build_book import Builder, BuildError  # noqa: E402
from page_cells import CellError, Sources, code_only, get_cache, outdated, read_notebook, run_cells  # noqa: E402

CODE = '"""Module."""\n\n\ndef f(x):\n    """Twice x."""\n    return 2 * x  # quickly\n'
TOP_MATTER = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""


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


# --- What cells depend on ------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path) -> Path:
    """A package in which `top` needs `middle`, `middle` needs `low`, and `other` needs nothing."""
    files = {
        "__init__.py": "from dlcore.other import x\n",
        "top.py": "def f():\n    from dlcore.middle import g\n    return g()\n",
        "middle.py": "import dlcore.low as low\nfrom dlcore.parts import one\n",
        "low.py": "",
        "other.py": "x = 1\n",
        "parts/__init__.py": "",
        "parts/one.py": "",
        "parts/two.py": "",
        "experiments/results.py": "",
        "data/digits.npz": "",
        "static/widgets.js": "",
    }
    for name, text in files.items():
        path = tmp_path / "dlcore" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.json").write_text("{}", encoding="utf-8")
    return tmp_path


def needed(root: Path, *cells: str) -> set[str]:
    return {path.relative_to(root).as_posix() for path in Sources(root).dependencies(cells)}


ALWAYS = {"dlcore/data/digits.npz"}


@pytest.mark.parametrize(
    ("cell", "modules"),
    [
        ("x = 1", set()),
        ("import numpy", set()),
        ("from dlcore.other import x", {"other.py"}),
        ("from dlcore.parts import two", {"parts/__init__.py", "parts/two.py"}),
        ("from dlcore import other", {"__init__.py", "other.py"}),
    ],
)
def test_cells_depend_on_the_modules_that_they_import(package, cell, modules):
    assert needed(package, cell) == ALWAYS | {f"dlcore/{name}" for name in modules}


def test_and_on_what_these_import_wherever_it_stands(package):
    found = needed(package, "x = 1", "from dlcore.top import f")
    assert {"dlcore/top.py", "dlcore/middle.py", "dlcore/low.py", "dlcore/parts/one.py"} <= found
    assert "dlcore/parts/two.py" not in found


def test_who_reads_results_depends_on_them(package):
    assert "results/a.json" in needed(package, "from dlcore.experiments.results import load")
    assert "results/a.json" not in needed(package, "from dlcore.other import x")


@pytest.mark.parametrize(
    "cell",
    [
        "%run script.py",
        "import subprocess",
        "from importlib import import_module",
        "import importlib",
        "from .other import x",
    ],
)
def test_what_cannot_be_foreseen_depends_on_everything(package, cell):
    everything = {path for path in package.rglob("*") if path.is_file()}
    everything.remove(package / "dlcore" / "static" / "widgets.js")
    assert needed(package, cell) == {p.relative_to(package).as_posix() for p in everything}


def test_the_fingerprint_follows_the_code(package):
    cells = ["from dlcore.top import f"]
    before = Sources(package).fingerprint(cells)
    (package / "dlcore" / "other.py").write_text("x = 2\n", encoding="utf-8")
    (package / "dlcore" / "low.py").write_text("# a comment\n", encoding="utf-8")
    assert Sources(package).fingerprint(cells) == before
    (package / "dlcore" / "low.py").write_text("y = 2\n", encoding="utf-8")
    assert Sources(package).fingerprint(cells) != before


# --- Whole builds --------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A copy of what a build needs, with two pages and a module for each of them."""
    try:
        build_book.install_npm_packages()
    except BuildError as error:
        pytest.skip(str(error))
    for name in ("book/_assets", "book/_ext", "book/_templates", "browser", "dlcore", "tools"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    names = ["_config.yml", "package-lock.json", "pyproject.toml", "LICENSE", "LICENSE-TEXT"]
    for name in names:
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    write(tmp_path, "book/references.bib", "")
    write(tmp_path, "book/index.md", "# Start\n\nSee {doc}`one` and {doc}`two`.\n")
    for name in ("one", "two"):
        write(tmp_path, f"dlcore/of_{name}.py", f"NUMBER = '{name} at first'\n")
        cell = (
            f"```{{code-cell}} python3\nfrom dlcore.of_{name} import NUMBER\nprint(NUMBER)\n```\n"
        )
        write(tmp_path, f"book/{name}.md", f"{TOP_MATTER}# Page {name}\n\nText.\n\n{cell}")
    write(tmp_path, "book/_toc.yml", toc("one", "two"))
    for name, path in {
        "ROOT": tmp_path,
        "BOOK": tmp_path / "book",
        "CONFIG": tmp_path / "_config.yml",
        "TOC": tmp_path / "book" / "_toc.yml",
    }.items():
        monkeypatch.setattr(build_book, name, path)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def toc(*pages: str) -> str:
    files = "".join(f"  - file: {page}\n" for page in pages)
    return f"format: jb-book\nroot: index\nchapters:\n{files}"


def test_a_build_does_again_what_has_to_be_done_again(repository, capfd):
    """One long story, because each chapter of it takes seconds."""
    build = repository / "build"
    site = build / "html"
    page_one = repository / "book" / "one.md"

    def run() -> str:
        capfd.readouterr()
        Builder(build, build_book.TOC, strict=True).run()
        return capfd.readouterr().out

    def shown(page: str) -> str:
        return (site / f"{page}.html").read_text(encoding="utf-8")

    said = run()
    assert "cells of one ran" in said
    assert "page 3 of 3" in said
    assert "one at first" in shown("one")
    assert not Builder(build, build_book.TOC, strict=True).run()  # nothing to do

    # A page with a mistake fails, and fails again as long as the mistake is there.
    text = page_one.read_text(encoding="utf-8")
    page_one.write_text(text.replace("Text.", "{nonsense}`x`"), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(BuildError):
            run()

    # Its new title appears on the other page. Its cells have not changed, so they do not run.
    page_one.write_text(text.replace("Page one", "Another title"), encoding="utf-8")
    said = run()
    assert "cells of" not in said
    assert "page 1 of 1: one" in said
    assert "Another title" in shown("index")

    # A module that has changed runs the cells that import it, and these alone.
    write(repository, "dlcore/of_two.py", "NUMBER = 'two, later'\n")
    said = run()
    assert "cells of two ran" in said
    assert "cells of one ran" not in said
    assert "two, later" in shown("two")

    # A page that is no longer in the book is gone.
    write(repository, "book/index.md", "# Start\n\nSee {doc}`one`.\n")
    write(repository, "book/_toc.yml", toc("one"))
    run()
    assert not (site / "two.html").exists()
    assert "two.html" not in shown("index")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "bad.md: the cell at line 11 failed"),
        (
            "import warnings; warnings.warn('careful')",
            "bad.md: the cell at line 11 wrote a warning",
        ),
    ],
)
def test_a_cell_that_fails_or_warns_is_named(tmp_path, code, message):
    cell = f"```{{code-cell}} python3\n{code}\n```\n"
    write(tmp_path, "bad.md", f"{TOP_MATTER}# Bad\n\nText.\n\n{cell}")
    pages = {"bad": tmp_path / "bad.md"}
    cache, environment = tmp_path / "cache", build_book.kernel_environment(tmp_path)
    with pytest.raises(CellError) as caught:
        run_cells(outdated(pages, cache, ROOT, []), cache, environment, lambda _: None)
    assert message in str(caught.value)
    assert caught.value.pages == ["bad"]


def test_what_is_printed_in_pieces_stays_one_line(tmp_path):
    piecewise = "    print(piece, end='')\n    sys.stdout.flush()"
    code = f"import sys\nfor piece in ('one ', 'line\\n'):\n{piecewise}"
    write(tmp_path, "good.md", f"{TOP_MATTER}# Good\n\n```{{code-cell}} python3\n{code}\n```\n")
    pages = {"good": tmp_path / "good.md"}
    cache, environment = tmp_path / "cache", build_book.kernel_environment(tmp_path)
    runs = outdated(pages, cache, ROOT, [])
    run_cells(runs, cache, environment, lambda _: None)
    assert not outdated(pages, cache, ROOT, [])
    notebook = read_notebook(pages["good"])
    _, executed = get_cache(str(cache)).merge_match_into_notebook(notebook)
    assert [output.text for output in executed.cells[-1].outputs] == ["one line\n"]
