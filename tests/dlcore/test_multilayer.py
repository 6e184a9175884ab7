"""MultiLayerNet: the report's names, the exam's program as printed, weight decay, training."""

import numpy as np
import pytest

from dlcore import optimizers
from dlcore.gradient_check import numerical_gradient, relative_error
from dlcore.initializers import normal, xavier_normal
from dlcore.layers import ReLU, Sigmoid
from dlcore.networks import MultiLayerNet
from dlcore.regularizers import L1
from dlcore.training import Trainer

# The program of the E-certificate quiz as the report prints it; (イ) and (ウ) are the blanks.
QUIZ = """
class MultiLayerNet:

    def gradient(self, x, t):
        # forward
        self.loss(x, t)

        # backward
        dout = 1
        dout = self.last_layer.backward(dout)

        layers = list(self.layers.values())
        layers.reverse()
        for layer in layers:
            dout = layer.backward(dout)

        # 設定
        grads = {}
        for idx in range(1, self.hidden_layer_num+2):
            weight_decay_gradient = (イ)
            grads['W' + str(idx)] = self.layers['Affine' + str(idx)].dW + weight_decay_gradient
            grads['b' + str(idx)] = (ウ)

        return grads
"""
CHOICES = {
    1: "0.5 * self.weight_decay_lambda * (self.layers['Affine' + str(idx)].W **2)",
    2: "self.weight_decay_lambda * self.layers['Affine' + str(idx)].W",
    3: "self.weight_decay_lambda + self.layers['Affine' + str(idx)].W",
    4: "0.5 * self.weight_decay_lambda * self.layers['Affine' + str(idx)].W",
}
BLANK_BIAS = "self.layers['Affine' + str(idx)].db"


def rng(seed=0):
    return np.random.default_rng(seed)


def make(cls=MultiLayerNet, hidden=(5, 4), seed=0, dtype=np.float64, **options):
    return cls(6, list(hidden), 3, rng=rng(seed), dtype=dtype, **options)


def batch(n=8):
    return rng(1).normal(size=(n, 6)), rng(2).integers(0, 3, n)


def numerical_gradients(network, x, t, *, train=True):
    return {
        name: numerical_gradient(lambda _: network.loss(x, t, train=train), p)
        for name, p in network.params.items()
    }


# Names


def test_names_are_those_of_the_report():
    network = make(batch_norm=True, dropout_ratio=0.2)
    assert list(network.layers) == [
        "Affine1", "BatchNorm1", "Activation_function1", "Dropout1",
        "Affine2", "BatchNorm2", "Activation_function2", "Dropout2",
        "Affine3",
    ]  # fmt: skip
    assert list(network.params) == [
        "W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3",
    ]  # fmt: skip
    assert network.grads.keys() == network.params.keys()
    assert list(network.buffers) == [
        "running_mean1", "running_var1", "running_mean2", "running_var2",
    ]  # fmt: skip
    assert list(network.weights) == ["W1", "W2", "W3"]
    assert (network.input_size, network.hidden_size_list, network.output_size) == (6, [5, 4], 3)
    assert network.hidden_layer_num == 2
    assert network.last_layer is network.loss_function


def test_layers_show_weights_and_gradients_under_the_names_of_the_report():
    network = make()
    grads = network.gradient(*batch())
    for number in 1, 2, 3:
        layer = network.layers[f"Affine{number}"]
        assert layer.W is network.params[f"W{number}"]
        assert layer.b is network.params[f"b{number}"]
        np.testing.assert_array_equal(layer.dW, grads[f"W{number}"])
        np.testing.assert_array_equal(layer.db, grads[f"b{number}"])


def test_more_than_nine_layers_keep_their_numbers():
    network = make(hidden=[2] * 11)
    assert network.params["W12"] is network.layers["Affine12"].W
    assert len(network.params) == 24


def test_no_hidden_layer_is_softmax_regression():
    network = make(hidden=())
    assert (list(network.layers), network.hidden_layer_num) == (["Affine1"], 0)


