"""Sequential and SimpleConvNet: names, sizes, prediction, training."""

import html.parser

import numpy as np
import pytest

import dlcore
from dlcore.gradient_check import check_network
from dlcore.layers import Affine, Convolution, Flatten, Identity, MaxPool, ReLU, Sigmoid
from dlcore.networks import Sequential, SimpleConvNet
from dlcore.optimizers import SGD, Adam


def small_network(dtype=np.float32, **options):
    return SimpleConvNet(
        (2, 7, 6),
        filters=3,
        filter_size=(3, 2),
        hidden=5,
        classes=4,
        init=dlcore.he_normal,
        rng=np.random.default_rng(0),
        dtype=dtype,
        **options,
    )


def batch(n=6):
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, 2, 7, 6)).astype(np.float32), rng.integers(0, 4, n)


def test_default_names_are_numbered_per_type_and_own_names_kept():
    rng = np.random.default_rng(0)
    network = Sequential(
        [
            Convolution(1, 2, 3, rng=rng),
            ReLU(),
            ("second", Convolution(2, 2, 1, rng=rng)),
            ReLU(),
            MaxPool(2),
            Flatten(),
            Affine(18, 2, rng=rng),
        ]
    )
    assert list(network.layers) == [
        "conv1", "relu1", "second", "relu2", "pool1", "flatten1", "affine1",
    ]  # fmt: skip
    assert list(network.params) == [
        "conv1.W", "conv1.b", "second.W", "second.b", "affine1.W", "affine1.b",
    ]  # fmt: skip
    assert network.params["second.W"] is network.layers["second"].params["W"]
    assert network.num_params == sum(p.size for p in network.params.values())


def test_forward_and_backward_by_hand():
    network = Sequential(
        [
            Affine(2, 2, init=np.array([[1.0, -1], [1, 1]]), dtype=np.float64),
            ReLU(),
            Affine(2, 1, init=np.array([[2.0], [3.0]]), dtype=np.float64),
        ]
    )
    np.testing.assert_array_equal(network.forward([[2, 1]]), [[6]])  # hidden (3, −1) → (3, 0)
    np.testing.assert_array_equal(network.backward([[1]]), [[2, 2]])
    np.testing.assert_array_equal(network.grads["affine1.W"], [[4, 0], [2, 0]])
    np.testing.assert_array_equal(network.grads["affine2.W"], [[3], [0]])


def test_predictions_do_not_depend_on_the_batch_size():
    network, (x, t) = small_network(), batch(11)
    scores = network.scores(x)
    assert scores.shape == (11, 4)
    np.testing.assert_allclose(network.scores(x, batch_size=3), scores, rtol=1e-5, atol=1e-6)
    classes = network.predict(x, batch_size=4)
    np.testing.assert_array_equal(classes, scores.argmax(axis=1))
    assert network.accuracy(x, t, batch_size=5) == (classes == t).mean()
    assert network.accuracy(x, np.eye(4)[classes]) == 1
    assert isinstance(network.accuracy(x, t), float)


def test_loss_is_that_of_loss_and_gradient():
    network, (x, t) = small_network(), batch()
    loss, grads = network.loss_and_gradient(x, t)
    assert loss == network.loss(x, t)
    assert grads.keys() == network.params.keys()
    assert all(g.dtype == np.float32 for g in grads.values())


def test_layers_are_told_when_they_train():
    modes = []

    class Recorder(Identity):
        def forward(self, x, *, train=False):
            modes.append(train)
            return super().forward(x)

    network = Sequential([Recorder()])
    x, t = np.zeros((2, 3)), [0, 1]
    network.loss_and_gradient(x, t)
    network.loss(x, t)
    network.predict(x)
    network.accuracy(x, t)
    assert modes == [True, False, False, False]


@pytest.mark.parametrize("options", [{}, {"stride": 2, "pad": 1}])
def test_gradients_of_simple_conv_net(options):
    errors = check_network(small_network(np.float64, **options), *batch())
    assert max(errors.values()) < 1e-6, errors


def test_a_loss_of_your_own_plugs_in():
    class SquaredError:
        def forward(self, scores, t):
            self.difference = scores - t
            return 0.5 * (self.difference**2).sum()

        def backward(self):
            return self.difference

    network = Sequential([Affine(1, 1, init=np.ones((1, 1)))], loss=SquaredError())
    loss, grads = network.loss_and_gradient([[3.0]], [[1.0]])
    assert loss == 2
    assert grads["affine1.W"].item() == 6


