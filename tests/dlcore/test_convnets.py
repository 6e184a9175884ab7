"""DeepConvNet, LeNet5 and AlexNet: layers, sizes, counts, training."""

import math

import numpy as np
import pytest

import dlcore
from dlcore.layers import AveragePool, Convolution, Dropout, Flatten, MaxPool, Tanh
from dlcore.networks import AlexNet, DeepConvNet, LeNet5
from dlcore.optimizers import Adam


def shapes(network, input_shape):
    return {row.name: row.output_shape for row in network.summary(input_shape).rows}


def test_deep_conv_net_has_the_layers_and_sizes_of_the_experiment():
    network = DeepConvNet(rng=np.random.default_rng(0))
    sizes = shapes(network, (1, 28, 28))
    assert sizes == {
        "conv1": (16, 28, 28), "relu1": (16, 28, 28),
        "conv2": (16, 28, 28), "relu2": (16, 28, 28), "pool1": (16, 14, 14),
        "conv3": (32, 14, 14), "relu3": (32, 14, 14),
        "conv4": (32, 16, 16), "relu4": (32, 16, 16), "pool2": (32, 8, 8),
        "conv5": (64, 8, 8), "relu5": (64, 8, 8),
        "conv6": (64, 8, 8), "relu6": (64, 8, 8), "pool3": (64, 4, 4),
        "flatten1": (1024,),
        "affine1": (50,), "relu7": (50,), "dropout1": (50,),
        "affine2": (10,), "dropout2": (10,),
    }  # fmt: skip
    assert [network.params[f"conv{n}.W"].shape for n in range(1, 7)] == [
        (16, 1, 3, 3), (16, 16, 3, 3), (32, 16, 3, 3),
        (32, 32, 3, 3), (64, 32, 3, 3), (64, 64, 3, 3),
    ]  # fmt: skip
    assert network.num_params == 160 + 2320 + 4640 + 9248 + 18496 + 36928 + 51250 + 510
    assert network.params["conv4.W"].std() == pytest.approx((2 / 288) ** 0.5, rel=0.03)
    assert network.params["affine1.W"].std() == pytest.approx((2 / 1024) ** 0.5, rel=0.03)
    assert all(network.layers[f"dropout{n}"].rate == 0.5 for n in (1, 2))


def test_dropout_of_deep_conv_net_may_be_left_out():
    rng = np.random.default_rng
    names = list(DeepConvNet(rng=rng(0), dropout_on_scores=False).layers)
    assert names[-3:] == ["relu7", "dropout1", "affine2"]
    names = list(DeepConvNet(rng=rng(0), dropout_ratio=0).layers)
    assert names[-2:] == ["relu7", "affine2"]


@pytest.mark.parametrize("dropout_on_scores", [True, False])
def test_deep_conv_net_learns_small_images(dropout_on_scores):
    rng = np.random.default_rng(0)
    network = DeepConvNet(
        (1, 8, 8), channels=[4, 4, 6, 6, 8, 8], dropout_on_scores=dropout_on_scores, rng=rng
    )
    x, t = rng.random((20, 1, 8, 8), dtype=np.float32), rng.integers(0, 10, 20)
    start, optimizer = network.loss(x, t), Adam(lr=0.01)
    for _ in range(60):
        _, grads = network.loss_and_gradient(x, t)
        optimizer.update(network.params, grads)
    assert network.loss(x, t) < start / 2
    assert network.loss(x, t) == network.loss(x, t)
    assert network.loss(x, t, train=True) != network.loss(x, t, train=True)


@pytest.mark.parametrize("option", ["channels", "pads"])
def test_deep_conv_net_wants_six_numbers(option):
    with pytest.raises(
        ValueError, match=rf"DeepConvNet: expected {option} with 6 numbers.*\(1, 2\)"
    ):
        DeepConvNet(rng=np.random.default_rng(0), **{option: (1, 2)})


def lenet5():
    return LeNet5(rng=np.random.default_rng(0))


