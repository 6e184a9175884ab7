"""What is particular to ps1: its numbers proved, statistics that hardly ever err, odd answers."""

from __future__ import annotations

import math
import textwrap
import time

import numpy as np
import pytest

from dlcore.checks import ps1
from dlcore.checks.plans import Attempt
from dlcore.checks.reporting import CheckFailed
from dlcore.checks.views import weights
from dlgrader.declarations import Mistake
from dlgrader.exercises import load_assignment
from dlgrader.exercises.ps1_vanishing_gradients.draws import (
    NEIGHBOURS,
    TOLERANCE,
    statistics_task,
)
from dlgrader.judge import Verdict, judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import load_model

NAME = "ps1_vanishing_gradients"
PS1 = load_assignment(NAME)
MODEL = load_model(NAME)

# Warnings of wrong answers are part of the tests.
pytestmark = pytest.mark.filterwarnings("ignore")


def solution(name: str):
    return MODEL.functions(PS1.exercise(name))[name]


def verdict_on(name: str, source: str) -> Verdict:
    """Judge a cell in place of the model solution's."""
    exercise = PS1.exercise(name)
    functions = MODEL.functions(exercise, Mistake("test", "", source=source))
    return judge(exercise, LocalWorkplace(functions), PS1.seed, MODEL)


def lost_by(name: str, source: str) -> set[str]:
    return {
        part.key for part in verdict_on(name, source).properties if part.points < part.max_points
    }


# -- the model solution against other sources ------------------------------------------------------


def test_points():
    assert PS1.max_points == 60
    assert sum(exercise.minutes for exercise in PS1.exercises) == 175


@pytest.mark.parametrize("x", [-10_000, -700.5, -3.0, -0.5, 0, 0.25, 2, 36.5, 10_000])
def test_sigmoid_and_its_slope_in_fifty_digits(x):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(50):
        right = 1 / (1 + mpmath.exp(-mpmath.mpf(x)))
        slope = mpmath.exp(-mpmath.mpf(x)) * right**2
    assert solution("sigmoid")(x) == pytest.approx(float(right), abs=1e-15)
    assert solution("sigmoid_grad")(x) == pytest.approx(float(slope), abs=1e-15)


