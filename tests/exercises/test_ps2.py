"""Assignment ps2_optimizers: the solution against oracles, and submissions written by hand."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path

import numpy as np
import pytest

from dlcore import optimizers
from dlcore.checks.cases import Seen
from dlcore.checks.comparing import alike
from dlcore.checks.public import load
from dlgrader.declarations import Mistake
from dlgrader.exercises import load_assignment
from dlgrader.judge import Verdict, judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import load_model

pytestmark = pytest.mark.filterwarnings("ignore")

NAME = "ps2_optimizers"
DECLARED = load_assignment(NAME)
MODEL = load_model(NAME)
REQUIRED = ["SGD", "Momentum", "AdaGrad", "RMSProp", "Adam"]
BONUS = ["Nesterov", "AdaMax", "Nadam", "RMSpropGraves", "SMORMS3", "Eve"]
STATEFUL = [*REQUIRED[1:], *BONUS]


def solution(name):
    return MODEL.functions(DECLARED.exercise(name))[name]


def verdict_on(name: str, source: str) -> Verdict:
    """Judge a submission, in a notebook whose other cells are right."""
    change = Mistake("by hand", "", source=textwrap.dedent(source))
    exercise = DECLARED.exercise(name)
    return judge(exercise, LocalWorkplace(MODEL.functions(exercise, change)), DECLARED.seed)


def lost(verdict: Verdict) -> set[str]:
    return {part.key for part in verdict.properties if part.points < part.max_points}


def test_points():
    assert [exercise.name for exercise in DECLARED.code] == [*REQUIRED, *BONUS]
    assert DECLARED.max_points == 60
    assert [exercise.name for exercise in DECLARED.code if exercise.bonus] == BONUS
    assert sum(DECLARED.exercise(name).max_points for name in BONUS) == 18
    assert [written.max_points for written in DECLARED.written] == [3, 3, 3]


def test_checks_are_small_enough_to_ship():
    path = Path(load.__module__.replace(".", "/")).with_name("data") / f"{NAME}.json"
    assert (Path(__file__).parents[2] / path).stat().st_size < 300_000


# -- the model solution against oracles ------------------------------------------------------------


def exact():
    """The rules in arithmetic of 50 digits, written without a look at any other code."""
    pytest.importorskip("mpmath", reason="needs the extra 'dev'")
    path = Path(__file__).parents[1] / "oracle" / "exact_optimizers.py"
    spec = importlib.util.spec_from_file_location("exact_optimizers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EXACT


@pytest.mark.parametrize("which", [1, 2], ids=["defaults", "other settings"])
@pytest.mark.parametrize("name", [*REQUIRED, *BONUS])
def test_solution_in_fifty_digits(name, which):
    mpmath = pytest.importorskip("mpmath", reason="needs the extra 'dev'")
    entry = exact()[getattr(optimizers, name)]
    rule, settings = entry[0], entry[which]
    rng = np.random.default_rng(5)
    gs, losses = rng.normal(size=25), np.exp(rng.normal(size=25))
    optimizer = solution(name)(**settings) if which == 2 else solution(name)()
    w, path = np.array([0.75]), []
    for g, f in zip(gs, losses, strict=True):
        extra = (float(f),) if name == "Eve" else ()
        assert optimizer.update({"w": w}, {"w": np.array([g])}, *extra) is None
        path.append(w[0])
    with mpmath.workdps(50):
        exactly = rule(
            mpmath.mpf(0.75),
            [mpmath.mpf(float(g)) for g in gs],
            [mpmath.mpf(float(f)) for f in losses],
            **{key: mpmath.mpf(value) for key, value in settings.items()},
        )
        # AdaMax may have its ε elsewhere.
        rtol = 1e-2 if (name, which) == ("AdaMax", 2) else 1e-7
        np.testing.assert_allclose(path, [float(value) for value in exactly], rtol=rtol)


# The statements' worked examples: settings, (gradient, loss) of each step, parameter after it.
WORKED = [
    ("Momentum", {"lr": 0.1}, [(2, 1), (1, 1)], [0.8, 0.52]),
    ("AdaGrad", {"lr": 0.1}, [(3, 1), (4, 1)], [0.9, 0.82]),
    ("RMSProp", {"lr": 0.1, "decay": 0.75}, [(2, 1), (1, 1)], [0.8, 0.7]),
    ("Adam", {"lr": 0.1}, [(2, 1), (1, 1)], [0.9, 0.8068]),
    ("Nesterov", {"lr": 0.1}, [(2, 1), (1, 1)], [0.62, 0.268]),
    ("AdaMax", {"lr": 0.1}, [(2, 1), (1, 1)], [0.9, 0.8262]),
    ("Nadam", {"lr": 0.1}, [(2, 1), (1, 1)], [0.8944, 0.8420]),
    ("RMSpropGraves", {"lr": 0.1}, [(2, 1), (1, 1)], [0.5413, -0.0852]),
    ("SMORMS3", {"lr": 0.1}, [(2, 1), (1, 1)], [0.8586, 0.7795]),
    ("Eve", {"lr": 0.1, "beta3": 0.5}, [(2, 3), (2, 2)], [0.9, 0.7667]),
]


@pytest.mark.parametrize(("name", "settings", "steps", "expected"), WORKED)
def test_worked_examples(name, settings, steps, expected):
    optimizer, w, path = solution(name)(**settings), np.array([1.0]), []
    for g, loss in steps:
        extra = (loss,) if name == "Eve" else ()
        optimizer.update({"w": w}, {"w": np.array([float(g)])}, *extra)
        path.append(w[0])
    np.testing.assert_allclose(path, expected, atol=5.1e-5)
    text = (Path(__file__).parents[2] / "solutions" / NAME / f"{NAME}.py").read_text("utf-8")
    for value in expected:
        assert f"{value:.4f}".rstrip("0") in text


TORCH = {
    "SGD": ("SGD", {"lr": 0.01}),
    "Momentum": ("SGD", {"lr": 0.01, "momentum": 0.9}),
    "Nesterov": ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    "AdaGrad": ("Adagrad", {"lr": 0.01, "eps": 1e-7}),
    "RMSProp": ("RMSprop", {"lr": 0.01, "alpha": 0.99, "eps": 1e-7}),
    "Adam": ("Adam", {"lr": 0.001}),
    "AdaMax": ("Adamax", {"lr": 0.002}),
    "Nadam": ("NAdam", {"lr": 0.002}),
}


@pytest.mark.parametrize("name", TORCH)
def test_solution_with_defaults_equals_torch(name):
    torch = pytest.importorskip("torch", reason="needs the extra 'oracle'")
    theirs, settings = TORCH[name]
    rng = np.random.default_rng(8)
    start, gradients = rng.normal(size=(3, 2)), rng.normal(size=(40, 3, 2))
    w, ours = start.copy(), solution(name)()
    p = torch.tensor(start, requires_grad=True)
    other = getattr(torch.optim, theirs)([p], **settings)
    for g in gradients:
        ours.update({"w": w}, {"w": g})
        p.grad = torch.tensor(g)
        other.step()
    np.testing.assert_allclose(w, p.detach().numpy(), rtol=1e-6)


# -- stubs and pasted answers ----------------------------------------------------------------------

CLASS = """
    class {name}:
        def __init__(self, *args, **settings):
            self.lr = args[0] if args else settings.get("lr", 0.01)

        def update(self, params, grads, *rest):
            for key in params:
                {line}
