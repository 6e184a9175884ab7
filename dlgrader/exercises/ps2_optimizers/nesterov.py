"""``Nesterov``, a bonus."""

from __future__ import annotations

from dlcore import optimizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps2_optimizers.family import (
    bonus_properties,
    examples,
    one_state,
    shared_state,
    usual_mistakes,
)
from dlgrader.exercises.ps2_optimizers.kinds import Kind

KIND = Kind(
    "Nesterov",
    usual={"lr": 0.2, "momentum": 0.9},
    other={"lr": 0.3, "momentum": 0.5},
    bonus=True,
)
_RULE = "v = self.momentum * self.v.get(key, 0.0) - self.lr * g"
_STEP = "self.momentum * v - self.lr * g"
_MOVE = f"params[key] += {_STEP}"

NESTEROV = CodeExercise(
    name="Nesterov",
    title="Bonus: `Nesterov`",
    signature="Nesterov(lr=0.01, momentum=0.9)",
    minutes=10,
    section=Section("2.2", "Nesterov: look before you leap", "ch2/further"),
    functions=("Nesterov",),
    bonus=True,
    reference={"Nesterov": optimizers.Nesterov},
    public=tuple(examples(KIND, {"lr": 0.2, "momentum": 0.9})),
    properties=bonus_properties(KIND, lambda _: [], ", by position and by name"),
    mistakes=(
        Mistake(
            "momentum",
            "that is Momentum: the parameter moves by v alone, without the look ahead",
            edits=((_MOVE, "params[key] += v"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "new-velocity-twice",
            "μ² multiplies the new velocity; in that form of the rule it is the old one",
            edits=(
                (_MOVE, "params[key] += self.momentum**2 * v - (1 + self.momentum) * self.lr * g"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "gradient-missing",
            "the parameter moves by μ v alone; the new gradient is missing in the step",
            edits=((_MOVE, "params[key] += self.momentum * v"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "share-missing",
            "the whole velocity is added to the gradient's step; only its share μ is",
            edits=((_MOVE, "params[key] += v - self.lr * g"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "velocity-forgotten",
            "the velocity is 0 again at each step; it must be kept from one call to the next",
            edits=(("            self.v[key] = v\n", ""),),
            loses=("steps",),
        ),
        Mistake(
            "look-ahead-kept",
            "the look-ahead step is kept as velocity; keep v itself",
            edits=(("self.v[key] = v\n", f"self.v[key] = {_STEP}\n"),),
            loses=("steps",),
        ),
        Mistake(
            "averaging-form",
            "the gradient is multiplied by 1 − μ: that is the averaging form, with shorter steps",
            edits=(
                (_RULE, _RULE.replace("- self.lr", "- (1 - self.momentum) * self.lr")),
                (_MOVE, "params[key] += self.momentum * v - (1 - self.momentum) * self.lr * g"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "uphill",
            "the gradient is added to the velocity, so it pushes uphill; it is subtracted",
            edits=((_RULE, _RULE.replace("- self.lr", "+ self.lr")),),
            loses=("first", "steps"),
        ),
        Mistake(
            "step-uphill",
            "the gradient is added in the step, so it leads uphill; it is subtracted twice",
            edits=((_MOVE, "params[key] += self.momentum * v + self.lr * g"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "share-once",
            "the old velocity counts in the step with μ; it counts with μ², as μ multiplies v",
            edits=((_MOVE, "params[key] += v - self.momentum * self.lr * g"),),
            loses=("steps",),
        ),
        Mistake(
            "fixed-momentum",
            "μ is 0.9 whatever momentum is; use the one that the constructor got",
            edits=(
                (_RULE, _RULE.replace("self.momentum", "0.9")),
                (_MOVE, _MOVE.replace("self.momentum", "0.9")),
            ),
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
            "by the old velocity",
            edits=(
                (
                    f"            self.v[key] = v\n            {_MOVE}",
                    "            old = self.v.get(key, np.zeros_like(g))\n"
                    "            self.v[key] = v\n"
                    "            move = (1 + self.momentum) * self.lr * g\n"
                    "            params[key] += self.momentum**2 * old - move",
                ),
            ),
        ),
        Alternative(
            "the point behind is kept as well",
            source="""
                class Nesterov:
                    def __init__(self, lr=0.01, momentum=0.9):
                        self.lr, self.momentum = lr, momentum
                        self.behind = {}

                    def update(self, params, grads):
                        for key, w in params.items():
                            behind = self.behind.get(key, w.copy())
                            moved = w - self.lr * grads[key]
                            w[...] = moved + self.momentum * (moved - behind)
                            self.behind[key] = moved
            """,
        ),
        Alternative(
            "opposite sign, in place",
            source="""
                class Nesterov:
                    def __init__(self, lr=0.01, momentum=0.9):
                        self.lr = lr
                        self.momentum = momentum
                        self.buffers = dict()

                    def update(self, params, grads):
                        for key in grads:
                            if key not in self.buffers:
                                self.buffers[key] = np.zeros_like(params[key])
                            buffer = self.buffers[key]
                            buffer *= self.momentum
                            buffer += grads[key]
                            params[key] -= self.lr * (grads[key] + self.momentum * buffer)
            """,
        ),
    ),
)
