"""A class whose files are odd or hostile: each ends in a grade or a reason, and no batch stops."""

from __future__ import annotations

import datetime
import json
import logging
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default.collect import ExchangeCollect
from nbgrader.preprocessors import GetGrades
from traitlets.config import Config

from dlgrader import nbgrader_patches, regular_files
from dlgrader.sandbox import Bubblewrap

# What SQLAlchemy 2 remarks about every submission that nbgrader 0.9 adds.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type")

NAME = "tiny"
POINTS = {"double": 2, "triple": 3}
FACTORS = {"double": 2, "triple": 3}


def graded(source, name, **more):
    meta = {"grade_id": name, "schema_version": 3, "task": False, "locked": False}
    meta |= {"grade": False, "solution": False, **more}
    make = new_code_cell if name not in ("why", "why-question") else new_markdown_cell
    return make(source, metadata={"nbgrader": meta}, id=name)


def source_notebook():
    cells = [graded("import math", "setup", locked=True)]
    for name, points in POINTS.items():
        solution = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return 0\n    ### END SOLUTION"
        cells.append(graded(solution, name, solution=True))
        text = f"assert {name}(5) == {5 * FACTORS[name]}"
        cells.append(graded(text, f"{name}-points", locked=True, grade=True, points=points))
    question = "Why?\n\n=== BEGIN MARK SCHEME ===\nsecret\n=== END MARK SCHEME ==="
    cells.append(graded(question, "why-question", locked=True))
    cells.append(graded("model", "why", grade=True, solution=True, points=4))
    return new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder in which the assignment is generated."""
    # As in nbgrader_config.py: nbgrader calls `alembic` by its name.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    nbgrader_patches.install()
    root = tmp_path_factory.mktemp("course")
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "tiny-course"
    config.ClearMarkScheme.enforce_metadata = False
    config.Exchange.root = str(tmp_path_factory.mktemp("exchange"))
    # The cells of this test are our own, so they can do without.
    config.RunInSandbox.sandbox = not Bubblewrap().problem()
    config.GenerateFeedback.preprocessors = [GetGrades]
    folder = root / "source" / NAME
    folder.mkdir(parents=True)
    nbformat.write(source_notebook(), folder / f"{NAME}.ipynb")
    api = NbGraderAPI(config=config)
    result = api.generate_assignment(NAME)
    assert result["success"], result
    return api


def solved(course):
    notebook = nbformat.read(Path(course.coursedir.root) / "release" / NAME / f"{NAME}.ipynb", 4)
    for cell in notebook.cells:
        if cell.id in POINTS:
            cell.source = f"def {cell.id}(x):\n    return {FACTORS[cell.id]} * x"
        if cell.id == "why":
            cell.source = "Because."
    return notebook


def put(folder, content, name=f"{NAME}.ipynb"):
    if not isinstance(content, bytes):
        content = nbformat.writes(content).encode()
    (folder / name).write_bytes(content)


def link_to_the_release(course, folder):
    released = Path(course.coursedir.root) / "release" / NAME / f"{NAME}.ipynb"
    (folder / f"{NAME}.ipynb").symlink_to(released)


def extra_files(course, folder):
    put(folder, solved(course))
    (folder / "gradebook.db").symlink_to(Path(course.coursedir.root) / "gradebook.db")
    (folder / "all").symlink_to(course.coursedir.root)
    os.mkfifo(folder / "pipe")
    (folder / "x.ipynb").mkdir()
    (folder / "x.ipynb" / "inner.txt").write_text("x")
    (folder / "helper.py").write_text("a = 1")
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "table.csv").write_text("1")
    (folder / "line\nbreak.txt").write_text("x")
    (folder / "[a-z]*.txt").write_text("x")
    Path(os.fsdecode(bytes(folder) + b"/\xff\xfe.txt")).write_text("x")
    for n in range(20):
        folder = folder / f"d{n}"
        folder.mkdir()
        (folder / "f.txt").write_text("x")


def schema_99(course, folder):
    notebook = solved(course)
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader |= {"schema_version": 99, "grade": False, "points": "many"}
    put(folder, notebook)


def no_metadata(course, folder):
    notebook = solved(course)
    for cell in notebook.cells:
        cell.metadata = {}
    put(folder, notebook)


def copies(course, folder):
    notebook = solved(course)
    double = next(cell for cell in notebook.cells if cell.id == "double")
    notebook.cells.append(nbformat.from_dict({**double, "id": "again"}))
    put(folder, notebook)


FULL, NOTHING = {"double-points": 2, "triple-points": 3}, {"double-points": 0, "triple-points": 0}
READABLE = {
    "honest": lambda c, f: put(f, solved(c)),
    "bom": lambda c, f: put(f, b"\xef\xbb\xbf" + nbformat.writes(solved(c)).encode()),
    "utf16": lambda c, f: put(f, nbformat.writes(solved(c)).encode("utf-16")),
    "extra": extra_files,
    "schema": schema_99,
    "stripped": no_metadata,
    "copies": copies,
    "renamed": lambda c, f: put(f, solved(c), "tiny (1).ipynb"),
    "unknown_too": lambda c, f: (put(f, solved(c)), put(f, b"{", "other.ipynb")),
    "timestamp": lambda c, f: (put(f, solved(c)), put(f, b"yesterday\n", "timestamp.txt")),
    "timestamp_pipe": lambda c, f: (put(f, solved(c)), os.mkfifo(f / "timestamp.txt")),
    "timestamp_bytes": lambda c, f: (put(f, solved(c)), put(f, b"\xff" * 900, "timestamp.txt")),
    "timestamp_year": lambda c, f: (
        put(f, solved(c)),
        put(f, b"0001-01-01 00:00:00 UTC", "timestamp.txt"),
    ),
    "timestamp_zone": lambda c, f: (
        put(f, solved(c)),
        put(f, b"2026-01-01 00:00:00 99999999999999999999", "timestamp.txt"),
    ),
}
UNREADABLE = {
    "empty": (lambda c, f: put(f, b""), "is empty"),
    "json": (lambda c, f: put(f, b'{"cells": ['), "is not valid JSON"),
    "deep": (lambda c, f: put(f, b"[" * 90_000), "is nested too deeply"),
    "list": (lambda c, f: put(f, b"[]"), "not a notebook"),
    "huge": (lambda c, f: put(f, b" " * (21 * 2**20)), "is larger than 20 MiB"),
    "link": (link_to_the_release, "is a symbolic link"),
    "dangling": (lambda c, f: (f / f"{NAME}.ipynb").symlink_to("/no/where"), "is a symbolic link"),
    "pipe": (lambda c, f: os.mkfifo(f / f"{NAME}.ipynb"), "is a named pipe"),
    "folder": (lambda c, f: (f / f"{NAME}.ipynb").mkdir(), "is a folder"),
    "nothing": (lambda c, f: None, "does not exist"),
    "two_others": (
        lambda c, f: (put(f, solved(c), "a.ipynb"), put(f, solved(c), "b.ipynb")),
        "does not exist",
    ),
}


@pytest.fixture(scope="module")
def batch(course):
    """All submissions, graded by one command; its log."""
    root = Path(course.coursedir.root)
    makers = READABLE | {name: make for name, (make, _) in UNREADABLE.items()}
    for student, make in makers.items():
        folder = root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        make(course, folder)
    (root / "submitted" / "link_folder").mkdir()
    (root / "submitted" / "link_folder" / NAME).symlink_to(root / "source" / NAME)
    (root / "submitted" / "link_student").symlink_to(root / "submitted" / "honest")
    (root / "submitted" / "file").mkdir()
    (root / "submitted" / "file" / NAME).write_text("no folder")
    odd = root / "submitted" / "odd\nname" / NAME
    odd.mkdir(parents=True)
    put(odd, solved(course))
    return run(course, Autograde)


def run(course, kind, student="*", **more):
    """Run a step of nbgrader for all students; its log."""
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    coursedir = CourseDirectory(config=course.config, assignment_id=NAME, student_id=student)
    step = kind(coursedir=coursedir, parent=course, config=course.config)
    for name, value in more.items():
        setattr(step, name, value)
    step.log.addHandler(handler)
    before = Path.cwd()
    try:
        step.start()
    finally:
        os.chdir(before)
        step.log.removeHandler(handler)
    return "\n".join(records)


def grades(course, student):
    with Gradebook(course.coursedir.db_url, "tiny-course") as book:
        submission = book.find_submission_notebook(NAME, NAME, student)
        scores = {grade.name: grade.auto_score for grade in submission.grades}
        flags = {grade.name: grade.needs_manual_grade for grade in submission.grades}
        comments = [comment.comment for comment in submission.comments]
        return scores, flags, comments


def autograded(course, student):
    root = Path(course.coursedir.root)
    return nbformat.read(root / "autograded" / student / NAME / f"{NAME}.ipynb", 4)


def test_no_tracebacks(batch):
    assert "Traceback" not in batch
    assert "There was an error" not in batch
    assert "has an odd name" in batch


@pytest.mark.parametrize("student", READABLE)
def test_what_can_be_read_has_its_points(course, batch, student):
    scores, flags, _ = grades(course, student)
    assert {name: scores[name] for name in FULL} == FULL
    assert not any(flags[name] for name in FULL)
    assert flags["why"] == (student != "stripped")


@pytest.mark.parametrize("student", [*UNREADABLE, "link_folder", "link_student", "file"])
def test_what_cannot_be_read_has_a_reason(course, batch, student):
    scores, flags, comments = grades(course, student)
    reason = {
        "link_folder": "a folder that is a symbolic link",
        "link_student": "a folder that is a symbolic link",
        "file": "cannot be opened",
    }.get(student) or UNREADABLE[student][1]
    assert scores == NOTHING | {"why": 0}
    assert flags["double-points"]
    assert any(reason in (comment or "") for comment in comments)
    first = autograded(course, student).cells[0]
    assert first.source.startswith("**About this file**")
    assert reason in first.source
    assert any(reason in line and student in line for line in batch.splitlines())


def test_an_honest_notebook_has_no_first_cell_about_it(course, batch):
    cells = autograded(course, "honest").cells
    assert "About this file" not in cells[0].source
    assert [cell.id for cell in cells] == [cell.id for cell in source_notebook().cells]
    question = next(cell for cell in cells if cell.id == "why-question")
    assert "secret" in question.source  # the grader sees the scheme


def test_another_name_is_said(course, batch):
    assert "the only other notebook was read" in autograded(course, "renamed").cells[0].source


def test_only_harmless_files_are_copied(course, batch):
    folder = Path(course.coursedir.root) / "autograded" / "extra" / NAME
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    deep = {name for name in found if name.startswith("d0/")}
    assert found - deep == {f"{NAME}.ipynb", "helper.py", "data/deep/table.csv", "[a-z]*.txt"}
    assert len(deep) == 8
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    linked = Path(course.coursedir.root) / "autograded" / "link_folder" / NAME
    assert [path.name for path in linked.iterdir()] == [f"{NAME}.ipynb"]


def test_timestamps(course, batch):
    with Gradebook(course.coursedir.db_url, "tiny-course") as book:
        for student in ("timestamp", "timestamp_pipe", "timestamp_bytes", "timestamp_year"):
            found = book.find_submission(NAME, student).timestamp
            now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            assert abs(now - found) < datetime.timedelta(minutes=20)


def test_feedback_shows_the_reason(course, batch):
    run(course, GenerateFeedback, "json")
    page = Path(course.coursedir.root) / "feedback" / "json" / NAME / f"{NAME}.html"
    text = page.read_text()
    assert text.count("is not valid JSON") >= 2  # in the first cell, and as a comment


def test_an_unreadable_resubmission_loses_the_old_score(course):
    folder = Path(course.coursedir.root) / "submitted" / "again" / NAME
    folder.mkdir(parents=True)
    put(folder, solved(course))
    (folder / "timestamp.txt").write_text("2026-01-01 10:00:00 UTC")
    run(course, Autograde, "again")
    assert grades(course, "again")[0]["double-points"] == 2
    put(folder, b"{")
    (folder / "timestamp.txt").write_text("2026-01-02 10:00:00 UTC")
    run(course, Autograde, "again")
    scores, flags, _ = grades(course, "again")
    assert scores == NOTHING | {"why": 0}
    assert flags["double-points"]
    put(folder, solved(course))
    (folder / "timestamp.txt").write_text("2026-01-03 10:00:00 UTC")
    run(course, Autograde, "again")
    scores, flags, comments = grades(course, "again")
    assert scores["double-points"] == 2
    assert not flags["double-points"]
    assert not any(comments)


def test_submissions_are_not_changed(course, batch):
    folder = Path(course.coursedir.root) / "submitted" / "schema" / NAME
    assert (
        json.loads((folder / f"{NAME}.ipynb").read_text())["cells"][0]["metadata"]["nbgrader"][
            "schema_version"
        ]
        == 99
    )


def test_collecting_follows_no_links(course, batch):
    inbound = Path(course.config.Exchange.root) / "tiny-course" / "inbound"
    root = Path(course.coursedir.root)
    for name in (f"carol+{NAME}+2026-01-01 10:00:00 UTC+x", f"dave+{NAME}+someday"):
        folder = inbound / name
        folder.mkdir(parents=True)
        put(folder, solved(course))
        (folder / "stolen.ipynb").symlink_to(root / "source" / NAME / f"{NAME}.ipynb")
        (folder / "all").symlink_to(root / "source")
        os.mkfifo(folder / "pipe")
        (folder / "sub").mkdir()
        (folder / "sub" / "helper.py").write_text("a = 1")
        (folder / "timestamp.txt").write_text("2026-01-01 10:00:00 UTC")
    (inbound / f"mallory+{NAME}+2026-01-01 10:00:00 UTC").symlink_to(root / "source" / NAME)
    said = collect(course)
    for student in ("carol", "dave"):
        folder = root / "submitted" / student / NAME
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
        assert found == {f"{NAME}.ipynb", "sub", "sub/helper.py", "timestamp.txt"}
    assert list((root / "submitted" / "mallory" / NAME).iterdir()) == []
    assert "the folder is a symbolic link" in said
    assert "someday holds no time" in said
    run(course, Autograde, "mallory")
    assert grades(course, "mallory")[0] == NOTHING | {"why": 0}


def collect(course):
    coursedir = CourseDirectory(config=course.config, assignment_id=NAME)
    app = ExchangeCollect(
        coursedir=coursedir, authenticator=course.authenticator, parent=course, check_owner=False
    )
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    app.log.addHandler(handler)
    try:
        app.start()
    finally:
        app.log.removeHandler(handler)
    return "\n".join(records)


def test_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(regular_files, "MOST_FILES", 5)
    for n in range(9):
        (tmp_path / f"{n}.txt").write_text("x")
    assert len(regular_files.find_regular_files(str(tmp_path))) == 5
    monkeypatch.setattr(regular_files, "MOST_BYTES", 2)
    assert len(regular_files.find_regular_files(str(tmp_path), ["0.txt"])) == 2


def test_a_linked_source_folder_of_the_instructor_is_copied_from(tmp_path):
    (tmp_path / "real" / NAME).mkdir(parents=True)
    (tmp_path / "real" / NAME / "data.csv").write_text("1")
    (tmp_path / "source").symlink_to(tmp_path / "real")
    found = regular_files.find_regular_files(f"{tmp_path}/source/./{NAME}")
    assert [Path(name).name for name in found] == ["data.csv"]
