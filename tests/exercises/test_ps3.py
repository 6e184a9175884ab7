"""Assignment ps3_overfitting: oracles, choices by computing, error rates."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from dlcore.checks import masks
from dlcore.gradient_check import numerical_gradient, relative_error
from dlcore.networks import MultiLayerNet
from dlgrader.exercises import load_assignment
from dlgrader.exercises.ps3_overfitting.masks import COUNTED_SHAPES
from dlgrader.judge import judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import load_model
from dlgrader.public_data import agree, public_data
from dlgrader.solutions import read_text

ROOT = Path(__file__).resolve().parents[2]
DECLARED = load_assignment("ps3_overfitting")
TEXT = read_text(ROOT, DECLARED.name)

# Warnings of odd answers are part of the tests.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def solution():
    return load_model(DECLARED.name).functions(DECLARED.exercise("dropout_backward"))


def test_the_data_of_the_checks_do_not_depend_on_chance():
    model = load_model(DECLARED.name)
    assert agree(public_data(DECLARED, model), public_data(DECLARED, model))


def test_totals():
    assert DECLARED.max_points == 60
    assert {choice.name: choice.right for choice in DECLARED.judged[2:4]} == {
        "ridge": "c",
        "l1_picture": "b",
    }


# -- the model solution against oracles ------------------------------------------------------------


def test_numbers_of_the_statements(solution):
    weights = [np.array([[1.0, -2.0]]), np.array([[3.0]])]
    assert solution["l1_penalty"](weights, 0.5) == 3
    assert solution["l2_penalty"](weights, 0.5) == 3.5
    W = np.array([3.0, 0.0, -0.5])
    np.testing.assert_allclose(solution["l1_gradient"](W, 0.1), [0.1, 0, -0.1])
    np.testing.assert_allclose(solution["weight_decay_gradient"](W, 0.1), [0.3, 0, -0.05])
    dx = solution["dropout_backward"](np.array([1.0, 3.0, -2.0]), np.array([2.0, 0.0, 2.0]))
    np.testing.assert_array_equal(dx, [2, 0, -4])


@pytest.mark.parametrize("lam", [0.0, 0.3, 2])
def test_penalties_and_gradients_against_torch(solution, lam):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((3, 4), (5,), (2, 3, 2, 2))]
    arrays[0][1, 2] = 0.0
    for power, penalty, gradient in (
        (1, "l1_penalty", "l1_gradient"),
        (2, "l2_penalty", "weight_decay_gradient"),
    ):
        tensors = [torch.tensor(W, requires_grad=True) for W in arrays]
        right = sum(lam / power * (W.abs() ** power).sum() for W in tensors)
        right.backward()
        assert solution[penalty](arrays, lam) == pytest.approx(right.item(), abs=1e-12)
        for W, tensor in zip(arrays, tensors, strict=True):
            np.testing.assert_allclose(solution[gradient](W, lam), tensor.grad, atol=1e-12)


def test_dropout_against_torch(solution):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
    out, mask = solution["dropout_forward"](x, 0.4, rng)
    tensor = torch.tensor(x, requires_grad=True)
    kept = torch.tensor(mask != 0)
    right = torch.where(kept, tensor / (1 - 0.4), 0.0)
    right.backward(torch.tensor(dout))
    np.testing.assert_allclose(out, right.detach(), atol=1e-12)
    np.testing.assert_allclose(solution["dropout_backward"](dout, mask), tensor.grad, atol=1e-12)


# -- the choice questions --------------------------------------------------------------------------


def options(name):
    """Code of the options of a question, by letter, as its text shows them."""
    (statement,) = (cell.source for cell in TEXT.cells if cell.metadata.get("exercise") == name)
    return dict(re.findall(r"^- \*\*(.)\)\*\* `(.+)`$", statement, re.MULTILINE))


def right_letter(name):
    exercise = DECLARED.exercise(name)
    assert set(exercise.why) == set("abcd")
    return exercise.right


def test_ridge():
    """c) is right, a) and b) are wrong; d) speaks of a layer that there is not."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=30) + 5

    def ridge(lam):
        centred = x - x.mean(axis=0)
        w = np.linalg.solve(centred.T @ centred / 30 + lam * np.eye(3), centred.T @ y / 30)
        return w, y.mean() - x.mean(axis=0) @ w

    sizes = [np.abs(ridge(lam)[0]).max() for lam in (0.0, 1e2, 1e4, 1e6)]
    assert all(sizes[k + 1] < sizes[k] for k in range(3))
    assert 0 < sizes[-1] < 1e-6
    least_squares = np.linalg.lstsq(np.column_stack([x, np.ones(30)]), y, rcond=None)[0]
    np.testing.assert_allclose([*ridge(0.0)[0], ridge(0.0)[1]], least_squares)
    assert ridge(1e6)[1] == pytest.approx(y.mean(), rel=1e-4)  # the intercept is not pulled to 0
    assert right_letter("ridge") == "c"


