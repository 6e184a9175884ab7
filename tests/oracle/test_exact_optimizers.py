"""Every optimiser against its formula evaluated with 50 digits, over 300 steps."""

import inspect

import exact_optimizers
import mpmath
import numpy as np
import pytest

from dlcore import optimizers

STEPS = 300
EVERY = [
    pytest.param(cls, rule, settings, id=f"{cls.__name__}, {label}")
    for cls, (rule, defaults, others) in exact_optimizers.EXACT.items()
    for label, settings in (("defaults", defaults), ("other settings", others))
]
each_rule = pytest.mark.parametrize(("cls", "rule", "settings"), EVERY)


def gradients():
    """Gradients (STEPS, 6): of all sizes, sometimes 0, always 0, and with a trend."""
    rng = np.random.default_rng(8)
    g = rng.normal(size=(STEPS, 6)) * [1, 1e-6, 1e4, 1, 0, 0.1]
    g[::2, 3] = 0
    g[:, 5] += 1
    return g


def losses():
    """Positive losses that rise and fall, slowly and by leaps, and once stay the same."""
    rng = np.random.default_rng(9)
    f = np.exp(np.cumsum(rng.normal(size=STEPS) * rng.choice([0.02, 0.5, 3], STEPS)))
    f[1] = f[0]
    return f


def run(optimizer, dtype):
    """The parameters after each step from 0, shape (STEPS, 6)."""
    w = np.zeros(6, dtype=dtype)
    takes_loss = "loss" in inspect.signature(optimizer.update).parameters
    path = []
    for g, f in zip(gradients(), losses(), strict=True):
        extra = {"loss": float(f)} if takes_loss else {}
        optimizer.update({"w": w}, {"w": g.astype(dtype)}, **extra)
        path.append(w.copy())
    return np.array(path)


def exact_path(rule, settings):
    with mpmath.workdps(50):
        exact = {name: mpmath.mpf(value) for name, value in settings.items()}
        fs = [mpmath.mpf(float(f)) for f in losses()]
        columns = [
            [float(w) for w in rule(mpmath.mpf(0), [mpmath.mpf(float(g)) for g in gs], fs, **exact)]
            for gs in gradients().T
        ]
    return np.array(columns).T


def largest_error(got, expected):
    """The largest difference, each parameter by itself, relative to how far it went."""
    size = np.abs(expected).max(axis=0)
    return float((np.abs(got - expected) / np.where(size > 0, size, 1)).max())


@each_rule
def test_equals_the_exact_rule(cls, rule, settings):
    assert largest_error(run(cls(**settings), np.float64), exact_path(rule, settings)) < 1e-12


@each_rule
def test_float32_is_near(cls, rule, settings):
    path = run(cls(**settings), np.float32)
    assert path.dtype == np.float32
    assert largest_error(path, run(cls(**settings), np.float64)) < 1e-4


@pytest.mark.parametrize("cls", exact_optimizers.EXACT, ids=lambda cls: cls.__name__)
def test_the_defaults_are_those_of_the_course(cls):
    optimizer, defaults = cls(), exact_optimizers.EXACT[cls][1]
    assert {name: getattr(optimizer, name) for name in defaults} == defaults
    names = list(inspect.signature(cls).parameters)
    assert names[: len(defaults)] == list(defaults)  # in this order, and nothing else but …
    assert names[len(defaults) :] == (["decayed"] if cls is optimizers.AdamW else [])


def test_the_gradients_let_eve_meet_every_case():
    seen = set()

    class Watched(optimizers.Eve):
        def begin_update(self, params):
            old = self.f_hat
            super().begin_update(params)
            if self.t > 1:
                c = self.f_hat / old
                limits = {1.1: "k+1", 11: "K+1", 1 / 11: "1/(K+1)", 1 / 1.1: "1/(k+1)"}
                near = [name for limit, name in limits.items() if abs(c / limit - 1) < 1e-12]
                seen.add(near[0] if near else "rise" if c > 1 else "fall")

    run(Watched(), np.float64)
    assert seen == {"k+1", "K+1", "1/(K+1)", "1/(k+1)", "rise", "fall"}
