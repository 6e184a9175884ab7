"""Submissions of every kind end as clean notebooks, with the cells where they can be judged."""

from __future__ import annotations

import codecs
import copy
import json
import os
import random
import re

import nbformat
import pytest
from nbgrader.utils import compute_checksum

from dlgrader.intake import Released, read_notebook, restore
from dlgrader.intake.reading import MOST_BYTES, MOST_CELLS, MOST_SOURCE

KNOWN = {"setup", "double", "double-points", "triple", "triple-points", "why"}


def code(source, name=None, **more):
    metadata = {"nbgrader": {"grade_id": name, "points": 99}, "tags": ["x"]} if name else {}
    return {
        "cell_type": "code",
        "id": more.pop("id", name or "plain"),
        "metadata": metadata,
        "source": source,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "old"}],
        "execution_count": 7,
        **more,
    }


def markdown(source, name=None, **more):
    cell = code(source, name, **more)
    del cell["outputs"], cell["execution_count"]
    return cell | {"cell_type": "markdown"}


def notebook(*cells, **more):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more


def read(tmp_path, content, name="a.ipynb"):
    path = tmp_path / name
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    path.write_bytes(content)
    taken = read_notebook(path, KNOWN)
    nbformat.validate(taken.notebook)
    nbformat.writes(taken.notebook).encode()
    return taken


# -- reading ---------------------------------------------------------------------------------------


def test_an_ordinary_notebook_gives_no_remarks(tmp_path):
    taken = read(
        tmp_path,
        notebook(
            code("import numpy", "setup"),
            markdown("# T", id="t"),
            code(["a = 1\n", "b"], id="l"),
            metadata={"kernelspec": {"name": "julia"}, "x": 1},
        ),
    )
    assert (taken.remarks, taken.readable) == ([], True)
    first, second, third = taken.notebook.cells
    assert first.metadata == {"nbgrader": {"grade_id": "setup"}}
    assert first.outputs == []
    assert first.execution_count is None
    assert second.cell_type == "markdown"
    assert third.source == "a = 1\nb"
    assert taken.notebook.metadata == {"language_info": {"name": "python"}}


GOOD = json.dumps(notebook(code("a = 'é'", "double"))).encode()
GOOD_TEXT = json.dumps(notebook(code("a = 'é'", "double")), ensure_ascii=False)


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (codecs.BOM_UTF8 + GOOD, None),
        (GOOD_TEXT.encode("utf-16"), "UTF-16"),
        (codecs.BOM_UTF16_BE + GOOD_TEXT.encode("utf-16-be"), "UTF-16"),
        (GOOD_TEXT.encode("latin-1"), "not in UTF-8"),
        (GOOD.replace(b'"nbformat": 4', b'"nbformat": 99'), "newer format"),
        (GOOD.replace(b'"nbformat": 4', b'"nbformat": "four"'), None),
        (GOOD.replace(b'"nbformat": 4, ', b""), None),
        (GOOD.replace(b'"nbformat_minor": 5', b'"nbformat_minor": 77'), None),
        (GOOD.replace(b'"metadata": {}', b'"metadata": NaN'), None),
        (GOOD.replace(b'"metadata": {}', b'"metadata": ' + b"9" * 5000), None),
        (GOOD.replace(b'"id": "double"', b'"id": ["double"]'), None),
        (GOOD.replace(b'"code"', b'"spell"'), "unknown type"),
        (GOOD.replace(b'"code"', b'["code"]'), "unknown type"),
        (GOOD.replace(b'{"cells"', b'{"cells": 3, "cells"', 1), None),  # the last one counts
    ],
)
def test_odd_files_are_read(tmp_path, content, remark):
    taken = read(tmp_path, content)
    assert taken.readable
    assert taken.notebook.cells[0].source.startswith("a = '")
    assert remark in " ".join(taken.remarks) if remark else taken.remarks == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (GOOD[:-20], "not valid JSON (line 1, column"),
        (b"<html>login</html>", "not valid JSON"),
        (b"\x00\xff\x80PK\x03\x04" * 50, "not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"cells": [{"metadata": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deep"),
        (b"[1, 2]", "not a notebook"),
        (b"17", "not a notebook"),
        (b"{}", "no list of cells"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b'{"cells": "abc"}', "no list of cells"),
        (b"1" * (MOST_BYTES + 1), "larger than 20 MiB"),
    ],
)
def test_what_is_no_notebook_has_a_named_reason(tmp_path, content, reason):
    taken = read(tmp_path, content)
    assert not taken.readable
    assert taken.notebook.cells == []
    (remark,) = taken.remarks
    assert reason in remark
    assert remark.startswith("The file ")
    assert remark.endswith("Nothing in it could be graded.")


