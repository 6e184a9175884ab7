"""``RMSProp``."""

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

KIND = Kind(
    "RMSProp",
    usual={"lr": 0.1, "decay": 0.99, "eps": 1e-12},
    other={"lr": 0.3, "decay": 0.6, "eps": 0.1},
)
_RULE = "h = self.decay * self.h.get(key, 0.0) + (1 - self.decay) * g**2"
_STEP = "self.lr * g / (np.sqrt(h) + self.eps)"

RMSPROP = CodeExercise(
    name="RMSProp",
    title="A memory that forgets: `RMSProp`",
    signature="RMSProp(lr=0.01, decay=0.99, eps=1e-7)",
    minutes=10,
    section=Section("2.1", "RMSProp: divide by the mean of late", "ch2/adaptive"),
    functions=("RMSProp",),
    reference={"RMSProp": optimizers.RMSProp},
    public=tuple(examples(KIND, {"lr": 0.1, "decay": 0.75, "eps": 1e-7})),
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
            "shares-exchanged",
            "α and 1 − α are exchanged: α is the share of the old mean that is kept",
            edits=(
                (
                    _RULE,
                    "h = (1 - self.decay) * self.h.get(key, 0.0) + self.decay * g**2",
                ),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-share",
            "the new square is not multiplied by 1 − α",
            edits=((" + (1 - self.decay) * g**2", " + g**2"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "sum-for-mean",
            "the squares are added up, as in AdaGrad; RMSProp averages them",
            edits=((_RULE, "h = self.h.get(key, 0.0) + g**2"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "nothing-forgotten",
            "the old mean is kept in full; only the share α of it is",
            edits=(("self.decay * self.h", "self.h"),),
            loses=("steps",),
        ),
        Mistake(
            "mean-forgotten",
            "h is 0 again at each step; it must be kept from one call to the next",
            edits=(("            self.h[key] = h\n", ""),),
            loses=("steps",),
        ),
        Mistake(
            "no-root",
            "the gradient is divided by h itself; its root is missing",
            edits=(("np.sqrt(h)", "h"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "not-squared",
            "h is a mean of the sizes |g|; it is a mean of the squares",
            edits=((" * g**2", " * np.abs(g)"),),
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
            "starts-at-square",
            "h starts as the first square; it starts at 0",
            edits=(("self.h.get(key, 0.0)", "self.h.get(key, g**2)"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "bias-corrected",
            "h is divided by 1 − αᵗ, as in Adam; RMSProp has no such correction",
            edits=(
                ("self.h = {}", "self.h, self.t = {}, 0"),
                ("        for key", "        self.t += 1\n        for key"),
                ("np.sqrt(h)", "np.sqrt(h / (1 - self.decay**self.t))"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "old-mean",
            "the step is made with the old h; first renew h, then divide",
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
            "fixed-decay",
            "α is 0.99 whatever decay is; use the one that the constructor got",
            edits=((_RULE, "h = 0.99 * self.h.get(key, 0.0) + 0.01 * g**2"),),
            loses=("settings",),
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
            "the mean moves towards the square",
            source="""
                class RMSProp:
                    def __init__(self, lr=0.01, decay=0.99, eps=1e-7):
                        self.lr, self.decay, self.eps = lr, decay, eps
                        self.mean = {}

                    def update(self, params, grads):
                        for key, w in params.items():
                            g = grads[key]
                            if key not in self.mean:
                                self.mean[key] = np.zeros_like(w)
                            self.mean[key] += (1 - self.decay) * (g * g - self.mean[key])
                            w -= self.lr / (np.sqrt(self.mean[key]) + self.eps) * g
            """,
        ),
        Alternative(
            "a helper class for each parameter",
            source="""
                class Memory:
                    def __init__(self, decay):
                        self.decay = decay
                        self.h = 0.0

                    def root(self, g):
                        self.h = self.decay * self.h + (1.0 - self.decay) * np.power(g, 2)
                        return np.power(self.h, 0.5)


                class RMSProp:
                    def __init__(self, lr=0.01, decay=0.99, eps=1e-7):
                        self.lr = lr
                        self.decay = decay
                        self.eps = eps
                        self.memories = {}

                    def update(self, params, grads):
                        for key in grads:
                            memory = self.memories.setdefault(key, Memory(self.decay))
                            step = grads[key] / (memory.root(grads[key]) + self.eps)
                            params[key][...] -= self.lr * step
            """,
        ),
        Alternative(
            "every number by itself",
            source="""
                class RMSProp:
                    def __init__(self, lr=0.01, decay=0.99, eps=1e-7):
                        self.settings = (lr, decay, eps)
                        self.h = {}

                    def update(self, params, grads):
                        lr, decay, eps = self.settings
                        for key in list(params):
                            h = self.h.setdefault(key, np.zeros(grads[key].shape))
                            for place in np.ndindex(h.shape):
                                g = grads[key][place]
                                h[place] = decay * h[place] + (1 - decay) * g**2
                                params[key][place] -= lr * g / (h[place] ** 0.5 + eps)
            """,
        ),
    ),
)
