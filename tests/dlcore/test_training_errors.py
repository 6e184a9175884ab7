"""Trainer when something is wrong: divergence, and arguments that do not fit."""

import numpy as np
import pytest
from training_cases import Descent, Scripted, Softmax, data, make

from dlcore.datasets import load_digits
from dlcore.initializers import he_normal
from dlcore.networks import SimpleConvNet
from dlcore.optimizers import SGD
from dlcore.training import History, Trainer

# Divergence


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ((np.nan, 1.0), r"in iteration 3 the loss is nan with the learning rate 0\.25;"),
        ((np.inf, 1.0), r"in iteration 3 the loss is inf with the learning rate 0\.25;"),
        ((2.0, np.nan), r"in iteration 3 the gradient of w holds NaN or infinity \(loss 2\)"),
        ((2.0, -np.inf), r"in iteration 3 the gradient of w holds NaN or infinity \(loss 2\)"),
    ],
)
def test_divergence_stops_before_the_bad_update(bad, message):
    x, t = data()
    network = Scripted((3.0, 1.0), (2.5, 1.0), bad)
    trainer = make(network=network, optimizer=SGD(lr=0.25))
    with pytest.raises(FloatingPointError, match=message) as caught:
        trainer.fit(x, t, iterations=9, progress=False)
    for advice in ("smaller learning rate", "inputs are scaled", "initial weights"):
        assert advice in str(caught.value)
    assert trainer.history.loss == [3.0, 2.5]
    assert network.params["w"].tolist() == [-0.5, -0.5]


def test_divergence_with_an_optimiser_without_learning_rate():
    x, t = data()
    with pytest.raises(FloatingPointError, match=r"iteration 1 the loss is nan; this update"):
        make(network=Scripted((np.nan, 0.0))).fit(x, t, iterations=1, progress=False)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_divergence_of_a_real_network_names_the_iteration():
    digits = load_digits()
    network = SimpleConvNet(
        (1, 8, 8), filters=4, filter_size=3, init=he_normal, rng=np.random.default_rng(0)
    )
    trainer = make(network=network, optimizer=SGD(lr=1e12))
    with pytest.raises(FloatingPointError) as caught:
        trainer.fit(digits.x_train, digits.t_train, iterations=50, progress=False)
    number = trainer.history.iterations + 1
    assert f"in iteration {number} values in the network are NaN or infinite" in str(caught.value)
    assert "learning rate 1000000000000.0" in str(caught.value)
    assert np.isfinite(trainer.history.loss).all()


# Arguments


X, T = data(n=6)
NAN = X.copy()
NAN[2, 0] = np.nan
INF = X.copy()
INF[0] = np.inf


@pytest.mark.parametrize(
    ("x", "t", "options", "error", "message"),
    [
        (X, T[:5], {}, ValueError, r"same number of rows, got shapes \(6, 2\) and \(5,\)"),
        (1.0, 1, {}, ValueError, r"same number of rows, got shapes \(\) and \(\)"),
        (X[:0], T[:0], {}, ValueError, r"at least one row, got shape \(0, 2\)"),
        (NAN, T, {}, ValueError, r"expected x to hold finite numbers.*in 1 of 12 places"),
        (INF, T, {}, ValueError, r"expected x to hold finite numbers.*in 2 of 12 places"),
        (X.astype(str), T, {}, TypeError, r"expected x to hold real numbers"),
        (X, T, {"iterations": 0}, ValueError, r"iterations .* at least 1, got 0"),
        (X, T, {"iterations": 2.0}, TypeError, r"iterations .* got 2\.0 \(float\)"),
        (X, T, {"evaluate_every": 2}, ValueError, r"expected evaluation with evaluate_every=2"),
        (
            X,
            T,
            {"evaluate_every": 0, "evaluation": {"test": (X, T)}},
            ValueError,
            r"evaluate_every .* at least 1, got 0",
        ),
        (X, T, {"evaluation": (X, T)}, TypeError, r"evaluation to be a dict.*got tuple"),
        (X, T, {"evaluation": {"a": X}}, TypeError, r"evaluation\['a'\] to be a pair.*ndarray"),
        (X, T, {"evaluation": {"a": (X, T[:2])}}, ValueError, r"x of 'a' and t of 'a' with the s"),
        (X, T, {"evaluation": {"a": (NAN, T)}}, ValueError, r"x of 'a' to hold finite numbers"),
    ],
)
def test_fit_names_the_bad_argument_and_does_nothing(x, t, options, error, message):
    trainer = make()
    with pytest.raises(error, match=message):
        trainer.fit(x, t, **{"iterations": 1, "progress": False, **options})
    assert trainer.history == History()
    assert trainer.network.batches == []


@pytest.mark.parametrize("batch_size", [0, -3])
def test_batch_size_must_be_positive(batch_size):
    with pytest.raises(ValueError, match=rf"batch_size .* at least 1, got {batch_size}"):
        make(batch_size=batch_size)


def test_a_random_generator_is_required():
    with pytest.raises(TypeError, match="rng"):
        Trainer(Softmax(), Descent())
    for wrong in (None, 0, np.random):
        with pytest.raises(TypeError, match=r"rng to be a np\.random\.Generator.*default_rng"):
            Trainer(Softmax(), Descent(), rng=wrong)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (Softmax, Descent()),
            r"network to be an object, got the class Softmax.*Softmax\(\.\.\.\)",
        ),
        ((Softmax(), Descent), r"optimizer to be an object, got the class Descent"),
        ((Softmax(), "adam"), r"optimizer to have a method update, got str"),
        ((Descent(), Descent()), r"network to have a method loss_and_gradient, got Descent"),
    ],
)
def test_network_and_optimiser_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        Trainer(*arguments, rng=np.random.default_rng(0))


def test_accuracy_is_needed_only_for_an_evaluation():
    x, t = data()
    trainer = make(network=Scripted((1.0, 0.0), (1.0, 0.0)))
    assert trainer.fit(x, t, iterations=1, progress=False).iterations == 1
    with pytest.raises(TypeError, match="network to have a method accuracy, got Scripted"):
        trainer.fit(x, t, iterations=1, evaluation={"test": (x, t)}, progress=False)


def test_callbacks_are_checked():
    with pytest.raises(TypeError, match=r"callable as callback\(trainer\), got 3"):
        make(callbacks=[3])
