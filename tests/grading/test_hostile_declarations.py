"""The hostile set: every entry can be made for any assignment, and says what is expected."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dlgrader.hostile import FOUND, HOSTILE, Ground, Hostile, listening
from dlgrader.intake import Released, read_notebook, restore

FUNCTIONS = ("double", "triple")
RELEASED = [
    Released("setup", "code", "import numpy as np", locked=True, checksum=""),
    *(
        part
        for name in FUNCTIONS
        for part in (
            Released(
                name,
                "code",
                f"def {name}(x):\n    raise NotImplementedError",
                False,
                "",
                solution=True,
            ),
            Released(f"{name}-check", "code", f"checks.{name}()", True, "", points=0.0),
            Released(f"{name}-points", "code", f"# points of {name}", True, "", points=2.0),
        )
    ),
    Released("why", "markdown", "*Your answer here.*", False, "", points=4.0, solution=True),
]


def notebook(texts):
    cells = []
    for part in RELEASED:
        make = new_code_cell if part.cell_type == "code" else new_markdown_cell
        metadata = {"nbgrader": part.metadata()}
        cells.append(make(texts.get(part.name, part.source), metadata=metadata, id=part.name))
    return new_notebook(cells=cells)


@pytest.fixture
def ground(tmp_path):
    right = {name: f"def {name}(x):\n    return x" for name in FUNCTIONS}
    course = tmp_path / "course"
    return Ground("tiny", FUNCTIONS, "triple", notebook({}), notebook(right), course, 1234, "sock")


def test_names_and_stories():
    names = [attack.name for attack in HOSTILE]
    assert len(names) == len(set(names))
    assert len(names) >= 94
    assert all(attack.story and attack.name == attack.name.lower() for attack in HOSTILE)
    assert {attack.expects for attack in HOSTILE} == {"full", "rest", "nothing"}


@pytest.mark.parametrize("attack", HOSTILE, ids=lambda attack: attack.name)
def test_every_submission_can_be_made_and_taken_in(attack, ground, tmp_path):
    folder = tmp_path / "submission"
    folder.mkdir()
    attack.write(ground, folder)
    others = [path for path in folder.glob("*.ipynb") if path.is_file()]
    path = folder / "tiny.ipynb"
    if not path.is_symlink() and not path.exists() and others:
        (path,) = others
    taken = read_notebook(path, {part.name for part in RELEASED})
    cells, remarks = restore(taken.notebook.cells, RELEASED)
    taken.notebook.cells = cells
    nbformat.validate(taken.notebook)
    text = nbformat.writes(taken.notebook)
    assert "<TARGET>" not in text
    assert "<NAME>" not in text
    ids = {cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata}
    assert {part.name for part in RELEASED if part.points is not None} <= ids
    said = " ".join([*taken.remarks, *remarks]).lower()
    if attack.group in ("cells", "files") and attack.name != "other-name":
        assert all(words.lower() in said for words in attack.says), said
        if attack.expects == "full":
            assert taken.readable
            order = [cell.source for cell in cells]
            for name in FUNCTIONS:
                right = order.index(f"def {name}(x):\n    return x")
                assert right < order.index(f"# points of {name}")
    assert "<script>" not in said


def test_problems(ground):
    attack = Hostile(
        "a", "g", "s", lambda _ground, _folder: None, "rest", ("Stopped after",), ("<COURSE>/x",)
    )
    most = {"double": 2.0, "triple": 3.0}
    right = {"double": 2.0, "triple": 0.0}
    assert attack.problems(ground, right, most, "It was stopped\n  after 2 s.") == []
    ground.course.mkdir()
    (ground.course / "x").touch()
    assert attack.problems(ground, {"triple": 3.0}, most, f"{FOUND} a secret\nmore") == [
        "double: 0 points, expected 2",
        "triple: 3 points, expected 0",
        "not said: Stopped after",
        "leaked: FOUND a secret",
        f"left behind: {ground.course / 'x'}",
    ]


def test_somebody_listens():
    import socket

    with listening() as (port, name):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            assert line.recv(100).startswith(FOUND.encode())
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(f"\0{name}")
            assert line.recv(100).startswith(FOUND.encode())


def test_the_ground_of_an_assignment(tmp_path: Path):
    from dlgrader.exercises import assignment_names, load_assignment

    for name in assignment_names():
        made = Ground.of(load_assignment(name), new_notebook(), new_notebook(), tmp_path)
        assert made.target in made.functions
        assert made.fill_in("<ASSIGNMENT> <TARGET>") == f"{name} {made.target}"
