"""`dlgrader doctor`: what is missing is named, with what to do; what is there is left alone."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from small_gradebook import new_gradebook

from dlgrader import releasing
from dlgrader.cli import main
from dlgrader.course import Course
from dlgrader.doctor import folders, gradebook, machine
from dlgrader.sandbox import Bubblewrap, bubblewrap

PROBLEM = Bubblewrap().problem()


def make_course(folder: Path, *lines: str) -> Course:
    folder.mkdir(exist_ok=True)
    text = "\n".join(["c = get_config()", "c.CourseDirectory.course_id = 'x'", *lines])
    (folder / "nbgrader_config.py").write_text(text)
    return Course(folder)


def states(findings):
    return [finding.state for finding in findings]


@pytest.mark.skipif(bool(PROBLEM), reason=PROBLEM)
def test_all_is_well_here(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(releasing, "USUAL_EXCHANGE", tmp_path / "nowhere")
    make_course(tmp_path / "course")
    assert main(["doctor", "--json", "--course", str(tmp_path / "course")]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["ok"]
    names = [check["name"] for check in found["checks"] if check["name"] != "user"]
    assert names == [
        "Python", "packages", "alembic", "sandbox", "cores and memory", "Jupyter", "course", "disk",
        "exchange", "gradebook",
    ]  # fmt: skip
    assert "Nothing is missing." in said.err
    # Nothing was made.
    assert [path.name for path in (tmp_path / "course").iterdir()] == ["nbgrader_config.py"]


# -- the machine -----------------------------------------------------------------------------------


@pytest.fixture
def asks(monkeypatch):
    """Let the package ask for something."""

    def ask(*requirements):
        monkeypatch.setattr(metadata, "requires", lambda name: list(requirements))

    return ask


def test_a_package_that_is_not_installed(asks):
    asks('no-such-package>=1; extra == "grading"', "numpy>=2")
    (found,) = machine.packages()
    assert (found.name, found.state) == ("no-such-package", "missing")
    assert "pip install" in found.remedy


def test_a_package_of_the_wrong_version(asks):
    asks("numpy<1", "nbgrader>=0.9.6")
    (found,) = machine.packages()
    assert found.state == "missing"
    assert "expected <1" in found.says
    assert metadata.version("numpy") in found.says


def test_packages_for_other_purposes_do_not_count(asks):
    asks(
        'no-such-package; extra == "book"',
        'numpy; extra == "grading"',
        "jinja2; python_version<'3'",
    )
    assert states(machine.packages()) == ["ok"]


def test_without_the_packages_nothing_else_is_looked_at(asks, capsys):
    asks("no-such-package")
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["checks"]
    assert [check["state"] for check in found] == ["ok", "missing", "remark"]


def test_without_bubblewrap(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    bubblewrap._problem.cache_clear()
    found = list(machine.sandbox())
    bubblewrap._problem.cache_clear()
    assert states(found) == ["missing"]
    assert "apt-get install bubblewrap" in found[0].says + found[0].remedy


def test_without_alembic(monkeypatch, tmp_path):
    monkeypatch.setattr(machine.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.alembic().state == "missing"


def test_jupyter_with_an_extension_switched_off(monkeypatch, tmp_path):
    off = {"nbgrader.server_extensions.formgrader": False}
    settings = {"ServerApp": {"jpserver_extensions": off}}
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert machine.extensions().state == "ok"
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps(settings))
    found = machine.extensions()
    assert found.state == "remark"
    assert "formgrader is not enabled" in found.says


# -- the course ------------------------------------------------------------------------------------


def test_settings_that_cannot_be_read(tmp_path, capsys):
    (tmp_path / "nbgrader_config.py").write_text("c.nonsense = ")
    assert main(["doctor", "--json", "--course", str(tmp_path)]) == 1
    found = json.loads(capsys.readouterr().out)["checks"]
    assert found[-1]["name"] == "course"
    assert "SyntaxError" in found[-1]["says"]


def test_settings_that_grading_does_not_use_are_named(tmp_path, capsys):
    make_course(
        tmp_path / "usual", "from dlgrader.settings import configure", "configure(c)",
        "c.Autograde.create_student = False",
    )  # fmt: skip
    make_course(
        tmp_path / "own", "c.Autograde.autograde_preprocessors.append('mine.Plagiarism')",
        "c.Autograde.pre_convert_hook = print", "c.Execute.timeout = 60",
    )  # fmt: skip
    said = {}
    for name in ("usual", "own"):
        main(["doctor", "--json", "--course", str(tmp_path / name)])
        checks = json.loads(capsys.readouterr().out)["checks"]
        said[name] = [check for check in checks if check["name"] == "settings"]
    assert said["usual"] == []
    (found,) = said["own"]
    assert found["state"] == "remark"
    for setting in ("Autograde.autograde_preprocessors", "Autograde.pre_convert_hook"):
        assert f"c.{setting}" in found["says"]
    assert "c.Execute.timeout" in found["says"]
    assert "RunInSandbox.limits" in found["remedy"]


def test_a_course_that_is_not_there(tmp_path, capsys):
    assert main(["doctor", "--json", "--course", str(tmp_path)]) == 1
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert found["course"]["state"] == "missing"
    assert "dlgrader init" in found["course"]["remedy"]


@pytest.mark.parametrize(
    ("free", "state"), [(100, "ok"), (0.5, "remark"), (0.01, "missing")],
    ids=["plenty", "some", "none"],
)  # fmt: skip
def test_room_on_the_disk(free, state, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=int(free * 2**30))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    assert folders.disk(tmp_path).state == state


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert folders.disk(tmp_path).state == "missing"


def test_exchanges(tmp_path, monkeypatch):
    monkeypatch.setattr(releasing, "USUAL_EXCHANGE", tmp_path / "nowhere")
    course = make_course(tmp_path / "course")
    assert states(folders.exchange(course)) == ["remark"]
    root = tmp_path / "exchange"
    course = make_course(tmp_path / "course", f"c.Exchange.root = {str(root)!r}")
    assert states(folders.exchange(course)) == ["ok"]
    inbound = root / "x" / "inbound"
    inbound.mkdir(parents=True)
    inbound.chmod(0o755)
    (found,) = folders.exchange(course)
    assert found.state == "missing"
    assert found.remedy == f"chmod o+wx {inbound}"
    inbound.chmod(0o733)
    assert states(folders.exchange(course)) == ["ok"]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert states(folders.exchange(course)) == ["missing"]


@pytest.fixture(autouse=True, scope="module")
def alembic_is_asked_once():
    """nbgrader starts a program for it each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradebook, "get_alembic_version", cache(gradebook.get_alembic_version))
        yield