# Parts


@pytest.mark.parametrize(
    "activation", ["sigmoid", "tanh", "relu", "leaky_relu", "gelu", "identity", Sigmoid]
)
@pytest.mark.parametrize(
    "options", [{}, {"batch_norm": True}, {"weight_decay_lambda": 0.3}], ids=str
)
def test_gradients(activation, options):
    network, (x, t) = make(activation=activation, **options), batch()
    expected = numerical_gradients(network, x, t)
    grads = network.gradient(x, t)
    assert grads.keys() == expected.keys()
    for name, gradient in grads.items():
        assert relative_error(gradient, expected[name]) < 1e-6, name


def test_activation_layers_are_made_anew_for_each_place():
    network = make(activation=lambda: ReLU())
    first, second = (network.layers[f"Activation_function{n}"] for n in (1, 2))
    assert type(first) is type(second) is ReLU
    assert first is not second


def test_frozen_gamma_and_beta_are_no_parameters_and_change_nothing_at_first():
    x, t = batch()
    frozen = make(batch_norm=True, train_gamma_beta=False)
    assert list(frozen.params) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    trained = make(batch_norm=True)
    assert frozen.loss(x, t, train=True) == pytest.approx(trained.loss(x, t, train=True))


def test_dropout_acts_in_training_only():
    network, (x, t) = make(dropout_ratio=0.5), batch()
    assert network.loss(x, t) == make().loss(x, t)
    assert network.loss(x, t, train=True) != network.loss(x, t, train=True)


def test_initial_weights_come_from_init():
    network = MultiLayerNet(400, [300], 100, init=normal(0.01), rng=rng())
    assert network.params["W1"].std() == pytest.approx(0.01, rel=0.01)
    network = MultiLayerNet(400, [300], 100, init=xavier_normal, rng=rng())
    assert network.params["W2"].std() == pytest.approx(300**-0.5, rel=0.01)
    assert {p.dtype for p in network.params.values()} == {np.dtype(np.float32)}


# Weight decay


def test_loss_has_half_lambda_times_the_squares_of_the_weights_alone():
    x, t = batch()
    plain, decayed = make(), make(weight_decay_lambda=0.2)
    squares = sum((plain.params[name] ** 2).sum() for name in ("W1", "W2", "W3"))
    for network in plain, decayed:
        network.params["b1"] += 1
    assert decayed.loss(x, t) == pytest.approx(plain.loss(x, t) + 0.5 * 0.2 * squares, rel=1e-12)
    ours, theirs = decayed.gradient(x, t), plain.gradient(x, t)
    np.testing.assert_allclose(ours["W2"], theirs["W2"] + 0.2 * plain.params["W2"], rtol=1e-12)
    np.testing.assert_array_equal(ours["b2"], theirs["b2"])


def test_lambda_may_be_changed():
    network, (x, t) = make(), batch()
    plain = network.loss(x, t)
    network.weight_decay_lambda = 0.1
    assert network.loss(x, t) == make(weight_decay_lambda=0.1).loss(x, t) > plain
    network.weight_decay_lambda = 0
    assert network.loss(x, t) == plain


def test_another_regulariser_may_take_its_place():
    network, (x, t) = make(weight_decay_lambda=0.1), batch()
    network.regularizer = L1(0.1)
    absolute = sum(np.abs(W).sum() for W in network.weights.values())
    assert network.loss(x, t) == pytest.approx(make().loss(x, t) + 0.1 * absolute, rel=1e-12)
    assert network.weight_decay_lambda == 0


# The exam's program


