"""``AdaGrad``."""

from __future__ import annotations

from dlcore import optimizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Property, Section
from dlgrader.exercises.ps2_optimizers.family import (
    examples,
    first_step,
    in_place,
    many_steps,
    objects,
    one_state,
    place_of_epsilon,
    settings,
    several,
    shared_state,
    untouched,
    usual_mistakes,
    zero_gradients,
)
from dlgrader.exercises.ps2_optimizers.kinds import Kind

KIND = Kind("AdaGrad", usual={"lr": 0.1, "eps": 1e-12}, other={"lr": 0.3, "eps": 0.1})
_RULE = "h = self.h.get(key, 0.0) + g**2"
_STEP = "self.lr * g / (np.sqrt(h) + self.eps)"

ADAGRAD = CodeExercise(
    name="AdaGrad",
    title="A rate for every weight: `AdaGrad`",
    signature="AdaGrad(lr=0.01, eps=1e-7)",
    minutes=15,
    section=Section("2.1", "AdaGrad: divide by the sum", "ch2/adaptive"),
    functions=("AdaGrad",),
    reference={"AdaGrad": optimizers.AdaGrad},
    public=tuple(examples(KIND, {"lr": 0.1, "eps": 1e-7})),
    properties=(
        first_step(KIND, 1.5),
        many_steps(KIND, 2.5),
        Property(
            "eps",
            "ε outside the root",
            1.0,
            lambda rng: place_of_epsilon(rng, KIND, 1e-7),
        ),
        zero_gradients(KIND, 1.0),
        settings(KIND, 1.0),
        several(KIND, 1.0),
        objects(KIND, 0.5),
        in_place(KIND, 1.0),
        untouched(KIND, 0.5),
    ),
    mistakes=(
        Mistake(
            "no-root",
            "the gradient is divided by h itself; its root is missing",
            edits=(("np.sqrt(h)", "h"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "not-squared",
            "h adds up the gradients, not their squares",
            edits=((_RULE, "h = self.h.get(key, 0.0) + g"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "sum-forgotten",
            "h holds the square of the last gradient alone; it must be kept and added up",
            edits=((_RULE, "h = g**2"),),
            loses=("steps",),
        ),
        Mistake(
            "mean-for-sum",
            "the squares are averaged over the steps, as in RMSProp; AdaGrad adds them up",
            edits=((_RULE, "h = 0.9 * self.h.get(key, 0.0) + 0.1 * g**2"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "eps-inside",
            "ε stands inside the root; here it is added to the root",
            edits=(("np.sqrt(h) + self.eps", "np.sqrt(h + self.eps)"),),
            loses=("eps",),
        ),
        Mistake(
            "no-eps",
            "ε is missing, so a gradient that has always been 0 gives 0/0",
            edits=((_STEP, "self.lr * g / np.sqrt(h)"),),
            loses=("eps", "zero"),
        ),
        Mistake(
            "not-divided",
            "the gradient is not divided by anything, as in SGD",
            edits=((_STEP, "self.lr * g"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "old-sum",
            "the step is made with the old h; first add the new square, then divide",
            edits=(
                ("            self.h[key] = h\n", ""),
                (
                    "np.sqrt(h) + self.eps)",
                    "np.sqrt(self.h.get(key, 0.0)) + self.eps)\n            self.h[key] = h",
                ),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "one-rate",
            "h adds up the squares of all elements of the array; every element has its own",
            edits=((_RULE, "h = self.h.get(key, 0.0) + np.sum(g**2)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "starts-at-one",
            "h starts at 1; it starts at 0",
            edits=((_RULE, "h = self.h.get(key, 1.0) + g**2"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "momentum",
            "that is Momentum: AdaGrad has no velocity, it divides by the root of h",
            edits=(
                (_RULE, "h = 0.9 * self.h.get(key, 0.0) + self.lr * g"),
                (_STEP, "h"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "fixed-eps",
            "ε is 1e-7 whatever eps is; use the one that the constructor got",
            edits=(("+ self.eps", "+ 1e-7"),),
            loses=("eps",),
        ),
        one_state(
            KIND,
            "h",
            ((_RULE, _RULE.replace("key", '"h"')), ("self.h[key] = h", 'self.h["h"] = h')),
        ),
        shared_state(KIND, (("eps=1e-7):", "eps=1e-7, h={}):"), ("self.h = {}", "self.h = h"))),
        *usual_mistakes(KIND),
    ),
    alternatives=(
        Alternative(
            "state made at the first call",
            source="""
                class AdaGrad:
                    def __init__(self, lr=0.01, eps=1e-7):
                        self.lr, self.eps, self.h = lr, eps, None

                    def update(self, params, grads):
                        if self.h is None:
                            self.h = {key: np.zeros(np.shape(w)) for key, w in params.items()}
                        for key in sorted(params):
                            self.h[key] += grads[key] * grads[key]
                            rate = self.lr / (np.sqrt(self.h[key]) + self.eps)
                            params[key] -= rate * grads[key]
            """,
        ),
        Alternative(
            "all squares kept",
            source="""
                class AdaGrad:
                    def __init__(self, lr=0.01, eps=1e-7):
                        self.lr = lr
                        self.eps = eps
                        self.squares = {}

                    def update(self, params, grads):
                        for key in params:
                            self.squares.setdefault(key, []).append(np.square(grads[key]))
                            root = np.sum(self.squares[key], axis=0) ** 0.5
                            params[key] += -self.lr * grads[key] / (root + self.eps)
            """,
        ),
        Alternative(
            "every number by itself",
            source="""
                import math


                class AdaGrad:
                    def __init__(self, lr=0.01, eps=1e-7):
                        self.lr = lr
                        self.eps = eps
                        self.sums = {}

                    def step(self, name, g):
                        self.sums[name] = self.sums.get(name, 0.0) + g * g
                        return self.lr * g / (math.sqrt(self.sums[name]) + self.eps)

                    def update(self, params, grads):
                        for key, w in params.items():
                            for place, g in np.ndenumerate(grads[key]):
                                w[place] -= self.step((key, place), float(g))
            """,
        ),
    ),
)
