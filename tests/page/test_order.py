"""Which earlier cells a cell needs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from course_page.order import needs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        (["a = 1", "b = 2", "print(a)"], [0]),
        (["a = 1", "a = 2", "print(a)"], [1]),
        (["a = 1", "b = a", "print(b)"], [0, 1]),
        (["a = 1", "a = 2\nprint(a)"], []),
        (["a = [1]", "a[0] = 2", "print(a)"], [0, 1]),
        (["a = [1]", "a.append(2)", "print(a)"], [0, 1]),
        (["a = [1]", "a += [2]", "print(a)"], [0, 1]),
        (["a = [1]", "print(len(a))", "print(a)"], [0]),
        # A shared generator of random numbers is where it was when the book was built.
        (["rng = default_rng(0)", "x = rng.normal()", "y = rng.normal()"], [0, 1]),
        (["rng = default_rng(0)", "x = draw(rng)", "y = draw(rng)"], [0, 1]),
        # What was made of an object may change it.
        (
            ["net = Net()", "trainer = Trainer(net)", "trainer.fit()", "print(net.params)"],
            [0, 1, 2],
        ),
        # An array is not changed by a function that it is passed to.
        (["import numpy as np\nx = np.ones(3)", "y = f(x)", "print(x)"], [0]),
        (["import numpy as np\nx = np.ones(3)", "np.fill_diagonal(x, 0)", "x"], [0, 1]),
        (["import numpy as np\nx = np.ones(3)", "np.add(x, 1, out=x)", "x"], [0, 1]),
        (["import numpy as np", "np.set_printoptions(precision=3)", "np.pi"], [0, 1]),
        # A function's body counts where the function is used.
        (["def f():\n    return a", "a = 1", "a = 2", "print(f())"], [0, 2]),
        (["def f(a):\n    return a", "a = 1", "print(f(2))"], [0]),
        (["def f():\n    log.append(1)", "log = []", "f()", "print(log)"], [0, 1, 2]),
        (["a = 1", "class A:\n    x = a", "print(A.x)"], [0, 1]),
        (["i = 1", "[i for i in range(3)]"], []),
        (["i = 1", "f = lambda i: i\nprint(f(2))"], []),
        (["a = 1", "print(f'{a}')"], [0]),
        (["a = (", "print(a)"], []),
    ],
)
def test_needed_cells(cells, needed):
    assert needs(cells)[-1] == needed


def numbers(cells, needed):
    """Run these cells in a fresh place and return what they leave in `out`."""
    names = {}
    for index in needed:
        exec(cells[index], names)
    return names["out"]


@pytest.mark.parametrize("seed", range(60))
def test_needed_cells_alone_give_what_all_give(seed):
    """Random pages: whether all earlier cells ran or the needed ones, the last sees the same."""
    rng = random.Random(seed)
    statements = [
        "{a} = {n}", "{a} = {b} + {n}", "{a} = {b}", "{l} = [{n}]", "{l}.append({n})",
        "{l} += [{a}]", "{l}[0] = {b}", "{l} = {m}", "def f(): return {a}", "{a} = f()",
        "def g(x): x.append({n})", "g({l})", "{a} = len({l})", "box = Box({l})", "box.add()",
        "{a} = sum({l})",
    ]  # fmt: skip
    start = (
        "class Box:\n    def __init__(self, items): self.items = items\n"
        "    def add(self): self.items.append(1)\n"
        "a, b, c = 1, 2, 3\np, q = [1], [2]\nbox = Box(p)\n"
        "def f(): return 0\ndef g(x): x.append(0)"
    )
    cells = [start]
    for _ in range(12):
        lines = rng.choices(statements, k=rng.randint(1, 2))
        cells.append("\n".join(
            line.format(a=rng.choice("abc"), b=rng.choice("abc"), n=rng.randint(0, 9),
                        l=rng.choice("pq"), m=rng.choice("pq")) for line in lines
        ))  # fmt: skip
    cells.append(f"out = (a, {rng.choice(['list(p)', 'list(q)', 'list(box.items)', 'f()'])})")
    last = len(cells) - 1
    needed = needs(cells)[last]
    assert numbers(cells, [*needed, last]) == numbers(cells, range(len(cells)))


def test_chapters_need_few_cells():
    """In the chapters a cell needs a handful of others, not all before it."""
    pytest.importorskip("myst_nb", reason="needs the extra 'book'")
    from page_cells import read_notebook

    for path in sorted((ROOT / "book").glob("ch*/*.md")):
        cells = [c.source for c in read_notebook(path).cells if c.cell_type == "code"]
        counts = [len(needed) for needed in needs(cells)]
        assert sum(counts) < 0.5 * sum(range(len(cells))), path
