"""A notebook in the sandbox: run in order, judged where exercises stand, crashes survived."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.utils import determine_grade

from dlcore.checks.plans import Call, Result
from dlgrader.cases import values
from dlgrader.declarations import (
    Assignment,
    ChoiceExercise,
    CodeExercise,
    Mistake,
    Property,
    Section,
    Task,
)
from dlgrader.execution import run_and_judge
from dlgrader.model import Model
from dlgrader.sandbox import Bubblewrap, Limits

pytestmark = pytest.mark.skipif(bool(Bubblewrap().problem()), reason=Bubblewrap().problem())

SECTION = Section("1", "Doubling", "ch0/review")
TASK = Task("double", ("x",), lambda x: (Call("double", (x,)),), {"y": Result(0)})
HALF = replace(TASK, name="half", plan=lambda x: (Call("half", (x,)),))


def exercise(name: str, task: Task, right, *, bonus: bool = False) -> CodeExercise:
    return CodeExercise(
        name=name,
        title=name,
        signature=f"{name}(x)",
        minutes=1,
        section=SECTION,
        functions=(name,),
        reference={name: right},
        public=(),
        properties=(
            Property("small", "small numbers", 1.0, lambda rng: [values(task, rng.random(3))]),
            Property("large", "large ones", 2.0, lambda rng: [values(task, 1e6 * rng.random(3))]),
        ),
        mistakes=(
            Mistake(
                "squared", "the number is squared", edits=(("2 * x", "x**2"),), loses=("small",)
            ),
        ),
        alternatives=(),
        bonus=bonus,
    )


DECLARED = Assignment(
    "twice",
    "Twice",
    7,
    (
        exercise("double", TASK, lambda x: 2 * x),
        exercise("half", HALF, lambda x: x / 2, bonus=True),
        ChoiceExercise("colour", "Colour", 1, SECTION, "b", {"a": "no", "b": "yes"}, 1.0),
    ),
)
MODEL = Model(
    {"double": "def double(x):\n    return 2 * x", "half": "def half(x):\n    return x / 2"}
)
LIMITS = Limits(cell_seconds=1.5, grace_seconds=0.5, call_seconds=1.0, notebook_seconds=120.0)


def cell(source: str, name: str = ""):
    metadata = {"nbgrader": {"grade_id": name, "grade": True, "points": 3}} if name else {}
    return new_code_cell(source, metadata=metadata)


def graded(*cells, limits=LIMITS, declared=DECLARED):
    notebook = new_notebook(cells=list(cells))
    verdicts = run_and_judge(notebook, declared, Bubblewrap(), limits, MODEL)
    return {name: verdict.points for name, verdict in verdicts.items()}, notebook, verdicts


DOUBLE = cell("def double(x):\n    return 2 * x", "double")
DOUBLE_POINTS = cell("# points", "double-points")
HALF_POINTS = cell("# points", "half-points")


def test_cells_run_in_order_and_exercises_are_judged_where_they_stand():
    points, notebook, _ = graded(
        new_markdown_cell("text"),
        cell("import numpy as np\nfactor = 2"),
        cell("def double(x):\n    return factor * x", "double"),
        DOUBLE_POINTS,
        cell("factor = 3\nprint(double(np.ones(2)))\nfactor"),
        cell("colour = ' B'", "colour"),
        cell("# points", "colour-points"),
    )
    assert points == {"double": 3.0, "colour": 1.0}
    assert notebook.cells[4].outputs[0].text == "[3. 3.]\n"
    assert notebook.cells[4].outputs[1].data["text/plain"] == "3"
    assert notebook.cells[4].execution_count == 3


def test_a_cell_that_ends_the_process_costs_itself_alone():
    points, notebook, _ = graded(
        cell("start = 2"),
        cell("import os; os._exit(3)"),
        cell("def double(x):\n    return start * x", "double"),
        DOUBLE_POINTS,
        cell("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"),
        cell("colour = 'b'"),
        cell("", "colour-points"),
    )
    assert points == {"double": 3.0, "colour": 1.0}
    assert "exit code 3" in notebook.cells[1].outputs[0].evalue
    assert "segmentation fault" in notebook.cells[4].outputs[0].evalue


def test_a_function_that_ends_the_process_costs_its_property_alone():
    source = """
import os
def double(x):
    if x.max() > 1:
        os._exit(0)
    return 2 * x
