"""What is particular to ps5_modern_cnn: oracles, the contract's fine print, and the network."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from dlcore import Affine, BatchNorm, Convolution, Dropout, Flatten, MaxPool, ReLU, Sequential
from dlcore.checks.small_network import BUDGET, TARGET, TRAININGS, examine
from dlcore.networks import DeepConvNet, SimpleConvNet
from dlcore.networks.layout import layout, rebuild
from dlgrader.exercises import load_assignment
from dlgrader.judge import Verdict, judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import load_model

NAME = "ps5_modern_cnn"
ASSIGNMENT = load_assignment(NAME)
MODEL = load_model(NAME)

pytestmark = pytest.mark.filterwarnings("ignore")


def verdict_on(name: str, **functions: Any) -> Verdict:
    exercise: Any = ASSIGNMENT.exercise(name)
    return judge(exercise, LocalWorkplace(functions), ASSIGNMENT.seed, MODEL)


def points_of(name: str, **functions: Any) -> float:
    return verdict_on(name, **functions).points


def solution(name: str) -> Any:
    return MODEL.functions(ASSIGNMENT.exercise(name))[name]


def lost(verdict: Verdict) -> set[str]:
    return {part.key for part in verdict.properties if part.points < part.max_points}


def test_sixty_points():
    assert ASSIGNMENT.max_points == 60


# -- pooling ---------------------------------------------------------------------------------------


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
@pytest.mark.parametrize("kind", ["average", "max"])
def test_pooling_agrees_with_torch(kind):
    import torch

    rng = np.random.default_rng(5)
    x, dout = rng.standard_normal((3, 4, 5, 2)), rng.standard_normal((3, 4))
    theirs = torch.tensor(x, requires_grad=True)
    pooled = theirs.mean(dim=(2, 3)) if kind == "average" else theirs.amax(dim=(2, 3))
    pooled.backward(torch.tensor(dout))
    forward, backward = solution(f"global_{kind}_pool"), solution(f"global_{kind}_pool_backward")
    assert np.allclose(forward(x), pooled.detach().numpy(), rtol=1e-12, atol=0)
    assert np.allclose(backward(dout, x), theirs.grad.numpy(), rtol=1e-12, atol=0)


def test_pooling_by_hand():
    x = np.array([[[[1.0, 3, 0], [2, 6, 0]], [[0, 0, 2], [4, 0, 0]]]])
    assert solution("global_average_pool")(x).tolist() == [[2, 1]]
    assert solution("global_max_pool")(x).tolist() == [[6, 4]]
    dx = solution("global_average_pool_backward")(np.array([[12.0, 6.0]]), x)
    assert dx.tolist() == [[[[2] * 3] * 2, [[1] * 3] * 2]]
    dx = solution("global_max_pool_backward")(np.array([[5.0, 7.0]]), x)
    assert dx.tolist() == [[[[0, 0, 0], [0, 5, 0]], [[0, 0, 0], [7, 0, 0]]]]


def test_odd_but_right_answers_to_pooling_keep_their_points():
    def as_nested_lists(x):
        print("a remark")
        return [[float(np.float32(1)) * sum(c.ravel()) / c.size for c in image] for image in x]

    def named(*, dout, x):
        return (
            np.ones(x.shape, np.float32) * dout.astype(np.float32)[..., None, None] / x[0, 0].size
        )

    def random_winner(dout, x):
        rng, dx = np.random.default_rng(), np.zeros(x.shape)
        for n, c in np.ndindex(*x.shape[:2]):
            winners = np.argwhere(x[n, c] == x[n, c].max())
            i, j = winners[rng.integers(len(winners))]
            dx[n, c, i, j] = dout[n, c]
        return dx

    def uneven_shares(dout, x):
        shares = (x == x.max(axis=(2, 3), keepdims=True)) * np.arange(1, x[0, 0].size + 1).reshape(
            x.shape[2:]
        )
        return shares * (dout / shares.sum(axis=(2, 3)))[:, :, None, None]

    assert points_of("global_average_pool", global_average_pool=as_nested_lists) == 4
    assert (
        points_of(
            "global_average_pool_backward",
            global_average_pool_backward=lambda dout, x: named(dout=dout, x=x),
        )
        == 5
    )
    for function in (random_winner, uneven_shares):
        assert points_of("global_max_pool_backward", global_max_pool_backward=function) == 8


def test_zeros_of_the_right_shape_earn_nothing():
    for kind in ("average", "max"):
        forward = {f"global_{kind}_pool": lambda x: np.zeros(x.shape[:2])}
        backward = {f"global_{kind}_pool_backward": lambda dout, x: np.zeros(x.shape)}
        assert points_of(f"global_{kind}_pool", **forward) == 0
        assert points_of(f"global_{kind}_pool_backward", **backward) == 0


def test_pooling_layers_of_square_windows_do_not_do():
    """The library's MaxPool equals global pooling on square maps only; there are none."""

    def delegated(x):
        return MaxPool(min(x.shape[2:])).forward(x)[:, :, 0, 0]

    assert points_of("global_max_pool", global_max_pool=delegated) == 0


