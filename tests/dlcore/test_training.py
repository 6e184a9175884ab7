"""Trainer and History: exact record, continuation, any network and optimiser, helpful errors."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from dlcore.datasets import load_digits
from dlcore.initializers import he_normal
from dlcore.networks import SimpleConvNet
from dlcore.optimizers import SGD, Adam
from dlcore.training import History, Trainer


class Softmax:
    """The smallest classifier: one matrix, softmax, cross entropy. Remembers its batches."""

    def __init__(self, features=2, classes=2):
        self.params = {"W": np.zeros((features, classes))}
        self.batches = []
        self.evaluated = []

    def _probabilities(self, x):
        scores = x @ self.params["W"]
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def loss_and_gradient(self, x, t):
        self.batches.append((x, t))
        p = self._probabilities(x)
        rows = np.arange(len(t))
        loss = -np.log(p[rows, t]).mean()
        p[rows, t] -= 1
        return loss, {"W": x.T @ p / len(t)}

    def accuracy(self, x, t):
        self.evaluated.append(len(x))
        return np.mean(self._probabilities(x).argmax(axis=1) == t)


class Descent:
    """An optimiser that knows nothing of dlcore."""

    def update(self, params, grads):
        for name in params:
            params[name] -= 0.5 * grads[name]


def data(n=60, seed=3):
    rng = np.random.default_rng(seed)
    t = rng.integers(2, size=n)
    sign = 2 * t - 1
    return rng.normal(size=(n, 2)) + 2 * np.stack([sign, -sign], axis=1), t


def make(*, network=None, optimizer=None, seed=0, batch_size=8, callbacks=()):
    return Trainer(
        network or Softmax(),
        optimizer or Descent(),
        rng=np.random.default_rng(seed),
        batch_size=batch_size,
        callbacks=callbacks,
    )


# The loop


def test_history_and_parameters_are_those_of_the_loop_written_out():
    x, t = data()
    trainer = make(seed=5)
    history = trainer.fit(x, t, iterations=30, progress=False)

    network, rng, losses = Softmax(), np.random.default_rng(5), []
    for _ in range(30):
        rows = rng.integers(len(x), size=8)
        loss, grads = network.loss_and_gradient(x[rows], t[rows])
        network.params["W"] -= 0.5 * grads["W"]
        losses.append(loss)

    assert history.loss == losses
    assert history.iterations == 30
    np.testing.assert_array_equal(trainer.network.params["W"], network.params["W"])
    assert network.accuracy(x, t) > 0.9


def test_batches_are_drawn_with_replacement():
    network = Softmax()
    x, t = data(n=3)
    make(network=network, batch_size=50).fit(x, t, iterations=4, progress=False)
    assert [len(batch) for batch, _ in network.batches] == [50] * 4
    for rows, labels in network.batches:
        pairs = {(*row, label) for row, label in zip(rows.tolist(), labels.tolist(), strict=True)}
        assert pairs <= {(*row, label) for row, label in zip(x.tolist(), t.tolist(), strict=True)}


def test_data_stays_as_it_is_and_lists_are_taken():
    x, t = data()
    x_before, t_before = x.copy(), t.copy()
    from_arrays = make().fit(x, t, iterations=5, progress=False)
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(t, t_before)
    assert make().fit(x.tolist(), t.tolist(), iterations=5, progress=False) == from_arrays


def test_one_hot_labels_are_passed_on():
    network = SimpleConvNet(
        (1, 4, 4), filters=2, filter_size=3, hidden=4, classes=2, rng=np.random.default_rng(0)
    )
    x = np.random.default_rng(1).random((6, 1, 4, 4))
    t = np.eye(2)[[0, 1, 0, 1, 1, 0]]
    trainer = make(network=network, optimizer=SGD(), batch_size=3)
    history = trainer.fit(x, t, iterations=2, evaluation={"train": (x, t)}, progress=False)
    assert history.iterations == 2
    assert len(history.evaluations["train"]) == 1


# Evaluation


@pytest.mark.parametrize(
    ("iterations", "every", "expected"),
    [(10, 4, [4, 8, 10]), (8, 4, [4, 8]), (3, 5, [3]), (3, 1, [1, 2, 3]), (7, None, [7])],
)
def test_evaluated_every_so_often_and_at_the_end(iterations, every, expected):
    x, t = data()
    history = make().fit(
        x,
        t,
        iterations=iterations,
        evaluate_every=every,
        evaluation={"train": (x, t), "test": data(seed=4)},
        progress=False,
    )
    assert history.evaluated_at == expected
    assert {name: len(v) for name, v in history.evaluations.items()} == {
        "train": len(expected),
        "test": len(expected),
    }


def test_accuracies_are_measured_after_the_update_on_the_whole_set():
    x, t = data()
    network = Softmax()
    trainer = make(network=network)
    history = trainer.fit(x, t, iterations=6, evaluation={"test": (x, t)}, progress=False)
    assert network.evaluated == [60]
    assert history.evaluations["test"] == [network.accuracy(x, t)]


def test_evaluating_does_not_change_the_batches():
    x, t = data()
    sets = {"test": (x, t)}
    often = make().fit(x, t, iterations=20, evaluate_every=1, evaluation=sets, progress=False)
    assert often.loss == make().fit(x, t, iterations=20, progress=False).loss


# Continuing, stopping, keeping


def test_two_fits_equal_one():
    x, t = data()
    options = {"evaluate_every": 5, "evaluation": {"test": data(seed=4)}, "progress": False}
    whole = make(optimizer=Adam()).fit(x, t, iterations=25, **options)
    parts = make(optimizer=Adam())
    first = parts.fit(x, t, iterations=10, **options)
    second = parts.fit(x, t, iterations=15, **options)
    assert second == whole
    assert first is second is parts.history
    assert second.evaluated_at == [5, 10, 15, 20, 25]


def test_a_fit_without_evaluation_may_follow_one_with():
    x, t = data()
    trainer = make()
    trainer.fit(x, t, iterations=4, evaluation={"test": (x, t)}, progress=False)
    history = trainer.fit(x, t, iterations=3, progress=False)
    assert (history.iterations, history.evaluated_at) == (7, [4])


def test_other_evaluation_sets_than_before_are_refused():
    x, t = data()
    trainer = make()
    trainer.fit(x, t, iterations=1, evaluation={"test": (x, t)}, progress=False)
    with pytest.raises(ValueError, match=r"sets of the history so far, \['test'\], got \['train'"):
        trainer.fit(x, t, iterations=1, evaluation={"train": (x, t)}, progress=False)


def test_callbacks_run_in_order_after_each_iteration_and_its_evaluation():
    x, t = data()
    seen = []
    callbacks = [
        lambda trainer: seen.append((trainer.history.iterations, *trainer.history.evaluated_at)),
        lambda trainer: seen.append("second"),
    ]
    make(callbacks=callbacks).fit(
        x, t, iterations=3, evaluate_every=2, evaluation={"test": (x, t)}, progress=False
    )
    assert seen == [(1,), "second", (2, 2), "second", (3, 2, 3), "second"]


@pytest.mark.parametrize("progress", [True, False])
def test_the_stop_button_loses_nothing_and_training_can_go_on(progress):
    x, t = data()

    def stop_at_7(trainer):
        if trainer.history.iterations == 7:
            raise KeyboardInterrupt

    trainer = make(callbacks=[stop_at_7])
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(x, t, iterations=20, progress=progress)
    assert trainer.history.iterations == 7
    trainer.fit(x, t, iterations=13, progress=progress)
    assert trainer.history == make().fit(x, t, iterations=20, progress=False)


def test_an_update_that_fails_is_not_counted():
    class Failing(Descent):
        def update(self, params, grads):
            raise RuntimeError("a fault in the learner's optimiser")

    x, t = data()
    trainer = make(optimizer=Failing())
    with pytest.raises(RuntimeError, match="learner's optimiser"):
        trainer.fit(x, t, iterations=3, progress=False)
    assert trainer.history.iterations == 0


def test_stopping_during_an_evaluation_leaves_the_lists_of_one_length():
    x, t = data()

    class Stopped(Softmax):
        def accuracy(self, x, t):
            if len(self.evaluated) == 3:  # the second set of the second evaluation
                raise KeyboardInterrupt
            return super().accuracy(x, t)

    trainer = make(network=Stopped())
    sets = {"train": (x, t), "test": (x, t)}
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(x, t, iterations=9, evaluate_every=1, evaluation=sets, progress=False)
    history = trainer.history
    assert (history.iterations, history.evaluated_at) == (2, [1])
    assert [len(values) for values in history.evaluations.values()] == [1, 1]


def test_history_survives_json():
    x, t = data()
    history = make().fit(x, t, iterations=5, evaluation={"test": (x, t)}, progress=False)
    record = json.loads(json.dumps(history.to_dict()))
    assert History.from_dict(record) == history
    record["loss"].append(1.0)
    assert history.iterations == 5


def test_to_dict_is_a_copy():
    history = History(loss=[1.0], evaluated_at=[1], evaluations={"test": [0.5]})
    record = history.to_dict()
    record["evaluations"]["test"].append(0.6)
    assert history.evaluations == {"test": [0.5]}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"loss": []}, r"expected the keys \['evaluated_at', 'evaluations', 'loss'\], got \['l"),
        (
            {"loss": [1.0], "evaluated_at": [1], "evaluations": {"test": []}},
            r"expected 1 accuracies of 'test'.*got 0",
        ),
    ],
)
def test_a_record_that_does_not_fit_is_refused(record, message):
    with pytest.raises(ValueError, match=message):
        History.from_dict(record)


# Divergence


class Scripted:
    """Returns the given losses and gradients, one a step."""

    def __init__(self, *steps):
        self.params = {"w": np.zeros(2)}
        self.steps = list(steps)

    def loss_and_gradient(self, x, t):
        loss, grad = self.steps.pop(0)
        return loss, {"w": np.full(2, grad)}


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
    assert f"in iteration {number} the scores are NaN or infinite" in str(caught.value)
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


# The progress bar


def test_progress_shows_iterations_and_loss(capfd):
    x, t = data()
    history = make().fit(x, t, iterations=12, progress=True)
    shown = capfd.readouterr().err
    assert "12/12" in shown
    assert f"loss {history.loss[-1]:.4f}" in shown


def test_without_progress_nothing_is_printed(capfd):
    x, t = data()
    make().fit(x, t, iterations=12, progress=False)
    assert capfd.readouterr() == ("", "")


def test_training_works_without_tqdm(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    x, t = data()
    assert make().fit(x, t, iterations=3, progress=True).iterations == 3
    assert capfd.readouterr() == ("", "")


def test_tqdm_and_pooch_are_loaded_only_when_needed():
    script = (
        "import sys, numpy as np;"
        "from dlcore import datasets, networks, optimizers, training;"
        "digits, rng = datasets.load_digits(), np.random.default_rng(0);"
        "network = networks.SimpleConvNet((1, 8, 8), filters=2, filter_size=3, rng=rng);"
        "trainer = training.Trainer(network, optimizers.SGD(), rng=rng);"
        "trainer.fit(digits.x_train, digits.t_train, iterations=1, progress=False);"
        "print(sorted({'tqdm', 'pooch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# With dlcore's own parts


def test_a_convolutional_network_learns_the_digits():
    digits = load_digits()
    rng = np.random.default_rng(0)
    network = SimpleConvNet(
        (1, 8, 8), filters=16, filter_size=3, pad=1, hidden=50, init=he_normal, rng=rng
    )
    trainer = Trainer(network, Adam(lr=0.003), rng=rng)
    history = trainer.fit(
        digits.x_train,
        digits.t_train,
        iterations=300,
        evaluation={"test": (digits.x_test, digits.t_test)},
        progress=False,
    )
    assert history.evaluations["test"][-1] >= 0.9
    assert np.mean(history.loss[-20:]) < 0.1 < 2 < history.loss[0]
    assert network.params["conv1.W"].dtype == np.float32
    assert re.fullmatch(r"\d\.\d+", str(history.loss[-1])), "a plain float, not np.float64(...)"