def test_what_is_no_file(tmp_path):
    real = tmp_path / "real.ipynb"
    real.write_bytes(GOOD)
    made = {name: tmp_path / f"{name}.ipynb" for name in ("link", "broken", "pipe", "folder")}
    made["link"].symlink_to(real)
    made["broken"].symlink_to(tmp_path / "nothing")
    os.mkfifo(made["pipe"])
    made["folder"].mkdir()
    reasons = {
        "link": "is a symbolic link",
        "broken": "is a symbolic link",
        "pipe": "is a named pipe",
        "folder": "is a folder",
    }
    for name, path in made.items():
        taken = read_notebook(path, KNOWN)
        assert not taken.readable
        assert reasons[name] in taken.remarks[0]
    assert "does not exist" in read_notebook(tmp_path / "none.ipynb", KNOWN).remarks[0]
    assert "odd name" in read_notebook(tmp_path / "a\0b.ipynb", KNOWN).remarks[0]
    assert not read_notebook(tmp_path / ("n" * 300), KNOWN).readable
    assert not read_notebook(type(tmp_path)("/dev/zero"), KNOWN).readable


def test_a_file_without_permission(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    assert "permissions" in read_notebook(path, KNOWN).remarks[0]


def test_a_folder_that_is_a_link(tmp_path):
    folder = tmp_path / "submitted" / "ada"
    folder.mkdir(parents=True)
    (folder / "a.ipynb").write_bytes(GOOD)
    below = tmp_path / "submitted"
    (below / "eve").symlink_to(folder)
    assert read_notebook(folder / "a.ipynb", KNOWN, below).readable
    taken = read_notebook(below / "eve" / "a.ipynb", KNOWN, below)
    assert "a folder that is a symbolic link" in taken.remarks[0]


def test_format_3_is_converted(tmp_path):
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Title"], "metadata": {}},
                    {
                        "cell_type": "code",
                        "input": ["a = 1\n", "b = 2"],
                        "language": "python",
                        "metadata": {"nbgrader": {"grade_id": "double"}},
                        "outputs": [{"output_type": "pyout", "text": "1"}],
                    },
                ]
            },
            {"cells": [{"cell_type": "html", "source": "<b>x</b>"}]},
            "no sheet",
        ],
    }
    taken = read(tmp_path, old)
    assert [cell.source for cell in taken.notebook.cells] == [
        "## Title",
        "a = 1\nb = 2",
        "<b>x</b>",
    ]
    assert taken.notebook.cells[1].metadata.nbgrader.grade_id == "double"
    assert "old format" in taken.remarks[0]


@pytest.mark.parametrize(
    ("cell", "source", "remark"),
    [
        ({"source": 7}, "", "text was no text"),
        ({"source": {"a": "b"}}, "", "text was no text"),
        ({"source": ["a", 7]}, "", "text was no text"),
        ({"source": None}, "", "text was no text"),
        ({}, "", None),
        ({"source": "x" * (MOST_SOURCE + 1)}, "", "more than a million characters"),
        ({"source": "a\x00b\x1b[31m"}, "ab[31m", "control characters"),
        ({"source": "a\r\nb\rc\fd"}, "a\nb\nc\nd", None),
        ({"source": "x = '\ud800'"}, "x = '?'", None),
        ({"source": "a", "metadata": 3, "outputs": "huge", "execution_count": "x"}, "a", None),
        ({"source": "a", "metadata": {"nbgrader": "yes"}}, "a", None),
        ({"source": "a", "metadata": {"nbgrader": {"grade_id": ["x"]}}}, "a", None),
        ({"source": "a", "metadata": {"nbgrader": {"grade_id": "ghost"}}}, "a", "does not have: 1"),
        ({"source": "a", "id": "spaces are not allowed"}, "a", None),
    ],
)
def test_odd_cells(tmp_path, cell, source, remark):
    taken = read(tmp_path, notebook({"cell_type": "code", **cell}))
    (made,) = taken.notebook.cells
    assert made.source == source
    assert made.metadata == {}
    assert taken.remarks == [] if remark is None else remark in taken.remarks[0]


