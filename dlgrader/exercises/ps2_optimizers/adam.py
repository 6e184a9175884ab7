"""``Adam``."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore import optimizers
from dlcore.checks.comparing import matches
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Property, Section, Trial
from dlgrader.exercises.ps2_optimizers.family import (
    counted_too_often,
    example,
    examples,
    first_step,
    in_place,
    many_steps,
    objects,
    one_state,
    settings,
    several,
    shared_state,
    untouched,
    usual_mistakes,
    zero_gradients,
)
from dlgrader.exercises.ps2_optimizers.kinds import Generator, Kind, preceded
from dlgrader.exercises.ps2_optimizers.runs import Array, Run, path

KIND = Kind(
    "Adam",
    usual={"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-12},
    other={"lr": 0.3, "beta1": 0.6, "beta2": 0.8, "eps": 1e-9},
)
_M = "m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g"
_V = "v = self.beta2 * self.v.get(key, 0.0) + (1 - self.beta2) * g**2"
_STORE = "self.m[key], self.v[key] = m, v"
_M_HAT = "m_hat = m / (1 - self.beta1**self.t)"
_V_HAT = "v_hat = v / (1 - self.beta2**self.t)"


def _averages(rng: Generator) -> list[Trial]:
    """Return a run that begins with gradients of 0, so that no correction is left to make."""
    usual = {**KIND.usual, "beta1": 0.3, "beta2": 0.2}
    return [path(preceded(KIND.draw(rng, {"W13": (2, 2)}, 4, usual), 13), (14, 17))]


def _epsilon(rng: Generator) -> list[Trial]:
    """Return trials of ε on which both accepted forms agree, or either counts.

    With β₂ = 0, v̂ is v, and the scaled and the unscaled ε are the same.
    """
    large = {**KIND.usual, "beta2": 0.0, "eps": 0.1}
    tiny = KIND.draw(rng, {"W42": (3,)}, 3, {"lr": 0.1}, sizes=(1e-7, 1e-7))
    return [path(KIND.draw(rng, {"W41": (3,)}, 3, large), (1, 3)), _either_form(tiny)]


def _either_form(run: Run) -> Trial:
    """Return a trial with the default ε in which the efficient form is right, too."""
    (key,) = run.params
    looked = path(run)
    (name,) = looked.args[2]

    def verdict(tried: Any) -> str:
        got = tried.arrays.get(name)
        if got is None:
            return f"{name} is {tried.unusable.get(name, 'missing')}"
        if any(matches(got, _by_hand(run, key, scaled=scaled), 1e-6) for scaled in (True, False)):
            return ""
        return (
            f"With gradients of about 1e-7 and the default ε, {name} is {got}, expected "
            f"{_by_hand(run, key, scaled=True)}: ε is 1e-8 and is added to the root."
        )

    return Trial(looked.task, looked.args, (), verdict=verdict)


def _by_hand(run: Run, key: str, *, scaled: bool) -> Array:
    """Return the parameter at the end; in the efficient form, ε is not scaled."""
    w = run.params[key].copy()
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, grads in enumerate(run.grads, start=1):
        m = 0.9 * m + 0.1 * grads[key]
        v = 0.999 * v + 0.001 * grads[key] ** 2
        root = np.sqrt(1 - 0.999**t)
        eps = 1e-8 * root if scaled else 1e-8
        w -= run.settings["lr"] * root / (1 - 0.9**t) * m / (np.sqrt(v) + eps)
    return w


ADAM = CodeExercise(
    name="Adam",
    title="Both, and corrected: `Adam`",
    signature="Adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8)",
    minutes=25,
    section=Section("2.1", "Adam: a velocity, a mean of squares, and a correction", "ch2/adaptive"),
    functions=("Adam",),
    reference={"Adam": optimizers.Adam},
    public=(
        *examples(KIND, {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
        path(
            example(
                KIND,
                {"lr": 0.1, "beta1": 0.9, "beta2": 0, "eps": 0.1},
                {"W": [[0.2, -1.0], [0.1, 0.3]]},
            ),
        ),
    ),
    properties=(
        first_step(KIND, 2.0),
        many_steps(KIND, 3.5),
        Property("averages", "m and v, long after the start", 2.0, _averages),
        Property("eps", "ε outside the root", 1.5, _epsilon),
        zero_gradients(KIND, 1.0),
        settings(KIND, 1.5),
        several(KIND, 2.0),
        objects(KIND, 1.0),
        in_place(KIND, 1.0),
        untouched(KIND, 0.5),
    ),
    mistakes=(
        Mistake(
            "no-correction",
            "the bias correction is missing: m and v start at 0 and are too small at first",
            edits=((_M_HAT, "m_hat = m"), (_V_HAT, "v_hat = v")),
            loses=("first", "steps"),
        ),
        Mistake(
            "v-not-corrected",
            "only m is corrected; v starts at 0, too",
            edits=((_V_HAT, "v_hat = v"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "m-not-corrected",
            "only v is corrected; m starts at 0, too",
            edits=((_M_HAT, "m_hat = m"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "corrected-once",
            "the power t is missing in the corrections: they are those of the first step for ever",
            edits=(("self.beta1**self.t", "self.beta1"), ("self.beta2**self.t", "self.beta2")),
            loses=("steps", "averages"),
        ),
        Mistake(
            "no-eps",
            "ε is missing, so a gradient that has always been 0 gives 0/0",
            edits=((" + self.eps)", ")"),),
            loses=("eps", "zero"),
        ),
        Mistake(
            "times-t",
            "the corrections have β times t; they have β to the power of t",
            edits=(
                ("self.beta1**self.t", "self.beta1 * self.t"),
                ("self.beta2**self.t", "self.beta2 * self.t"),
            ),
            loses=("steps",),
        ),
        Mistake(
            "t-from-zero",
            "t is 0 in the first step, so the corrections divide by 0; the first step has t = 1",
            edits=(
                ("        self.t += 1\n", ""),
                ("        return\n", "        self.t += 1\n        return\n"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "t-from-two",
            "t is 2 in the first step; the first step has t = 1",
            edits=((", self.t = {}, {}, 0", ", self.t = {}, {}, 1"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "corrected-kept",
            "the corrected m and v are kept and so are corrected again; keep the uncorrected ones",
            edits=(
                (f"            {_STORE}\n", ""),
                (_V_HAT, f"{_V_HAT}\n            self.m[key], self.v[key] = m_hat, v_hat"),
            ),
            loses=("steps",),
        ),
        Mistake(
            "betas-exchanged",
            "β₁ and β₂ are exchanged: m decays by β₁, v by β₂",
            edits=(
                (_M, _M.replace("beta1", "beta2")),
                (_V, _V.replace("beta2", "beta1")),
                ("self.beta1**self.t", "self.beta2 ** self.t"),
                ("self.beta2**self.t", "self.beta1 ** self.t"),
            ),
            loses=("steps",),
        ),
        Mistake(
            "shares-exchanged",
            "β and 1 − β are exchanged: β is the share of the old mean that is kept",
            edits=(
                (_M, "m = (1 - self.beta1) * self.m.get(key, 0.0) + self.beta1 * g"),
                (_V, "v = (1 - self.beta2) * self.v.get(key, 0.0) + self.beta2 * g**2"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "gradient-for-mean",
            "the step uses the gradient itself; it uses its corrected mean",
            edits=((_M_HAT, "m_hat = g"),),
            loses=("steps", "averages"),
        ),
        Mistake(
            "square-of-mean",
            "v is a mean of m²; it is a mean of the squared gradients",
            edits=(("(1 - self.beta2) * g**2", "(1 - self.beta2) * m**2"),),
            loses=("first", "steps", "averages"),
        ),
        Mistake(
            "not-squared",
            "v is a mean of the sizes |g|; it is a mean of the squares",
            edits=(("(1 - self.beta2) * g**2", "(1 - self.beta2) * np.abs(g)"),),
            loses=("first", "steps", "averages"),
        ),
        Mistake(
            "no-root",
            "the mean is divided by v itself; the root is missing",
            edits=(("np.sqrt(v_hat)", "v_hat"),),
            loses=("first", "steps", "averages"),
        ),
        Mistake(
            "eps-inside",
            "ε stands inside the root; here it is added to the root",
            edits=(("np.sqrt(v_hat) + self.eps", "np.sqrt(v_hat + self.eps)"),),
            loses=("eps",),
        ),
        Mistake(
            "other-default",
            "without an argument, lr is not 0.001",
            edits=(("lr=0.001", "lr=0.01"),),
            loses=("settings",),
        ),
        counted_too_often(KIND),
        one_state(
            KIND,
            "m and v",
            (
                (_M, _M.replace("key", '"m"')),
                (_V, _V.replace("key", '"v"')),
                (_STORE, 'self.m["m"], self.v["v"] = m, v'),
            ),
        ),
        shared_state(
            KIND,
            (
                ("eps=1e-8):", "eps=1e-8, m={}, v={}):"),
                ("self.m, self.v, self.t = {}, {}, 0", "self.m, self.v, self.t = m, v, 0"),
            ),
        ),
        *usual_mistakes(KIND),
    ),
    alternatives=(
        Alternative(
            "efficient form, ε unscaled",
            edits=(
                (
                    "params[key] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)",
                    "root = (1 - self.beta2**self.t) ** 0.5\n"
                    "            rate = self.lr * root / (1 - self.beta1**self.t)\n"
                    "            params[key] -= rate * m / (np.sqrt(v) + self.eps)",
                ),
            ),
        ),
        Alternative(
            "state at the first call, means that move",
            source="""
                class Adam:
                    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
                        self.iter = 0
                        self.m = None
                        self.v = None

                    def update(self, params, grads):
                        if self.m is None:
                            self.m, self.v = {}, {}
                            for key, val in params.items():
                                self.m[key] = np.zeros_like(val)
                                self.v[key] = np.zeros_like(val)
                        self.iter += 1
                        lr_t = self.lr * np.sqrt(1.0 - self.beta2**self.iter)
                        lr_t /= 1.0 - self.beta1**self.iter
                        for key in params.keys():
                            self.m[key] += (1 - self.beta1) * (grads[key] - self.m[key])
                            self.v[key] += (1 - self.beta2) * (grads[key] ** 2 - self.v[key])
                            params[key] -= lr_t * self.m[key] / (np.sqrt(self.v[key]) + self.eps)
            """,
        ),
        Alternative(
            "corrections by running products",
            source="""
                class Adam:
                    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.lr, self.eps = lr, eps
                        self.betas = np.array([beta1, beta2])
                        self.left = np.ones(2)
                        self.moments = {}

                    def update(self, params, grads):
                        self.left = self.left * self.betas
                        for key, w in params.items():
                            fresh = (grads[key], grads[key] ** 2)
                            old = self.moments.get(key, (0.0, 0.0))
                            new = [b * a + (1 - b) * c for a, b, c in zip(old, self.betas, fresh)]
                            self.moments[key] = new
                            m, v = (mean / (1 - left) for mean, left in zip(new, self.left))
                            step = self.lr * m / (v**0.5 + self.eps)
                            np.subtract(w, step, out=w, casting="same_kind")
            """,
        ),
        Alternative(
            "every number by itself",
            source="""
                import math


                class Adam:
                    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.lr = lr
                        self.beta1 = beta1
                        self.beta2 = beta2
                        self.eps = eps
                        self.steps = 0
                        self.state = {}

                    def update(self, params, grads):
                        self.steps += 1
                        for key in params:
                            for place, g in np.ndenumerate(grads[key]):
                                m, v = self.state.get((key, place), (0.0, 0.0))
                                m = self.beta1 * m + (1 - self.beta1) * float(g)
                                v = self.beta2 * v + (1 - self.beta2) * float(g) ** 2
                                self.state[key, place] = m, v
                                m_hat = m / (1 - math.pow(self.beta1, self.steps))
                                v_hat = v / (1 - math.pow(self.beta2, self.steps))
                                step = self.lr * m_hat / (math.sqrt(v_hat) + self.eps)
                                params[key][place] -= step
            """,
        ),
    ),
)
