"""Bad input: every message names the function, the argument, what came and what was expected."""

import re

import numpy as np
import pytest

import dlcore
from dlcore import functional
from dlcore.gradient_check import check_layer, numerical_gradient, relative_error
from dlcore.layers import Affine, Convolution, Flatten, LeakyReLU, MaxPool, ReLU, Sigmoid
from dlcore.losses import SoftmaxCrossEntropy
from dlcore.networks import Sequential, SimpleConvNet
from dlcore.optimizers import SGD, Adam


def rng():
    return np.random.default_rng(0)


def conv(**changes):
    """Call conv_forward on arguments that fit, with changes."""
    arguments = {
        "x": np.zeros((2, 3, 5, 5)),
        "W": np.zeros((4, 3, 2, 2)),
        "b": np.zeros(4),
        **changes,
    }
    return dlcore.conv_forward(**arguments)


def conv_layer():
    return Convolution(3, 4, 3, rng=rng())


def optimizer_after_one_update():
    optimizer = SGD()
    optimizer.update({"a": np.ones(2)}, {"a": np.ones(2)})
    return optimizer


def pair_returning(shape):
    return (lambda *args, **kwargs: (np.zeros(shape), None), lambda dout, cache: None)


def update(params, grads, make=SGD):
    make().update(params, grads)


four_axes = r"im2col: expected x with 4 axes \(N, C, H, W\), got shape"
zeros_4 = np.zeros((1, 1, 4, 4))

