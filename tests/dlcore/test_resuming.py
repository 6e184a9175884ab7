"""Training runs in files: exact resumption, whole files, helpful refusals."""

import json
import subprocess
import sys

import numpy as np
import pytest
from checkpoint_cases import assert_same, data, network, state

from dlcore import optimizers
from dlcore.history import History
from dlcore.layers import Affine
from dlcore.networks import Sequential
from dlcore.optimizers import SGD, Adam, Eve, Momentum, Nadam
from dlcore.training import Trainer

PUBLIC_OPTIMIZERS = [
    getattr(optimizers, name)
    for name in optimizers.__all__
    if isinstance(getattr(optimizers, name), type) and name != "Optimizer"
]


def make_trainer(optimizer=Adam, *, shared=True, seed=0, batch_size=10, **options):
    """A trainer whose run depends on all that has a state."""
    rng = np.random.default_rng(seed)
    net = network(rng=rng)
    if not shared:
        net.layers["drop"].rng = np.random.default_rng(seed + 100)
    return Trainer(net, optimizer(), rng=rng, batch_size=batch_size, **options)


EVALUATED = {"evaluation": {"train": data()}, "evaluate_every": 4, "progress": False}


def interrupted(path, **options):
    """Train 11 of 20 iterations, saved after 8."""

    def save_then_stop(trainer):
        if trainer.history.iterations == 8:
            trainer.save(path)
        if trainer.history.iterations == 11:
            raise KeyboardInterrupt

    trainer = make_trainer(callbacks=[save_then_stop], **options)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(*data(), iterations=20, **EVALUATED)
    return trainer


@pytest.mark.parametrize("shared", [True, False], ids=["shared rng", "separate rngs"])
@pytest.mark.parametrize("optimizer", PUBLIC_OPTIMIZERS, ids=lambda cls: cls.__name__)
def test_a_resumed_run_equals_an_unbroken_one(tmp_path, optimizer, shared):
    whole = make_trainer(optimizer, shared=shared)
    expected = whole.fit(*data(), iterations=20, **EVALUATED)

    interrupted(tmp_path / "run.npz", optimizer=optimizer, shared=shared)
    resumed = make_trainer(optimizer, shared=shared, seed=3)
    resumed.load(tmp_path / "run.npz")
    assert resumed.history.iterations == 8
    history = resumed.fit(*data(), iterations=12, **EVALUATED)

    assert history == expected
    assert history is resumed.history
    assert history.evaluated_at == [4, 8, 12, 16, 20]
    assert_same(state(resumed.network), state(whole.network))
    assert resumed.rng.random() == whole.rng.random()
    drop = (trainer.network.layers["drop"].rng for trainer in (resumed, whole))
    assert next(drop).random() == next(drop).random()


def test_a_run_may_be_saved_and_loaded_again_and_again(tmp_path):
    expected = make_trainer(Nadam).fit(*data(), iterations=6, progress=False)
    for _ in range(6):
        trainer = make_trainer(Nadam, seed=9 if (tmp_path / "run.npz").exists() else 0)
        if (tmp_path / "run.npz").exists():
            trainer.load(tmp_path / "run.npz")
        trainer.fit(*data(), iterations=1, progress=False)
        trainer.save(tmp_path / "run.npz")
    assert trainer.history == expected


def test_a_run_may_be_saved_before_its_first_iteration(tmp_path):
    make_trainer(Eve).save(tmp_path / "run.npz")
    trainer = make_trainer(Eve, seed=3)
    trainer.load(tmp_path / "run.npz")
    expected = make_trainer(Eve).fit(*data(), iterations=4, progress=False)
    assert trainer.fit(*data(), iterations=4, progress=False) == expected


def test_loading_replaces_what_the_trainer_did_before(tmp_path):
    make_trainer().save(tmp_path / "run.npz")
    trainer = make_trainer(seed=3)
    trainer.fit(*data(), iterations=5, progress=False)
    trainer.load(tmp_path / "run.npz")
    expected = make_trainer().fit(*data(), iterations=4, progress=False)
    assert trainer.fit(*data(), iterations=4, progress=False) == expected


