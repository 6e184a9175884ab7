"""``dropout_backward``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dlcore.checks.plans import Call, Result
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Property, Task
from dlgrader.exercises.ps3_overfitting.draw import MASK, Array, Generator, alive, numbers, told

TASK = Task(
    name="dropout_backward",
    arguments=("dout", "mask"),
    plan=lambda dout, mask: (Call("dropout_backward", (dout, mask)),),
    results={"dx": Result(0)},
    describe=told("dout", "mask"),
)
BY_NAME = replace(
    TASK,
    plan=lambda dout, mask: (Call("dropout_backward", kwargs={"mask": mask, "dout": dout}),),
    describe=lambda *args: f"{told('dout', 'mask')(*args)}, both passed by name",
)


def _given(rng: Generator, drop_rate: float, *shape: int) -> tuple[Array, Array]:
    """Return gradients, some of them 0, and a mask."""
    dout = numbers(rng, *shape) * (rng.random(shape) >= 0.1)
    return dout, (rng.random(shape) >= drop_rate) / (1 - drop_rate)


def _reference(dout: Array, mask: Array) -> Array:
    return np.asarray(np.multiply(mask, dout))


def _narrow(arrays: tuple[Array, Array]) -> Any:
    return tuple(array.astype(np.float32) for array in arrays)


_DOUT = np.array([[1.0, -2.0, 3.0], [4.0, 0.5, -1.0]])

DROPOUT_BACKWARD = CodeExercise(
    name="dropout_backward",
    title="Dropout, backwards: `dropout_backward`",
    signature="dropout_backward(dout, mask)",
    minutes=10,
    section=MASK,
    functions=("dropout_backward",),
    reference={"dropout_backward": _reference},
    public=(
        public(TASK, _DOUT, np.array([[2.0, 2.0, 0.0], [0.0, 2.0, 2.0]])),
        public(TASK, _DOUT, np.array([[1.25, 0.0, 1.25], [1.25, 1.25, 1.25]])),
        public(TASK, _DOUT, np.ones((2, 3)), hint="A mask of ones: nothing was dropped."),
        public(TASK, np.array([3.0, -1.0, 2.0, 5.0]), np.array([0.0, 4.0, 0.0, 0.0])),
        public(BY_NAME, _DOUT, np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0]])),
    ),
    properties=(
        Property(
            "values",
            "what was dropped gets no gradient, the rest is scaled as in the forward pass",
            3.5,
            lambda rng: [
                values(TASK, *_given(rng, 0.5, 5, 6)),
                values(TASK, *_given(rng, 0.2, 3, 8)),
                values(TASK, *_given(rng, 0.9, 10, 7)),
            ],
        ),
        Property(
            "shapes",
            "any shape, memory order and float type, a batch of one, a mask of ones",
            1.0,
            lambda rng: [
                values(TASK, *_given(rng, 0.5, 12)),
                values(TASK, *_given(rng, 0.4, 2, 3, 4, 3)),
                values(TASK, *(array.T for array in _given(rng, 0.4, 4, 5))),
                values(TASK, *_narrow(_given(rng, 0.3, 4, 5))),
                values(TASK, *_given(rng, 0.5, 1, 9)),
                values(TASK, *_given(rng, 0.0, 4, 3)),
            ],
        ),
        Property(
            "keywords",
            "arguments by name",
            0.5,
            lambda rng: [values(BY_NAME, *_given(rng, 0.5, 4, 5))],
        ),
        Property(
            "untouched",
            "dout and mask stay as they were",
            1.0,
            lambda rng: [
                untouched(TASK, *_given(rng, 0.5, 5, 6)),
                untouched(TASK, *_given(rng, 0.2, 4, 7)),
                alive(TASK, *_given(rng, 0.5, 5, 6)),
            ],
        ),
    ),
    mistakes=(
        Mistake(
            "not-scaled",
            "what was kept is passed on unscaled: the factor 1 / (1 − p) is part of the mask",
            edits=(("dout * mask", "dout * (mask > 0)"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "scaled-back",
            "what was kept is divided by the scale; backward multiplies by the mask, like forward",
            edits=(("dout * mask", "np.where(mask > 0, dout / np.where(mask > 0, mask, 1), 0)"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "division-by-mask",
            "dout is divided by the mask, which holds zeros",
            edits=(("dout * mask", "dout / mask"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "mask-twice",
            "the mask is multiplied in twice, so that the scale is squared",
            edits=(("dout * mask", "dout * mask * mask"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "passed-on",
            "dout is passed on as it is; what was dropped did not take part in the output",
            edits=(("dout * mask", "1.0 * dout"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "mask-upside-down",
            "the gradient goes to the elements that were dropped instead of those that were kept",
            edits=(("dout * mask", "dout * (mask == 0) * mask.max()"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "one-minus-mask",
            "one minus the mask is used; the mask itself is the derivative",
            edits=(("dout * mask", "dout * (1 - mask)"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "mask-alone",
            "the mask is returned alone: by the chain rule it multiplies dout",
            edits=(("dout * mask", "1.0 * mask"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "scale-from-the-mask",
            "the scale is worked out from how many elements happened to be kept; it is in the mask",
            edits=(("dout * mask", "dout * (mask > 0) / np.mean(mask > 0)"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "mean-over-the-batch",
            "the result is divided by the batch size; that has been done in the loss",
            edits=(("dout * mask", "dout * mask / len(dout)"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "sum-over-the-batch",
            "the result is added up over the batch; dx has the shape of x",
            edits=(("dout * mask", "(dout * mask).sum(axis=0)"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "matrix-product",
            "a matrix product stands where elements should be multiplied one by one",
            edits=(("dout * mask", "dout @ mask.T"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "only-the-kept",
            "only the elements that were kept are returned, without the zeros in between",
            edits=(("dout * mask", "(dout * mask)[mask > 0]"),),
            loses=("values", "shapes"),
        ),
        Mistake(
            "written-into-dout",
            "dout itself is multiplied by the mask, with *=",
            edits=(("return dout * mask", "dout *= mask\n    return dout"),),
            loses=("untouched",),
        ),
        Mistake(
            "zeroed-in-dout",
            "zeros are written into dout itself, and what was kept is not scaled",
            edits=(("return dout * mask", "dout[mask == 0] = 0\n    return dout"),),
            loses=("values", "untouched"),
        ),
        Mistake(
            "written-into-mask",
            "the product is written into the mask itself",
            edits=(("return dout * mask", "mask *= dout\n    return mask"),),
            loses=("untouched",),
        ),
        Mistake(
            "other-parameter-names",
            "the parameters are not called dout and mask",
            edits=(("(dout, mask)", "(dy, m)"), ("return dout * mask", "return dy * m")),
            loses=("keywords",),
        ),
    ),
    alternatives=(
        Alternative(
            "number by number",
            source="""
                def dropout_backward(dout, mask):
                    dx = np.empty(dout.shape)
                    for place in np.ndindex(dout.shape):
                        dx[place] = dout[place] * mask[place] if mask[place] else 0
                    return dx
            """,
        ),
        Alternative(
            "a copy that is changed",
            source="""
                def dropout_backward(dout, mask):
                    dx = dout.copy()
                    dropped = mask == 0
                    dx[dropped] = 0
                    dx[~dropped] *= mask[~dropped]
                    return dx
            """,
        ),
        Alternative(
            "einsum",
            source="""
                def dropout_backward(dout, mask):
                    return np.einsum("...,...->...", dout, mask)
            """,
        ),
        Alternative(
            "the scale and the kept elements",
            source="""
                def dropout_backward(dout, mask):
                    scale = np.max(mask)
                    return np.where(mask > 0, scale * dout, 0.0)
            """,
        ),
    ),
)
