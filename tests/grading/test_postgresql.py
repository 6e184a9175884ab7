"""The gradebook on a PostgreSQL server, which the tests start and stop."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")
pytest.importorskip("psycopg", reason="needs the extra 'postgres'")

from sandbox_tools import needs_sandbox
from sqlalchemy import create_engine, text
from synthetic_class import LIGHT, make_class, make_course, snapshot

from dlgrader.autograde import autograde
from dlgrader.course import Course
from dlgrader.doctor.gradebook import gradebook
from dlgrader.exports import export
from dlgrader.telling import Teller

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _as_user() -> list[str]:
    """Return how to run a program as a user who may start the server: never as root."""
    if os.geteuid():
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _why_not() -> str:
    if not _PROGRAMS:
        return "needs PostgreSQL's server: apt-get install postgresql"
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            return "root can't start PostgreSQL's server, and there is no setpriv"
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            return "root can't start PostgreSQL's server, and there is no user postgres"
    return ""


pytestmark = pytest.mark.skipif(bool(_why_not()), reason=_why_not() or "it is there")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """A server that listens on a socket in a folder of its own, and nowhere else."""
    # Not below pytest's folder: a socket's path has to be short.
    folder = Path(tempfile.mkdtemp(prefix="pg_"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [*_as_user(), str(_PROGRAMS[-1] / program), *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        run("initdb", "-D", str(data), "-U", "teacher", "--auth=trust", "--no-sync", "-E", "UTF8")
        # `-l` keeps the server from holding on to our pipes.
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=40"
        run("pg_ctl", "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def db_url(server, request) -> Iterator[str]:
    """The address of an empty database."""
    name = request.node.name.partition("[")[0][:60]
    address = f"postgresql+psycopg://teacher@/{{}}?host={server}"
    engine = create_engine(address.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.format(name)


def course_on(db_url: str, folder: Path) -> Course:
    return make_course(folder, config=f"c.CourseDirectory.db_url = {db_url!r}\n")


@needs_sandbox
def test_the_workflow(db_url, tmp_path):
    course = course_on(db_url, tmp_path / "course")
    assert not (course.root / "gradebook.db").exists()
    names = [one.name for one in make_class(course, LIGHT, 8)]
    outcome = autograde(course, Teller(), LIGHT, jobs=2)
    assert outcome.ok
    assert sorted(outcome.facts["graded"]) == names
    # The same as on SQLite, and a second run does nothing.
    other = make_course(tmp_path / "other")
    make_class(other, LIGHT, 8)
    assert autograde(other, Teller(), LIGHT, jobs=1).ok
    ours, theirs = snapshot(course), snapshot(other)
    assert theirs.differences(ours) == []
    assert autograde(course, Teller(), LIGHT, jobs=2).facts["graded"] == []
    assert ours.differences(snapshot(course)) == []
    assert not (course.root / "gradebook.db").exists()
    # What is exported, too.
    for one, to in ((course, tmp_path / "ours.csv"), (other, tmp_path / "theirs.csv")):
        assert export(one, Teller(), "csv", to, LIGHT).ok
    assert (tmp_path / "ours.csv").read_text() == (tmp_path / "theirs.csv").read_text()
    (found,) = gradebook(course)
    assert found.state == "ok"
    assert "learners" in found.says


def test_the_doctor_on_an_empty_database(db_url, tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = {db_url!r}\n"
    )
    (found,) = gradebook(Course(tmp_path))
    assert found.state == "ok"
    assert "still empty" in found.says


@needs_sandbox
def test_the_released_order_of_cells_does_not_depend_on_the_order_of_rows(db_url, tmp_path):
    course = course_on(db_url, tmp_path / "course")
    (learner,) = make_class(course, LIGHT, 1)
    assert course.autograde(LIGHT, learner.name) == ""
    before = snapshot(course)
    # A server puts a row that it writes again behind the others; nothing says that it may not.
    with course.gradebook() as book:
        book.db.execute(text("UPDATE source_cell SET source = source WHERE name = 'double'"))
        book.db.execute(text("UPDATE base_cell SET name = name WHERE name = 'small'"))
        book.db.commit()
        names = book.db.execute(text("SELECT name FROM source_cell")).scalars().all()
    assert names[-1] == "double"
    shutil.rmtree(course.root / "autograded")
    assert course.autograde(LIGHT, learner.name) == ""
    assert before.differences(snapshot(course)) == []