@pytest.mark.parametrize("name", ["sigmoid", "relu"])
def test_slopes_are_difference_quotients(name):
    x = np.array([-3.0, -0.4, 0.3, 2.5])
    f, slope = solution(name), solution(f"{name}_grad")
    assert slope(x) == pytest.approx((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, abs=1e-8)


def test_numbers_in_the_statements():
    assert solution("chain_rule")(3, 4) == 14
    assert solution("sigmoid")(2) == pytest.approx(0.8808, abs=5e-5)
    assert solution("sigmoid_grad")(2) == pytest.approx(0.1050, abs=5e-5)
    x, gamma, beta = np.array([[1.0], [7.0], [7.0], [9.0]]), np.array([1.5]), np.array([2.0])
    mean, var = np.zeros(1), np.ones(1)
    forward, backward = solution("batch_norm_forward"), solution("batch_norm_backward")
    out, cache = forward(x, gamma, beta, mean, var, eps=1e-12)
    assert out.ravel() == pytest.approx([-0.5, 2.5, 2.5, 3.5])
    assert (mean[0], var[0]) == pytest.approx((0.6, 1.8))
    dx, dgamma, dbeta = backward(np.array([[1.0], [0.0], [0.0], [0.0]]), cache)
    assert dx.ravel() == pytest.approx(np.array([1, -2, -2, 3]) / 36)
    assert (dgamma[0], dbeta[0]) == pytest.approx((-5 / 3, 1))


def test_the_largest_slope_is_a_quarter_at_zero():
    x = np.linspace(-20, 20, 400_001)
    slopes = solution("sigmoid_grad")(x)
    assert slopes.max() == 0.25
    assert x[slopes == 0.25] == pytest.approx([0.0])
    choice = PS1.exercise("sigmoid_slope")
    assert (choice.right, choice.letters) == ("c", "abcd")
    # What the other letters name.
    assert solution("sigmoid")(0) == 0.5
    assert slopes[-1] < 1e-8


def test_batch_normalisation_as_in_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    x, dout = rng.normal(2, 3, (7, 4)), rng.standard_normal((7, 4))
    gamma, beta = rng.standard_normal(4), rng.standard_normal(4)
    mean, var = rng.standard_normal(4), rng.uniform(1, 2, 4)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    running = torch.tensor(mean), torch.tensor(var)
    right = torch.nn.functional.batch_norm(
        tensors[0], *running, tensors[1], tensors[2], training=True, momentum=0.3, eps=0.1
    )
    right.backward(torch.tensor(dout))
    old_var = var.copy()
    functions = MODEL.functions(PS1.exercise("batch_norm_backward"))
    out, cache = functions["batch_norm_forward"](x, gamma, beta, mean, var, momentum=0.7, eps=0.1)
    assert out == pytest.approx(right.detach().numpy())
    assert mean == pytest.approx(running[0].numpy())
    # torch keeps the unbiased variance, 7/6 of ours.
    assert var == pytest.approx(0.7 * old_var + (running[1].numpy() - 0.7 * old_var) * 6 / 7)
    for got, tensor in zip(functions["batch_norm_backward"](dout, cache), tensors, strict=True):
        assert got == pytest.approx(tensor.grad.numpy())


# -- random weights --------------------------------------------------------------------------------


def statistical_trials():
    """All cases of the assignment, hidden and public, in which statistics are compared."""
    for name in ("xavier_normal", "he_normal"):
        exercise = PS1.exercise(name)
        hidden = [
            trial for part in exercise.properties for trial in part.trials(np.random.default_rng(0))
        ]
        for trial in (*hidden, *exercise.public):
            if trial.task.view == "weights":
                yield trial


def chance_of_a_correlation(fan_in: int, fan_out: int) -> float:
    """Bound for the chance that neighbours of independent numbers seem correlated.

    The sum z₁z₂ + z₂z₃ + … + zₙ₋₁zₙ is a quadratic form with the eigenvalues cos(kπ / (n + 1)), so
    that Chernoff's bound can be computed exactly; rows are independent of each other, and so are
    columns.
    """
    chance = 0.0
    for chains, n in ((fan_in, fan_out), (fan_out, fan_in)):
        eigenvalues = np.cos(np.arange(1, n + 1) * np.pi / (n + 1))
        # 1% is left for the sample's own mean and deviation, by which the numbers are scaled.
        limit = 0.99 * TOLERANCE * chains * (n - 1)
        chance += 2 * min(
            math.exp(-t * limit - chains * np.sum(np.log1p(-2 * t * eigenvalues)) / 2)
            for t in np.linspace(0.001, 0.1, 300)
        )
    return chance


def test_a_right_initialiser_hardly_ever_loses_by_chance():
    """The chance, in all cases together, that a normally distributed answer is called wrong.

    Apart from the correlation, all statistics are (roots of) means of 40,000 terms, so they are
    normally distributed; their standard errors are measured over 200 draws.
    """
    rng = np.random.default_rng(7)
    draws = [
        weights(Attempt(arrays={"W": rng.standard_normal((160, 250)) / math.sqrt(160)}))
        for _ in range(200)
    ]
    expected = statistics_task("xavier_normal", 1).expected(160, 250, 0)
    assert set(expected) == set(draws[0])
    chance_of = {}
    for feature, right in expected.items():
        seen = np.array([float(draw[feature]) for draw in draws])
        error = math.sqrt(np.mean((seen - right) ** 2))
        assert np.max(np.abs(seen - right)) < 4.5 * error + 1e-12, feature
        room = TOLERANCE * max(1.0, abs(right))
        chance_of[feature] = math.erfc(room / error / math.sqrt(2)) if error else 0.0
    chance = 0.0
    trials = list(statistical_trials())
    for trial in trials:
        fan_in, fan_out, _ = trial.args
        assert fan_in * fan_out >= 40_000
        for feature in trial.names or expected:
            chance += (
                chance_of_a_correlation(fan_in, fan_out)
                if feature == NEIGHBOURS
                else chance_of[feature]
            )
    assert len(trials) == 14
    assert chance < 1e-6, chance


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["xavier_normal", "he_normal"])
def test_right_initialisers_pass_with_other_seeds(name, seed):
    exercise = PS1.exercise(name)
    verdict = judge(exercise, LocalWorkplace(MODEL.functions(exercise)), seed)
    assert verdict.points == verdict.max_points, str(verdict)


