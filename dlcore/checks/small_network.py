"""The network of ps5_modern_cnn: rebuilt from plain data, counted, trained, and what went wrong.

A network comes as what `dlcore.networks.layout.layout` made of it, so that it can be judged
elsewhere than where it was built. The same rules hold for the check cell and for the points.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from dlcore.checks.cases import DIAGNOSES, Case, Finding
from dlcore.checks.plans import Attempt, Seed
from dlcore.checks.small_network_causes import cause
from dlcore.datasets import load_digits
from dlcore.networks import Sequential
from dlcore.networks.layout import rebuild
from dlcore.optimizers import Adam
from dlcore.training import Trainer

INPUT_SHAPE = (1, 8, 8)
CLASSES = 10
BUDGET = 90_000
"""Multiply-adds for one image."""
FIRST_TARGET, TARGET = 0.90, 0.95
"""Accuracies on the test images."""
ROOM = 0.01
"""So much more is asked for in the check, which trains with other seeds than the judge."""
TRAININGS = 2
"""The accuracy that counts is the mean of so many trainings."""
ITERATIONS, BATCH, RATE = 400, 100, 0.01

# A network far beyond the budget is not trained: it would take too long.
_TOO_MUCH = 4 * BUDGET


_TARGETS = {"first target": FIRST_TARGET, "target": TARGET, "target and room": TARGET + ROOM}


@dataclass(frozen=True)
class Report:
    """What is known of a network.

    Attributes
    ----------
    misfit : str
        Why the network cannot be used for the digits; empty if it can.
    multiply_adds : int
        For one image.
    accuracies : tuple of float
        On the test images, one for each training; empty if there was none.
    diverged : str
        What stopped the training.
    """

    misfit: str = ""
    multiply_adds: int = 0
    accuracies: tuple[float, ...] = ()
    diverged: str = ""

    @property
    def accuracy(self) -> float:
        """Mean accuracy; 0 without a training."""
        return float(np.mean(self.accuracies)) if self.accuracies else 0.0

    def __str__(self) -> str:
        text = f"{self.multiply_adds:,} of {BUDGET:,} multiply-adds"
        if self.accuracies:
            each = " and ".join(f"{accuracy:.1%}" for accuracy in self.accuracies)
            text += f"; accuracy {self.accuracy:.1%} (mean of {each})"
        return text


def examine(layout: Mapping[str, Any], seed: int, *, train: bool = True) -> Report:
    """Rebuild a network, count, and train it.

    >>> from dlcore import Affine, Flatten, Sequential
    >>> from dlcore.networks.layout import layout
    >>> linear = Sequential([Flatten(), Affine(64, 10, rng=np.random.default_rng(0))])
    >>> examine(layout(linear), 0, train=False)
    Report(misfit='', multiply_adds=640, accuracies=(), diverged='')
    """
    return _examine(json.dumps(layout), seed, train)


@lru_cache(maxsize=64)
def _examine(layout: str, seed: int, train: bool) -> Report:
    data = json.loads(layout)
    try:
        network = rebuild(data, np.random.default_rng(seed))
    except (ValueError, TypeError, KeyError) as error:
        return Report(misfit=_plainly(error))
    misfit, multiply_adds = _measure(network)
    report = Report(misfit, multiply_adds)
    if misfit or not train or multiply_adds > _TOO_MUCH:
        return report
    try:
        accuracies = tuple(_trained(data, seed + number) for number in range(TRAININGS))
    except FloatingPointError as error:
        return Report(misfit, multiply_adds, diverged=str(error))
    return Report(misfit, multiply_adds, accuracies)


def _plainly(error: Exception) -> str:
    return str(error).removeprefix("rebuild: ")


def _measure(network: Sequential) -> tuple[str, int]:
    """Return what does not fit, layer by layer, and the multiply-adds."""
    shape: tuple[int, ...] = INPUT_SHAPE
    count = 0
    for name, layer in network.layers.items():
        try:
            count += layer.multiply_adds(shape)
            shape = layer.output_shape(shape)
        except ValueError as error:
            return (
                f"layer {name} does not fit what comes in, of shape (N, {_inner(shape)}): {error}",
                0,
            )
    if shape != (CLASSES,):
        return f"for N images {(*('N',), *shape)} comes out, expected (N, {CLASSES})", count
    return "", count


def _inner(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))


def _trained(data: Mapping[str, Any], seed: int) -> float:
    rng = np.random.default_rng(seed)
    network = rebuild(data, rng)
    train(network, rng)
    _, _, x_test, t_test = load_digits()
    return network.accuracy(x_test, t_test)


def train(network: Any, rng: np.random.Generator, iterations: int = ITERATIONS) -> Trainer:
    """Train a network on the digits as the exercise says; return the trainer with its history.

    Adam on batches of 100. The rate falls from 0.01 evenly to 0. The images are the training images
    and their copies shifted by one pixel in each of the eight directions.

    Parameters
    ----------
    network : Sequential
    rng : numpy.random.Generator
        Draws the batches.
    iterations : int

    Examples
    --------
    >>> from dlcore import Affine, Flatten, Sequential
    >>> rng = np.random.default_rng(0)
    >>> linear = Sequential([Flatten(), Affine(64, 10, rng=rng)])
    >>> losses = train(linear, rng, iterations=20).history.loss
    >>> losses[-1] < losses[0]
    True
    """

    def lower(trainer: Trainer) -> None:
        trainer.optimizer.lr = RATE * (1 - trainer.history.iterations / iterations)  # type: ignore[attr-defined]

    trainer = Trainer(network, Adam(lr=RATE), rng=rng, batch_size=BATCH, callbacks=[lower])
    trainer.fit(*_shifted_digits(), iterations=iterations, progress=False)
    return trainer


@lru_cache(maxsize=1)
def _shifted_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the training images, each nine times, and their labels."""
    x, t, _, _ = load_digits()
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = x.shape[2:]
    places = [(i, j) for i in range(3) for j in range(3)]
    shifted = [padded[:, :, i : i + height, j : j + width] for i, j in places]
    return np.concatenate(shifted), np.tile(t, len(places))


