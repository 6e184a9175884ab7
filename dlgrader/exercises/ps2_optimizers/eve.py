"""``Eve``, a bonus."""

from __future__ import annotations

from dataclasses import replace

from dlcore import optimizers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section, Trial
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
from dlgrader.exercises.ps2_optimizers.kinds import Generator, Kind, renamed
from dlgrader.exercises.ps2_optimizers.runs import path

KIND = Kind(
    "Eve",
    usual={
        "lr": 0.1,
        "beta1": 0.9,
        "beta2": 0.999,
        "beta3": 0.7,
        "k": 0.1,
        "K": 10,
        "eps": 1e-12,
    },
    other={
        "lr": 0.3,
        "beta1": 0.6,
        "beta2": 0.8,
        "beta3": 0.4,
        "k": 0.3,
        "K": 3,
        "eps": 1e-3,
    },
    loss=True,
    bonus=True,
)
_M = "m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g"
_V = "v = self.beta2 * self.v.get(key, 0.0) + (1 - self.beta2) * g**2"
_LIMITED = "new = min(max(low, loss / self.f_hat), high) * self.f_hat"
_R = "r = abs(new - self.f_hat) / min(new, self.f_hat)"
_D = "self.d = self.beta3 * self.d + (1 - self.beta3) * r"
_BELOW = "(self.d * np.sqrt(v_hat) + self.eps)"
_READABLE = {
    "lr": 0.1,
    "beta1": 0.9,
    "beta2": 0.999,
    "beta3": 0.5,
    "k": 0.1,
    "K": 10,
    "eps": 1e-8,
}


_SAME = [[1.0, 2.0]] * 4
_CALM_THEN_WILD = (2.0, 2.0, 9.0, 200.0)


def _details(rng: Generator) -> list[Trial]:
    """Return trials of ε, of gradients of 0, and of losses that change little or much.

    In the calm run, the second loss is f̂ exactly, the third just above f̂, the fourth just below.
    The wild one has the default limits.
    """
    calm = KIND.draw(rng, {"W44": (2,)}, 5)
    calm = replace(calm, losses=tuple(calm.losses[0] * share for share in (1, 1, 1.12, 1.15, 1.4)))
    wild = KIND.draw(rng, {"W45": (2,)}, 4, {"lr": 0.1})
    wild = replace(wild, losses=(2.0, 60.0, 22.0, 0.5))
    return [
        path(calm, (2, 3, 4, 5)),
        path(wild, (2, 3, 4)),
        *place_of_epsilon(rng, KIND, 1e-8),
        *zero_trials(KIND, rng),
    ]


