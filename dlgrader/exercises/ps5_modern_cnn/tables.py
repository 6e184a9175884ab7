"""``lenet5_shapes`` and ``alexnet_parameters``: tables to be worked out.

The tables are the answer, so no message tells what is expected. Hidden cases call twice, because
there are no arguments that could be others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore.checks.plans import Call, Result
from dlcore.networks import AlexNet, LeNet5
from dlgrader.declarations import CodeExercise, Property, Section, Task, Trial
from dlgrader.exercises.ps5_modern_cnn import tables_answers as answers

Shape = tuple[int, ...]

_LAYERS = ("C1", "S2", "C3", "S4", "C5", "F6", "OUTPUT")
_PLACES = tuple(f"place of {name}" for name in _LAYERS)


def _lenet5_shapes() -> list[tuple[str, Shape]]:
    """Return what the library's network says of the seven layers."""
    network = LeNet5(rng=np.random.default_rng(0))
    shapes = {row.name: row.output_shape for row in network.summary((1, 32, 32)).rows}
    return [(name, shapes[name]) for name in _LAYERS]


def _table(name: str, result: str, calls: int) -> Task:
    return Task(
        name=name,
        arguments=(),
        plan=lambda: (Call(name),) * calls,
        results={result: Result(calls - 1, plain=True)},
        view="rows",
        describe=lambda: f"{name}()" + (", called twice" if calls > 1 else ""),
    )


def _right(task: Task, *names: str) -> Trial:
    return Trial(task, (), ("undisclosed",), names)


def _property(key: str, title: str, points: float, task: Task, *names: str) -> Property:
    def trials(_rng: Any) -> list[Trial]:
        return [_right(task, *names)]

    return Property(key, title, points, trials)


LENET, LENET_AGAIN = (_table("lenet5_shapes", "shapes", calls) for calls in (1, 2))
ALEXNET, ALEXNET_AGAIN = (_table("alexnet_parameters", "counts", calls) for calls in (1, 2))

LENET5_SHAPES = CodeExercise(
    name="lenet5_shapes",
    title="LeNet-5, layer by layer: `lenet5_shapes`",
    signature="lenet5_shapes()",
    minutes=20,
    section=Section("4.2", "LeNet-5", "ch4/networks"),
    functions=("lenet5_shapes",),
    reference={"lenet5_shapes": _lenet5_shapes},
    public=(_right(LENET, "number of rows", *_PLACES), _right(LENET, *_LAYERS)),
    properties=(
        _property("convolutions", "the convolutions C1 and C3", 2.5, LENET_AGAIN, "C1", "C3"),
        _property("poolings", "the poolings S2 and S4", 2.5, LENET_AGAIN, "S2", "S4"),
        _property("connected", "C5, F6 and OUTPUT", 2, LENET_AGAIN, "C5", "F6", "OUTPUT"),
        _property(
            "rows",
            "a list of these seven layers in this order",
            1,
            LENET_AGAIN,
            *("OUTPUT", "number of rows", *_PLACES),
        ),
    ),
    mistakes=answers.LENET_MISTAKES,
    alternatives=answers.LENET_ALTERNATIVES,
)

_COUNTS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")

ALEXNET_PARAMETERS = CodeExercise(
    name="alexnet_parameters",
    title="Where AlexNet keeps its parameters: `alexnet_parameters`",
    signature="alexnet_parameters()",
    minutes=20,
    section=Section("5", "Where the parameters are, and where the work is", "ch5/alexnet"),
    functions=("alexnet_parameters",),
    reference={"alexnet_parameters": lambda: AlexNet().parameters()},
    public=(_right(ALEXNET, "number of rows"), _right(ALEXNET, *_COUNTS)),
    properties=(
        _property("first", "conv1, on the image", 1.5, ALEXNET_AGAIN, "conv1"),
        _property("convolutions", "conv2 to conv5", 2.5, ALEXNET_AGAIN, *_COUNTS[1:5]),
        _property("flattened", "fc6, behind the last maps", 1.5, ALEXNET_AGAIN, "fc6"),
        _property("connected", "fc7 and fc8", 1.5, ALEXNET_AGAIN, "fc7", "fc8"),
        _property("keys", "these eight keys alone", 1, ALEXNET_AGAIN, "fc8", "number of rows"),
    ),
    mistakes=answers.ALEXNET_MISTAKES,
    alternatives=answers.ALEXNET_ALTERNATIVES,
)
