"""Assignment ps3_overfitting: odd right answers keep all points, wrong ones lose theirs."""

from __future__ import annotations

import numpy as np
import pytest

from dlgrader.exercises import load_assignment
from dlgrader.judge import judge
from dlgrader.local import LocalWorkplace

DECLARED = load_assignment("ps3_overfitting")

# Warnings of odd answers are part of the tests.
pytestmark = pytest.mark.filterwarnings("ignore")


def verdict_on(name, source):
    namespace = {"np": np, "__name__": "__main__"}
    exec(source, namespace)
    return judge(DECLARED.exercise(name), LocalWorkplace(namespace), DECLARED.seed)


RIGHT = {
    "l1_penalty, float32 inside, prints and warns": (
        "l1_penalty",
        """
import warnings
def l1_penalty(weights, lam, verbose=True):
    warnings.warn("slow")
    print(len(weights), "arrays")
    total = np.float64(0)
    for W in weights:
        total += np.abs(W).astype(np.float64).sum(dtype=np.float64)
    return np.float64(lam * total)
""",
    ),
    "l1_penalty, a lambda with fsum and an int for nothing": (
        "l1_penalty",
        """
from math import fsum
l1_penalty = lambda weights, lam: (
    lam * fsum(abs(float(w)) for W in weights for w in W.flat) if weights else 0
)
""",
    ),
    "l2_penalty, an object that can be called": (
        "l2_penalty",
        """
class Penalty:
    def __init__(self, power):
        self.power = power
    def __call__(self, weights, lam):
        total = sum((np.asarray(W) ** self.power).sum() for W in weights)
        return np.asarray(total * lam / self.power)
l2_penalty = Penalty(2)
""",
    ),
    "l1_gradient, float32 and a view": (
        "l1_gradient",
        """
def l1_gradient(W, lam):
    both = np.stack([np.sign(W) * lam, W]).astype(np.float32)
    return both[0]
""",
    ),
    "l1_gradient, heaviside and keyword-only helper": (
        "l1_gradient",
        """
def _step(*, at):
    return np.heaviside(at, 0.5)
def l1_gradient(W, lam):
    return lam * (2 * _step(at=W) - 1)
""",
    ),
    "weight_decay_gradient, nested lists": (
        "weight_decay_gradient",
        """
def weight_decay_gradient(W, weight_decay_lambda=0.0):
    return (np.array(W) * weight_decay_lambda).tolist()
""",
    ),
    "dropout_forward, integers of the generator, named tuple": (
        "dropout_forward",
        """
from collections import namedtuple
Dropped = namedtuple("Dropped", "out mask")
def dropout_forward(x, drop_rate, rng, train=True):
    if not train:
        return Dropped(x, np.ones(x.shape, dtype=bool))
    numbers = rng.integers(0, 2**53, x.size).reshape(x.shape)
    mask = np.where(numbers >= drop_rate * 2**53, 1 / (1 - drop_rate), 0)
    return Dropped(out=x * mask, mask=mask)
""",
    ),
    "dropout_forward, a child of the generator, float32, Fortran order": (
        "dropout_forward",
        """
def dropout_forward(x, drop_rate, rng, train=True):
    child = rng.spawn(1)[0]
    if train:
        keep = child.random(x.shape[::-1]).T > drop_rate
        mask = np.asfortranarray(keep / (1 - drop_rate), dtype=np.float32)
    else:
        mask = np.ones_like(x)
    return x * mask, mask
""",
    ),
    "dropout_forward, normal numbers through their distribution": (
        "dropout_forward",
        """
from math import erf
uniform = np.vectorize(lambda z: 0.5 * (1 + erf(z / 2**0.5)), otypes=[float])
def dropout_forward(x, drop_rate, rng, train=True):
    mask = np.ones(x.shape)
    if train and drop_rate > 0:
        mask[uniform(rng.standard_normal(x.shape)) < drop_rate] = 0
        mask /= 1 - drop_rate
    return np.where(mask == 0, 0.0, x * mask), mask
""",
    ),
    "dropout_forward, positions that are dropped, a binomial number of them": (
        "dropout_forward",
        """
def dropout_forward(x, drop_rate, rng, train=True):
    mask = np.ones(x.size)
    if train:
        count = rng.binomial(x.size, drop_rate)
        mask[rng.permutation(x.size)[:count]] = 0
        mask *= 1 / (1 - drop_rate)
    mask = mask.reshape(x.shape)
    return mask * x, mask
""",
    ),
    "dropout_backward, product by einsum of float32": (
        "dropout_backward",
        """
def dropout_backward(dout, mask):
    return np.einsum("...,...->...", np.float32(dout), np.float32(mask)).tolist()
""",
    ),
}


@pytest.mark.parametrize("label", RIGHT)
def test_odd_right_answers_get_all_points(label):
    name, source = RIGHT[label]
    verdict = verdict_on(name, source)
    assert verdict.points == verdict.max_points, str(verdict)