"""
    points, _, verdicts = graded(
        cell(source, "double"), DOUBLE_POINTS, cell("def half(x):\n    return x / 2"), HALF_POINTS
    )
    assert points == {"double": 1.0, "half": 3.0}
    assert "The process ended (exit code 0) during the call." in str(verdicts["double"])


def test_endless_loops():
    points, notebook, verdicts = graded(
        cell("while True:\n    try:\n        pass\n    except KeyboardInterrupt:\n        pass"),
        cell("def double(x):\n    while True:\n        pass", "double"),
        DOUBLE_POINTS,
        cell("def half(x):\n    return x / 2"),
        HALF_POINTS,
    )
    assert points == {"double": 0.0, "half": 3.0}
    assert notebook.cells[0].outputs
    assert "double was stopped after 1 s" in str(verdicts["double"])


def test_a_notebook_that_takes_too_long_keeps_what_it_has():
    points, notebook, verdicts = graded(
        DOUBLE,
        DOUBLE_POINTS,
        cell("import time; time.sleep(1.2)"),
        cell("import time; time.sleep(1.2)"),
        cell("import time; time.sleep(1.2)"),
        cell("def half(x):\n    return x / 2"),
        HALF_POINTS,
        limits=replace(LIMITS, notebook_seconds=3.0),
    )
    assert points == {"double": 3.0, "half": 0.0}
    assert "longer than 3 s" in str(verdicts["half"])
    assert "longer than 3 s" in notebook.cells[5].outputs[0].evalue


def test_a_process_that_dies_again_and_again():
    deaths = [cell(f"import os; os._exit({number})") for number in range(12)]
    points, notebook, _ = graded(DOUBLE, DOUBLE_POINTS, *deaths, cell("1 + 1"))
    assert points == {"double": 3.0}
    assert "ended too often" in notebook.cells[-1].outputs[0].evalue


def test_checks_and_figures_are_left_out():
    _, notebook, _ = graded(
        cell("1 / 0", "double-check"), cell("1 / 0", "edges-figure"), cell("1 / 0", "other")
    )
    assert [len(each.outputs) for each in notebook.cells] == [0, 0, 1]


def test_an_assignment_of_the_instructors_own_is_run_with_its_tests():
    _, notebook, verdicts = graded(
        cell("x = 1"),
        cell("assert x == 2", "test-x"),
        cell("assert x == 1", "test-y"),
        declared=None,
    )
    assert verdicts == {}
    assert notebook.cells[1].outputs[0].ename == "AssertionError"
    assert determine_grade(notebook.cells[1]) == (0, 3)
    assert determine_grade(notebook.cells[2]) == (3, 3)


def test_what_the_learner_prints_is_no_grade():
    points, notebook, _ = graded(
        cell("def double(x):\n    print(3.0)\n    return x", "double"),
        DOUBLE_POINTS,
    )
    assert points == {"double": 0.0}
    assert determine_grade(notebook.cells[1]) == (0.0, 3)


def test_a_misconception_is_named_and_noted():
    points, notebook, verdicts = graded(
        cell("def double(x):\n    return x * x", "double"), DOUBLE_POINTS
    )
    assert points == {"double": 0.0}
    assert "Likely cause: the number is squared." in str(verdicts["double"])
    noted = notebook.cells[1].outputs[1].metadata["dlgrader"]
    assert noted["mistakes"] == ["squared"]
    assert noted["properties"] == {"small": [0.0, 1.0], "large": [0.0, 2.0]}


def test_bonus_points_are_no_points_of_the_cell():
    points, notebook, _ = graded(cell("def half(x):\n    return x / 2"), HALF_POINTS)
    assert points == {"half": 3.0}
    assert determine_grade(notebook.cells[1]) == (0.0, 3)
    assert notebook.cells[1].outputs[1].metadata["dlgrader"]["bonus"] is True


def test_dlcore_is_there_without_its_answers():
    source = "from dlcore.convolution import im2col\nim2col(np.ones((1, 1, 3, 3)), 2, 2)"
    _, notebook, _ = graded(
        cell("import numpy as np\nfrom dlcore import checks"),
        cell(source),
        declared=replace(DECLARED, name="ps4_convolution"),
    )
    assert notebook.cells[0].outputs == []
    assert "withheld" in notebook.cells[1].outputs[0].evalue
