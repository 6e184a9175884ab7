"""``SGD``."""

from __future__ import annotations

from dlcore import optimizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps2_optimizers.family import (
    examples,
    first_step,
    in_place,
    objects,
    settings,
    several,
    untouched,
    usual_mistakes,
)
from dlgrader.exercises.ps2_optimizers.kinds import Kind

KIND = Kind("SGD", usual={"lr": 0.1}, other={"lr": 0.7}, memory=False)
_RULE = "params[key] -= self.lr * g"

SGD = CodeExercise(
    name="SGD",
    title="Gradient descent: `SGD`",
    signature="SGD(lr=0.01)",
    minutes=10,
    section=Section("2", "SGD: the gradient is an estimate", "ch2/learning_rate"),
    functions=("SGD",),
    reference={"SGD": optimizers.SGD},
    public=tuple(examples(KIND, {"lr": 0.1})),
    properties=(
        first_step(KIND, 2.0),
        settings(KIND, 1.0),
        several(KIND, 1.0),
        objects(KIND, 0.5),
        in_place(KIND, 1.0),
        untouched(KIND, 0.5),
    ),
    mistakes=(
        Mistake(
            "uphill",
            "the step goes along the gradient, so uphill; it goes against it",
            edits=(("-= self.lr", "+= self.lr"),),
            loses=("first",),
        ),
        Mistake(
            "no-learning-rate",
            "the gradient is subtracted as it is, without the learning rate",
            edits=(("self.lr * g", "g"),),
            loses=("first",),
        ),
        Mistake(
            "fixed-learning-rate",
            "the learning rate is 0.1 whatever lr is; use the one that the constructor got",
            edits=(("self.lr * g", "0.1 * g"),),
            loses=("settings",),
        ),
        Mistake(
            "other-default",
            "without an argument, lr is not 0.01",
            edits=(("lr=0.01", "lr=0.1"),),
            loses=("settings",),
        ),
        Mistake(
            "nothing-stored",
            "the new value only has a local name; the arrays in params stay as they were",
            edits=((_RULE, "w = params[key] - self.lr * g"),),
            loses=("first", "several", "in_place", "untouched"),
        ),
        Mistake(
            "sign-only",
            "only the sign of the gradient is used; its size counts, too",
            edits=((_RULE, "params[key] -= self.lr * np.sign(g)"),),
            loses=("first",),
        ),
        Mistake(
            "unit-length",
            "the gradient is divided by its length; SGD takes it as it is",
            edits=((_RULE, "params[key] -= self.lr * g / np.linalg.norm(g)"),),
            loses=("first",),
        ),
        Mistake(
            "divided-again",
            "the gradient is divided by the number of its elements; the loss is a mean already",
            edits=((_RULE, "params[key] -= self.lr * g / g.size"),),
            loses=("first",),
        ),
        Mistake(
            "weight-in-place-of-gradient",
            "the parameter is made smaller by a share of itself; the step is lr times the gradient",
            edits=((_RULE, "params[key] -= self.lr * params[key]"),),
            loses=("first",),
        ),
        Mistake(
            "first-parameter-only",
            "update ends after the first parameter: return stands inside the loop",
            edits=(("        return\n", "            return\n"),),
            loses=("several",),
        ),
        Mistake(
            "setting-of-the-class",
            "lr is stored in the class, so a second object changes the first; store it in self",
            edits=(
                ("self.lr = lr", "SGD.lr = lr"),
                ("self.lr * g", "SGD.lr * g"),
            ),
            loses=("objects",),
        ),
        *usual_mistakes(KIND),
    ),
    alternatives=(
        Alternative(
            "every number by itself",
            source="""
                class SGD:
                    def __init__(self, lr=0.01):
                        self.rate = float(lr)

                    def update(self, params, grads):
                        for key in params:
                            w, g = params[key], grads[key]
                            for place in np.ndindex(*w.shape):
                                w[place] = float(w[place]) - self.rate * float(g[place])
            """,
        ),
        Alternative(
            "a dataclass",
            source="""
                import dataclasses


                @dataclasses.dataclass
                class SGD:
                    lr: float = 0.01

                    def update(self, params, grads):
                        print("step")
                        for key, w in params.items():
                            np.subtract(w, self.lr * grads[key], out=w)
            """,
        ),
        Alternative(
            "a slice that is assigned",
            edits=((_RULE, "params[key][...] = params[key] + (-self.lr) * g"),),
        ),
    ),
)
