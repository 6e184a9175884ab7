"""Trainer and History: exact record, continuation, any network and optimiser."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from training_cases import Descent, Softmax, data, make

from dlcore.datasets import load_digits
from dlcore.initializers import he_normal
from dlcore.networks import DeepConvNet, MultiLayerNet, SimpleConvNet
from dlcore.optimizers import SGD, Adam, Eve, clip_by_norm
from dlcore.training import Trainer

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


@pytest.mark.parametrize("kind", ["fully connected", "convolutional"])
def test_evaluating_leaves_dropout_and_normalisation_alone(kind):
    def train(**options):
        rng = np.random.default_rng(0)
        x, t = rng.random((40, 1, 8, 8), dtype=np.float32), rng.integers(0, 10, 40)
        if kind == "convolutional":
            network = DeepConvNet((1, 8, 8), channels=(2, 2, 3, 3, 4, 4), rng=rng)
        else:
            network = MultiLayerNet(64, [9], 10, batch_norm=True, dropout_ratio=0.5, rng=rng)
            x = x.reshape(40, 64)
        if options:
            options["evaluation"] = {"train": (x, t)}
        Trainer(network, Adam(), rng=rng, batch_size=8).fit(
            x, t, iterations=10, progress=False, **options
        )
        return {**network.params, **network.buffers}

    often, never = train(evaluate_every=1), train()
    for name, array in often.items():
        np.testing.assert_array_equal(array, never[name], err_msg=name)


# What the optimiser is given


class Watching(Descent):
    """Remembers what it was given."""

    def __init__(self):
        self.seen = []

    def update(self, params, grads):
        self.seen.append(grads)


class OwnEve:
    """Takes the loss, as the assignment's Eve does."""

    def __init__(self):
        self.losses = []

    def update(self, params, grads, loss):
        self.losses.append(loss)


class KeywordLoss(OwnEve):
    def update(self, params, grads, *, loss=None):
        super().update(params, grads, loss)


class AnyKeyword(OwnEve):
    def update(self, params, grads, **options):
        self.losses.append(options)


class PositionalLoss(OwnEve):
    def update(self, params, grads, loss=None, /):
        self.losses.append(loss)


@pytest.mark.parametrize("optimizer", [OwnEve, KeywordLoss])
def test_an_optimiser_with_a_parameter_named_loss_gets_it(optimizer):
    trainer = make(optimizer=optimizer())
    history = trainer.fit(*data(), iterations=4, progress=False)
    assert trainer.optimizer.losses == history.loss
    assert type(trainer.optimizer.losses[0]) is float


@pytest.mark.parametrize(("optimizer", "given"), [(AnyKeyword, {}), (PositionalLoss, None)])
def test_an_optimiser_without_that_parameter_does_not(optimizer, given):
    trainer = make(optimizer=optimizer())
    trainer.fit(*data(), iterations=2, progress=False)
    assert trainer.optimizer.losses == [given, given]


def test_eve_learns():
    trainer = make(optimizer=Eve(lr=0.01))
    history = trainer.fit(*data(), iterations=100, progress=False)
    assert history.loss[-1] < history.loss[0] / 2


def test_gradients_are_clipped_by_their_common_norm():
    x, t = data()
    plain, clipped = Watching(), Watching()
    make(optimizer=plain).fit(x, t, iterations=3, progress=False)
    make(optimizer=clipped, clip_norm=0.1).fit(x, t, iterations=3, progress=False)
    for before, after in zip(plain.seen, clipped.seen, strict=True):
        assert np.linalg.norm(before["W"]) > 0.1
        assert np.linalg.norm(after["W"]) == pytest.approx(0.1)
        np.testing.assert_array_equal(after["W"], clip_by_norm(before, 0.1)[0]["W"])


def test_small_gradients_are_not_clipped():
    x, t = data()
    plain = make().fit(x, t, iterations=5, progress=False)
    assert make(clip_norm=1e6).fit(x, t, iterations=5, progress=False) == plain


@pytest.mark.parametrize("clip_norm", [0, -1.0, np.nan])
def test_clip_norm_must_be_positive(clip_norm):
    with pytest.raises(ValueError, match="Trainer: expected clip_norm to be a positive number"):
        make(clip_norm=clip_norm)


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


def run_of_its_own(seed):
    """A convolutional and a fully connected network trained from one seed, and their histories."""
    rng = np.random.default_rng(seed)
    x, t = rng.random((60, 1, 8, 8), dtype=np.float32), rng.integers(0, 10, 60)
    flat = MultiLayerNet(64, [20, 20], 10, batch_norm=True, dropout_ratio=0.2, rng=rng)
    deep = DeepConvNet((1, 8, 8), channels=(4, 4, 6, 6, 8, 8), rng=rng)
    return [
        Trainer(network, Adam(), rng=rng, batch_size=20)
        .fit(inputs, t, iterations=30, evaluation={"train": (inputs, t)}, progress=False)
        .to_dict()
        for network, inputs in ((flat, x.reshape(60, 64)), (deep, x))
    ]


def test_two_trainers_side_by_side_do_as_one_after_the_other():
    expected = [run_of_its_own(seed) for seed in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run_of_its_own, range(2))) == expected