@pytest.mark.parametrize(
    "bits", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64]
)
def test_every_kind_of_generator_goes_on(tmp_path, bits):
    def make(seed):
        rng = np.random.Generator(bits(seed))
        return Trainer(network(rng=rng), SGD(), rng=rng, batch_size=7)

    whole, part, resumed = make(0), make(0), make(1)
    expected = whole.fit(*data(), iterations=6, progress=False)
    part.fit(*data(), iterations=3, progress=False)
    part.save(tmp_path / "run.npz")
    resumed.load(tmp_path / "run.npz")
    assert resumed.fit(*data(), iterations=3, progress=False) == expected


def test_the_learning_rate_is_that_of_the_saved_run(tmp_path):
    trainer = make_trainer()
    trainer.optimizer.lr = 0.25
    trainer.save(tmp_path / "run.npz")
    other = make_trainer()
    other.load(tmp_path / "run.npz")
    assert other.optimizer.lr == 0.25


def test_saving_changes_nothing(tmp_path):
    trainer = make_trainer()
    trainer.fit(*data(), iterations=3, progress=False)
    before, rng = state(trainer.network), trainer.rng.bit_generator.state
    trainer.save(tmp_path / "run.npz")
    assert_same(state(trainer.network), before)
    assert trainer.rng.bit_generator.state == rng
    assert trainer.history.iterations == 3


def test_an_optimiser_of_your_own_takes_part(tmp_path):
    class Heavy:
        def __init__(self):
            self.v, self.step = {}, 0

        def update(self, params, grads):
            self.step += 1
            for name, p in params.items():
                self.v[name] = 0.9 * self.v.get(name, 0) - 0.1 * grads[name]
                p += self.v[name]

        def state_dict(self):
            return {"step": np.int64(self.step), **self.v}

        def load_state_dict(self, state):
            state = dict(state)
            self.step, self.v = state.pop("step"), state

    expected = make_trainer(Heavy).fit(*data(), iterations=20, **EVALUATED)
    interrupted(tmp_path / "run.npz", optimizer=Heavy)
    trainer = make_trainer(Heavy, seed=3)
    trainer.load(tmp_path / "run.npz")
    assert trainer.optimizer.step == 8
    assert trainer.fit(*data(), iterations=12, **EVALUATED) == expected


class Descent:
    def update(self, params, grads):
        for name, p in params.items():
            p -= grads[name]


def test_an_optimiser_without_a_state_to_save_is_refused(tmp_path):
    trainer = make_trainer(Descent)
    for call in trainer.save, trainer.load:
        with pytest.raises(TypeError, match=r"got Descent, which lacks state_dict; derive it from"):
            call(tmp_path / "run.npz")
    assert not (tmp_path / "run.npz").exists()


def other_generator(trainer):
    trainer.rng = np.random.Generator(np.random.MT19937(0))
    trainer.network.layers["drop"].rng = trainer.rng


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            lambda: make_trainer(Momentum),
            "expected an optimiser as in the file, Adam, got Momentum",
        ),
        (lambda: make_trainer(batch_size=11), "expected batch_size as in the file, 10, got 11"),
        (lambda: make_trainer(clip_norm=1.0), r"expected clip_norm as in the file, None, got 1\.0"),
        (
            lambda: make_trainer(shared=False),
            r"random generators as in the file, \{'trainer': 0, 'drop': 0\}, got .*'drop': 1\}",
        ),
        (
            lambda: Trainer(network(hidden=5), Adam(), rng=np.random.default_rng(0), batch_size=10),
            r"affine1\.W has the shape \(8, 4\) instead of \(8, 5\)",
        ),
    ],
)
def test_a_run_of_another_trainer_is_refused(tmp_path, other, message):
    saved = make_trainer()
    saved.fit(*data(), iterations=2, progress=False)
    saved.save(tmp_path / "run.npz")
    trainer = other()
    before, rng = state(trainer.network), trainer.rng.bit_generator.state
    with pytest.raises(ValueError, match=message) as caught:
        trainer.load(tmp_path / "run.npz")
    assert "othing was changed" in str(caught.value).replace("\n", " ")
    assert_same(state(trainer.network), before)
    assert trainer.rng.bit_generator.state == rng
    assert trainer.history == History()
    expected = other().fit(*data(), iterations=2, progress=False)
    assert trainer.fit(*data(), iterations=2, progress=False) == expected