"""


@pytest.mark.parametrize(
    "line",
    [
        "pass",
        "params[key][...] = 0",
        "params[key] *= 1 - self.lr",
        "params[key][...] = grads[key]",
        "params[key] += np.random.default_rng().normal(size=params[key].shape)",
        "params[key] += self.lr",
        "params[key] = None",
        "return {key: params[key] - self.lr * grads[key] for key in params}",
        "raise NotImplementedError",
    ],
)
@pytest.mark.parametrize("name", [*REQUIRED, *BONUS])
def test_stubs_get_nothing(name, line):
    assert verdict_on(name, CLASS.format(name=name, line=line)).points == 0


@pytest.mark.parametrize("name", STATEFUL)
def test_sgd_in_place_of_another_gets_at_most_the_first_step(name):
    verdict = verdict_on(name, CLASS.format(name=name, line="params[key] -= self.lr * grads[key]"))
    assert verdict.points == (1.5 if name == "Momentum" else 0)


# -- right by the fine print -----------------------------------------------------------------------

RIGHT = {
    "Adam, efficient form": (
        "Adam",
        """
        class Adam:
            def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
                self.lr, self.b1, self.b2, self.eps = lr, beta1, beta2, eps
                self.t = 0
                self.m = self.v = None

            def update(self, params, grads):
                if self.m is None:
                    self.m = {key: np.zeros_like(grads[key]) for key in grads}
                    self.v = {key: np.zeros_like(grads[key]) for key in grads}
                self.t += 1
                rate = self.lr * np.sqrt(1 - self.b2**self.t) / (1 - self.b1**self.t)
                for key in params:
                    self.m[key] = self.b1 * self.m[key] + (1 - self.b1) * grads[key]
                    self.v[key] = self.b2 * self.v[key] + (1 - self.b2) * grads[key] ** 2
                    params[key] -= rate * self.m[key] / (np.sqrt(self.v[key]) + self.eps)
        """,
    ),
    "Adam, a count for every key and a class attribute that is shadowed": (
        "Adam",
        """
        class Adam:
            t = 0

            def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
                vars(self).update(locals())
                self.cells = {}

            def update(self, params, grads):
                self.t += 1
                print("step", self.t)
                for key in sorted(params, reverse=True):
                    cell = self.cells.setdefault(key, {"t": 0, "m": 0.0, "v": 0.0})
                    cell["t"] += 1
                    cell["m"] = self.beta1 * cell["m"] + (1 - self.beta1) * grads[key]
                    cell["v"] = self.beta2 * cell["v"] + (1 - self.beta2) * grads[key] ** 2
                    m_hat = cell["m"] / (1 - self.beta1 ** cell["t"])
                    v_hat = cell["v"] / (1 - self.beta2 ** cell["t"])
                    params[key][:] = params[key] - self.lr * m_hat / (v_hat**0.5 + self.eps)
        """,
    ),
    "AdaMax without ε, kept from dividing by 0": (
        "AdaMax",
        """
        class AdaMax:
            def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
                self.lr, self.beta1, self.beta2 = lr, beta1, beta2
                self.t, self.m, self.u = 0, {}, {}

            def update(self, params, grads):
                self.t += 1
                for key, g in grads.items():
                    self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * g
                    self.u[key] = np.fmax(self.beta2 * self.u.get(key, 0), abs(g))
                    step = np.nan_to_num(self.m[key] / self.u[key])
                    params[key] -= self.lr / (1 - self.beta1**self.t) * step
        """,
    ),
    "AdaMax, ε added to β₂ u": (
        "AdaMax",
        """
        class AdaMax:
            def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
                self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
                self.t, self.m, self.u = 0, {}, {}

            def update(self, params, grads):
                self.t += 1
                for key, g in grads.items():
                    self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * g
                    old = self.beta2 * self.u.get(key, np.zeros_like(g)) + self.eps
                    self.u[key] = np.where(old > abs(g), old, abs(g))
                    m_hat = self.m[key] / (1 - self.beta1**self.t)
                    params[key] -= self.lr * m_hat / self.u[key]
        """,
    ),
    "Momentum in single precision, numbers from NumPy": (
        "Momentum",
        """
        class Momentum:
            def __init__(self, lr=0.01, momentum=0.9):
                self.lr, self.momentum = np.float64(lr), np.float64(momentum)
                self.v = {}

            def update(self, params, grads):
                for key, w in params.items():
                    old = self.v.get(key, np.zeros(w.shape, np.float32))
                    self.v[key] = self.momentum * old - self.lr * grads[key]
                    w += self.v[key].astype(w.dtype)
        """,
    ),
    "RMSProp, flat loops": (
        "RMSProp",
        """
        class RMSProp:
            def __init__(self, lr=0.01, decay=0.99, eps=1e-7):
                self.lr, self.decay, self.eps, self.h = lr, decay, eps, {}

            def update(self, params, grads):
                for key, w in params.items():
                    if key not in self.h:
                        self.h[key] = [0.0] * w.size
                    for i, g in enumerate(grads[key].flat):
                        self.h[key][i] = self.decay * self.h[key][i] + (1 - self.decay) * g**2
                        w.flat[i] -= self.lr * g / (self.h[key][i] ** 0.5 + self.eps)
        """,
    ),
    "Nesterov on top of the Momentum above": (
        "Nesterov",
        """
        class Nesterov(Momentum):
            def update(self, params, grads):
                before = {key: w.copy() for key, w in params.items()}
                super().update(params, grads)
                for key, w in params.items():
                    velocity = w - before[key]
                    w[...] = before[key] + self.momentum * velocity - self.lr * grads[key]
        """,
    ),
    "Eve with a loss that is looked at as an array": (
        "Eve",
        """
        class Eve(Adam):
            def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.999, k=0.1, K=10, eps=1e-8):
                super().__init__(lr, beta1, beta2, eps)
                self.beta3, self.k, self.K = beta3, k, K
                self.f, self.d = None, 1

            def update(self, params, grads, loss):
                f = np.asarray(loss)
                if self.f is None:
                    self.f = f
                else:
                    up = f >= self.f
                    low = np.where(up, self.k + 1, 1 / (self.K + 1))
                    high = np.where(up, self.K + 1, 1 / (self.k + 1))
                    new = np.clip(f / self.f, low, high) * self.f
                    change = np.abs(new - self.f) / np.minimum(new, self.f)
                    self.d = self.beta3 * self.d + (1 - self.beta3) * change
                    self.f = new
                lr, eps = self.lr, self.eps
                try:
                    self.lr, self.eps = lr / self.d, eps / self.d
                    super().update(params, grads)
                finally:
                    self.lr, self.eps = lr, eps
        """,
    ),
}


@pytest.mark.parametrize("title", RIGHT)
def test_right_submission_gets_full_points(title):
    verdict = verdict_on(*RIGHT[title])
    assert verdict.points == verdict.max_points, str(verdict)


@pytest.mark.parametrize("name", [*REQUIRED, *BONUS])
def test_a_new_array_costs_in_place_only(name):
    source = MODEL.cells[name]
    for sign in "+-":
        source = source.replace(f"params[key] {sign}= ", f"params[key] = params[key] {sign} ")
    assert lost(verdict_on(name, source)) == {"in_place"}


# -- wrong by the fine print -----------------------------------------------------------------------

ADAM = MODEL.cells["Adam"]
WRONG = {
    "ε inside, in the efficient form": (
        "Adam",
        ADAM.replace(
            "np.sqrt(v_hat) + self.eps", "np.sqrt((v + self.eps) / (1 - self.beta2**self.t))"
        ),
        {"eps"},
    ),
    "another default of ε": ("Adam", ADAM.replace("eps=1e-8", "eps=1e-6"), {"eps"}),
    "another default of β₂": (
        "Adam",
        ADAM.replace("beta2=0.999", "beta2=0.99"),
        {"settings", "eps"},
    ),
    "order of the settings": (
        "Adam",
        ADAM.replace("beta1=0.9, beta2=0.999", "beta2=0.999, beta1=0.9"),
        {"settings"},
    ),
    "gradients kept, not copied": (
        "AdaGrad",
        """
        class AdaGrad:
            def __init__(self, lr=0.01, eps=1e-7):
                self.lr, self.eps, self.all = lr, eps, {}

            def update(self, params, grads):
                for key, g in grads.items():
                    self.all.setdefault(key, []).append(g)
                    h = sum(old**2 for old in self.all[key])
                    params[key] -= self.lr * g / (np.sqrt(h) + self.eps)
        """,
        {"objects"},
    ),
    "state in a global": (
        "AdaGrad",
        """
        H = {}


        class AdaGrad:
            def __init__(self, lr=0.01, eps=1e-7):
                self.lr, self.eps = lr, eps

            def update(self, params, grads):
                for key, g in grads.items():
                    H[key] = H.get(key, 0) + g**2
                    params[key] -= self.lr * g / (np.sqrt(H[key]) + self.eps)
        """,
        {"objects"},
    ),
    "gradients taken out of their dict": (
        "SGD",
        """
        class SGD:
            def __init__(self, lr=0.01):
                self.lr = lr

            def update(self, params, grads):
                for key in params:
                    params[key] -= self.lr * grads.pop(key)
        """,
        {"untouched"},
    ),
    "shapes flattened": (
        "SGD",
        """
        class SGD:
            def __init__(self, lr=0.01):
                self.lr = lr

            def update(self, params, grads):
                for key in params:
                    params[key] = (params[key] - self.lr * grads[key]).ravel()
        """,
        {"first", "several", "in_place"},
    ),
    "Eve's default of K": ("Eve", MODEL.cells["Eve"].replace("K=10", "K=5"), {"settings"}),
    "SMORMS3's memory for the whole class": (
        "SMORMS3",
        MODEL.cells["SMORMS3"]
        .replace("    def __init__", "    mem = {}\n\n    def __init__")
        .replace("self.mem, self.m, self.v = {}, {}, {}", "self.m, self.v = {}, {}"),
        {"apart"},
    ),
}


@pytest.mark.parametrize("title", WRONG)
def test_wrong_submission_loses(title):
    name, source, expected = WRONG[title]
    assert source != MODEL.cells[name]
    assert lost(verdict_on(name, source)) == expected, str(verdict_on(name, source))


# -- the checks ------------------------------------------------------------------------------------


def same(one: Seen | None, other: Seen | None, rtol: float) -> bool:
    if one is None or other is None:
        return one is other
    return (
        one.raised == other.raised
        and set(one.changed) == set(other.changed)
        and one.arrays.keys() == other.arrays.keys()
        and all(alike(one.arrays[name], other.arrays[name], rtol) for name in one.arrays)
    )


@pytest.mark.parametrize("name", [*REQUIRED, *BONUS])
def test_no_two_mistakes_look_the_same_in_the_check(name):
    public = load(NAME)[name]
    names = [mistake.name for mistake in DECLARED.exercise(name).mistakes]
    for place, one in enumerate(names):
        for other in names[:place]:
            assert not all(
                same(case.mistakes.get(one), case.mistakes.get(other), case.rtol)
                for case in public.cases
            ), (one, other)


@pytest.mark.parametrize("name", [*REQUIRED, *BONUS])
def test_what_a_check_prints_is_short(name):
    for case in load(NAME)[name].cases:
        assert sum(array.size for array in case.expected.arrays.values()) <= 8
        assert len(case.about.splitlines()) <= 6
