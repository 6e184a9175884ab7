"""Sequential and SimpleConvNet: names, sizes, prediction, training."""

import html.parser
import tracemalloc

import numpy as np
import pytest
import threadpoolctl

import dlcore
from dlcore.gradient_check import check_network, numerical_gradient, relative_error
from dlcore.layers import (
    Affine,
    BatchNorm,
    Convolution,
    Flatten,
    Identity,
    MaxPool,
    ReLU,
)
from dlcore.networks import LeNet5, Sequential, SimpleConvNet
from dlcore.optimizers import SGD, Adam
from dlcore.regularizers import L1, L2


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


@threadpoolctl.threadpool_limits.wrap(limits=1)  # how far two threads overlap is chance
def test_predicting_needs_no_more_memory_for_more_inputs():
    network = Sequential([Affine(50, 40, rng=np.random.default_rng(0))])

    def peak(call):
        tracemalloc.start()
        call()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = (np.zeros((n, 50), dtype=np.float32) for n in (2_000, 20_000))
    labels = np.zeros(20_000, dtype=np.int64)
    extra = 20_000
    assert peak(lambda: network.accuracy(many, labels)) < (
        peak(lambda: network.accuracy(few, labels[:2_000])) + extra
    )
    # Classes have to be returned: 8 bytes for each input, twice while they are joined.
    assert peak(lambda: network.predict(many)) < (
        peak(lambda: network.predict(few)) + 16 * 20_000 + extra
    )


def test_weights_are_the_parameters_without_biases_and_normalisation():
    network = Sequential([Affine(2, 3, init=dlcore.zeros), BatchNorm(3)])
    assert list(network.params) == ["affine1.W", "affine1.b", "batchnorm1.gamma", "batchnorm1.beta"]
    assert list(network.weights) == ["affine1.W"]
    assert network.weights["affine1.W"] is network.params["affine1.W"]


def test_buffers_are_collected_by_name():
    network = Sequential([("bn1", BatchNorm(3)), ReLU()])
    assert list(network.buffers) == ["bn1.running_mean", "bn1.running_var"]
    network.forward([[1.0, 2, 3], [3, 4, 5]], train=True)
    np.testing.assert_allclose(network.buffers["bn1.running_mean"], [0.2, 0.3, 0.4], rtol=1e-6)


def test_layers_of_your_own_need_neither_buffers_nor_parameters():
    class Double:
        def forward(self, x, *, train=False):
            return 2 * np.asarray(x)

        def backward(self, dy):
            return 2 * dy

    network = Sequential([Double(), Affine(1, 2, init=np.ones((1, 2)))])
    _, grads = network.loss_and_gradient([[1.0]], [0])
    assert list(grads) == ["affine1.W", "affine1.b"]
    assert network.buffers == {}


@pytest.mark.parametrize("regularizer", [L1(0.1), L2(0.1)], ids=["L1", "L2"])
def test_penalty_is_in_the_loss_and_in_the_gradient_of_the_weights_alone(regularizer):
    def make(regularizer=None):
        rng = np.random.default_rng(0)
        layers = [Affine(4, 3, rng=rng, dtype=np.float64), Affine(3, 2, rng=rng, dtype=np.float64)]
        return Sequential(layers, regularizer=regularizer)

    x, t = np.random.default_rng(1).normal(size=(5, 4)), [0, 1, 1, 0, 1]
    plain, network = make(), make(regularizer)
    penalty = regularizer.penalty(list(plain.weights.values()))
    assert network.loss(x, t) == pytest.approx(plain.loss(x, t) + penalty, rel=1e-12)
    loss, grads = network.loss_and_gradient(x, t)
    assert loss == network.loss(x, t)
    for name, p in network.params.items():
        numerical = numerical_gradient(lambda _: network.loss(x, t), p)
        assert relative_error(grads[name], numerical) < 1e-6, name
    for name, gradient in plain.loss_and_gradient(x, t)[1].items():
        np.testing.assert_array_equal(network.grads[name], gradient)  # the layers' alone


