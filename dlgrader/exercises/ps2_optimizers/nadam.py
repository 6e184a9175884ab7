"""``Nadam``, a bonus."""

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
    "Nadam",
    usual={"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-12},
    other={"lr": 0.3, "beta1": 0.6, "beta2": 0.8, "eps": 1e-3},
    bonus=True,
)
_MU = "mu = self.beta1 * (1 - 0.5 * 0.96 ** (self.t / 250))"
_NEXT = "mu_next = self.beta1 * (1 - 0.5 * 0.96 ** ((self.t + 1) / 250))"
_M = "m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g"
_V = "v = self.beta2 * self.v.get(key, 0.0) + (1 - self.beta2) * g**2"
_AHEAD = "ahead = mu_next / (1 - self.product * mu_next)"
_NOW = "now = (1 - mu) / (1 - self.product)"
_M_HAT = "m_hat = ahead * m + now * g"
_V_HAT = "v_hat = v / (1 - self.beta2**self.t)"

NADAM = CodeExercise(
    name="Nadam",
    title="Bonus: `Nadam`",
    signature="Nadam(lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8)",
    minutes=20,
    section=Section("2.2", "Nadam: Adam that looks ahead", "ch2/further"),
    functions=("Nadam",),
    bonus=True,
    reference={"Nadam": optimizers.Nadam},
    public=(
        *examples(KIND, {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
        path(
            example(
                KIND,
                {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 0.1},
                {"W": [[0.2, -1.0], [0.1, 0.3]]},
            ),
        ),
    ),
    properties=bonus_properties(
        KIND,
        lambda rng: [*place_of_epsilon(rng, KIND, 1e-8), *zero_trials(KIND, rng)],
        "; ε outside the root; gradients of 0 change nothing",
    ),
    mistakes=(
        Mistake(
            "constant-momentum",
            "μ is β₁ at every step; it follows the schedule, from about half of β₁",
            edits=((_MU, "mu = self.beta1"), (_NEXT, "mu_next = self.beta1")),
            loses=("first", "steps"),
        ),
        Mistake(
            "adam",
            "that is Adam: the look ahead in m̂ is missing",
            edits=((_M_HAT, "m_hat = m / (1 - self.beta1**self.t)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "not-divided-by-250",
            "the exponent of 0.96 is t; it is t/250",
            edits=(
                (_MU, "mu = self.beta1 * (1 - 0.5 * 0.96**self.t)"),
                (_NEXT, "mu_next = self.beta1 * (1 - 0.5 * 0.96 ** (self.t + 1))"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-half",
            "the factor ½ of the schedule is missing",
            edits=(
                (_MU, _MU.replace("0.5 * ", "")),
                (_NEXT, _NEXT.replace("0.5 * ", "")),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "product-too-short",
            "the product below m ends at μₜ; it runs up to μₜ₊₁",
            edits=((_AHEAD, "ahead = mu_next / (1 - self.product)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-product",
            "the μ of the present step stands alone, where the product of all μ so far belongs",
            edits=(("self.product *= mu", "self.product = mu"),),
            loses=("steps",),
        ),
        Mistake(
            "powers",
            "the products are taken as powers of β₁, as in Adam; they are products of the μ",
            edits=(
                (_AHEAD, "ahead = mu_next / (1 - self.beta1 ** (self.t + 1))"),
                (_NOW, "now = (1 - mu) / (1 - self.beta1**self.t)"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "share-of-beta",
            "the new gradient has the share 1 − β₁ in m̂; it is 1 − μₜ",
            edits=((_NOW, _NOW.replace("1 - mu)", "1 - self.beta1)")),),
            loses=("first", "steps"),
        ),
        Mistake(
            "gradient-not-corrected",
            "the second term of m̂ is not divided by 1 − μ₁ ⋯ μₜ",
            edits=((_NOW, "now = 1 - mu"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "m-decays-by-mu",
            "m decays by μₜ; it decays by β₁, and the μ stand in m̂ alone",
            edits=((_M, "m = mu * self.m.get(key, 0.0) + (1 - mu) * g"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "v-not-corrected",
            "v is not corrected; it starts at 0 and is too small at first",
            edits=((_V_HAT, "v_hat = v"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-root",
            "the mean is divided by v itself; the root is missing",
            edits=(("np.sqrt(v_hat)", "v_hat"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "eps-inside",
            "ε stands inside the root; here it is added to the root",
            edits=(("np.sqrt(v_hat) + self.eps", "np.sqrt(v_hat + self.eps)"),),
            loses=("settings",),
        ),
        Mistake(
            "no-eps",
            "ε is missing, so a gradient that has always been 0 gives 0/0",
            edits=((" + self.eps)", ")"),),
            loses=("settings",),
        ),
        Mistake(
            "product-per-parameter",
            "the product goes on once for every parameter; it belongs to the step",
            edits=(
                ("        self.product *= mu\n", ""),
                (f"        {_AHEAD}\n        {_NOW}\n", ""),
                (
                    "grads.items():\n",
                    "grads.items():\n            self.product *= mu\n"
                    f"            {_AHEAD}\n            {_NOW}\n",
                ),
            ),
            loses=("apart",),
        ),
        one_state(
            KIND,
            "m and v",
            (
                (_M, _M.replace("key", '"m"')),
                (_V, _V.replace("key", '"v"')),
                ("self.m[key], self.v[key] = m, v", 'self.m["m"], self.v["v"] = m, v'),
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
            "all μ computed anew",
            source="""
                import math


                class Nadam:
                    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
                        self.t = 0
                        self.m, self.v = {}, {}

                    def mu(self, t):
                        return self.beta1 * (1 - 0.5 * math.pow(0.96, t / 250))

                    def update(self, params, grads):
                        self.t += 1
                        mus = [self.mu(t) for t in range(1, self.t + 2)]
                        upto_next, upto_now = math.prod(mus), math.prod(mus[:-1])
                        for key, w in params.items():
                            g = grads[key]
                            m = self.m.setdefault(key, np.zeros_like(w))
                            v = self.v.setdefault(key, np.zeros_like(w))
                            m[...] = self.beta1 * m + (1 - self.beta1) * g
                            v[...] = self.beta2 * v + (1 - self.beta2) * g * g
                            look = mus[-1] * m / (1 - upto_next)
                            look += (1 - mus[-2]) * g / (1 - upto_now)
                            w -= self.lr * look / (np.sqrt(v / (1 - self.beta2**self.t)) + self.eps)
            """,
        ),
        Alternative(
            "the schedule with 0.004 t",
            source="""
                class Nadam:
                    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
                        self.count, self.product = 0, 1.0
                        self.moments = {}

                    def update(self, params, grads):
                        self.count += 1
                        now = self.beta1 * (1.0 - 0.5 * 0.96 ** (0.004 * self.count))
                        then = self.beta1 * (1.0 - 0.5 * 0.96 ** (0.004 * (self.count + 1)))
                        self.product *= now
                        for key in params:
                            g = grads[key]
                            if key not in self.moments:
                                self.moments[key] = [np.zeros(g.shape), np.zeros(g.shape)]
                            m, v = self.moments[key]
                            m += (1 - self.beta1) * (g - m)
                            v += (1 - self.beta2) * (g**2 - v)
                            below = np.sqrt(v / (1 - self.beta2**self.count)) + self.eps
                            params[key] -= self.lr * (1 - now) / (1 - self.product) * g / below
                            params[key] -= self.lr * then / (1 - self.product * then) * m / below
            """,
        ),
        Alternative(
            "one object for each parameter",
            source="""
                class Cell:
                    def __init__(self):
                        self.m = self.v = 0.0

                    def put(self, g, beta1, beta2):
                        self.m = beta1 * self.m + (1 - beta1) * g
                        self.v = beta2 * self.v + (1 - beta2) * np.square(g)


                class Nadam:
                    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
                        self.__dict__.update(lr=lr, beta1=beta1, beta2=beta2, eps=eps)
                        self.cells = {}
                        self.t, self.prod = 0, [1.0]

                    def update(self, params, grads):
                        if self.t == 0:
                            self.prod.append(self.prod[-1] * self.mu(1))
                        self.t += 1
                        self.prod.append(self.prod[-1] * self.mu(self.t + 1))
                        for key, g in grads.items():
                            cell = self.cells.setdefault(key, Cell())
                            cell.put(g, self.beta1, self.beta2)
                            a = self.mu(self.t + 1) / (1 - self.prod[self.t + 1])
                            b = (1 - self.mu(self.t)) / (1 - self.prod[self.t])
                            root = (cell.v / (1 - self.beta2**self.t)) ** 0.5
                            np.subtract(
                                params[key],
                                self.lr * (a * cell.m + b * g) / (root + self.eps),
                                out=params[key],
                            )

                    def mu(self, t):
                        return self.beta1 - 0.5 * self.beta1 * 0.96 ** (t / 250)
            """,
        ),
    ),
)
