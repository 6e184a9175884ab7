"""The instructor's way from the built wheel alone: in an empty folder, far from this repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
import nbgrader
import pytest

from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.model import load_model
from dlgrader.sandbox import Bubblewrap

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps3_overfitting"
LEARNERS = ("ada", "bela", "chiyo")

needs_sandbox = pytest.mark.skipif(bool(Bubblewrap().problem()), reason=Bubblewrap().problem())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of the whole, built from a copy so that nothing is left in the repository."""
    copy = tmp_path_factory.mktemp("sources")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, copy)
    for name in ("dlcore", "dlgrader", "solutions"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    built = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(built), str(copy)]
    subprocess.run(command, check=True, timeout=120, cwd=built)
    (path,) = built.glob("*.whl")
    return path


def test_the_wheel_holds_texts_templates_and_styles(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in assignment_names():
        assert f"dlgrader/texts/{name}/{name}.py" in names
        assert f"dlcore/checks/data/{name}.json" in names
    for folder in ("dlgrader", "dlcore"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in (".pyc", ".md"):
                assert path.relative_to(ROOT).as_posix() in names
    assert not any(name.startswith(("tests/", "solutions/", "book/")) for name in names)


# Nothing that leads back to the repository, and nothing large that grading does without.
NOT_NEEDED = shutil.ignore_patterns(
    "dlcore*", "__editable__*", "torch*", "functorch", "triton", "nvidia", "sympy", "playwright",
    "mypy*", "sphinx*", "babel", "pip", "ruff*", "uv*",
)  # fmt: skip


def link(source: str, target: str) -> None:
    """Make a second name for a file, which takes neither time nor room; else copy it."""
    if Path(target).exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


# -- installed -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a home of its own."""

    python: Path
    home: Path

    def run(self, *command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment."""
        environment = {
            "PATH": f"{self.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "OPENBLAS_NUM_THREADS": "1",
        }
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
        )

    def json(self, *command: str, folder: Path) -> dict:
        """Run a verb that must go well; return what it says to scripts."""
        done = self.run("dlgrader", *command, "--json", folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Installed:
    """The wheel in an environment of its own, with this one's packages but without this course."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True, timeout=60
    )
    python = folder / "env" / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*command, "--no-index", "--no-deps", str(wheel)], check=True, timeout=60)
    site = next((folder / "env" / "lib").glob("python*")) / "site-packages"
    for place in (Path(entry) for entry in sys.path if entry.endswith("-packages")):
        shutil.copytree(
            place, site, copy_function=link, ignore=NOT_NEEDED, dirs_exist_ok=True, symlinks=True
        )
    for program in ("nbgrader", "alembic", "jupyter", "jupyter-lab"):
        script = Path(sys.executable).parent / program
        text = script.read_text().split("\n", 1)[1]
        (python.parent / program).write_text(f"#!{python}\n{text}")
        (python.parent / program).chmod(0o755)
    (folder / "home").mkdir()
    return Installed(python, folder / "home")