def test_the_check_leaves_the_global_random_state_alone():
    before = np.random.get_state()[1:3]  # noqa: NPY002 (the old global state is what is meant)
    ps1.xavier_normal(solution("xavier_normal"))
    after = np.random.get_state()[1:3]  # noqa: NPY002
    assert np.array_equal(before[0], after[0])
    assert before[1] == after[1]


WRONG_WEIGHTS = {
    "truncated normal, variance mended": (
        """
        def {name}(fan_in, fan_out, rng):
            z = rng.standard_normal((fan_in, fan_out))
            while np.any(np.abs(z) > 2):
                far = np.abs(z) > 2
                z[far] = rng.standard_normal(far.sum())
            return z / 0.87962566 * np.sqrt({gain} / fan_in)
        """,
        {"normal"},
    ),
    "two values": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    return rng.choice([-1.0, 1.0], (fan_in, fan_out)) * np.sqrt({gain} / fan_in)",
        {"normal", "shape"},
    ),
    "shifted": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    return rng.normal(0.1, 1, (fan_in, fan_out)) * np.sqrt({gain} / fan_in)",
        {"normal"},
    ),
    "one column repeated": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    return np.repeat(rng.normal(0, np.sqrt({gain} / fan_in), (fan_in, 1)), fan_out, 1)",
        {"shape"},
    ),
    "five percent too large": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    return 1.05 * rng.normal(0, np.sqrt({gain} / fan_in), (fan_in, fan_out))",
        {"variance"},
    ),
    "seed from the generator's type": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    own = np.random.default_rng(fan_in * fan_out)\n"
        "    return own.normal(0, np.sqrt({gain} / fan_in), (fan_in, fan_out))",
        {"rng", "global"},
    ),
    "remembers the first weights": (
        "drawn = {{}}\n"
        "def {name}(fan_in, fan_out, rng):\n"
        "    if (fan_in, fan_out) not in drawn:\n"
        "        z = rng.standard_normal((fan_in, fan_out))\n"
        "        drawn[fan_in, fan_out] = z * np.sqrt({gain} / fan_in)\n"
        "    return drawn[fan_in, fan_out]",
        {"rng"},
    ),
    "zeros": ("def {name}(fan_in, fan_out, rng):\n    return np.zeros((fan_in, fan_out))", None),
    "flat": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    return rng.normal(0, np.sqrt({gain} / fan_in), fan_in * fan_out)",
        {"shape"},
    ),
}


@pytest.mark.parametrize("case", WRONG_WEIGHTS)
@pytest.mark.parametrize(("name", "gain"), [("xavier_normal", 1), ("he_normal", 2)])
def test_wrong_weights_lose(name, gain, case):
    source, loses = WRONG_WEIGHTS[case]
    source = textwrap.dedent(source).format(name=name, gain=gain)
    verdict = verdict_on(name, source)
    lost = {part.key for part in verdict.properties if not part.points and part.max_points}
    if loses is None:
        assert verdict.points == 0
    else:
        assert loses <= lost


RIGHT_WEIGHTS = {
    "a generator made of the bits of rng": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    same = np.random.Generator(rng.bit_generator)\n"
        "    return same.normal(size=(fan_in, fan_out), scale=(({gain}) / fan_in) ** 0.5)"
    ),
    "a spawned generator": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    child = rng.spawn(1)[0]\n"
        "    return child.normal(size=(fan_in, fan_out)) * np.sqrt({gain} / fan_in)"
    ),
    "a view of a larger array": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    drawn = rng.normal(0, np.sqrt({gain} / fan_in), (fan_out, fan_in, 2))\n"
        "    return drawn[:, :, 0].T"
    ),
    "a seed drawn from rng for a generator of its own": (
        "def {name}(fan_in, fan_out, rng):\n"
        "    own = np.random.default_rng(int(rng.integers(2**62)))\n"
        "    print('drawing')\n"
        "    return own.standard_normal((fan_in, fan_out)) * np.sqrt({gain} / fan_in)"
    ),
}