EVE = CodeExercise(
    name="Eve",
    title="Bonus: `Eve`",
    signature="Eve(lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.999, k=0.1, K=10, eps=1e-8)",
    minutes=20,
    section=Section("2.2", "Eve: listen to the loss", "ch2/further"),
    functions=("Eve",),
    bonus=True,
    reference={"Eve": optimizers.Eve},
    public=(
        *examples(KIND, _READABLE),
        path(
            example(KIND, {**_READABLE, "eps": 0.1}, {"W": [[0.2, -1.0], [0.1, 0.3], [0.5, 1.0]]}),
        ),
        path(
            renamed(replace(example(KIND, _READABLE, {"W": _SAME}), losses=_CALM_THEN_WILD), 9),
            (2, 4),
        ),
    ),
    properties=bonus_properties(
        KIND, _details, "; ε outside the root; gradients of 0; a loss that stays the same"
    ),
    mistakes=(
        Mistake(
            "loss-ignored",
            "that is Adam: d is missing, so the loss has no effect",
            edits=((_BELOW, "(np.sqrt(v_hat) + self.eps)"),),
            loses=("steps",),
        ),
        Mistake(
            "d-multiplies-eps",
            "d multiplies ε, too; it multiplies the root alone",
            edits=((_BELOW, "(self.d * (np.sqrt(v_hat) + self.eps))"),),
            loses=("settings",),
        ),
        Mistake(
            "d-above",
            "the step is multiplied by d; the root below the line is",
            edits=((f"m_hat / {_BELOW}", "m_hat * self.d / (np.sqrt(v_hat) + self.eps)"),),
            loses=("steps",),
        ),
        Mistake(
            "lower-limit",
            "when the loss falls, both limits are 1/(k + 1); the lower one is 1/(K + 1)",
            edits=(("low, high = 1 / (self.K + 1),", "low, high = 1 / (self.k + 1),"),),
            loses=("steps",),
        ),
        Mistake(
            "limits-exchanged",
            "the cases are exchanged: limits above 1 are for a loss that rises",
            edits=(("if loss >= self.f_hat", "if loss < self.f_hat"),),
            loses=("steps",),
        ),
        Mistake(
            "not-limited",
            "c is not limited: the loss itself becomes the new f̂",
            edits=((_LIMITED, "new = loss"),),
            loses=("steps",),
        ),
        Mistake(
            "only-from-above",
            "c has no lower limit: a loss that hardly changes still counts as a change of k",
            edits=(("max(low, loss / self.f_hat)", "loss / self.f_hat"),),
            loses=("steps",),
        ),
        Mistake(
            "tie",
            "a loss equal to f̂ belongs to the case of the rising loss",
            edits=(("if loss >= self.f_hat", "if loss > self.f_hat"),),
            loses=("settings",),
        ),
        Mistake(
            "divided-by-old",
            "the change is divided by the old f̂; it is divided by the smaller of old and new",
            edits=(("min(new, self.f_hat)", "self.f_hat"),),
            loses=("steps",),
        ),
        Mistake(
            "no-size-of-change",
            "the change of f̂ keeps its sign; its size counts",
            edits=(("abs(new - self.f_hat)", "(new - self.f_hat)"),),
            loses=("steps",),
        ),
        Mistake(
            "raw-change",
            "r is the change of the loss; it is that of f̂, which has limits",
            edits=((_R, "r = abs(loss - self.f_hat) / min(loss, self.f_hat)"),),
            loses=("steps",),
        ),
        Mistake(
            "f-hat-forgotten",
            "f̂ stays that of the first step; it is renewed at every step",
            edits=(("            self.f_hat = new\n", ""),),
            loses=("steps",),
        ),
        Mistake(
            "d-not-averaged",
            "d is the last change alone; it is a moving average that starts at 1",
            edits=((_D, "self.d = r"),),
            loses=("steps",),
        ),
        Mistake(
            "d-from-zero",
            "d starts at 0; it starts at 1",
            edits=(("self.f_hat, self.d = 0.0, 1.0", "self.f_hat, self.d = 0.0, 0.0"),),
            loses=("first", "steps"),
        ),
        Mistake(
            "shares-of-d",
            "β₃ and 1 − β₃ are exchanged: β₃ is the share of d that is kept",
            edits=((_D, "self.d = (1 - self.beta3) * self.d + self.beta3 * r"),),
            loses=("steps",),
        ),
        Mistake(
            "no-correction",
            "the bias correction is missing: m and v start at 0 and are too small at first",
            edits=(
                ("m_hat = m / (1 - self.beta1**self.t)", "m_hat = m"),
                ("v_hat = v / (1 - self.beta2**self.t)", "v_hat = v"),
            ),
            loses=("first", "steps"),
        ),
        Mistake(
            "eps-inside",
            "ε stands inside the root; here it is added outside",
            edits=((_BELOW, "(self.d * np.sqrt(v_hat + self.eps))"),),
            loses=("settings",),
        ),
        Mistake(
            "no-eps",
            "ε is missing, so a gradient that has always been 0 gives 0/0",
            edits=((_BELOW, "(self.d * np.sqrt(v_hat))"),),
            loses=("settings",),
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
            "f̂ limited directly",
            source="""
                class Eve:
                    def __init__(
                        self, lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.999, k=0.1, K=10, eps=1e-8
                    ):
                        self.lr, self.betas, self.eps = lr, (beta1, beta2, beta3), eps
                        self.near, self.far = 1 + k, 1 + K
                        self.f = None
                        self.d, self.t = 1.0, 0
                        self.m, self.v = {}, {}

                    def follow(self, loss):
                        if loss >= self.f:
                            return np.clip(loss, self.near * self.f, self.far * self.f)
                        return np.clip(loss, self.f / self.far, self.f / self.near)

                    def update(self, params, grads, loss):
                        beta1, beta2, beta3 = self.betas
                        self.t += 1
                        if self.f is None:
                            self.f = loss
                        else:
                            new = self.follow(loss)
                            change = max(new, self.f) / min(new, self.f) - 1
                            self.d += (1 - beta3) * (change - self.d)
                            self.f = new
                        for key, w in params.items():
                            m = self.m.setdefault(key, np.zeros_like(w))
                            v = self.v.setdefault(key, np.zeros_like(w))
                            m += (1 - beta1) * (grads[key] - m)
                            v += (1 - beta2) * (grads[key] ** 2 - v)
                            root = np.sqrt(v / (1 - beta2**self.t))
                            w -= self.lr * m / (1 - beta1**self.t) / (self.d * root + self.eps)
            """,
        ),
        Alternative(
            "in pieces",
            source="""
                class Eve:
                    def __init__(
                        self, lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.999, k=0.1, K=10, eps=1e-8
                    ):
                        self.lr = lr
                        self.beta1 = beta1
                        self.beta2 = beta2
                        self.beta3 = beta3
                        self.k = k
                        self.K = K
                        self.eps = eps
                        self.step = 0
                        self.old = {}

                    def listen(self, f):
                        if self.step == 1:
                            self.f_hat, self.d = f, 1
                            return
                        delta, Delta = self.k + 1, self.K + 1
                        if f < self.f_hat:
                            delta, Delta = 1 / Delta, 1 / delta
                        c = f / self.f_hat
                        if c < delta:
                            c = delta
                        if c > Delta:
                            c = Delta
                        last, self.f_hat = self.f_hat, c * self.f_hat
                        r = abs(self.f_hat - last) / min(self.f_hat, last)
                        self.d = self.beta3 * self.d + (1 - self.beta3) * r

                    def mean(self, name, x, beta):
                        self.old[name] = beta * self.old.get(name, 0) + (1 - beta) * x
                        return self.old[name] / (1 - beta**self.step)

                    def update(self, params, grads, loss):
                        self.step += 1
                        self.listen(loss)
                        for key in params:
                            m = self.mean(("m", key), grads[key], self.beta1)
                            v = self.mean(("v", key), grads[key] ** 2, self.beta2)
                            params[key] -= self.lr * m / (self.d * v**0.5 + self.eps)
            """,
        ),
        Alternative(
            "every number by itself",
            edits=(
                (
                    f"            params[key] -= self.lr * m_hat / {_BELOW}\n",
                    "            for place in np.ndindex(params[key].shape):\n"
                    "                below = self.d * float(v_hat[place]) ** 0.5 + self.eps\n"
                    "                params[key][place] -= self.lr * float(m_hat[place]) / below\n",
                ),
            ),
        ),
    ),
)
