"""The notebooks that readers download: plain Markdown, cells that run without the repository."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("myst_nb", reason="needs the extra 'book'")
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

from build_book import TOC, pages_of  # noqa: E402
from course_wheel import archive, wheel  # noqa: E402
from page_cells import read_notebook  # noqa: E402
from plain_markdown import plain_markdown  # noqa: E402

from dlgrader.exercises import assignment_names, load_assignment  # noqa: E402
from dlgrader.model import load_model  # noqa: E402

# What only Jupyter Book understands. (`{` may stand in code and in formulas.)
MYST = re.compile(r"\{[\w:.+-]+\}`|^ *(?:`{3,}|:{3,})\{|^ *:{3,}|^\([^()\s]+\)=", re.MULTILINE)
CODE = re.compile(r"^( *`{3,}).*?^\1`* *$", re.MULTILINE | re.DOTALL)
NOT_THE_PACKAGE = ("numpy", "matplotlib", "ipywidgets", "pooch", "threadpoolctl", "tqdm")


class OneAnswer:
    """A book in which everything has the same name."""

    def __getattr__(self, question):
        return lambda *arguments, **options: f"<{question} {arguments[0]}>"


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("a {term}`layer` and {term}`two <layer>`", "a layer and two"),
        ("see {ref}`the\nend <end>`", "see <reference end>"),
        ("{eq}`eq-a`, {numref}`fig-a`", "(<equation eq-a>), <number fig-a>"),
        ("{cite:t}`a1999b`: {glue:text}`share`", "<citation a1999b>: <fact share>"),
        ("`{ref}` is code, `` {term}`x` `` too", "`{ref}` is code, `` {term}`x` `` too"),
        ("$x_{i}$ and {py:obj}`~dlcore.layers.Affine`", "$x_{i}$ and `dlcore.layers.Affine`"),
        ("(place)=\n## Title\n% a comment\ntext", "## Title\ntext"),
        ("$$\nx = 1\n$$ (eq-a)", "$$\nx = 1 \\tag{<equation eq-a>}\n$$"),
        ("$$\nx = 1\n$$", "$$\nx = 1\n$$"),
        (
            ":::{admonition} A {term}`box`\n:class: note\n\n- one\n\n```\n(code)=\n```\n:::",
            "> **A box**\n>\n> - one\n>\n> ```\n> (code)=\n> ```",
        ),
        ("```{note}\nShort.\n```", "> **Note**\n>\n> Short."),
        ("```{bibliography}\n```\nafter", "after"),
        ("````{code-block} python\nx = 1\n````", "```python\nx = 1\n```"),
        (
            "::::{dropdown} Why\n:::{tip}\nIt is.\n:::\n::::",
            "<details><summary>Why</summary>\n\n> **Tip**\n>\n> It is.\n\n</details>",
        ),
    ],
)
def test_myst_becomes_plain_markdown(myst, plain):
    assert plain_markdown(myst, OneAnswer()) == plain


@pytest.fixture(scope="session")
def archives(site) -> dict[str, zipfile.ZipFile]:
    """The archive of each page."""
    files = sorted((site / "notebooks").rglob("*.zip"))
    files = [file for file in files if file.parent.name != "exercises"]
    names = [file.relative_to(site / "notebooks").with_suffix("").as_posix() for file in files]
    return {name: zipfile.ZipFile(file) for name, file in zip(names, files, strict=True)}


def notebook_in(page: str, content: zipfile.ZipFile) -> nbformat.NotebookNode:
    name = page.replace("/", "-")
    return nbformat.reads(content.read(f"{name}/{name}.ipynb").decode(), as_version=4)


def test_each_page_with_cells_has_one_and_links_to_it(site, archives):
    with_cells = [name for name, path in pages_of(TOC).items() if read_notebook(path)]
    assert sorted(with_cells) == sorted(archives)
    for name in with_cells:
        page = (site / f"{name}.html").read_text(encoding="utf-8")
        assert f"notebooks/{name}.zip" in page, name


def test_the_notebooks_are_valid_and_plain(archives):
    for page, content in archives.items():
        notebook = notebook_in(page, content)
        nbformat.validate(notebook)
        assert notebook.cells[0].cell_type == "code", page
        assert "%pip install" in notebook.cells[0].source, page
        for cell in notebook.cells:
            assert not cell.get("outputs"), page
            if cell.cell_type == "markdown":
                found = MYST.findall(CODE.sub("", cell.source))
                assert not found, f"{page}: {found}\n{cell.source}"


def test_the_archives_hold_what_the_cells_need(archives):
    for page, content in archives.items():
        names = [Path(name).name for name in content.namelist()]
        assert any(name.endswith(".whl") for name in names), page
        code = "\n".join(
            cell.source for cell in notebook_in(page, content).cells if cell.cell_type == "code"
        )
        assert ("2-6.json" in names) == ("from dlcore.experiments" in code), page
        assert len({name.split("/")[0] for name in content.namelist()}) == 1, page


@pytest.mark.parametrize("name", assignment_names())
def test_an_assignment_is_offered_with_the_package(site, name):
    packed = zipfile.ZipFile(site / "notebooks" / "exercises" / f"{name}.zip")
    notebook, package = packed.namelist()
    assert notebook == f"{name}/{name}.ipynb", "by this name the grading finds it"
    assert package == f"{name}/{wheel(ROOT)[0]}"
    given = nbformat.reads(packed.read(notebook).decode(), as_version=4)
    released = nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)
    assert given.cells[1:] == released.cells
    assert "nbgrader" not in given.cells[0].metadata
    assert package.partition("/")[2] in given.cells[0].source


def test_the_package_has_the_checks_and_nothing_of_the_grading():
    names = zipfile.ZipFile(io.BytesIO(wheel(ROOT)[1])).namelist()
    for name in assignment_names():
        assert f"dlcore/checks/data/{name}.json" in names
    assert not [name for name in names if re.search("dlgrader|solutions|exercises", name)]


def test_the_same_sources_give_the_same_bytes():
    assert wheel(ROOT) == wheel(ROOT)
    assert archive({"a": b"1"}) == archive({"a": b"1"})


def test_the_wheel_lists_its_files_and_what_it_needs():
    name, content = wheel(ROOT)
    packed = zipfile.ZipFile(io.BytesIO(content))
    about = name.removesuffix("-py3-none-any.whl") + ".dist-info"
    record = packed.read(f"{about}/RECORD").decode().splitlines()
    assert [line.split(",")[0] for line in record] == packed.namelist()
    metadata = packed.read(f"{about}/METADATA").decode()
    for package in NOT_THE_PACKAGE:
        assert f"Requires-Dist: {package}" in metadata


@pytest.fixture(scope="module")
def fresh_python(tmp_path_factory) -> Path:
    """A new virtual environment with Jupyter's kernel and the packages that the wheel asks for."""
    folder = tmp_path_factory.mktemp("elsewhere")
    uv = [sys.executable, "-m", "uv", "--quiet"]
    python = folder / "venv" / "bin" / "python"
    packages = ["ipykernel", *NOT_THE_PACKAGE]
    install = ["pip", "install", "--python", str(python), "--constraint", "constraints.txt"]
    commands = [
        [*uv, "venv", "--seed", "--python", sys.executable, str(folder / "venv")],
        [*uv, *install, *packages],
    ]
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            pytest.fail(f"{' '.join(command)}:\n{done.stderr}", pytrace=False)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = folder / "jupyter" / "kernels" / "elsewhere" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": argv, "display_name": "elsewhere", "language": "python"}))
    return folder