# What is called, the exception, and what its message says, in order.
CASES = [
    # Number of axes
    (lambda: dlcore.im2col(np.zeros((2, 1, 4)), 2, 2), ValueError, rf"{four_axes} \(2, 1, 4\)"),
    (lambda: dlcore.im2col(np.zeros((1, 1, 1, 4, 4)), 2, 2), ValueError, four_axes),
    (lambda: dlcore.im2col(3.0, 2, 2), ValueError, rf"{four_axes} \(\)"),
    (lambda: dlcore.im2col([["a"]], 2, 2), TypeError, "im2col: expected x to hold real numbers"),
    (lambda: dlcore.im2col(zeros_4 * 1j, 2, 2), TypeError, "real numbers, got dtype complex128"),
    (lambda: conv(x=np.zeros((3, 5, 5))), ValueError, r"conv_forward: expected x with 4 axes"),
    (
        lambda: conv(W=np.zeros((4, 12))),
        ValueError,
        r"W with 4 axes \(FN, C, FH, FW\), got .*4, 12",
    ),
    (
        lambda: dlcore.max_pool_forward(np.zeros((4, 4)), 2, 2),
        ValueError,
        r"max_pool_forward: expected x with 4 axes \(N, C, H, W\), got shape \(4, 4\)",
    ),
    (
        lambda: dlcore.col2im(np.zeros((4, 4)), (1, 3, 3), 2, 2),
        ValueError,
        r"col2im: expected input_shape to be a tuple \(N, C, H, W\), got \(1, 3, 3\)",
    ),
    (lambda: functional.softmax(1.0), ValueError, r"softmax: expected x of shape \(\.\.\., K\)"),
    (lambda: functional.one_hot([[1]], 3), ValueError, r"one_hot: .* shape \(N,\), got \(1, 1\)"),
    # Windows that do not fit
    (
        lambda: dlcore.conv_output_size(4, 7, pad=1),
        ValueError,
        r"conv_output_size: expected filter_size to be at most 6 .*got 7; use a smaller",
    ),
    (lambda: dlcore.im2col(zeros_4, 5, 2), ValueError, "im2col: expected filter_h to be at most 4"),
    (lambda: dlcore.im2col(zeros_4, 2, 5), ValueError, "filter_w to be at most 4 .*got 5"),
    (
        lambda: dlcore.col2im(np.zeros((1, 25)), (1, 1, 4, 4), 5, 5),
        ValueError,
        "col2im: expected filter_h to be at most 4",
    ),
    (
        lambda: conv(W=np.zeros((4, 3, 6, 2))),
        ValueError,
        "conv_forward: expected filter height to be at most 5 .*got 6",
    ),
    (
        lambda: dlcore.max_pool_forward(zeros_4, 5, 1),
        ValueError,
        "max_pool_forward: expected pool to be at most 4 .*got 5",
    ),
    (
        lambda: conv_layer().output_shape((3, 2, 8)),
        ValueError,
        r"Convolution: expected filter height to be at most 2 \(height 2 .*got 3",
    ),
    (
        lambda: MaxPool(3).forward(np.zeros((1, 1, 4, 2))),
        ValueError,
        "MaxPool: expected size .*got 3",
    ),
    # Numbers out of range, or no integers
    (lambda: dlcore.conv_output_size(4, 2, 0), ValueError, "stride .*at least 1, got 0"),
    (lambda: dlcore.conv_output_size(0, 1), ValueError, "input_size .*at least 1, got 0"),
    (lambda: dlcore.conv_output_size(4, -1), ValueError, "filter_size .*at least 1, got -1"),
    (lambda: dlcore.conv_output_size(4, 2, 1, -1), ValueError, "pad .*at least 0, got -1"),
    (lambda: dlcore.conv_output_size(4.0, 2), TypeError, r"input_size .*got 4\.0 \(float\)"),
    (lambda: dlcore.conv_output_size(4, 2, True), TypeError, r"stride .*got True \(a bool\)"),
    (lambda: dlcore.conv_output_size(4, "2"), TypeError, r"filter_size .*got '2' \(str\)"),
    (lambda: dlcore.conv_output_size(np.float64(4), 2), TypeError, "input_size .*int"),
    (lambda: dlcore.conv_output_size(4, np.bool_(1)), TypeError, "filter_size .*a bool"),
    (lambda: dlcore.im2col(zeros_4, 2, 2, stride=0), ValueError, "im2col: expected stride .*got 0"),
    (lambda: dlcore.im2col(zeros_4, 2, 2, pad=0.5), TypeError, r"im2col: expected pad .*got 0\.5"),
    (lambda: conv(stride=0), ValueError, "conv_forward: expected stride .*got 0"),
    (lambda: conv(pad=None), TypeError, "conv_forward: expected pad .*got None"),
    (
        lambda: dlcore.max_pool_forward(zeros_4, 2, 0),
        ValueError,
        "max_pool_forward: .*stride.*got 0",
    ),
    (lambda: dlcore.max_pool_forward(zeros_4, 2.0, 2), TypeError, r"pool .*got 2\.0"),
    (lambda: Convolution(1, 1, 3, stride=0, rng=rng()), ValueError, "Convolution: .*stride.*got 0"),
    (lambda: Convolution(1, 1, (3, 2, 1), rng=rng()), ValueError, "filter_size .*3 entries"),
    (lambda: Convolution(1, 0, 3, rng=rng()), ValueError, "out_channels .*got 0"),
    (lambda: Affine(2.5, 1, rng=rng()), TypeError, r"Affine: expected in_features .*got 2\.5"),
    (lambda: MaxPool(0), ValueError, "MaxPool: expected size .*got 0"),
    (lambda: MaxPool(2, stride=0), ValueError, "MaxPool: expected stride .*got 0"),
    (lambda: functional.one_hot([0], 0), ValueError, "one_hot: expected num_classes .*got 0"),
    (lambda: LeakyReLU(-0.1), ValueError, "LeakyReLU: expected slope .*0 <= slope < 1, got -0.1"),
    (lambda: functional.leaky_relu(1, 1), ValueError, "leaky_relu: expected slope .*got 1"),
    (lambda: functional.leaky_relu_grad(1, np.nan), ValueError, "leaky_relu_grad: .*slope .*nan"),
    # Shapes that do not fit together
    (
        lambda: conv(W=np.zeros((4, 2, 2, 2))),
        ValueError,
        r"W of shape \(FN, 3, FH, FW\) for x with 3 channels, got \(4, 2, 2, 2\)",
    ),
    (lambda: conv(b=np.zeros(3)), ValueError, r"b of shape \(4,\), got \(3,\); one bias for each"),
    (
        lambda: dlcore.col2im(np.zeros((4, 5)), (1, 1, 3, 3), 2, 2),
        ValueError,
        r"col2im: expected col of shape \(4, 4\), got \(4, 5\)",
    ),
    (
        lambda: dlcore.conv_backward(np.zeros((2, 4, 4, 5)), conv()[1]),
        ValueError,
        r"conv_backward: expected dout of shape \(2, 4, 4, 4\), got \(2, 4, 4, 5\)",
    ),
    (
        lambda: dlcore.max_pool_backward(zeros_4, dlcore.max_pool_forward(zeros_4, 2, 2)[1]),
        ValueError,
        r"max_pool_backward: expected dout of shape \(1, 1, 2, 2\), got \(1, 1, 4, 4\)",
    ),
    (
        lambda: conv_layer().forward(np.zeros((2, 1, 8, 8))),
        ValueError,
        r"Convolution: expected x with 3 channels, got 1 in shape \(N, 1, 8, 8\)",
    ),
    (
        lambda: conv_layer().forward(np.zeros((2, 192))),
        ValueError,
        r"Convolution: expected x with 4 axes \(N, C, H, W\), got shape \(2, 192\)",
    ),
    (
        lambda: conv_layer().output_shape((8, 8)),
        ValueError,
        r"Convolution: expected input_shape to be a tuple \(C, H, W\), got \(8, 8\)",
    ),
    (
        lambda: Affine(784, 10, rng=rng()).forward(np.zeros((100, 1, 28, 28))),
        ValueError,
        r"Affine: expected x of shape \(N, 784\), got \(100, 1, 28, 28\); put Flatten\(\)",
    ),
    (
        lambda: Affine(100, 10, rng=rng()).output_shape((1, 28, 28)),
        ValueError,
        r"input_shape \(100,\), got \(1, 28, 28\); put Flatten\(\) .* use Affine\(784, \.\.\.\)",
    ),
    (
        lambda: Affine(5, 2, rng=rng()).forward(np.zeros((3, 4))),
        ValueError,
        r"expected x of shape \(N, 5\), got \(3, 4\); use Affine\(4, \.\.\.\)",
    ),
    (
        lambda: Affine(5, 2, rng=rng()).forward(np.zeros(5)),
        ValueError,
        r"got \(5,\); .*np\.newaxis",
    ),
    (lambda: Flatten().forward(np.zeros(5)), ValueError, r"Flatten: expected x with a batch axis"),
    # Gradients and the order of calls
    (lambda: ReLU().backward(np.ones(2)), RuntimeError, "ReLU.backward: call forward first"),
    (lambda: conv_layer().backward(np.ones(2)), RuntimeError, "Convolution.backward: call forward"),
    # Initial values
    (lambda: Affine(2, 3), TypeError, r"Affine: expected rng .*Generator, got None; .*default_rng"),
    (lambda: Affine(2, 3, rng=0), TypeError, "Affine: expected rng .*Generator, got 0"),
    (lambda: Convolution(1, 1, 3), TypeError, "Convolution: expected rng .*got None"),
    (
        lambda: Affine(2, 3, init=np.zeros((3, 2))),
        ValueError,
        r"Affine: expected the array init of shape \(2, 3\), got \(3, 2\)",
    ),
    (
        lambda: Affine(2, 3, init=lambda i, o, r: np.zeros((o, i)), rng=rng()),
        ValueError,
        r"Affine: expected init .*of shape \(2, 3\), got \(3, 2\); .*\(fan_in, fan_out\)",
    ),
    (
        lambda: Affine(2, 3, rng=rng(), dtype=np.int32),
        TypeError,
        "dtype to be a float type, got int32",
    ),
    (lambda: dlcore.he_normal(0, 3, rng()), ValueError, "he_normal: expected fan_in .*got 0"),
    (lambda: dlcore.xavier_normal(3, 0, rng()), ValueError, "xavier_normal: .*fan_out .*got 0"),
    (lambda: dlcore.he_normal(3, 2, 42), TypeError, "he_normal: expected rng .*got 42"),
    (lambda: dlcore.normal(-1), ValueError, "normal: expected std .*positive number, got -1"),
    # Functions plugged in
    (
        lambda: Convolution(1, 1, 3, rng=rng(), conv=dlcore.conv_forward),
        TypeError,
        r"Convolution: expected conv to be a pair of functions .*got <function",
    ),
    (
        lambda: MaxPool(2, pool=pair_returning((1, 1, 3, 3))).forward(zeros_4),
        ValueError,
        r"the returned out of shape \(1, 1, 2, 2\), got \(1, 1, 3, 3\)",
    ),
    # Labels and probabilities
    (
        lambda: SoftmaxCrossEntropy().forward(np.zeros((2, 3)), [0, 3]),
        ValueError,
        "SoftmaxCrossEntropy: expected labels t from 0 to 2, got values from 0 to 3",
    ),
    (lambda: SoftmaxCrossEntropy().forward(np.zeros((2, 3)), [-1, 0]), ValueError, "from -1 to 0"),
    (
        lambda: SoftmaxCrossEntropy().forward(np.zeros((2, 3)), [0, 1, 2]),
        ValueError,
        r"expected t of shape \(2,\), got \(3,\)",
    ),
    (
        lambda: SoftmaxCrossEntropy().forward(np.zeros((2, 3)), [0.0, 1.0]),
        TypeError,
        r"t to hold integer labels, got dtype float64; convert them with t\.astype",
    ),
    (
        lambda: SoftmaxCrossEntropy().forward(np.zeros((2, 3)), [True, False]),
        TypeError,
        "dtype bool",
    ),
    (
        lambda: SoftmaxCrossEntropy().forward(np.zeros((2, 3)), np.eye(2)),
        ValueError,
        r"one-hot t of shape \(2, 3\), got \(2, 2\)",
    ),
    (
        lambda: SoftmaxCrossEntropy().forward(np.zeros((1, 2)), [[0.5, 0.5]]),
        ValueError,
        "every row of one-hot t to hold a single 1",
    ),
    (
        lambda: SoftmaxCrossEntropy().forward(np.zeros(3), [0]),
        ValueError,
        r"expected scores of shape \(N, K\), got \(3,\)",
    ),
    (
        lambda: functional.cross_entropy([[2.0, -1.0]], [0]),
        ValueError,
        "expected probabilities y from 0 to 1, got values from -1 to 2; .*softmax first",
    ),
    (lambda: functional.cross_entropy([0.5, 0.5], [0]), ValueError, r"y of shape \(N, K\), got"),
    (lambda: functional.one_hot([0, 5], 3), ValueError, "from 0 to 2, got values from 0 to 5"),
    (
        lambda: functional.mean_squared_error([[1.0, 2.0]], [1.0, 2.0]),
        ValueError,
        r"mean_squared_error: expected t of shape \(1, 2\), got \(2,\); the shape of y",
    ),
    (lambda: functional.mean_squared_error([], []), ValueError, r"at least one .*got shape \(0,\)"),
    # Optimisers
    (lambda: SGD(lr=0), ValueError, "SGD: expected lr to be a positive number, got 0"),
    (lambda: SGD(lr=np.nan), ValueError, "SGD: expected lr .*got nan"),
    (lambda: SGD(lr="0.1"), TypeError, "SGD: expected lr .*got '0.1'"),
    (lambda: Adam(beta1=1.0), ValueError, r"Adam: expected beta1 .*0 <= beta1 < 1, got 1\.0"),
    (lambda: Adam(eps=-1), ValueError, "Adam: expected eps .*got -1"),
    (
        lambda: update({"a": np.ones(2)}, {"b": np.ones(2)}),
        KeyError,
        r"SGD\.update: expected grads with the keys of params \['a'\], got \['b'\]",
    ),
    (
        lambda: optimizer_after_one_update().update({"b": np.ones(2)}, {"b": np.ones(2)}),
        KeyError,
        r"keys of the first call \['a'\], got \['b'\]; make a new optimiser",
    ),
    (
        lambda: update({"a": np.ones(2)}, {"a": np.ones(1)}, Adam),
        ValueError,
        r"Adam\.update: expected grads\['a'\] of shape \(2,\), got \(1,\)",
    ),
    (
        lambda: update({"a": np.ones(2, int)}, {"a": np.ones(2)}),
        TypeError,
        r"params\['a'\] .*int64",
    ),
    (
        lambda: update({"a": 1.0}, {"a": 1.0}),
        TypeError,
        r"params\['a'\] to be a float array, .*float",
    ),
    # Networks
    (lambda: Sequential([]), ValueError, "Sequential: expected at least one layer, got none"),
    (lambda: Sequential([ReLU]), TypeError, r"expected layers .*got <class .*ReLU.*write ReLU\(\)"),
    (
        lambda: Sequential([("a.b", ReLU())]),
        ValueError,
        r"name that is text without '\.', got 'a\.b'",
    ),
    (
        lambda: Sequential([("a", ReLU()), ("a", ReLU())]),
        ValueError,
        "every name once, got 'a' twice",
    ),
    (
        lambda: Sequential([ReLU()]).predict(np.zeros((0, 2))),
        ValueError,
        r"at least one .*\(0, 2\)",
    ),
    (
        lambda: Sequential([ReLU()]).predict(np.zeros((2, 2)), batch_size=0),
        ValueError,
        "Sequential: expected batch_size .*got 0",
    ),
    (
        lambda: Sequential([ReLU()]).accuracy(np.zeros((2, 2)), [0]),
        ValueError,
        r"accuracy: .*\(2,\)",
    ),
    (
        lambda: SimpleConvNet((28, 28), rng=rng()),
        ValueError,
        r"SimpleConvNet: expected input_shape to be a tuple \(C, H, W\), got \(28, 28\)",
    ),
    (
        lambda: Sequential([Convolution(1, 2, 3, rng=rng()), Affine(8, 2, rng=rng())]).summary(
            (1, 4, 4)
        ),
        ValueError,
        r"Affine: expected input_shape \(8,\), got \(2, 2, 2\); put Flatten\(\) before it$",
    ),
    # Gradient check
    (
        lambda: numerical_gradient(lambda v: 0.0, np.ones(2, dtype=np.float32)),
        TypeError,
        "numerical_gradient: expected x .*got dtype float32; .*dtype=np.float64",
    ),
    (lambda: numerical_gradient(lambda v: 0.0, [1.0]), TypeError, "float64 array, got list"),
    (lambda: numerical_gradient(lambda v: 0.0, np.ones(1), h=0), ValueError, "expected h .*got 0"),
    (lambda: relative_error([1.0], [1.0, 2.0]), ValueError, r"one shape, got \(1,\), \(2,\)"),
    (lambda: check_layer(Sigmoid(), np.ones((1, 1)), 0), TypeError, "check_layer: expected rng"),
    (
        lambda: check_layer(Affine(1, 1, rng=rng()), np.ones((1, 1)), rng()),
        TypeError,
        "float64 array, got dtype float32; .*make the layer with dtype=np.float64",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), CASES, ids=range(len(CASES)))
def test_message(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert re.search(message, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(
    "layer",
    [Affine(3, 2, rng=rng()), Flatten(), Sigmoid(), MaxPool(1), Convolution(1, 1, 1, rng=rng())],
    ids=lambda layer: type(layer).__name__,
)
def test_upstream_gradient_of_another_shape(layer):
    x = np.ones((2, 3)) if isinstance(layer, Affine) else np.ones((2, 1, 3, 3))
    shape = layer.forward(x).shape
    name = type(layer).__name__
    with pytest.raises(ValueError, match=rf"{name}\.backward: expected dy of shape") as caught:
        layer.backward(np.ones((2, 7)))
    assert str(shape) in str(caught.value)
    assert "got (2, 7)" in str(caught.value)
