"""``AdaMax``, a bonus."""

from __future__ import annotations

from dlcore import optimizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps2_optimizers.family import (
    bonus_properties,
    counted_too_often,
    examples,
    one_state,
    shared_state,
    usual_mistakes,
    zero_trials,
)
from dlgrader.exercises.ps2_optimizers.kinds import Kind

# ε stands where the learner likes, so it is tiny wherever it is given.
KIND = Kind(
    "AdaMax",
    usual={"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-12},
    other={"lr": 0.3, "beta1": 0.6, "beta2": 0.5, "eps": 1e-9},
    bonus=True,
)
_M = "m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g"
_U = "u = np.maximum(self.beta2 * self.u.get(key, 0.0), np.abs(g))"
_M_HAT = "m_hat = m / (1 - self.beta1**self.t)"

ADAMAX = CodeExercise(
    name="AdaMax",
    title="Bonus: `AdaMax`",
    signature="AdaMax(lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8)",
    minutes=10,
    section=Section("2.2", "AdaMax: the largest gradient of late", "ch2/further"),
    functions=("AdaMax",),
    bonus=True,
    reference={"AdaMax": optimizers.AdaMax},
    public=tuple(examples(KIND, {"lr": 0.1, "beta1": 0.9, "beta2": 0.8, "eps": 1e-8})),
    properties=bonus_properties(
        KIND, lambda rng: zero_trials(KIND, rng), "; gradients of 0 change nothing"
    ),
    mistakes=(
        Mistake(
            "no-correction",
            "m is not corrected; it starts at 0 and is too small at first",
            edits=((_M_HAT, "m_hat = m"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "u-corrected",
            "u is divided by 1 − β₂ᵗ; a maximum needs no correction",
            edits=(("(u + self.eps)", "(u / (1 - self.beta2**self.t) + self.eps)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-size",
            "u is a maximum of the gradients with their signs; it is one of their sizes |g|",
            edits=(("np.abs(g))", "g)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "one-maximum",
            "u is the largest of all elements of the array; every element has its own",
            edits=(("np.abs(g))", "np.abs(g).max())"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "never-forgets",
            "β₂ is missing: u never falls",
            edits=(("self.beta2 * self.u", "self.u"),),
            loses=("steps",),
        ),
        Mistake(
            "last-gradient-only",
            "u is the size of the last gradient alone; it must be kept from call to call",
            edits=((_U, "u = np.abs(g)"),),
            loses=("steps",),
        ),
        Mistake(
            "mean-for-maximum",
            "u is a mean of the sizes |g|; it is their maximum",
            edits=((_U, "u = self.beta2 * self.u.get(key, 0.0) + (1 - self.beta2) * np.abs(g)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "squared",
            "u is a maximum of the squares; it is one of the sizes |g|",
            edits=(("np.abs(g))", "g**2)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "smallest",
            "u keeps the smaller of the two; it keeps the larger",
            edits=(("np.maximum(", "np.minimum("),),
            loses=("first", "steps"),
        ),
        Mistake(
            "gradient-for-mean",
            "the step uses the gradient itself; it uses its corrected mean",
            edits=((_M_HAT, "m_hat = g"),),
            loses=("steps",),
        ),
        Mistake(
            "no-eps",
            "ε is missing, so a gradient that has always been 0 gives 0/0",
            edits=(("(u + self.eps)", "u"),),
            loses=("settings",),
        ),
        Mistake(
            "t-from-zero",
            "t is 0 in the first step, so the correction divides by 0; the first step has t = 1",
            edits=(
                ("        self.t += 1\n", ""),
                ("        return\n", "        self.t += 1\n        return\n"),
            ),
            loses=("first", "steps"),
        ),
        counted_too_often(KIND),
        one_state(
            KIND,
            "m and u",
            (
                (_M, _M.replace("key", '"m"')),
                (_U, _U.replace("key", '"u"')),
                ("self.m[key], self.u[key] = m, u", 'self.m["m"], self.u["u"] = m, u'),
            ),
        ),
        shared_state(
            KIND,
            (
                ("eps=1e-8):", "eps=1e-8, m={}, u={}):"),
                ("self.m, self.u, self.t = {}, {}, 0", "self.m, self.u, self.t = m, u, 0"),
            ),
        ),
        *usual_mistakes(KIND),
    ),
    alternatives=(
        Alternative(
            "ε inside the maximum",
            edits=(("np.abs(g))", "np.abs(g) + self.eps)"), ("(u + self.eps)", "u")),
        ),
        Alternative(
            "ε as the least value of u",
            edits=(("(u + self.eps)", "np.maximum(u, self.eps)"),),
        ),
        Alternative(
            "no step where u is 0",
            source="""
                class AdaMax:
                    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
                        self.state, self.power = {}, 1.0

                    def update(self, params, grads):
                        self.power *= self.beta1
                        rate = self.lr / (1 - self.power)
                        for key, w in params.items():
                            m, u = self.state.get(key, (np.zeros_like(w), np.zeros_like(w)))
                            m += (1 - self.beta1) * (grads[key] - m)
                            u = np.stack([self.beta2 * u, abs(grads[key])]).max(axis=0)
                            self.state[key] = (m, u)
                            w -= rate * np.divide(m, u, out=np.zeros_like(w), where=u > 0)
            """,
        ),
        Alternative(
            "every number by itself",
            source="""
                class AdaMax:
                    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
                        self.t = 0
                        self.m, self.u = {}, {}

                    def update(self, params, grads):
                        self.t = self.t + 1
                        for key in params:
                            for place in np.ndindex(params[key].shape):
                                name, g = (key, place), float(grads[key][place])
                                mean = self.beta1 * self.m.get(name, 0) + (1 - self.beta1) * g
                                self.m[name] = mean
                                old = self.beta2 * self.u.get(name, 0)
                                self.u[name] = max(old, abs(g), self.eps)
                                rate = self.lr / (1 - self.beta1**self.t)
                                params[key][place] -= rate * mean / self.u[name]
            """,
        ),
    ),
)