def test_what_is_no_cell_is_left_out(tmp_path):
    taken = read(tmp_path, notebook(3, None, "x", [code("a")], code("a")))
    assert len(taken.notebook.cells) == 1
    assert taken.remarks == ["Left out, because they are no cells: 4."]


def test_cell_ids_become_unique(tmp_path):
    cells = [code(str(n), id=name) for n, name in enumerate(["a", "a", "cell-1", "", "a"])]
    ids = [cell.id for cell in read(tmp_path, notebook(*cells)).notebook.cells]
    assert len(set(ids)) == 5
    assert ids[0] == "a"
    again = [cell.id for cell in read(tmp_path, notebook(*cells)).notebook.cells]
    assert again == ids


def test_ten_thousand_cells(tmp_path):
    cells = [code(str(n), id=f"n{n}") for n in range(10_000)]
    cells.insert(9_000, code("def double(x): return 2 * x", "double"))
    taken = read(tmp_path, notebook(*cells))
    made = taken.notebook.cells
    assert len(made) == MOST_CELLS
    assert made[-1].metadata.nbgrader.grade_id == "double"
    assert [cell.source for cell in made[:-1]] == [str(n) for n in range(MOST_CELLS - 1)]
    assert "10,001 cells" in taken.remarks[0]


def test_attachments(tmp_path):
    picture, huge = "iVBORw0KGgo=", "A" * (3 * 2**20)
    given = {
        "small.png": {"image/png": picture},
        "huge.png": {"image/png": huge},
        "script.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"},
        "page.html": {"text/html": "<script>"},
        '"><script>.png': {"image/png": picture},
        "lie.png": {"image/png": "<script>"},
        "odd": 3,
    }
    taken = read(
        tmp_path,
        notebook(
            markdown("![](attachment:small.png)", attachments=given),
            markdown("b", id="b", attachments=[1, 2]),
            code("c", id="c", attachments=given),
        ),
    )
    first, second, third = taken.notebook.cells
    assert first.attachments == {"small.png": {"image/png": picture}}
    assert "attachments" not in second
    assert "attachments" not in third
    assert "too large, left out: 1" in " ".join(taken.remarks)
    assert "no pictures, left out: 4" in " ".join(taken.remarks)


def test_remarks_never_hold_a_learners_text(tmp_path):
    evil = "<script>alert(1)</script>"
    taken = read(
        tmp_path,
        notebook(
            code("a", evil),
            {"cell_type": evil, "source": "b", "id": evil},
            metadata={"title": evil},
        ),
        name="evil.ipynb",
    )
    assert "script" not in " ".join(taken.remarks)