def test_a_regulariser_of_your_own_plugs_in_and_keeps_the_dtype():
    class Sum:
        def penalty(self, weights):
            return sum(W.sum() for W in weights)

        def gradient(self, W):
            return np.ones_like(W)

    network = Sequential([Affine(2, 2, init=np.ones((2, 2)))], regularizer=Sum())
    plain = Sequential([Affine(2, 2, init=np.ones((2, 2)))])
    assert network.loss([[1.0, 2]], [0]) == plain.loss([[1.0, 2]], [0]) + 4
    gradient = network.loss_and_gradient([[1.0, 2]], [0])[1]["affine1.W"]
    assert gradient.dtype == np.float32
    np.testing.assert_array_equal(
        gradient, plain.loss_and_gradient([[1.0, 2]], [0])[1]["affine1.W"] + 1
    )


def test_loss_as_in_training_uses_the_statistics_of_the_batch():
    network = Sequential([BatchNorm(2)])
    x, t = np.array([[1.0, 10], [3, 20]]), [0, 1]
    assert network.loss(x, t, train=True) != network.loss(x, t)


@pytest.mark.parametrize("regularizer", [L2, "l2", object()])
def test_what_is_no_regulariser_is_refused(regularizer):
    with pytest.raises(TypeError, match=r"regularizer to be an object with methods.*L2\(lam\)"):
        Sequential([ReLU()], regularizer=regularizer)


def test_a_layer_may_stand_in_one_place_only():
    relu = ReLU()
    with pytest.raises(ValueError, match=r"every layer once, got ReLU\(\) again as 'relu2'"):
        Sequential([relu, Flatten(), relu])


@pytest.mark.parametrize(
    ("x", "error"),
    [(np.zeros((0, 2, 7, 6)), ValueError), (np.full((1, 2, 7, 6), np.inf), FloatingPointError)],
)
def test_empty_and_not_finite_batches_are_refused(x, error):
    network, t = small_network(), np.zeros(len(x), dtype=int)
    for call in network.forward, network.predict:
        with pytest.raises(error):
            call(x)
    for call in network.loss, network.loss_and_gradient, network.accuracy:
        with pytest.raises(error):
            call(x, t)


def test_batches_are_as_large_as_the_widest_layer_allows():
    sizes = []

    class Recorder(Identity):
        def forward(self, x, *, train=False):
            sizes.append(len(x))
            return super().forward(x)

    rng = np.random.default_rng(0)
    widest = [Recorder(), Affine(2, 2**15, rng=rng), Affine(2**15, 2, rng=rng)]
    Sequential(widest).predict(np.ones((70, 2)))
    assert sorted(sizes) == [6, 32, 32]
    sizes.clear()
    Sequential([Recorder()]).predict(np.ones((1500, 2)))
    assert sorted(sizes) == [500, 1000]


def test_a_layer_that_does_not_know_its_shapes_can_predict():
    class Doubling:
        def forward(self, x, *, train=False):
            return 2 * x

    scores = Sequential([Doubling()]).scores(np.ones((250, 3)))
    np.testing.assert_array_equal(scores, np.full((250, 3), 2))


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
    assert loss == pytest.approx(small_network().loss(*batch()), rel=1e-6)
    assert calls == {"conv_forward", "conv_backward", "max_pool_forward", "max_pool_backward"}


# The table


def lenet5():
    return LeNet5(rng=np.random.default_rng(0))


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
    assert found.count(("th", "row")) == 14  # twelve layers, the input, the total
    assert ("th", None) not in found
    assert ("caption", None) in found


def test_repr_lists_the_layers():
    network = Sequential([ReLU(), ("last", Flatten())])
    assert repr(network) == "Sequential([\n    ('relu1', ReLU()),\n    ('last', Flatten()),\n])"