def test_nan_is_never_right():
    assert points_of("global_max_pool", global_max_pool=lambda x: np.full(x.shape[:2], np.nan)) == 0


# -- the tables ------------------------------------------------------------------------------------


def test_lenet5_is_the_papers():
    shapes = dict(solution("lenet5_shapes")())
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    assert sizes == [4704, 1176, 1600, 400, 120, 84, 10]
    weights = [6 * 26, 16 * (6 * 25 + 1), 120 * 401, 84 * 121, 10 * 85]
    assert sum(weights) == 61_706


def test_alexnet_adds_up():
    counts = solution("alexnet_parameters")()
    assert sum(counts.values()) == 62_378_344
    assert counts["conv1"] == 34_944
    assert counts["fc6"] == 37_752_832


def test_a_table_that_grows_loses_points():
    rows: list[tuple[str, tuple[int, ...]]] = []

    def growing():
        rows.extend(solution("lenet5_shapes")())
        return rows

    assert lost(verdict_on("lenet5_shapes", lenet5_shapes=growing)) == {"rows"}


def test_wrong_tables():
    right = solution("lenet5_shapes")()
    verdict = verdict_on("lenet5_shapes", lenet5_shapes=lambda: dict(right))
    assert lost(verdict) == {"rows"}
    assert points_of("lenet5_shapes", lenet5_shapes=lambda: [(name, ()) for name, _ in right]) == 0
    assert points_of("lenet5_shapes", lenet5_shapes=list) == 0
    counts = solution("alexnet_parameters")()
    zeros = dict.fromkeys(counts, 0)
    assert points_of("alexnet_parameters", alexnet_parameters=lambda: zeros) == 0
    strings = {name: str(count) for name, count in counts.items()}
    assert points_of("alexnet_parameters", alexnet_parameters=lambda: strings) == 0


def test_messages_do_not_give_the_table_away():
    def padded():
        return [(name, (6, 32, 32)) for name, _ in solution("lenet5_shapes")()]

    text = str(verdict_on("lenet5_shapes", lenet5_shapes=padded))
    assert "C1 is (6, 32, 32), which is not right" in text
    assert "28" not in text


# -- the choice ------------------------------------------------------------------------------------


def test_the_choice_is_right():
    """(c) holds and the others do not: counted, and computed."""
    rng = np.random.default_rng(0)
    C, H, W, K = 8, 4, 5, 10
    assert Affine(C, K, rng=rng).num_params == (C + 1) * K
    assert Affine(C * H * W, K, rng=rng).num_params == (C * H * W + 1) * K
    pool, gradient = solution("global_average_pool"), solution("global_average_pool_backward")
    maps, w = rng.standard_normal((3, C, H, W)), rng.standard_normal((C, K))
    tied = np.repeat(w / (H * W), H * W, axis=0)
    assert np.allclose(pool(maps) @ w, maps.reshape(3, -1) @ tied)  # against (a)
    assert np.allclose(gradient(np.ones((3, C)), maps), 1 / (H * W))  # against (b)
    edge = np.zeros((1, 1, 4, 4))
    edge[..., 0] = 1
    shifted = np.roll(edge, 1, axis=3)
    layer = Convolution(1, 1, 3, pad=1, init=np.ones((1, 1, 3, 3)))
    assert pool(layer.forward(edge)) != pool(layer.forward(shifted))  # against (d)
    assert points_of("why_global_pooling", why_global_pooling=" C ") == 3
    for answer in ("a", "b", "d", "", None, 3):
        assert points_of("why_global_pooling", why_global_pooling=answer) == 0