@pytest.mark.parametrize("page", ["ch4/matrix_products", "appendix/report"])
def test_a_notebook_runs_elsewhere(archives, fresh_python, page, tmp_path, monkeypatch):
    """Unpacked into a folder of its own, in a Python that has never heard of the course."""
    archives[page].extractall(tmp_path)
    notebook = notebook_in(page, archives[page])
    run_elsewhere(notebook, tmp_path / page.replace("/", "-"), fresh_python, monkeypatch)


@pytest.mark.parametrize("name", assignment_names())
def test_an_assignment_can_be_solved_elsewhere(site, fresh_python, name, tmp_path, monkeypatch):
    """Up to the first check, where there is nothing of the course but the wheel."""
    zipfile.ZipFile(site / "notebooks" / "exercises" / f"{name}.zip").extractall(tmp_path)
    notebook = nbformat.read(tmp_path / name / f"{name}.ipynb", as_version=4)
    first = load_assignment(name).code[0].name
    end = next(i for i, cell in enumerate(notebook.cells) if cell.id == f"{first}-check")
    del notebook.cells[end + 1 :]
    notebook.cells[-2].source = load_model(name).cells[first]
    run_elsewhere(notebook, tmp_path / name, fresh_python, monkeypatch)
    assert "public cases are right" in notebook.cells[end].outputs[0].text


def run_elsewhere(notebook, folder, fresh_python, monkeypatch) -> None:
    """Run a notebook in a Python without `dlcore`: it installs the package and warns of nothing."""
    from nbclient import NotebookClient

    for name in ("PYTHONPATH", "DLCORE_STATIC", "DLCORE_DATA", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_PATH", str(fresh_python / "jupyter"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    python = str(fresh_python / "venv" / "bin" / "python")
    uninstall = [sys.executable, "-m", "uv", "--quiet", "pip", "uninstall", "--python", python]
    subprocess.run([*uninstall, "dlcore"], capture_output=True, check=True)
    where = "import dlcore\nprint(dlcore.__file__)"
    notebook.cells.append(nbformat.v4.new_code_cell(where))
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name="elsewhere", timeout=180, resources=resources).execute()
    assert notebook.cells[-1].outputs[0].text.startswith(str(fresh_python))
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", output.text