def test_garbage_never_raises(tmp_path):
    rng = random.Random(0)
    pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"cells"',
        '"source"',
        '"code"',
        "1",
        "null",
        '"\\ud800"',
    ]
    for _ in range(300):
        text = "".join(rng.choices(pieces, k=rng.randrange(40)))
        read(tmp_path, text.encode())
    for _ in range(300):
        broken = bytearray(GOOD)
        for _ in range(rng.randrange(1, 6)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        read(tmp_path, bytes(broken))


# -- restoring -------------------------------------------------------------------------------------

RELEASED = (
    Released("setup", "code", "import math", locked=True, checksum="s"),
    Released(
        "double",
        "code",
        "def double(x):\n    raise NotImplementedError",
        locked=False,
        checksum="d",
        solution=True,
    ),
    Released("double-check", "code", "checks.double(double)", True, "dc", points=0.0),
    Released("double-points", "code", "# points of double", True, "dp", points=2.0),
    Released(
        "triple",
        "code",
        "def triple(x):\n    raise NotImplementedError",
        locked=False,
        checksum="t",
        solution=True,
    ),
    Released("triple-points", "code", "# points of triple", True, "tp", points=3.0),
    Released(
        "why-question",
        "markdown",
        "Why?\n\n=== scheme ===",
        locked=True,
        checksum="q",
        shown="Why?",
    ),
    Released("why", "markdown", "*Your answer.*", False, "w", points=4.0, solution=True),
)

DOUBLE = "def double(x):\n    return 2 * x"
TRIPLE = "def triple(x):\n    return 3 * x"


def cell(kind, source, name=None):
    metadata = {"nbgrader": {"grade_id": name}} if name else {}
    made = {"cell_type": kind, "id": f"{name}-{random.randrange(10**9)}", "metadata": metadata}
    made["source"] = source
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    return nbformat.from_dict(made)


def solved():
    texts = {"double": DOUBLE, "triple": TRIPLE, "why": "Because.", "why-question": "Why?"}
    return [cell(part.cell_type, texts.get(part.name, part.source), part.name) for part in RELEASED]


def named(cells):
    return {c.metadata.nbgrader.grade_id: c for c in cells if "nbgrader" in c.metadata}


def judged(cells):
    """Run the cells in order; what each cell with points would give."""
    namespace, given = {}, {}
    for c in cells:
        name = c.metadata.get("nbgrader", {}).get("grade_id", "")
        if name.endswith("-points"):
            function = namespace.get(name.removesuffix("-points"))
            factor = {"double-points": 2, "triple-points": 3}[name]
            try:
                given[name] = function(5) == factor * 5
            except Exception:
                given[name] = False
        elif c.cell_type == "code" and not name.endswith("-check"):
            try:
                exec(c.source, namespace)
            except Exception:
                continue
    return given


BOTH = {"double-points": True, "triple-points": True}


def index(cells, name):
    return [c.metadata.get("nbgrader", {}).get("grade_id") for c in cells].index(name)


def relabel(cells, **names):
    """Give the cells other labels; None takes the label away."""
    before = named(cells)
    for old, new in names.items():
        label = {"nbgrader": {"grade_id": new}} if new else {}
        before[old.replace("_", "-")].metadata = nbformat.from_dict(label)


def drop(cells, *names):
    cells[:] = [c for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") not in names]


def change_double_points(cells):
    named(cells)["double-points"].source = "8.0"


def delete_points_and_checks(cells):
    drop(cells, "double-points", "triple-points", "double-check", "why")


def delete_setup(cells):
    drop(cells, "setup")


def delete_points_and_lose_the_label(cells):
    relabel(cells, double=None)
    drop(cells, "double-points", "double-check")


def copy_solved_after(cells):
    cells.append(cell("code", DOUBLE, "double"))


def copy_stub_after(cells):
    cells.append(cell("code", RELEASED[1].source, "double"))


def copy_empty_after(cells):
    cells.append(cell("code", " \n", "double"))


def copy_wrong_before(cells):
    cells.insert(0, cell("code", "def double(x):\n    return x", "double"))


def copy_points(cells):
    cells.insert(1, cell("code", "100.0", "double-points"))
    cells.append(cell("code", "# points of double", "double-points"))


def retype(cells):
    for name, kind in ("double", "markdown"), ("triple-points", "raw"), ("why", "code"):
        c = named(cells)[name]
        cells[cells.index(c)] = cell(kind, c.source, name)


def swap_labels(cells):
    relabel(cells, double="triple", triple="double")


def swap_with_points(cells):
    relabel(cells, double="double-points", double_points="double")


def label_on_setup(cells):
    drop(cells, "setup")
    relabel(cells, double="setup")


def rename_label(cells):
    relabel(cells, double="dubble")


def reverse(cells):
    cells.reverse()


def points_first(cells):
    part = named(cells)["triple-points"]
    cells.remove(part)
    cells.insert(0, part)


def exercises_exchanged(cells):
    there = index(cells, "triple")
    part = cells.pop(there)
    cells.insert(1, part)


def all_labels_lost(cells):
    for c in cells:
        c.metadata = nbformat.from_dict({})
    cells[:] = [c for c in cells if not c.source.startswith("# points")]


def answer_in_another_cell(cells):
    named(cells)["double"].source = RELEASED[1].source
    cells.append(cell("code", "# here\n" + DOUBLE))


def only_the_functions_left(cells):
    cells[:] = [cell("code", DOUBLE), cell("code", TRIPLE)]


def syntax_error_elsewhere(cells):
    cells.insert(1, cell("code", "def broken(:"))
    named(cells)["double"].source = "%matplotlib inline\nimport os"
    cells.insert(2, cell("code", DOUBLE))


NAMES = [
    change_double_points,
    delete_points_and_checks,
    delete_setup,
    delete_points_and_lose_the_label,
    copy_solved_after,
    copy_stub_after,
    copy_empty_after,
    copy_wrong_before,
    copy_points,
    retype,
    swap_labels,
    swap_with_points,
    label_on_setup,
    rename_label,
    reverse,
    points_first,
    exercises_exchanged,
    all_labels_lost,
    answer_in_another_cell,
    only_the_functions_left,
    syntax_error_elsewhere,
]


def check_restored(cells):
    """See that all that has to be there is, as it was released."""
    found = named(cells)
    for part in RELEASED:
        if part.points is not None:
            assert part.name in found
        if part.name in found:
            c = found[part.name]
            assert c.metadata.nbgrader == part.metadata()
            assert c.cell_type == part.cell_type
            if part.locked:
                assert c.source == part.source
    labels = [c.metadata.nbgrader.grade_id for c in cells if "nbgrader" in c.metadata]
    assert len(labels) == len(set(labels))
    made = nbformat.v4.new_notebook(cells=copy.deepcopy(cells))
    nbformat.validate(made)


def test_an_untouched_notebook_stays_as_it_is():
    cells, remarks = restore(solved(), RELEASED)
    assert remarks == []
    check_restored(cells)
    assert [c.metadata.nbgrader.grade_id for c in cells] == [part.name for part in RELEASED]
    assert named(cells)["why"].source == "Because."
    assert judged(cells) == BOTH


@pytest.mark.parametrize("tamper", NAMES, ids=lambda f: f.__name__)
def test_tampered_notebooks_keep_what_is_right(tamper):
    cells = solved()
    tamper(cells)
    cells, remarks = restore(cells, RELEASED)
    check_restored(cells)
    assert judged(cells) == BOTH
    quiet = (rename_label, answer_in_another_cell, syntax_error_elsewhere)
    assert bool(remarks) == (tamper not in quiet)


@pytest.mark.parametrize("tamper", NAMES, ids=lambda f: f.__name__)
def test_restoring_twice_does_no_harm(tamper):
    cells = solved()
    tamper(cells)
    once, _ = restore(cells, RELEASED)
    twice, _ = restore(copy.deepcopy(once), RELEASED)
    check_restored(twice)
    assert sorted(c.source for c in once) == sorted(c.source for c in twice)
    assert judged(twice) == BOTH


@pytest.mark.parametrize("tamper", NAMES, ids=lambda f: f.__name__)
def test_tampering_with_an_unanswered_notebook_gains_nothing(tamper):
    cells = [cell(part.cell_type, part.shown or part.source, part.name) for part in RELEASED]
    tamper(cells)
    wrong = DOUBLE in {c.source.removeprefix("# here\n") for c in cells}
    cells, _ = restore(cells, RELEASED)
    check_restored(cells)
    given = judged(cells)
    assert given["double-points"] == wrong
    if tamper is not only_the_functions_left:
        assert not given["triple-points"]


def test_combinations_never_fail():
    rng = random.Random(1)
    for _ in range(300):
        cells = solved()
        for tamper in rng.sample(NAMES, 3):
            try:
                tamper(cells)
            except (KeyError, ValueError, StopIteration):
                continue  # what it would change is gone
        rng.shuffle(cells)
        cells, _ = restore(cells, RELEASED)
        check_restored(cells)


def test_of_two_answers_the_last_filled_one_counts():
    cells = solved()
    cells.append(cell("code", "def double(x):\n    return 0", "double"))
    cells.append(cell("markdown", "Second.", "why"))
    cells, remarks = restore(cells, RELEASED)
    assert judged(cells) == {"double-points": False, "triple-points": True}
    assert named(cells)["why"].source == "Second."
    assert "Because." in [c.source for c in cells]
    assert any("stands here 2 times" in remark for remark in remarks)


def test_a_missing_answer_counts_as_none():
    cells = solved()
    drop(cells, "why")
    cells, remarks = restore(cells, RELEASED)
    assert named(cells)["why"].source == "*Your answer.*"
    assert remarks == ["Missing and put back: “why”."]


def test_the_place_of_what_comes_back():
    cells = solved()
    drop(cells, "double-points", "setup")
    cells, _ = restore(cells, RELEASED)
    assert index(cells, "setup") == 0
    assert index(cells, "double-points") == index(cells, "double-check") + 1


def test_restored_metadata_has_nbgraders_checksum():
    part = Released("p", "code", "# points", locked=True, checksum="", points=2)
    restored, _ = restore([cell("code", "changed", "p")], [part])
    reference = nbformat.v4.new_code_cell("# points", metadata={"nbgrader": part.metadata()})
    assert compute_checksum(restored[0]) == compute_checksum(reference)


def test_many_remarks_are_short():
    cells, remarks = restore([], RELEASED)
    assert len(remarks) == 1
    assert not re.search(r"[<>]", remarks[0])
    assert len(cells) == 5
