"""``Momentum``."""

from __future__ import annotations

from dlcore import optimizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps2_optimizers.family import (
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
)
from dlgrader.exercises.ps2_optimizers.kinds import Kind

KIND = Kind("Momentum", usual={"lr": 0.2, "momentum": 0.9}, other={"lr": 0.3, "momentum": 0.5})
_RULE = "v = self.momentum * self.v.get(key, 0.0) - self.lr * g"
_STEP = "params[key] += v"

MOMENTUM = CodeExercise(
    name="Momentum",
    title="A velocity: `Momentum`",
    signature="Momentum(lr=0.01, momentum=0.9)",
    minutes=15,
    section=Section("2", "Momentum: a velocity", "ch2/learning_rate"),
    functions=("Momentum",),
    reference={"Momentum": optimizers.Momentum},
    public=tuple(examples(KIND, {"lr": 0.2, "momentum": 0.9})),
    properties=(
        first_step(KIND, 1.5),
        many_steps(KIND, 3.0),
        settings(KIND, 1.0),
        several(KIND, 1.0),
        objects(KIND, 1.0),
        in_place(KIND, 1.0),
        untouched(KIND, 0.5),
    ),
    mistakes=(
        Mistake(
            "velocity-forgotten",
            "the velocity is 0 again at each step; it must be kept from one call to the next",
            edits=(("            self.v[key] = v\n", ""),),
            loses=("steps",),
        ),
        Mistake(
            "averaging-form",
            "the gradient is multiplied by 1 − μ: that is the averaging form, with shorter steps",
            edits=((_RULE, _RULE.replace("- self.lr", "- (1 - self.momentum) * self.lr")),),
            loses=("first", "steps"),
        ),
        Mistake(
            "uphill",
            "the gradient is added to the velocity, so it pushes uphill; it is subtracted",
            edits=((_RULE, _RULE.replace("- self.lr", "+ self.lr")),),
            loses=("first", "steps"),
        ),
        Mistake(
            "nesterov",
            "that is Nesterov's step; Momentum adds the velocity alone",
            edits=((_STEP, "params[key] += self.momentum * v - self.lr * g"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "rate-twice",
            "the learning rate is used twice, in the velocity and in the step",
            edits=((_STEP, "params[key] += self.lr * v"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "old-velocity",
            "the parameter moves by the old velocity; first renew the velocity, then move",
            edits=(
                (
                    f"            self.v[key] = v\n            {_STEP}",
                    "            params[key] += self.v.get(key, 0.0)\n            self.v[key] = v",
                ),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "rate-on-velocity",
            "the old velocity is multiplied by lr, too; only the gradient is",
            edits=((_RULE, "v = self.lr * (self.momentum * self.v.get(key, 0.0) - g)"),),
            loses=("steps",),
        ),
        Mistake(
            "weight-for-velocity",
            "μ multiplies the parameter; it multiplies the velocity, the last step",
            edits=((_RULE, "v = self.momentum * params[key] - self.lr * g"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "no-friction",
            "the velocity is kept in full; only the share μ of it survives a step",
            edits=((_RULE, _RULE.replace("self.momentum * ", "")),),
            loses=("steps",),
        ),
        Mistake(
            "starts-at-gradient",
            "the velocity starts as the first gradient; it starts at 0",
            edits=((_RULE, _RULE.replace("get(key, 0.0)", "get(key, g)")),),
            loses=("first", "steps"),
        ),
        Mistake(
            "fixed-momentum",
            "μ is 0.9 whatever momentum is; use the one that the constructor got",
            edits=((_RULE, _RULE.replace("self.momentum", "0.9")),),
            loses=("settings",),
        ),
        one_state(
            KIND,
            "velocity",
            ((_RULE, _RULE.replace("key", '"v"')), ("self.v[key] = v", 'self.v["v"] = v')),
        ),
        shared_state(
            KIND, (("momentum=0.9):", "momentum=0.9, v={}):"), ("self.v = {}", "self.v = v"))
        ),
        *usual_mistakes(KIND, "+"),
    ),
    alternatives=(
        Alternative(
            "velocity with the opposite sign",
            source="""
                class Momentum:
                    def __init__(self, lr=0.01, momentum=0.9):
                        self.lr, self.momentum = lr, momentum
                        self.velocity = None

                    def update(self, params, grads):
                        if self.velocity is None:
                            self.velocity = {key: np.zeros_like(w) for key, w in params.items()}
                        for key in params:
                            velocity = self.velocity[key]
                            velocity *= self.momentum
                            velocity += self.lr * grads[key]
                            params[key] -= velocity
            """,
        ),
        Alternative(
            "averaging form with its own rate",
            source="""
                from collections import defaultdict


                class Momentum:
                    def __init__(self, lr=0.01, momentum=0.9):
                        self.lr = lr / (1 - momentum)
                        self.momentum = momentum
                        self.mean = defaultdict(float)

                    def update(self, params, grads):
                        for key, w in params.items():
                            fresh = (1 - self.momentum) * grads[key]
                            self.mean[key] = self.momentum * self.mean[key] + fresh
                            w[...] = w - self.lr * self.mean[key]
            """,
        ),
        Alternative(
            "plain numbers in lists",
            source="""
                class Momentum:
                    def __init__(self, lr=0.01, momentum=0.9):
                        self.lr = lr
                        self.momentum = momentum
                        self.v = {}

                    def update(self, params, grads):
                        for key in params:
                            g = np.asarray(grads[key]).ravel().tolist()
                            old = self.v.get(key) or [0.0] * len(g)
                            pairs = zip(old, g)
                            self.v[key] = [self.momentum * v - self.lr * d for v, d in pairs]
                            params[key] += np.reshape(self.v[key], params[key].shape)
            """,
        ),
    ),
)