@pytest.mark.parametrize("case", RIGHT_WEIGHTS)
@pytest.mark.parametrize(("name", "gain"), [("xavier_normal", 1), ("he_normal", 2)])
def test_unusual_right_weights_get_full_points(name, gain, case):
    verdict = verdict_on(name, RIGHT_WEIGHTS[case].format(name=name, gain=gain))
    assert verdict.points == verdict.max_points, str(verdict)


# -- the contract's fine print ---------------------------------------------------------------------

RIGHT = {
    "chain_rule, Python floats": (
        "chain_rule",
        "def chain_rule(x, y):\n"
        "    return np.vectorize(lambda a, b: 2.0 * (float(a) + float(b)))(x, y)",
    ),
    "sigmoid, vectorised by NumPy": (
        "sigmoid",
        "import math, warnings\n"
        "def one(v):\n"
        "    warnings.warn('slow')\n"
        "    return 0.0 if v < -700 else 1 / (1 + math.exp(-v))\n"
        "sigmoid = np.vectorize(one, otypes=[float])",
    ),
    "sigmoid, an object that is called": (
        "sigmoid",
        "class Sigmoid:\n"
        "    def __call__(self, x):\n"
        "        return 1 / (1 + np.exp(-np.asarray(x, dtype=np.longdouble)))\n"
        "sigmoid = Sigmoid()",
    ),
    "sigmoid_grad without sigmoid": (
        "sigmoid_grad",
        "def sigmoid_grad(x):\n"
        "    x = np.clip(np.asarray(x, dtype=float), -300, 300)\n"
        "    return 1 / (np.exp(x) + 2 + np.exp(-x))",
    ),
    "relu with a negative zero": (
        "relu",
        "def relu(x):\n    return (np.asarray(x) > 0) * np.asarray(x, dtype=float)",
    ),
    "relu that may return x itself": (
        "relu",
        "def relu(x):\n    return x if np.min(x) >= 0 else np.where(np.asarray(x) > 0, x, 0)",
    ),
    "relu_grad by comparing": (
        "relu_grad",
        "def relu_grad(x):\n    return np.asarray(np.maximum(x, 0) != 0).astype(np.int8)",
    ),
    "forward, running arrays filled by out=": (
        "batch_norm_forward",
        """
        def batch_norm_forward(x, gamma, beta, running_mean, running_var, *,
                               momentum=0.9, eps=1e-5, train=True):
            m, v = (np.average(x, 0), np.var(x, 0)) if train else (running_mean, running_var)
            out = beta + gamma * np.divide(x - m, np.sqrt(v + eps))
            if train:
                for held, new in ((running_mean, m), (running_var, v)):
                    np.multiply(held, momentum, out=held)
                    held += new * (1 - momentum)
            return out, {"whatever": None}
        """,
    ),
    "forward, a batch of one treated separately, int momentum": (
        "batch_norm_forward",
        """
        def batch_norm_forward(x, gamma, beta, running_mean, running_var, *,
                               momentum=0.9, eps=1e-5, train=True):
            if not train:
                return (x - running_mean) * (gamma / np.sqrt(running_var + eps)) + beta, None
            N, D = x.shape
            mean = np.array([np.mean(x[:, j]) for j in range(D)])
            var = np.zeros(D) if N == 1 else np.var(x, axis=0, ddof=1) * (N - 1) / N
            for j in range(D):
                running_mean[j] += (1 - momentum) * (mean[j] - running_mean[j])
                running_var[j] += (1 - momentum) * (var[j] - running_var[j])
            if N == 1:
                return beta[None, :].copy(), None
            return (x - mean) / np.sqrt(var + eps) * gamma + beta, None
        """,
    ),
    "backward, cache in a class, with one pass of its own": (
        "batch_norm_backward",
        """
        class Cache:
            pass

        def batch_norm_forward(x, gamma, beta, running_mean, running_var, *,
                               momentum=0.9, eps=1e-5, train=True):
            cache = Cache()
            cache.x, cache.gamma, cache.eps = x, gamma, eps
            mean, var = x.mean(0), x.var(0)
            running_mean[:] = momentum * running_mean + (1 - momentum) * mean
            running_var[:] = momentum * running_var + (1 - momentum) * var
            return gamma * (x - mean) / np.sqrt(var + eps) + beta, cache

        def batch_norm_backward(dout, cache):
            x, s = cache.x - cache.x.mean(0), (cache.x.var(0) + cache.eps) ** 0.5
            N = np.float64(x.shape[0])
            g = dout * cache.gamma / s
            dx = g - g.mean(0) - x / s**2 * np.mean(g * x, axis=0)
            return dx, list((dout * x / s).sum(0)), tuple(sum(row) for row in dout.T)
        """,
    ),
    "forward and backward, all in float32": (
        "batch_norm_backward",
        """
        def batch_norm_forward(x, gamma, beta, running_mean, running_var, *,
                               momentum=0.9, eps=1e-5, train=True):
            x, gamma, beta = (np.asarray(a, dtype=np.float32) for a in (x, gamma, beta))
            mean, var = x.mean(0), x.var(0)
            running_mean[:] = momentum * running_mean + (1 - momentum) * mean
            running_var[:] = momentum * running_var + (1 - momentum) * var
            std = np.sqrt(var + np.float32(eps))
            return gamma * (x - mean) / std + beta, ((x - mean) / std, gamma, std)

        def batch_norm_backward(dout, cache):
            x_hat, gamma, std = cache
            dout = dout.astype(np.float32)
            dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
            return gamma / std * (dout - (dbeta + x_hat * dgamma) / len(dout)), dgamma, dbeta
        """,
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_unusual_right_answers_get_full_points(case):
    name, source = RIGHT[case]
    verdict = verdict_on(name, textwrap.dedent(source))
    assert verdict.points == verdict.max_points, str(verdict)


_FORWARD = """
def batch_norm_forward(x, gamma, beta, running_mean, running_var, *,
                       momentum=0.9, eps=1e-5, train=True):
"""

WRONG = {
    "chain_rule for numbers only": (
        "chain_rule",
        "def chain_rule(x, y):\n    return 2 * float(x + y)",
        {"arrays"},
    ),
    "sigmoid that is nan for large negative x": (
        "sigmoid",
        "def sigmoid(x):\n    return 1 - np.exp(-np.asarray(x)) / (1 + np.exp(-np.asarray(x)))",
        {"large"},
    ),
    "sigmoid clipped at 20": (
        "sigmoid",
        "def sigmoid(x):\n    return np.round(1 / (1 + np.exp(-np.asarray(x, dtype=float))), 4)",
        {"values"},
    ),
    "sigmoid that flattens": (
        "sigmoid",
        "def sigmoid(x):\n    return (1 / (1 + np.exp(-np.asarray(x, dtype=float)))).ravel()",
        {"values", "numbers"},
    ),
    "slope of the output": (
        "sigmoid_grad",
        "def sigmoid_grad(y):\n    return y * (1 - y)",
        {"values", "numbers", "integers", "large"},
    ),
    "relu capped at 6": (
        "relu",
        "def relu(x):\n    return np.clip(x, 0, 6)",
        {"values"},
    ),
    "relu_grad that copies signs of zero": (
        "relu_grad",
        "def relu_grad(x):\n    return np.where(np.signbit(x), 0.0, 1.0)",
        {"zero"},
    ),
    "forward with the running statistics frozen": (
        "batch_norm_forward",
        f"{_FORWARD}"
        "    m, v = (x.mean(0), x.var(0)) if train else (running_mean, running_var)\n"
        "    return gamma * (x - m) / np.sqrt(v + eps) + beta, None",
        {"running_mean", "running_var"},
    ),
    "forward over the wrong axis": (
        "batch_norm_forward",
        f"{_FORWARD}"
        "    m, v = x.mean(1, keepdims=True), x.var(1, keepdims=True)\n"
        "    return gamma * (x - m) / np.sqrt(v + eps) + beta, None",
        {"normalise", "scale", "eps", "running_mean", "running_var", "inference"},
    ),
    "forward that forgets gamma at inference": (
        "batch_norm_forward",
        f"{_FORWARD}"
        "    if not train:\n"
        "        return (x - running_mean) / np.sqrt(running_var + eps), None\n"
        "    m, v = x.mean(0), x.var(0)\n"
        "    running_mean[:] = momentum * running_mean + (1 - momentum) * m\n"
        "    running_var[:] = momentum * running_var + (1 - momentum) * v\n"
        "    return gamma * (x - m) / np.sqrt(v + eps) + beta, None",
        {"inference_scaled"},
    ),
    "forward that fills gamma": (
        "batch_norm_forward",
        f"{_FORWARD}"
        "    m, v = (x.mean(0), x.var(0)) if train else (running_mean, running_var)\n"
        "    if train:\n"
        "        running_mean[:] = momentum * running_mean + (1 - momentum) * m\n"
        "        running_var[:] = momentum * running_var + (1 - momentum) * v\n"
        "    out = gamma * (x - m) / np.sqrt(v + eps) + beta\n"
        "    gamma *= 2\n"
        "    return out, None",
        {"untouched"},
    ),
    "backward that only centres": (
        "batch_norm_backward",
        "def batch_norm_backward(dout, cache):\n"
        "    x_hat, gamma, std = cache\n"
        "    return dout - dout.mean(0), (dout * x_hat).sum(0), dout.sum(0)",
        {"direct", "mean", "variance", "gamma"},
    ),
    "backward by numbers of the last axis": (
        "batch_norm_backward",
        "def batch_norm_backward(dout, cache):\n"
        "    x_hat, gamma, std = cache\n"
        "    return dout * 0, (dout * x_hat).sum(1), dout.sum(1)",
        {"direct", "dgamma", "dbeta"},
    ),
    "backward that gives zeros": (
        "batch_norm_backward",
        "def batch_norm_backward(dout, cache):\n"
        "    D = dout.shape[1]\n"
        "    return np.zeros_like(dout), np.zeros(D), np.zeros(D)",
        {part.key for part in PS1.exercise("batch_norm_backward").properties},
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_answers_lose_their_points(case):
    name, source, loses = WRONG[case]
    assert loses <= lost_by(name, textwrap.dedent(source)), str(verdict_on(name, source))


STUBS = {
    "zeros like the first": "def {name}(*args, **kwargs):\n    return np.zeros_like(args[0])",
    "the first and nothing": "def {name}(*args, **kwargs):\n    return args[0], None",
    "zeros and nothing": "def {name}(*args, **kwargs):\n    return np.zeros_like(args[0]), None",
    "ones": "def {name}(*args, **kwargs):\n    return np.ones_like(args[0])",
    "a half": "def {name}(*args, **kwargs):\n    return np.full(np.shape(args[0]), 0.5)",
    "three": "def {name}(*args, **kwargs):\n    return args[0], 0.0, 0.0",
    "ones of the size": "def {name}(*args, **kwargs):\n    return np.ones(args[:2])",
    "arguments": "def {name}(*args, **kwargs):\n    return args",
}


@pytest.mark.parametrize("stub", STUBS)
@pytest.mark.parametrize("name", [exercise.name for exercise in PS1.code])
def test_further_stubs_get_nothing(name, stub):
    assert verdict_on(name, STUBS[stub].format(name=name)).points == 0


def test_an_overflow_is_pointed_out_and_costs_nothing():
    verdict = verdict_on("sigmoid", "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))")
    assert verdict.points == verdict.max_points
    assert "advice" in str(verdict)
    assert "exp(−|x|)" in str(verdict)


def test_the_check_names_a_mistake_as_a_tutor_would():
    def he_normal(fan_in, fan_out, rng):
        return rng.standard_normal((fan_in, fan_out)) * np.sqrt(1 / fan_in)

    with pytest.raises(CheckFailed, match="Likely cause: that is Xavier's variance"):
        ps1.he_normal(he_normal)


def test_judging_takes_little_time():
    start = time.process_time()
    for exercise in PS1.code:
        judge(exercise, LocalWorkplace(MODEL.functions(exercise)), PS1.seed)
    assert time.process_time() - start < 1.5