@pytest.mark.parametrize("optimizer", [SGD(lr=0.1), Adam(lr=0.01)], ids=["SGD", "Adam"])
def test_training_lowers_the_loss_and_learns_the_batch(optimizer):
    network, (x, t) = small_network(), batch(20)
    start = network.loss(x, t)
    for _ in range(150):
        _, grads = network.loss_and_gradient(x, t)
        optimizer.update(network.params, grads)
    assert network.loss(x, t) < start / 10
    assert network.accuracy(x, t) == 1
    assert all(p.dtype == np.float32 for p in network.params.values())


def test_simple_conv_net_defaults_are_those_of_the_experiment():
    network = SimpleConvNet(rng=np.random.default_rng(0))
    summary = network.summary((1, 28, 28))
    assert [row.output_shape for row in summary.rows] == [
        (30, 24, 24), (30, 24, 24), (30, 12, 12), (4320,), (100,), (100,), (10,),
    ]  # fmt: skip
    assert summary.params == network.num_params == 30 * 26 + 4320 * 100 + 100 + 1010
    assert summary.multiply_adds == 24 * 24 * 30 * 25 + 4320 * 100 + 1000
    assert network.params["affine1.W"].std() == pytest.approx(0.01, rel=0.01)
    assert network.params["conv1.W"].dtype == np.float32


def test_own_functions_plug_into_simple_conv_net():
    calls = set()

    def traced(function):
        def call(*args, **kwargs):
            calls.add(function.__name__)
            return function(*args, **kwargs)

        return call

    network = small_network(
        conv=(traced(dlcore.conv_forward), traced(dlcore.conv_backward)),
        pool_functions=(traced(dlcore.max_pool_forward), traced(dlcore.max_pool_backward)),
    )
    loss, _ = network.loss_and_gradient(*batch())
    assert loss == small_network().loss(*batch())
    assert calls == {"conv_forward", "conv_backward", "max_pool_forward", "max_pool_backward"}


def lenet5():
    zeros = dlcore.zeros
    return Sequential(
        [
            ("C1", Convolution(1, 6, 5, init=zeros)),
            Sigmoid(),
            ("S2", MaxPool(2)),
            ("C3", Convolution(6, 16, 5, init=zeros)),
            Sigmoid(),
            ("S4", MaxPool(2)),
            Flatten(),
            ("C5", Affine(400, 120, init=zeros)),
            ("F6", Affine(120, 84, init=zeros)),
            ("OUTPUT", Affine(84, 10, init=zeros)),
        ]
    )


def test_summary_of_lenet5_in_its_modern_form():
    summary = lenet5().summary((1, 32, 32))
    sizes = {row.name: row.output_shape for row in summary.rows}
    assert sizes["C1"] == (6, 28, 28)
    assert sizes["S2"] == (6, 14, 14)
    assert sizes["C3"] == (16, 10, 10)
    assert sizes["S4"] == (16, 5, 5)
    assert sizes["OUTPUT"] == (10,)
    assert [row.params for row in summary.rows if row.params] == [156, 2416, 48120, 10164, 850]
    assert summary.params == 61_706
    assert summary.multiply_adds == 117_600 + 240_000 + 48_000 + 10_080 + 840


def test_summary_as_text():
    lines = str(lenet5().summary((1, 32, 32))).splitlines()
    assert lines[0].split("  ")[0] == "layer"
    assert lines[2].split() == ["input", "(1,", "32,", "32)"]
    assert lines[-1].split() == ["total", "61,706", "416,520"]
    assert max(map(len, lines)) <= 80


def test_summary_as_html_has_headers_with_scope():
    found = []

    class Headers(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs).get("scope")))

    Headers().feed(lenet5().summary((1, 32, 32))._repr_html_())
    assert found.count(("th", "col")) == 4
    assert found.count(("th", "row")) == 12  # ten layers, the input, the total
    assert ("th", None) not in found
    assert ("caption", None) in found


def test_repr_lists_the_layers():
    network = Sequential([ReLU(), ("last", Flatten())])
    assert repr(network) == "Sequential([\n    ('relu1', ReLU()),\n    ('last', Flatten()),\n])"
