"""``RMSpropGraves``, a bonus."""

from __future__ import annotations

from dlcore import optimizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps2_optimizers.family import (
    bonus_properties,
    example,
    examples,
    one_state,
    place_of_epsilon,
    shared_state,
    usual_mistakes,
    zero_trials,
)
from dlgrader.exercises.ps2_optimizers.kinds import Kind
from dlgrader.exercises.ps2_optimizers.runs import path

KIND = Kind(
    "RMSpropGraves",
    usual={"lr": 0.1, "rho": 0.95, "momentum": 0.9, "eps": 1e-12},
    other={"lr": 0.3, "rho": 0.7, "momentum": 0.3, "eps": 0.02},
    bonus=True,
)
_N = "n = self.rho * self.n.get(key, 0.0) + (1 - self.rho) * g**2"
_MEAN = "g_bar = self.rho * self.g_bar.get(key, 0.0) + (1 - self.rho) * g"
_ROOT = "np.sqrt(n - g_bar**2 + self.eps)"
_DELTA = "delta = self.momentum * self.delta.get(key, 0.0) - self.lr * g / deviation"

RMSPROP_GRAVES = CodeExercise(
    name="RMSpropGraves",
    title="Bonus: `RMSpropGraves`",
    signature="RMSpropGraves(lr=1e-4, rho=0.95, momentum=0.9, eps=1e-4)",
    minutes=15,
    section=Section("2.2", "RMSpropGraves: divide by the spread", "ch2/further"),
    functions=("RMSpropGraves",),
    bonus=True,
    reference={"RMSpropGraves": optimizers.RMSpropGraves},
    public=(
        *examples(KIND, {"lr": 0.1, "rho": 0.95, "momentum": 0.9, "eps": 1e-4}),
        path(
            example(
                KIND,
                {"lr": 0.1, "rho": 0.95, "momentum": 0.9, "eps": 0.1},
                {"W": [[0.2, -1.0], [0.1, 0.3]]},
            ),
        ),
    ),
    properties=bonus_properties(
        KIND,
        lambda rng: [*place_of_epsilon(rng, KIND, 1e-2), *zero_trials(KIND, rng)],
        "; ε inside the root; gradients of 0 change nothing",
        sizes=(0.1, 1e3),
    ),
    mistakes=(
        Mistake(
            "eps-outside",
            "ε is added to the root; in Graves' form it stands inside",
            edits=((_ROOT, "(np.sqrt(n - g_bar**2) + self.eps)"),),
            loses=("settings",),
        ),
        Mistake(
            "no-eps",
            "ε is missing, so a gradient that has always been 0 gives 0/0",
            edits=((_ROOT, "np.sqrt(n - g_bar**2)"),),
            loses=("settings",),
        ),
        Mistake(
            "mean-not-subtracted",
            "the square of the mean is not subtracted, as in RMSProp",
            edits=((_ROOT, "np.sqrt(n + self.eps)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "mean-not-squared",
            "the mean itself is subtracted below the root; its square is",
            edits=(("g_bar**2", "np.abs(g_bar)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "mean-added",
            "the square of the mean is added; it is subtracted",
            edits=(("n - g_bar**2", "n + g_bar**2"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-root",
            "the gradient is divided by the variance; the root is missing",
            edits=((_ROOT, "(n - g_bar**2 + self.eps)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-momentum",
            "the old step is missing: Δ keeps the share μ of itself",
            edits=((_DELTA, "delta = -self.lr * g / deviation"),),
            loses=("steps",),
        ),
        Mistake(
            "step-in-full",
            "the old step is kept in full; only the share μ of it is",
            edits=(("self.momentum * self.delta", "self.delta"),),
            loses=("steps",),
        ),
        Mistake(
            "averaged-step",
            "the new step is multiplied by 1 − μ; here it is not",
            edits=(
                ("- self.lr * g / deviation", "- (1 - self.momentum) * self.lr * g / deviation"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "uphill",
            "the gradient is added in Δ, so the step leads uphill; it is subtracted",
            edits=(("- self.lr * g / deviation", "+ self.lr * g / deviation"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "mean-for-gradient",
            "the step uses the mean ḡ; it uses the gradient",
            edits=(("self.lr * g / deviation", "self.lr * g_bar / deviation"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "shares-exchanged",
            "ρ and 1 − ρ are exchanged: ρ is the share of the old mean that is kept",
            edits=(
                (_N, "n = (1 - self.rho) * self.n.get(key, 0.0) + self.rho * g**2"),
                (_MEAN, "g_bar = (1 - self.rho) * self.g_bar.get(key, 0.0) + self.rho * g"),
            ),
            loses=("steps",),
        ),
        Mistake(
            "rho-for-momentum",
            "the old step is multiplied by ρ; its share is μ",
            edits=(("self.momentum * self.delta", "self.rho * self.delta"),),
            loses=("steps",),
        ),
        one_state(
            KIND,
            "n, ḡ and Δ",
            (
                (_N, _N.replace("key", '"n"')),
                (_MEAN, _MEAN.replace("key", '"g"')),
                (_DELTA, _DELTA.replace("key", '"d"')),
                (
                    "self.n[key], self.g_bar[key], self.delta[key] =",
                    'self.n["n"], self.g_bar["g"], self.delta["d"] =',
                ),
            ),
        ),
        shared_state(
            KIND,
            (
                ("eps=1e-4):", "eps=1e-4, n={}, g_bar={}, delta={}):"),
                ("self.delta = {}, {}, {}", "self.delta = n, g_bar, delta"),
            ),
        ),
        *usual_mistakes(KIND, "+"),
    ),
    alternatives=(
        Alternative(
            "the variance kept from below 0",
            edits=((_ROOT, "np.sqrt(np.maximum(n - g_bar * g_bar, 0) + self.eps)"),),
        ),
        Alternative(
            "the rate outside the velocity",
            source="""
                class RMSpropGraves:
                    def __init__(self, lr=1e-4, rho=0.95, momentum=0.9, eps=1e-4):
                        self.lr, self.rho, self.momentum, self.eps = lr, rho, momentum, eps
                        self.state = None

                    def update(self, params, grads):
                        if self.state is None:
                            self.state = {key: np.zeros((3, *w.shape)) for key, w in params.items()}
                        for key, w in params.items():
                            g, (n, mean, velocity) = grads[key], self.state[key]
                            n += (1 - self.rho) * (g * g - n)
                            mean += (1 - self.rho) * (g - mean)
                            velocity *= self.momentum
                            velocity += g * (n - mean * mean + self.eps) ** -0.5
                            w -= self.lr * velocity
            """,
        ),
        Alternative(
            "every number by itself",
            source="""
                import math
                from dataclasses import dataclass


                @dataclass
                class Memory:
                    n: float = 0.0
                    g: float = 0.0
                    d: float = 0.0


                class RMSpropGraves:
                    def __init__(self, lr=1e-4, rho=0.95, momentum=0.9, eps=1e-4):
                        self.lr = lr
                        self.rho = rho
                        self.momentum = momentum
                        self.eps = eps
                        self.memory = {}

                    def update(self, params, grads):
                        for key in params:
                            for place, g in np.ndenumerate(grads[key]):
                                s = self.memory.setdefault((key, place), Memory())
                                g = float(g)
                                s.n = self.rho * s.n + (1 - self.rho) * g * g
                                s.g = self.rho * s.g + (1 - self.rho) * g
                                root = math.sqrt(s.n - s.g**2 + self.eps)
                                s.d = self.momentum * s.d - self.lr * g / root
                                params[key][place] += s.d
            """,
        ),
    ),
)