def quiz_class(choice):
    """Our class with the printed gradient in place of ours."""
    printed = {}
    program = QUIZ.replace("(イ)", CHOICES[choice]).replace("(ウ)", BLANK_BIAS)
    exec(program, printed)
    return type("Quiz", (MultiLayerNet,), {"gradient": printed["MultiLayerNet"].gradient})


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_the_program_runs_as_printed_and_only_choice_2_is_the_gradient(choice, activation):
    options = {"activation": activation, "weight_decay_lambda": 0.1}
    quiz, ours = make(quiz_class(choice), **options), make(**options)
    x, t = batch()
    grads, expected = quiz.gradient(x, t), ours.gradient(x, t)
    assert grads.keys() == expected.keys()
    numerical = numerical_gradients(quiz, x, t, train=False)
    right = {}
    for name, gradient in grads.items():
        right[name] = relative_error(gradient, numerical[name]) < 1e-6
        assert right[name] == (relative_error(gradient, expected[name]) < 1e-12), name
    assert right == {name: choice == 2 or name.startswith("b") for name in grads}


def test_the_program_trains_in_a_loop_of_its_own():
    network, (x, t) = make(quiz_class(2), weight_decay_lambda=0.001, dtype=np.float32), batch()
    start, optimizer = network.loss(x, t), optimizers.SGD(lr=0.1)
    for _ in range(100):
        optimizer.update(network.params, network.gradient(x, t))
    assert network.loss(x, t) < start / 2


# Training


PUBLIC_OPTIMIZERS = [
    getattr(optimizers, name)
    for name in optimizers.__all__
    if isinstance(getattr(optimizers, name), type) and name != "Optimizer"
]


@pytest.mark.parametrize("optimizer", PUBLIC_OPTIMIZERS, ids=lambda cls: cls.__name__)
def test_every_optimiser_trains_it(optimizer):
    network = make(batch_norm=True, dropout_ratio=0.1, weight_decay_lambda=0.01, dtype=np.float32)
    x, t = batch(40)
    before = {name: p.copy() for name, p in network.params.items()}
    trainer = Trainer(network, optimizer(), rng=rng(3), batch_size=20)
    history = trainer.fit(
        x, t, iterations=5, evaluation={"train": (x, t)}, evaluate_every=2, progress=False
    )
    assert np.isfinite(history.loss).all()
    assert len(history.evaluations["train"]) == 3
    for name, p in network.params.items():
        assert np.isfinite(p).all(), name
        assert p.dtype == np.float32
    for name in network.weights:
        assert not np.array_equal(network.params[name], before[name]), name


# Errors


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"activation": "ReLU"}, ValueError, r"activation to be one of \['sigmoid'.*got 'ReLU'"),
        ({"activation": ReLU()}, ValueError, r"got ReLU\(\); of a layer, pass the class"),
        ({"activation": lambda: 3}, TypeError, r"expected layers .*got 3"),
        ({"init": "he"}, TypeError, r"init to be a function .*got 'he'; pass he_normal"),
        ({"hidden": (5, 0)}, ValueError, "every size of hidden_size_list .*at least 1, got 0"),
        ({"hidden": (5, 2.5)}, TypeError, r"every size of hidden_size_list .*got 2\.5"),
        ({"weight_decay_lambda": -0.1}, ValueError, r"-0\.1"),
        ({"dropout_ratio": 1.0}, ValueError, r"rate .*got 1\.0"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=message):
        make(**options)


def test_a_random_generator_is_required():
    with pytest.raises(TypeError, match=r"rng to be a np\.random\.Generator, got 0"):
        MultiLayerNet(6, [5], 3, rng=0)


def test_images_must_be_flat():
    with pytest.raises(ValueError, match=r"Affine: expected x of shape \(N, 6\), got \(2, 1, 2, 3"):
        make().loss(np.zeros((2, 1, 2, 3)), [0, 1])


@pytest.mark.parametrize(
    ("x", "error"), [(np.zeros((0, 6)), ValueError), (np.full((2, 6), np.nan), FloatingPointError)]
)
def test_empty_and_not_finite_batches_are_refused(x, error):
    for call in make().loss, make().loss_and_gradient, make().gradient:
        with pytest.raises(error):
            call(x, np.zeros(len(x), dtype=int))