TRAIN = """
def dropout_forward(x, drop_rate, rng, train=True):
    if not train:
        return x, np.ones(x.shape)
    {drawn}
    mask = kept / (1 - drop_rate)
    return x * mask, mask
"""

WRONG = {
    # what: (exercise, source, keys of properties that must be lost)
    "largest weight": (
        "l1_penalty",
        "def l1_penalty(weights, lam):\n"
        "    return lam * max((np.abs(W).max() for W in weights), default=0)",
        {"one", "several"},
    ),
    "two arrays at most": (
        "l2_penalty",
        "def l2_penalty(weights, lam):\n"
        "    return 0.5 * lam * sum((W**2).sum() for W in weights[:2])",
        {"several"},
    ),
    "matrices only": (
        "l2_penalty",
        "def l2_penalty(weights, lam):\n"
        "    return 0.5 * lam * sum(np.trace(W.T @ W) for W in weights)",
        {"several"},
    ),
    "weights rounded": (
        "weight_decay_gradient",
        "def weight_decay_gradient(W, weight_decay_lambda):\n"
        "    return np.float16(weight_decay_lambda * W)",
        {"values"},
    ),
    "list emptied": (
        "l1_penalty",
        "def l1_penalty(weights, lam):\n"
        "    total = 0.0\n"
        "    while weights:\n"
        "        total += np.abs(weights.pop()).sum()\n"
        "    return lam * total",
        {"untouched"},
    ),
    "λ forgets its type": (
        "l1_gradient",
        "def l1_gradient(W, lam):\n    return (np.sign(W) * lam).astype(int)",
        {"signs", "strength"},
    ),
    "pairs of neighbours": (
        "dropout_forward",
        TRAIN.format(
            drawn="r = rng.random(x.size // 2 + 1).repeat(2)[1:x.size + 1]\n"
            "    kept = r.reshape(x.shape) >= drop_rate"
        ),
        {"independent"},
    ),
    "second half of the batch like the first": (
        "dropout_forward",
        TRAIN.format(
            drawn="half = rng.random(((len(x) + 1) // 2,) + x.shape[1:])\n"
            "    kept = np.concatenate([half, half])[:len(x)] >= drop_rate"
        ),
        {"independent"},
    ),
    "mask kept from call to call": (
        "dropout_forward",
        "memory = {}\n"
        + TRAIN.format(
            drawn="key = (x.shape, drop_rate)\n"
            "    if key not in memory:\n"
            "        memory[key] = rng.random(x.shape) >= drop_rate\n"
            "    kept = memory[key]"
        ),
        {"rng"},
    ),
    "generator set back": (
        "dropout_forward",
        TRAIN.format(
            drawn="state = rng.bit_generator.state\n"
            "    kept = rng.random(x.shape) >= drop_rate\n"
            "    rng.bit_generator.state = state"
        ),
        {"rng"},
    ),
    "global seed taken from rng": (
        "dropout_forward",
        TRAIN.format(drawn="kept = np.random.rand(*x.shape) >= drop_rate"),
        {"rng"},
    ),
    "positive elements are never dropped": (
        "dropout_forward",
        TRAIN.format(drawn="kept = (rng.random(x.shape) >= drop_rate) | (x > 1)"),
        {"independent"},
    ),
    "rate off by a twentieth": (
        "dropout_forward",
        TRAIN.format(drawn="kept = rng.random(x.shape) >= drop_rate + 0.05 * (drop_rate > 0)"),
        {"share"},
    ),
    "nothing dropped at all": (
        "dropout_forward",
        "def dropout_forward(x, drop_rate, rng, train=True):\n    return x, np.ones(x.shape)",
        {part.key for part in DECLARED.exercise("dropout_forward").properties},
    ),
    "all scaled, nothing dropped": (
        "dropout_forward",
        "def dropout_forward(x, drop_rate, rng, train=True):\n"
        "    mask = np.full(x.shape, 1 / (1 - drop_rate))\n    return x * mask, mask",
        {part.key for part in DECLARED.exercise("dropout_forward").properties} - {"values"},
    ),
    "dout handed back": (
        "dropout_backward",
        "def dropout_backward(dout, mask):\n    return dout",
        {"values", "shapes", "keywords", "untouched"},
    ),
}


@pytest.mark.parametrize("label", WRONG)
def test_wrong_answers_lose_their_points(label):
    name, source, keys = WRONG[label]
    verdict = verdict_on(name, source)
    lost = {part.key for part in verdict.properties if part.points < part.max_points}
    assert keys <= lost, str(verdict)


def test_a_mistake_costs_its_own_property_only():
    verdict = verdict_on(*WRONG["pairs of neighbours"][:2])
    assert verdict.points == verdict.max_points - 2, str(verdict)
    verdict = verdict_on(*WRONG["generator set back"][:2])
    assert verdict.points == verdict.max_points - 2, str(verdict)