def diagnose(case: Case, tried: Attempt) -> list[Finding]:
    """Return what is wrong with the networks of an attempt.

    The aspect of the case says what has to be right: "fits", "budget", "first target", "target",
    "target and room", or "draws" (the networks called "again" and "other" have the same and other
    weights).
    """
    if tried.problem or tried.unusable:
        text = _problem(tried)
        return [Finding(text, "problem", cause("problem", text, {}))]
    network = tried.plain["network"]
    wanted = [aspect for aspect in _TARGETS if aspect in case.aspects]
    given = case.calls[0].args[0]
    seed = given.seed if isinstance(given, Seed) else 0
    report = examine(network, seed, train=bool(wanted))
    if report.misfit:
        return [Finding(report.misfit, "fits", cause("fits", report.misfit, network))]
    if "draws" in case.aspects:
        return _draws(tried)
    if "budget" in case.aspects and report.multiply_adds > BUDGET:
        text = (
            f"{report.multiply_adds:,} multiply-adds for one image, at most {BUDGET:,} are allowed"
        )
        return [Finding(text, "budget", cause("budget", text, network))]
    for aspect in wanted:
        text = _short(report, _TARGETS[aspect])
        if text:
            return [Finding(text, aspect, cause("target", text, network))]
    return []


def _problem(tried: Attempt) -> str:
    """Say what came of the calls; of a call of the library's own, what it found fault with."""
    if tried.failed.startswith("dlcore."):
        first = tried.problem.splitlines()[0]
        return f"build_network did not return a network: {first.rpartition('layout: ')[2]}"
    return tried.problem or "; ".join(f"{name} is {it}" for name, it in tried.unusable.items())


def _short(report: Report, target: float) -> str:
    if report.diverged:
        return f"the training broke off: {report.diverged}"
    if not report.accuracies:
        return (
            f"not trained, because {report.multiply_adds:,} multiply-adds are more than four times "
            f"the {BUDGET:,} that are allowed"
        )
    if report.accuracy >= target:
        return ""
    return f"{report}; expected at least {target:.0%}"


def _draws(tried: Attempt) -> list[Finding]:
    first, again, other = (_starts(tried.plain[name]) for name in ("network", "again", "other"))
    if first == other:
        text = "two Generators with different seeds give networks with the same initial weights"
    elif first != again:
        text = "two Generators with the same seed give networks with different initial weights"
    else:
        return []
    return [Finding(text, "draws", cause("draws", text, tried.plain["network"]))]


def _starts(network: Mapping[str, Any]) -> list[Any]:
    return [layer["start"] for layer in network["layers"]]


DIAGNOSES["network"] = diagnose