def test_another_kind_of_generator_is_refused(tmp_path):
    make_trainer().save(tmp_path / "run.npz")
    trainer = make_trainer()
    other_generator(trainer)
    with pytest.raises(ValueError, match="a bit generator as in the file, PCG64, got MT19937"):
        trainer.load(tmp_path / "run.npz")


def test_weights_and_runs_are_told_apart(tmp_path):
    trainer = make_trainer()
    trainer.save(tmp_path / "run.npz")
    trainer.network.save(tmp_path / "weights.npz")
    np.savez(tmp_path / "plain.npz", a=np.zeros(2))
    with pytest.raises(ValueError, match=r"'weights 1', got 'trainer 1'; .*with load_trainer"):
        trainer.network.load(tmp_path / "run.npz")
    with pytest.raises(ValueError, match=r"'trainer 1', got 'weights 1'; .*with load_weights"):
        trainer.load(tmp_path / "weights.npz")
    with pytest.raises(ValueError, match=r"'trainer 1', got 'none'; it does not come from"):
        trainer.load(tmp_path / "plain.npz")


@pytest.mark.parametrize("kind", ["weights 2", "trainer 2"])
def test_other_versions_of_the_format_are_refused(tmp_path, kind):
    trainer = make_trainer()
    np.savez(tmp_path / "run.npz", dlcore_format=np.array(kind))
    load = trainer.load if kind.startswith("trainer") else trainer.network.load
    with pytest.raises(ValueError, match=rf"got '{kind}'; another version of dlcore wrote it"):
        load(tmp_path / "run.npz")


def test_the_record_of_a_run_is_json(tmp_path):
    trainer = make_trainer()
    trainer.fit(*data(), iterations=2, **EVALUATED)
    trainer.save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        record = json.loads(file["trainer"].tobytes())
    assert History.from_dict(record["history"]) == trainer.history
    assert record["generators"] == {"trainer": 0, "drop": 0}


# Whole files


def test_only_what_is_saved_is_left_in_the_folder(tmp_path):
    make_trainer().save(tmp_path / "run.npz")
    make_trainer().save(tmp_path / "run.npz")
    assert list(tmp_path.iterdir()) == [tmp_path / "run.npz"]


KILLED = """
import os, sys
import numpy as np
from dlcore.layers import Affine
from dlcore.networks import Sequential
from dlcore.optimizers import SGD
from dlcore.training import Trainer

def die(stream, array, **options):
    stream.write(b"half a file")
    os._exit(9)

def keep(trainer):
    if trainer.history.iterations == 3:
        np.lib.format.write_array = die
    trainer.save(sys.argv[1])

rng = np.random.default_rng(0)
network = Sequential([Affine(2, 2, rng=rng)])
Trainer(network, SGD(), rng=rng, callbacks=[keep]).fit(
    np.ones((3, 2)), [0, 1, 1], iterations=5, progress=False
)
"""


def test_a_run_killed_while_saving_goes_on_from_the_file_before(tmp_path):
    path = tmp_path / "run.npz"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    rng = np.random.default_rng(0)
    trainer = Trainer(Sequential([Affine(2, 2, rng=rng)]), SGD(), rng=rng)
    trainer.load(path)
    assert trainer.history.iterations == 2
