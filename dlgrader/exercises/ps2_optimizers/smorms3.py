"""``SMORMS3``, a bonus."""

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
    "SMORMS3",
    usual={"lr": 0.1, "eps": 1e-16},
    other={"lr": 0.4, "eps": 0.05},
    bonus=True,
)
_M = "m = (1 - r) * self.m.get(key, 0.0) + r * g"
_V = "v = (1 - r) * self.v.get(key, 0.0) + r * g**2"
_MEM = "self.mem[key] = 1 + mem * (1 - z)"
_STEP = "np.minimum(self.lr, z) * g / (np.sqrt(v) + self.eps)"

SMORMS3 = CodeExercise(
    name="SMORMS3",
    title="Bonus: `SMORMS3`",
    signature="SMORMS3(lr=1e-3, eps=1e-16)",
    minutes=15,
    section=Section("2.2", "SMORMS3: a memory that adapts", "ch2/further"),
    functions=("SMORMS3",),
    bonus=True,
    reference={"SMORMS3": optimizers.SMORMS3},
    public=(
        *examples(KIND, {"lr": 0.1, "eps": 1e-16}),
        path(
            example(KIND, {"lr": 0.5, "eps": 0.1}, {"W": [[0.2, -1.0], [0.1, 0.3]]}),
        ),
    ),
    properties=bonus_properties(
        KIND,
        lambda rng: [*place_of_epsilon(rng, KIND, 1e-8), *zero_trials(KIND, rng)],
        "; ε outside the root; gradients of 0 change nothing",
    ),
    mistakes=(
        Mistake(
            "bracket",
            "the new memory is 1 + (1 − z · mem); the bracket holds 1 − z alone",
            edits=((_MEM, "self.mem[key] = 1 + (1 - z * mem)"),),
            loses=("steps",),
        ),
        Mistake(
            "one-missing",
            "the 1 in front of the new memory is missing",
            edits=((_MEM, "self.mem[key] = mem * (1 - z)"),),
            loses=("steps",),
        ),
        Mistake(
            "memory-by-z",
            "the memory is multiplied by z; it is multiplied by 1 − z",
            edits=((_MEM, "self.mem[key] = 1 + mem * z"),),
            loses=("steps",),
        ),
        Mistake(
            "memory-from-zero",
            "the memory starts at 0; it starts at 1",
            edits=(("self.mem.get(key, 1.0)", "self.mem.get(key, 0.0)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "memory-fixed",
            "the memory stays 1; it is renewed at the end of every step",
            edits=((f"            {_MEM}\n", ""),),
            loses=("steps",),
        ),
        Mistake(
            "memory-first",
            "the memory grows by 1 before it is used; it is updated last",
            edits=(("r = 1 / (mem + 1)", "r = 1 / (mem + 2)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "shares-exchanged",
            "r and 1 − r are exchanged: r is the share of the new gradient",
            edits=(
                (_M, "m = r * self.m.get(key, 0.0) + (1 - r) * g"),
                (_V, "v = r * self.v.get(key, 0.0) + (1 - r) * g**2"),
            ),
            loses=("steps",),
        ),
        Mistake(
            "mean-for-gradient",
            "the step uses the mean m; it uses the gradient",
            edits=((_STEP, _STEP.replace("* g", "* m")),),
            loses=("first", "steps"),
        ),
        Mistake(
            "larger-rate",
            "the larger of η and z is taken; it is the smaller",
            edits=(("np.minimum", "np.maximum"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "rate-never-smaller",
            "the rate is η at every step; it is z where that is smaller",
            edits=(("np.minimum(self.lr, z)", "self.lr"),),
            loses=("steps",),
        ),
        Mistake(
            "mean-not-squared",
            "z has the size of the mean above the line; it has its square",
            edits=(("m**2 /", "np.abs(m) /"),),
            loses=("steps",),
        ),
        Mistake(
            "no-root",
            "the gradient is divided by v itself; the root is missing",
            edits=(("np.sqrt(v)", "v"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "eps-inside",
            "ε stands inside the root; here it is added to the root",
            edits=(("np.sqrt(v) + self.eps", "np.sqrt(v + self.eps)"),),
            loses=("settings",),
        ),
        Mistake(
            "no-eps",
            "ε is missing, so a gradient that has always been 0 gives 0/0",
            edits=((" / (v + self.eps)", " / v"), ("np.sqrt(v) + self.eps", "np.sqrt(v)")),
            loses=("settings",),
        ),
        Mistake(
            "one-memory",
            "there is one memory for the whole array; every element has its own",
            edits=((_MEM, "self.mem[key] = np.mean(1 + mem * (1 - z))"),),
            loses=("steps",),
        ),
        one_state(
            KIND,
            "memory",
            (
                ("self.mem.get(key, 1.0)", 'self.mem.get("mem", 1.0)'),
                ("self.mem[key] =", 'self.mem["mem"] ='),
            ),
        ),
        shared_state(
            KIND,
            (
                ("eps=1e-16):", "eps=1e-16, mem={}, m={}, v={}):"),
                ("self.v = {}, {}, {}", "self.v = mem, m, v"),
            ),
        ),
        *usual_mistakes(KIND),
    ),
    alternatives=(
        Alternative(
            "means that move, in place",
            source="""
                class SMORMS3:
                    def __init__(self, lr=1e-3, eps=1e-16):
                        self.lr, self.eps = lr, eps
                        self.state = {}

                    def update(self, params, grads):
                        for key, w in params.items():
                            if key not in self.state:
                                zeros = np.zeros_like(w)
                                self.state[key] = np.ones_like(w), zeros, zeros.copy()
                            mem, m, v = self.state[key]
                            m += (grads[key] - m) / (1 + mem)
                            v += (grads[key] * grads[key] - v) / (1 + mem)
                            z = m * m / (v + self.eps)
                            w -= grads[key] * np.clip(z, None, self.lr) / (v**0.5 + self.eps)
                            mem *= 1 - z
                            mem += 1
            """,
        ),
        Alternative(
            "every number by itself",
            source="""
                import math


                class SMORMS3:
                    def __init__(self, lr=1e-3, eps=1e-16):
                        self.lr = lr
                        self.eps = eps
                        self.state = {}

                    def update(self, params, grads):
                        for key, w in params.items():
                            for place, g in np.ndenumerate(grads[key]):
                                mem, m, v = self.state.get((key, place), (1.0, 0.0, 0.0))
                                r, g = 1 / (mem + 1), float(g)
                                m, v = (1 - r) * m + r * g, (1 - r) * v + r * g * g
                                z = m * m / (v + self.eps)
                                w[place] -= min(self.lr, z) * g / (math.sqrt(v) + self.eps)
                                self.state[key, place] = 1 + mem - mem * z, m, v
            """,
        ),
        Alternative(
            "r kept in place of the memory",
            source="""
                class SMORMS3:
                    def __init__(self, lr=1e-3, eps=1e-16):
                        self.lr = lr
                        self.eps = eps
                        self.r, self.m, self.v = {}, {}, {}

                    def update(self, params, grads):
                        for key in grads:
                            r, g = self.r.get(key, 0.5), grads[key]
                            m = self.m[key] = self.m.get(key, 0.0) * (1 - r) + g * r
                            v = self.v[key] = self.v.get(key, 0.0) * (1 - r) + np.square(g) * r
                            z = np.square(m) / (v + self.eps)
                            rate = np.where(z < self.lr, z, self.lr)
                            params[key] += -rate * g / (np.sqrt(v) + self.eps)
                            self.r[key] = 1 / (2 + (1 / r - 1) * (1 - z))
            """,
        ),
    ),
)
