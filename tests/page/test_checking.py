"""What is run to try an answer: imports, other answers that it makes use of, itself, its check."""

from __future__ import annotations

import pytest
from course_page import checking, running
from course_page.outputs import Output

SETUP = "import matplotlib.pyplot as plt\nimport numpy as np\n\nfrom dlcore import checks"
CELLS = [
    ("size", "def size(n):\n    return n + 1"),
    ("window", "def window(x):\n    return size(x)"),
    ("other", "def other(x):\n    return x"),
    ("layer", "class Layer:\n    def forward(self, x):\n        return window(x)"),
]


@pytest.mark.parametrize(
    ("name", "check", "expected"),
    [
        ("size", "", []),
        ("window", "", ["size"]),
        ("layer", "", ["size", "window"]),
        ("layer", "check(other, Layer)", ["size", "window", "other"]),
        ("other", "check(other)", []),
        # What comes later in the notebook is not there yet when the cell is run.
        ("size", "check(window)", []),
    ],
)
def test_what_a_cell_makes_use_of(name, check, expected):
    assert checking.needed(CELLS, name, check) == expected


def test_an_answer_that_python_cannot_read_is_still_the_answer_to_its_exercise():
    cells = [("size", "def size(n:\n"), *CELLS[1:]]
    assert checking.needed(cells, "window") == ["size"]


@pytest.mark.parametrize(
    ("source", "bound", "read"),
    [
        ("def f(x, y=a):\n    z = x\n    return g(z)", {"f"}, {"a", "g"}),
        ("import numpy as np\nfrom os import path", {"np", "path"}, set()),
        ("class A(B):\n    def f(self):\n        return [C(k) for k in D]", {"A"}, {"B", "C", "D"}),
        ("def f():\n    global total\n    total = 1", {"f", "total"}, set()),
        ("for k in range(3):\n    s += k", {"k", "s"}, {"k", "range", "s"}),
        ("this is no Python", set(), set()),
    ],
)
def test_names(source, bound, read):
    found = checking.names(source)
    assert (set(found.bound), set(found.read)) == (bound, read)


def plan(name: str, check: str = "", setup: str = SETUP) -> list[dict[str, str]]:
    cells = [{"name": one, "source": source} for one, source in CELLS]
    return checking.plan([setup], cells, name, check)["steps"]


def test_the_order_of_the_steps():
    steps = plan("window", "check(window)")
    assert [(step["role"], step["cell"]) for step in steps] == [
        ("imports", ""),
        ("before", "size"),
        ("cell", "window"),
        ("check", "window"),
    ]
    assert [step["role"] for step in plan("other")] == ["imports", "cell"]


def test_only_what_draws_makes_matplotlib_load():
    assert "matplotlib" not in plan("window")[0]["source"]
    assert "from dlcore import checks" in plan("window")[0]["source"]
    assert "matplotlib" in plan("other", "plt.plot(other)")[0]["source"]


def test_every_try_starts_from_nothing():
    plan("size")
    names = running.namespace(checking.NAMESPACE)
    names["left_over"] = 1
    plan("size")
    assert "left_over" not in running.namespace(checking.NAMESPACE)
    assert names["__name__"] == "__main_exercise__"


def test_a_check_shows_its_message_alone():
    """As Jupyter does: no traceback, and the learner's own line."""
    outputs: list[Output] = []
    names = running.namespace(checking.NAMESPACE)
    source = "def conv_output_size(*args, **kwargs):\n    return 1 / 0"
    running.run("from dlcore import checks", "imports", outputs.append, names)
    running.run(source, "answer to conv_output_size", outputs.append, names)
    check = "checks.ps4.conv_output_size(conv_output_size)"
    assert not running.run(check, "check of conv_output_size", outputs.append, names)
    (error,) = outputs
    assert error["traceback"] == error["evalue"].splitlines()
    assert "That was line 2 of the cell, in conv_output_size: return 1 / 0" in error["traceback"]
