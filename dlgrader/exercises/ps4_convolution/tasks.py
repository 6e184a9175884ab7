"""What is called and compared in ps4_convolution: arguments, plans and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcore import convolution
from dlcore.checks.plans import Attempt, Call, Result
from dlgrader.declarations import Task
from dlgrader.exercises.ps4_convolution.draw import Array, Generator

KEEP = (
    "Keep all that the backward pass needs in the cache (no global variables), and do not change "
    "the cache in the backward pass."
)

# A right answer in float32 may be this far from one in float64, after sums of some dozens.
_SUMS = 1e-5


def _single(name: str) -> Any:
    return lambda *args: (Call(name, args),)


def _images(*names: str) -> Any:
    """Return a description for calls in which stride and pad are left out."""

    def described(*args: Any) -> str:
        parts = [
            f"{name} of shape {value.shape}" if hasattr(value, "shape") else f"{name} = {value}"
            for name, value in zip(names, args, strict=True)
        ]
        return ", ".join(parts) + "; stride and pad are left out"

    return described


# -- columns ---------------------------------------------------------------------------------------

IM2COL = Task(
    name="im2col",
    arguments=("x", "filter_h", "filter_w", "stride", "pad"),
    plan=_single("im2col"),
    results={"col": Result(0)},
)
IM2COL_LEFT_OUT = Task(
    name="im2col",
    arguments=("x", "filter_h", "filter_w"),
    plan=_single("im2col"),
    results={"col": Result(0)},
    describe=_images("x", "filter_h", "filter_w"),
)
COL2IM = Task(
    name="col2im",
    arguments=("col", "input_shape", "filter_h", "filter_w", "stride", "pad"),
    plan=_single("col2im"),
    results={"x": Result(0)},
)
COL2IM_LEFT_OUT = Task(
    name="col2im",
    arguments=("col", "input_shape", "filter_h", "filter_w"),
    plan=_single("col2im"),
    results={"x": Result(0)},
    describe=_images("col", "input_shape", "filter_h", "filter_w"),
)

# -- convolution -----------------------------------------------------------------------------------

FORWARD = Task(
    name="conv_forward",
    arguments=("x", "W", "b", "stride", "pad"),
    plan=_single("conv_forward"),
    results={"out": Result(0, 0)},
    rtol=_SUMS,
)
FORWARD_LEFT_OUT = Task(
    name="conv_forward",
    arguments=("x", "W", "b"),
    plan=_single("conv_forward"),
    results={"out": Result(0, 0)},
    rtol=_SUMS,
    describe=_images("x", "W", "b"),
)


def _backward(x: Array, W: Array, b: Array, stride: int, pad: int, dout: Array) -> tuple[Call, ...]:
    forward = Call("conv_forward", (x, W, b, stride, pad))
    return forward, Call("conv_backward", (dout, Result(0, 1)))


BACKWARD = Task(
    name="conv_backward",
    arguments=("x", "W", "b", "stride", "pad", "dout"),
    plan=_backward,
    results={"dx": Result(1, 0), "dW": Result(1, 1), "db": Result(1, 2)},
    rtol=_SUMS,
)

# -- pooling ---------------------------------------------------------------------------------------

POOL = Task(
    name="max_pool_forward",
    arguments=("x", "pool", "stride"),
    plan=_single("max_pool_forward"),
    results={"out": Result(0, 0)},
)


def _pool_backward(x: Array, pool: int, stride: int, dout: Array) -> tuple[Call, ...]:
    forward = Call("max_pool_forward", (x, pool, stride))
    return forward, Call("max_pool_backward", (dout, Result(0, 1)))


POOL_BACKWARD = Task(
    name="max_pool_backward",
    arguments=("x", "pool", "stride", "dout"),
    plan=_pool_backward,
    results={"dx": Result(1)},
)
TIES = Task(
    name="max_pool_backward",
    arguments=("x", "pool", "stride", "dout"),
    plan=_pool_backward,
    results={"dx": Result(1)},
    view="sums",
    describe=lambda x, pool, stride, dout: (
        f"x of shape {x.shape}, pool = {pool}, stride = {stride}, dout of shape {dout.shape}, "
        "with several equal maxima in a window"
    ),
)

# -- a backward pass, repeated ---------------------------------------------------------------------


def repeated(task: Task) -> Task:
    """Return the task of a backward pass that must not depend on what was called in between.

    Its arguments are those of the task, twice: after a forward and a backward pass with the first,
    a forward pass with the second is made; then the first backward pass is repeated.
    """
    count = len(task.arguments)

    def plan(*args: Any) -> tuple[Call, ...]:
        forward, backward = task.plan(*args[:count])
        return forward, backward, task.plan(*args[count:])[0], backward

    results: Mapping[str, Any] = task.results_of(())
    again = {f"{name} again": Result(3, result.item) for name, result in results.items()}
    forward_name = task.name.replace("backward", "forward")
    return Task(
        name=task.name,
        arguments=task.arguments + task.arguments,
        plan=plan,
        results={**results, **again},
        view="steady",
        rtol=task.rtol,
        describe=lambda *args: (
            f"{task.about(args[:count])}; then {forward_name} with other arrays, "
            f"and {task.name} with the first cache again"
        ),
    )


BACKWARD_AGAIN = repeated(BACKWARD)
POOL_BACKWARD_AGAIN = repeated(POOL_BACKWARD)

# -- verdicts --------------------------------------------------------------------------------------


def left_alone(tried: Attempt) -> str:
    """Return what was changed of the arguments, whether or not the result is right."""
    if not tried.changed:
        return ""
    function, position = tried.changed[0]
    return (
        f"argument {position} of {function}, counted from 0, holds other values after the call "
        "than before; work on a copy"
    )


# -- drawing arguments -----------------------------------------------------------------------------


def convolved(
    rng: Generator, x: tuple[int, ...], w: tuple[int, ...], stride: int = 1, pad: int = 0
) -> tuple[Any, ...]:
    """Return random arguments of conv_forward."""
    return rng.standard_normal(x), rng.standard_normal(w), rng.standard_normal(w[0]), stride, pad


def differentiated(
    rng: Generator, x: tuple[int, ...], w: tuple[int, ...], stride: int = 1, pad: int = 0
) -> tuple[Any, ...]:
    """Return random arguments of conv_forward and conv_backward."""
    args = convolved(rng, x, w, stride, pad)
    out = convolution.conv_forward(*args)[0]
    return (*args, rng.standard_normal(out.shape))


def pooled(rng: Generator, x: Array, pool: int, stride: int) -> tuple[Any, ...]:
    """Return arguments of max_pool_forward and max_pool_backward, with random gradients."""
    out = convolution.max_pool_forward(x, pool, stride)[0]
    return x, pool, stride, 1 + rng.random(out.shape)