def look(course):
    (found,) = gradebook.gradebook(course)
    return found


@pytest.fixture
def course(tmp_path) -> Course:
    """A course with an empty gradebook."""
    course = make_course(tmp_path / "course")
    new_gradebook(course.root / "gradebook.db")
    return course


def test_a_good_gradebook_stays_as_it_is(course):
    before = (course.root / "gradebook.db").read_bytes()
    found = look(course)
    assert found.state == "ok"
    assert "0 learners, 0 assignments, 0 submissions" in found.says
    assert (course.root / "gradebook.db").read_bytes() == before


def test_a_gradebook_that_is_not_there_is_not_made(tmp_path, monkeypatch):
    course = make_course(tmp_path)
    assert look(course).state == "remark"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert look(course).state == "missing"
    assert not (tmp_path / "gradebook.db").exists()


def test_a_gradebook_that_cannot_be_written(course, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert look(course).state == "missing"


def test_a_gradebook_that_another_process_holds(course):
    with sqlite3.connect(course.root / "gradebook.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        found = look(course)
    assert found.state == "missing"
    assert "locked by another process" in found.says


def test_a_damaged_gradebook(course):
    path = course.root / "gradebook.db"
    content = bytearray(path.read_bytes())
    content[4096:20000] = b"\xff" * (20000 - 4096)
    path.write_bytes(content)
    assert look(course).state == "missing"
    path.write_text("no database at all, but a file of some length" * 50)
    assert look(course).state == "missing"


def test_a_gradebook_of_another_version(course):
    with sqlite3.connect(course.root / "gradebook.db") as other:
        other.execute("UPDATE alembic_version SET version_num = 'older'")
    found = look(course)
    assert found.state == "missing"
    assert found.remedy == "nbgrader db upgrade"


def test_a_server_that_is_not_there_and_its_password(tmp_path):
    pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    url = f"postgresql+psycopg://me:secret@/course?host={tmp_path}"
    found = look(make_course(tmp_path, f"c.CourseDirectory.db_url = {url!r}"))
    assert found.state == "missing"
    assert "secret" not in found.says


def test_a_driver_that_is_not_installed(tmp_path):
    url = "postgresql+pg8000://me@host/course"
    found = look(make_course(tmp_path, f"c.CourseDirectory.db_url = {url!r}"))
    assert found.state == "missing"
    assert found.remedy == "pip install 'dlcore[grading,postgres]'"