def test_the_written_answers_figures():
    rng = np.random.default_rng(0)
    simple, deep = (kind(rng=rng).summary((1, 28, 28)) for kind in (SimpleConvNet, DeepConvNet))
    assert deep.params < simple.params / 3
    assert round(deep.multiply_adds / simple.multiply_adds) == 10
    assert [row.output_shape for row in simple.rows if row.name == "flatten1"] == [(4320,)]
    assert round(1 - 0.962, 3) == 0.038
    assert round(1 - 0.985, 3) == 0.015


# -- the network -----------------------------------------------------------------------------------


def test_layout_and_back():
    rng = np.random.default_rng(1)
    network = Sequential(
        [
            ("first", Convolution(1, 4, (3, 5), stride=2, pad=1, rng=rng)),
            BatchNorm(4, momentum=0.8),
            ReLU(),
            Flatten(),
            Dropout(0.25, rng=rng),
            Affine(4 * 4 * 3, 10, rng=rng),
        ]
    )
    described = layout(network)
    again = rebuild(described, np.random.default_rng(2))
    strip = [{**row, "start": None} for row in described["layers"]]
    assert [{**row, "start": None} for row in layout(again)["layers"]] == strip
    assert again.summary((1, 8, 8)).params == network.summary((1, 8, 8)).params
    scale = np.std(again.params["affine1.W"]) / np.std(network.params["affine1.W"])
    assert 0.8 < scale < 1.25


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "expected what layout returns"),
        ({"layers": 3}, "expected what layout returns"),
        ({"layers": [{"name": "x", "kind": "Softmax", "settings": None}]}, "not one of the layers"),
        (
            {
                "layers": [
                    {
                        "name": "x",
                        "kind": "Affine",
                        "settings": {"in_features": 10**9, "out_features": 10**9},
                    }
                ]
            },
            "weights, at most",
        ),
        ({"layers": [{"name": "x", "kind": "ReLU", "settings": {}}] * 61}, "at most 60"),
        ({"layers": [{"name": "x", "kind": "ReLU", "settings": {"slope": 1}}]}, "the settings"),
    ],
)
def test_rebuild_refuses(data, message):
    with pytest.raises(ValueError, match=message):
        rebuild(data, np.random.default_rng(0))


def test_ready_weights_are_of_no_use():
    """The judge draws the weights anew, so it sees neither training nor what was copied."""

    def trained_before(rng):
        network = solution("build_network")(rng)
        network.params["conv1.W"][...] = 0
        network.params["affine1.W"][...] = 0
        return network

    described = layout(trained_before(np.random.default_rng(0)))
    assert all(row["start"].get("W", (0, 0))[1] == 0 for row in described["layers"])


def test_the_solution_is_far_from_the_limits():
    report = examine(layout(solution("build_network")(np.random.default_rng(3))), 77)
    assert report.multiply_adds < 0.5 * BUDGET
    assert len(report.accuracies) == TRAININGS
    assert report.accuracy > TARGET + 0.01


def test_far_too_large_networks_are_not_trained():
    def large(rng):
        layers = [Convolution(1, 64, 3, pad=1, rng=rng), Convolution(64, 64, 3, pad=1, rng=rng)]
        return Sequential([*layers, Flatten(), Affine(64 * 64, 10, rng=rng)])

    verdict = verdict_on("build_network", build_network=large)
    assert lost(verdict) == {"budget", "first target", "target"}
    assert "not trained" in str(verdict)


def test_what_is_no_network_earns_nothing():
    for given in (3, [], Sequential, lambda x: x):
        assert points_of("build_network", build_network=lambda rng, given=given: given) == 0


def test_a_network_that_does_not_fit_earns_nothing():
    def misfit(rng):
        return Sequential([Affine(1, 1, rng=rng)])

    assert points_of("build_network", build_network=misfit) == 0


def test_the_message_speaks_of_the_learners_function():
    text = str(verdict_on("build_network", build_network=lambda rng: [ReLU()]))
    assert "build_network did not return a network: expected a Sequential, got list" in text
    assert "Likely cause: a list of layers is returned" in text
    assert "can be judged when" not in text