def test_lenet5_in_its_modern_form():
    summary = lenet5().summary((1, 32, 32))
    names = ["C1", "S2", "C3", "S4", "C5", "F6", "OUTPUT"]
    assert [(row.name, row.output_shape) for row in summary.rows if row.name in names] == [
        ("C1", (6, 28, 28)), ("S2", (6, 14, 14)), ("C3", (16, 10, 10)), ("S4", (16, 5, 5)),
        ("C5", (120,)), ("F6", (84,)), ("OUTPUT", (10,)),
    ]  # fmt: skip
    assert [row.params for row in summary.rows if row.params] == [156, 2416, 48120, 10164, 850]
    assert summary.params == lenet5().num_params == 61_706
    assert summary.multiply_adds == 117_600 + 240_000 + 48_000 + 10_080 + 840
    kinds = [type(layer) for layer in lenet5().layers.values()]
    assert kinds.count(AveragePool) == 2
    assert kinds.count(Tanh) == 4
    assert Dropout not in kinds
    assert LeNet5(classes=7, rng=np.random.default_rng(0)).summary((1, 32, 32)).rows[
        -1
    ].output_shape == (7,)


def test_gradients_of_lenet5():
    network = LeNet5((1, 16, 16), classes=3, rng=np.random.default_rng(0), dtype=np.float64)
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(2, 1, 16, 16)), [0, 2]
    network.loss_and_gradient(x, t)
    grads = {name: g.copy() for name, g in network.grads.items()}
    for name, p in network.params.items():
        some = [tuple(rng.integers(p.shape)) for _ in range(5)]
        for index in some:
            original = p[index]
            p[index] = original + 1e-5
            above = network.loss(x, t)
            p[index] = original - 1e-5
            below = network.loss(x, t)
            p[index] = original
            slope = (above - below) / 2e-5
            assert abs(slope - grads[name][index]) < 1e-6 * max(1e-2, np.abs(grads[name]).max()), (
                name
            )


@pytest.mark.parametrize(
    ("grouped", "total", "changed"),
    [
        (False, 62_378_344, {"conv2": 614_656, "conv4": 1_327_488, "conv5": 884_992}),
        (True, 60_965_224, {"conv2": 307_456, "conv4": 663_936, "conv5": 442_624}),
    ],
)
def test_alexnet_parameters(grouped, total, changed):
    network = AlexNet(grouped=grouped)
    expected = {
        "conv1": 34_944, "conv2": 0, "conv3": 885_120, "conv4": 0, "conv5": 0,
        "fc6": 37_752_832, "fc7": 16_781_312, "fc8": 4_097_000,
    } | changed  # fmt: skip
    assert network.parameters() == expected
    assert list(network.parameters()) == list(expected)
    assert network.summary().params == sum(expected.values()) == total


def test_alexnet_sizes():
    sizes = {row.name: row.output_shape for row in AlexNet().summary().rows}
    widths = [sizes[f"{name}"][1] for name in (
        "conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5",
    )]  # fmt: skip
    assert widths == [55, 27, 27, 13, 13, 13, 13, 6]
    assert math.prod(sizes["conv1"]) == 290_400
    assert sizes["flatten"] == (9216,)
    assert sizes["dropout6"] == sizes["dropout7"] == (4096,)
    assert sizes["fc8"] == (1000,)
    assert AlexNet().summary().input_shape == (3, 227, 227)


def test_alexnet_multiply_adds():
    work = {row.name: row.multiply_adds for row in AlexNet().summary().rows}
    assert work["conv1"] == 55 * 55 * 96 * 363
    assert work["conv2"] == 27 * 27 * 256 * 5 * 5 * 96
    assert work["fc6"] == 9216 * 4096
    assert AlexNet().summary().multiply_adds == 1_135_256_096
    assert AlexNet(grouped=True).summary().multiply_adds == 724_406_816


def test_alexnet_agrees_with_layers_that_have_weights():
    summary = AlexNet().summary()
    rows = {row.name: row for row in summary.rows}
    shape = summary.input_shape
    for name, layer in {
        "conv1": Convolution(3, 96, 11, stride=4, init=dlcore.zeros),
        "pool1": MaxPool(3, stride=2),
        "conv2": Convolution(96, 256, 5, pad=2, init=dlcore.zeros),
        "pool2": MaxPool(3, stride=2),
        "conv3": Convolution(256, 384, 3, pad=1, init=dlcore.zeros),
        "conv4": Convolution(384, 384, 3, pad=1, init=dlcore.zeros),
        "conv5": Convolution(384, 256, 3, pad=1, init=dlcore.zeros),
        "pool5": MaxPool(3, stride=2),
        "flatten": Flatten(),
    }.items():
        cost = layer.multiply_adds(shape)
        shape = layer.output_shape(shape)
        assert rows[name] == (name, shape, layer.num_params, cost)