def test_pictures(monkeypatch):
    """Only the region of b) has the same sum of absolute values all along its edge."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    (source,) = (c.source for c in TEXT.cells if c.metadata.get("figure") == "regions")
    monkeypatch.setattr(plt, "show", lambda: None)
    namespace = {"np": np, "plt": plt}
    exec(source, namespace)
    powers = {"a": 2.0, "b": 1.0, "c": np.inf, "d": 2 / 3}
    titles = []
    for axis in namespace["figure"].axes:
        letter = axis.get_title().rstrip(")")
        titles.append(letter)
        edge = axis.patches[0].get_xy()
        for other, power in powers.items():
            if np.isinf(power):
                norms = np.abs(edge).max(axis=1)
            else:
                norms = (np.abs(edge) ** power).sum(axis=1) ** (1 / power)
            same = np.ptp(norms) < 1e-6
            assert same == (other == letter), (letter, other)
        (dot,) = (line for line in axis.lines if line.get_marker() == "o")
        w1, w2 = dot.get_xydata()[0]
        assert w2 > 0
        assert (abs(w1) < 1e-6) == (letter in "bd")  # as the text says in words
    plt.close("all")
    assert titles == list("abcd")
    assert right_letter("l1_picture") == "b"


class QuizNet(MultiLayerNet):
    """The program of the question, with the blanks as expressions."""

    blank_i = blank_u = ""

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for idx in range(1, self.hidden_layer_num + 2):
            affine = self.layers["Affine" + str(idx)]
            names = {"self": self, "affine": affine}
            weight_decay_gradient = eval(self.blank_i, names)
            grads["W" + str(idx)] = affine.dW + weight_decay_gradient
            names["weight_decay_gradient"] = weight_decay_gradient
            grads["b" + str(idx)] = eval(self.blank_u, names)
        return grads


def worst(blank_i, blank_u, kind):
    """Largest relative error of the gradients of weights or biases, by central differences."""
    rng = np.random.default_rng(0)
    network = type("Net", (QuizNet,), {"blank_i": blank_i, "blank_u": blank_u})(
        6, [5], 3, weight_decay_lambda=0.5, rng=rng, dtype=np.float64
    )
    for layer in network.layers.values():
        if "b" in layer.params:
            layer.params["b"] += rng.normal(size=layer.params["b"].shape)
    x, t = rng.normal(size=(8, 6)), rng.integers(3, size=8)
    grads = {name: np.array(grad) for name, grad in network.gradient(x, t).items()}
    errors = []
    for name, parameter in network.params.items():
        if name.startswith(kind):
            numerical = numerical_gradient(lambda _: network.loss(x, t), parameter)
            if grads[name].shape != numerical.shape:
                return np.inf
            errors.append(relative_error(grads[name], numerical))
    return max(errors)


def test_blanks():
    decays, biases = options("blank_i"), options("blank_u")
    assert set(decays) == set(biases) == set("abcd")
    right = {letter for letter, code in decays.items() if worst(code, "affine.db", "W") < 1e-6}
    assert right == {right_letter("blank_i")} == {"d"}
    right = {letter for letter, code in biases.items() if worst(decays["d"], code, "b") < 1e-6}
    assert right == {right_letter("blank_u")} == {"a"}


@pytest.mark.parametrize("name", ["ridge", "l1_picture", "blank_i", "blank_u"])
def test_choices_are_judged(name):
    exercise = DECLARED.exercise(name)
    for letter in "abcd":
        verdict = judge(exercise, LocalWorkplace({name: letter.upper() + " "}), 0)
        assert verdict.points == (exercise.max_points if letter == exercise.right else 0)
    for nothing in (None, "", "e", ["a"], 3, exercise.right * 2):
        assert judge(exercise, LocalWorkplace({name: nothing}), 0).points == 0


# -- how often dropout's statistics wrong a right answer -------------------------------------------


def log_binomial(n, q):
    """Logarithms of all probabilities of a binomial distribution."""
    k = np.arange(n + 1)
    factorials = np.array([math.lgamma(i + 1) for i in range(n + 1)])
    return (
        factorials[n] - factorials - factorials[::-1] + k * math.log(q) + (n - k) * math.log(1 - q)
    )


def tail(n, q, allowed):
    """Probability that a share of n elements is further from q than allowed."""
    far = np.abs(np.arange(n + 1) / n - q) > allowed
    return float(np.exp(log_binomial(n, q)[far]).sum())


def test_tail():
    assert tail(4, 0.5, 0.3) == pytest.approx(2 / 16)
    sigma = 0.5 / math.sqrt(10_000)
    assert tail(10_000, 0.5, 3 * sigma) == pytest.approx(0.0027, rel=0.1)


def pairs(shape, axis):
    """Numbers of pairs of neighbours that begin at even, and at odd places."""
    length, others = shape[axis], math.prod(shape) // shape[axis]
    return [n * others for n in (length // 2, (length - 1) // 2) if n]


def chance(trial):
    """Bound of the probability that a trial calls a right answer wrong."""
    view, args = trial.task.view, trial.args
    if view == "mask_draws":
        return chance_of_draws(trial)
    if "tile" in trial.task.arguments:
        tile, repeats, p, _ = args
        x = np.tile(tile, repeats)
    else:
        x, p, _ = args
    p = float(p)
    if trial.verdict is not None:
        return p**x.size + (1 - p) ** x.size
    if view == "arrays":
        return 0.0
    if view == "mask_values":
        return p**x.size + (1 - p) ** x.size
    assert view == "mask_statistics"
    large = int(np.sum(x > x.mean()))
    alike = p**2 + (1 - p) ** 2
    drawn = {
        masks.SHARE: ([x.size], p),
        masks.SHARE_LARGE: ([large], p),
        masks.SHARE_SMALL: ([x.size - large], p),
        masks.HALVES: ([len(x) // 2 * (x.size // len(x))], alike),
    } | {masks.together(axis): (pairs(x.shape, axis), alike) for axis in range(x.ndim)}
    rtol = trial.task.tolerance_of(args)
    return sum(tail(n, drawn[name][1], rtol) for name in trial.names for n in drawn[name][0])


def chance_of_draws(trial):
    if len(trial.args) == 2:  # counts: all shares the same
        p, _ = trial.args
        likeliest = [np.exp(log_binomial(math.prod(s), p).max()) for s in COUNTED_SHAPES]
        return math.prod(likeliest[1:])
    shape, p, _ = trial.args
    n, q = math.prod(shape), 2 * p * (1 - p)
    assert trial.names == (masks.REPEATED, masks.OTHER_SEED, masks.NEXT_CALL)
    return 2 * tail(n, q, trial.task.tolerance_of(trial.args))


def test_false_alarms_are_rarer_than_one_in_a_million():
    exercise = DECLARED.exercise("dropout_forward")
    hidden = [
        trial
        for part in exercise.properties
        for trial in part.trials(np.random.default_rng(DECLARED.seed))
    ]
    public = sum(chance(trial) for trial in exercise.public)
    judged = sum(chance(trial) for trial in hidden)
    print(f"hidden cases {judged:.1e}, public cases {public:.1e}")
    assert judged + public < 1e-6


def test_right_masks_are_right_with_any_seed(solution):
    exercise = DECLARED.exercise("dropout_forward")
    for seed in range(10, 30):
        verdict = judge(exercise, LocalWorkplace(solution), seed)
        assert verdict.points == verdict.max_points, str(verdict)