def test_what_is_imported_is_the_wheel(installed, tmp_path):
    code = "import dlcore, dlgrader; print(dlcore.__file__, dlgrader.__file__)"
    done = installed.run("python", "-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    environment = str(installed.python.parents[1])
    assert all(path.startswith(environment) for path in done.stdout.split()), done.stdout


CELL = """
import numpy, os, sys
from pathlib import Path
for folder in (sys.prefix, numpy.__path__[0]):
    try:
        Path(folder, "mine").touch()
        print("written")
    except OSError:
        print("refused")
packages = Path(numpy.__path__[0]).parent
print(len(list(packages.glob("*"))) > 20, len(list(packages.glob("dlgrader/*"))))
print(*sorted(os.listdir(Path(sys.prefix).parent)))
"""
IN_PREPARED = f"""
from dlgrader.sandbox import Prepared, Session, prepared
for number in range(2):
    with Session(Prepared()) as session:
        (output,) = session.run_cell({CELL!r}).outputs
    print(len(prepared._templates._templates), output["text"].split())
"""


@needs_sandbox
def test_an_environment_in_a_temporary_folder_is_prepared_too(installed, tmp_path):
    done = installed.run("python", "-c", IN_PREPARED, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    # What else lies beside the environment, such as the home folder, is not seen.
    seen = "1 ['refused', 'refused', 'True', '0', 'env']"
    assert done.stdout.splitlines() == [seen, seen], done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(installed, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("instructor")
    (folder / "class.csv").write_text("id,first_name\nada,Ada\nbela,Béla\nchiyo,Chiyo\ndora,Dora\n")
    facts = installed.json(
        "init", "course", "--course-id", "dl", "--exchange", str(folder / "exchange"),
        "--roster", "class.csv", folder=folder,
    )  # fmt: skip
    assert facts["assignments"] == list(assignment_names())
    assert facts["learners"] == 4
    # All learners of the test are one user of this computer.
    with (folder / "course" / "nbgrader_config.py").open("a") as settings:
        settings.write("c.ExchangeCollect.check_owner = False\n")
    return folder / "course"


def hand_in(course: Path, student: str, cells: dict[str, str]) -> None:
    """Put a submission into the exchange, as ``nbgrader submit`` does."""
    notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cells.get(cell.id, cell.source)
    time = "2027-01-05 10:00:00.000000 UTC"
    folder = course.parent / "exchange" / "dl" / "inbound" / f"{student}+{NAME}+{time}+0"
    folder.mkdir()
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    (folder / "timestamp.txt").write_text(time)


@needs_sandbox
def test_from_an_empty_folder_to_grades_and_report(installed, course):
    def verb(*command):
        return installed.json(*command, folder=course)

    assert verb("doctor")["ok"]
    assert verb("release", NAME, "--due", "2027-01-31 18:00")["exchange"]

    answers = load_model(NAME).cells
    hand_in(course, "ada", answers)
    hand_in(course, "bela", {})
    exercise = load_assignment(NAME).code[0]
    mistake = exercise.mistakes[0]
    hand_in(course, "chiyo", {**answers, exercise.name: load_model(NAME).source(exercise, mistake)})
    verb("collect", NAME)
    graded = verb("autograde", NAME)
    assert sorted(graded["graded"]) == list(LEARNERS)

    verb("feedback", NAME)
    for student in LEARNERS:
        pages = list((course / "feedback" / student / NAME).glob("*.html"))
        assert len(pages) == 1
    page = (course / "feedback" / "chiyo" / NAME / f"{NAME}.html").read_text("utf-8")
    assert mistake.says.split("`")[0].split("'")[0][:40] in page

    verb("export", "--to", "grades.csv")
    lines = (course / "grades.csv").read_text("utf-8-sig").splitlines()
    head, *rows = (line.split(",") for line in lines)
    status = {row[head.index("student_id")]: row[head.index("status")] for row in rows}
    assert status["dora"] == "missing"
    assert {status[who] for who in LEARNERS} <= {"graded", "needs grading"}
    verb("report")
    assert "<html" in next((course / "report").glob("*.html")).read_text("utf-8")
    verb("similarity", NAME)

    # nbgrader works in the same folder.
    done = installed.run("nbgrader", "autograde", NAME, "--force", folder=course)
    assert done.returncode == 0, done.stdout + done.stderr


# -- nbgrader's own folder -------------------------------------------------------------------------

QUICKSTART = """c = get_config()
c.CourseDirectory.course_id = "plain"
c.IncludeHeaderFooter.header = "source/header.ipynb"
"""
"""What ``nbgrader quickstart`` writes, the comments left out."""


@needs_sandbox
def test_a_folder_of_nbgraders_quickstart(installed, tmp_path):
    plain = tmp_path / "plain"
    example = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide" / "source"
    shutil.copytree(example / "ps1", plain / "source" / "ps1")
    shutil.copy(example / "header.ipynb", plain / "source")
    settings = plain / "nbgrader_config.py"
    settings.write_text(QUICKSTART)
    before = settings.read_bytes()
    elsewhere = ("--course", str(plain))

    def verb(*command):
        return installed.json(*command, *elsewhere, folder=tmp_path)

    assert verb("release", "ps1", "--no-exchange")["folder"] == "release/ps1"
    submitted = plain / "submitted" / "ada" / "ps1"
    shutil.copytree(plain / "release" / "ps1", submitted)
    assert verb("autograde", "ps1")["graded"] == ["ada"]
    verb("feedback", "ps1", "--no-release")
    assert sorted(path.name for path in (plain / "feedback/ada/ps1").glob("*.html")) == [
        "problem1.html", "problem2.html",
    ]  # fmt: skip
    verb("export", "ps1", "--to", str(tmp_path / "grades.csv"))
    verb("report", "--to", str(tmp_path / "report"))
    verb("similarity", "ps1", "--to", str(tmp_path / "similarity"))
    assert settings.read_bytes() == before
    assert list((tmp_path / "report").glob("*.html"))
