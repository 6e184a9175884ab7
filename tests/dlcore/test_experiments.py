"""The experiments: the catalogue, the runner, the command, and the results in results/."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dlcore.experiments import EXPERIMENTS, load, results, run, run_seed, select, variants
from dlcore.experiments.__main__ import main
from dlcore.experiments.building import build, generators
from dlcore.experiments.description import Data, Expect, Experiment, Perceptron, Rule
from dlcore.experiments.runner import missing_seeds
from dlcore.gradient_check import numerical_gradient

RESULTS = Path(__file__).parents[2] / "results"
DIGITS = Data("digits", train=200, train_measured=100, test=100)
TINY = Experiment(
    id="tiny",
    title="a small network on the small digits",
    notebook="none",
    network=Perceptron((12,), "relu", "he_normal", batch_norm="trained", dropout=0.2),
    optimizer=Rule("Momentum", {"lr": 0.05}),
    data=DIGITS,
    iterations=40,
    batch_size=20,
    seeds=(0, 1),
    report="Learns.",
    expect=(Expect("test", at_least=0.3),),
    note="Accuracy {test:.2f} over {seeds} seeds, at least {test_min:.2f}.",
)


def read(folder, experiment_id="tiny"):
    return json.loads((folder / f"{experiment_id}.json").read_text(encoding="utf-8"))


def without_time(document):
    """Return the document without what differs from run to run."""
    document = json.loads(json.dumps(document))
    document["summary"].pop("seconds")
    for record in document["runs"].values():
        record.pop("seconds")
    return document


# The catalogue


TABLE = (
    [f"2-2-2{letter}" for letter in "abcdef"]
    + ["2-3-bn", "2-3-bn-frozen", "2-3-no-bn"]
    + [
        f"2-4-{rule}{form}"
        for rule in ("sgd", "momentum", "adagrad", "rmsprop", "adam")
        for form in ("", "-bn", "-relu-he")
    ]
    + [
        f"2-4x-{rule}"
        for rule in ("nesterov", "adamax", "nadam", "rmsprop-graves", "smorms3", "eve", "adamw")
    ]
    + ["2-5a", "2-5b", "2-5c", "2-5d", "2-5e-p08", "2-5e-p10", "2-5e-p20", "2-6", "2-8"]
)


@pytest.mark.parametrize("experiment_id", TABLE)
def test_every_experiment_of_the_course_is_there(experiment_id):
    assert EXPERIMENTS[experiment_id].id == experiment_id


def test_further_experiments_explain_one_of_the_table():
    for experiment in EXPERIMENTS.values():
        if experiment.id not in TABLE:
            assert experiment.explains in TABLE, experiment.id


def test_every_experiment_has_enough_seeds():
    for experiment in EXPERIMENTS.values():
        assert len(set(experiment.seeds)) >= (3 if experiment.id.startswith("2-8") else 5)


def test_what_the_report_states_is_compared():
    for experiment in EXPERIMENTS.values():
        assert bool(experiment.report) == bool(experiment.expect), experiment.id


def test_an_id_selects_itself_and_a_group_its_members():
    assert [e.id for e in select(["2-8"])] == ["2-8"]
    assert [e.id for e in select(["2-2-2"])] == TABLE[:6]
    assert [e.id for e in select(["2-6", "2-3", "2-3-bn"])] == [*TABLE[6:9], "2-6"]
    assert len(select(["2"])) == len(EXPERIMENTS)
    assert {e.id[:4] for e in select(["2-4x"])} == {"2-4x"}


@pytest.mark.parametrize(
    ("wanted", "near"), [("2-4-adagard", "2-4-adagrad"), ("2.6", "2-6"), ("2-5e-p8", "2-5e-p08")]
)
def test_an_unknown_id_suggests_near_ones(wanted, near):
    with pytest.raises(KeyError, match=f"{re.escape(wanted)}.*did you mean.*{near}"):
        select([wanted])


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda experiment: experiment.id)
def test_every_experiment_trains_and_goes_on_after_an_interruption(experiment, tmp_path):
    small = replace(experiment, data=DIGITS, iterations=3, batch_size=10, evaluate_every=2)

    def stop(progress):
        if progress.history.iterations == 2:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        run_seed(small, 0, checkpoint=checkpoint, save_every=0.0, show=stop)
    assert checkpoint.exists()
    history, _ = run_seed(small, 0, checkpoint=checkpoint)
    assert history == run_seed(small, 0)[0]
    assert history.evaluated_at == [2, 3]
    json.dumps(experiment.settings())


# One run


def test_the_sources_of_randomness_are_independent_and_repeatable():
    first, again, other = generators(0), generators(0), generators(1)
    values = [rng.random() for rng in (*first, *other)]
    assert len(set(values)) == 6
    assert [rng.random() for rng in again] == values[:3]


def test_networks_that_differ_in_dropout_start_alike_and_see_the_same_batches():
    plain = build(replace(TINY, network=replace(TINY.network, dropout=0.0)), 3).trainer
    dropping = build(TINY, 3).trainer
    for name, p in plain.network.params.items():
        np.testing.assert_array_equal(p, dropping.network.params[name])
    assert plain.rng.integers(1000) == dropping.rng.integers(1000)


def test_the_accuracies_are_those_of_the_sets_described():
    parts = build(TINY, 0)
    assert {name: len(t) for name, (_, t) in parts.evaluation.items()} == {
        "train": 100,
        "test": 100,
    }
    assert parts.x.shape == (200, 64)


def test_more_images_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="at most 1437 training"):
        build(replace(TINY, data=Data("digits", train=5000)), 0)


# The runner


def test_a_run_from_end_to_end(tmp_path):
    run(TINY, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.json"]
    result = load("tiny", tmp_path)
    assert result.seeds == (0, 1)
    assert result.settings == TINY.settings()
    np.testing.assert_array_equal(result.evaluated_at, [10, 20, 30, 40])
    assert result.curve("test").shape == (2, 4)
    assert result.curve("loss").shape == (2, 40)
    assert result["test"].values == tuple(result.curve("test")[:, -1])
    assert result["test"].mean == pytest.approx(np.mean(result["test"].values), rel=1e-3)
    assert result["test"].sd == pytest.approx(np.std(result["test"].values, ddof=1), rel=1e-3)
    assert result.note == (
        f"Accuracy {result['test'].mean:.2f} over 2 seeds, at least "
        f"{min(result['test'].values):.2f}."
    )
    assert result.verdict == "as in the report"
    assert str(result).startswith("tiny: test 0.")
    assert set(result.machines[0]) >= {"python", "numpy", "dlcore", "blas", "blas_threads", "cpu"}
    with pytest.raises(KeyError, match="expected a figure"):
        result["accuracy"]
    with pytest.raises(KeyError, match="expected a curve"):
        result.curve("gap")


def test_the_record_is_that_of_the_history(tmp_path):
    history, seconds = run_seed(TINY, 0)
    record = results.run_record(TINY, history, seconds, {})
    assert record["curves"]["test"] == [round(a, 4) for a in history.evaluations["test"]]
    assert record["train"] == history.evaluations["train"][-1]
    assert record["early"] == record["curves"]["test"][0]
    assert record["best"] == max(record["curves"]["test"])
    assert record["loss"] == pytest.approx(np.mean(history.loss[-4:]), rel=1e-3)
    long = replace(TINY, iterations=200)
    thinned = results.run_record(long, run_seed(long, 0)[0], 0, {})["curves"]["loss"]
    assert len(thinned) == 50


def test_finished_seeds_are_not_run_again(tmp_path):
    seen = []
    run(TINY, tmp_path, seeds=[0])
    run(TINY, tmp_path, show=lambda progress: seen.append(progress.seed))
    assert set(seen) == {1}
    run(replace(TINY, note="another"), tmp_path, show=lambda progress: seen.append("again"))
    assert set(seen) == {1}
    assert read(tmp_path)["note"] == "another"
    run(TINY, tmp_path, seeds=[1], force=True, show=lambda progress: seen.append("forced"))
    assert seen[-1] == "forced"
    assert list(read(tmp_path)["runs"]) == ["0", "1"]


def test_a_result_of_other_settings_is_replaced(tmp_path):
    run(TINY, tmp_path)
    other = replace(TINY, iterations=20)
    assert missing_seeds(TINY, tmp_path, [0, 1, 2]) == [2]
    assert missing_seeds(other, tmp_path, [0, 1]) == [0, 1]
    run(other, tmp_path, seeds=[1])
    document = read(tmp_path)
    assert document["settings"]["iterations"] == 20
    assert list(document["runs"]) == ["1"]
    assert document["summary"]["test"]["sd"] is None


def test_a_seed_does_not_depend_on_the_others(tmp_path):
    run(TINY, tmp_path / "both")
    run(TINY, tmp_path / "one", seeds=[1])
    both, one = read(tmp_path / "both"), read(tmp_path / "one")
    assert both["runs"]["1"]["curves"] == one["runs"]["1"]["curves"]


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    run(TINY, tmp_path, seeds=[0])
    before = (tmp_path / "tiny.json").read_text(encoding="utf-8")

    def fail(self, target):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            run(replace(TINY, title="new"), tmp_path, seeds=[0])
    assert (tmp_path / "tiny.json").read_text(encoding="utf-8") == before


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("kill_at", [17, 40])
def test_a_killed_run_goes_on_and_ends_as_an_unbroken_one(tmp_path, kill_at):
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from dlcore.experiments import runner
from test_experiments import TINY

def kill(progress):
    if progress.history.iterations == {kill_at} and progress.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)

runner.SAVE_EVERY = 0.0
runner.run(TINY, Path({str(tmp_path / "broken")!r}), show=kill)
"""
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert list(read(tmp_path / "broken")["runs"]) == ["0"]
    seen = []
    run(TINY, tmp_path / "broken", show=lambda progress: seen.append(progress.history.iterations))
    assert seen == list(range(kill_at, 41))
    assert [path.name for path in (tmp_path / "broken").iterdir()] == ["tiny.json"]
    run(TINY, tmp_path / "whole")
    assert without_time(read(tmp_path / "broken")) == without_time(read(tmp_path / "whole"))


def test_a_resumed_history_equals_the_unbroken_one_and_counts_all_seconds(tmp_path):
    def stop(progress):
        if progress.history.iterations == 23:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        run_seed(TINY, 0, checkpoint=checkpoint, save_every=0.0, show=stop)
    checkpoint.with_suffix(".json").write_text('{"seconds": 1000}', encoding="utf-8")
    history, seconds = run_seed(TINY, 0, checkpoint=checkpoint)
    assert history == run_seed(TINY, 0)[0]
    assert seconds > 1000


def test_a_verdict_says_what_differs():
    figures = {"test": results.Figure.of((0.5, 0.7))}
    wrong = replace(TINY, expect=(Expect("test", at_least=0.7), Expect("test", below=0.9)))
    assert results.verdict(wrong, figures) == "differs: test ≥ 0.7 expected, got 0.6"
    assert results.verdict(replace(TINY, expect=()), figures) == "not in the report"


# The command


@pytest.fixture
def tiny_catalogue(monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)


def test_run_and_list(tmp_path, capsys, tiny_catalogue):
    assert main(["list", "--results", str(tmp_path)]) == 0
    assert re.search(r"^tiny +not run +0/2", capsys.readouterr().out, re.M)
    assert main(["run", "tiny", "--seeds", "1", "--results", str(tmp_path)]) == 0
    assert re.search(r"tiny +test 0\.\d{4} ± nan +1/2", capsys.readouterr().out)
    assert main(["run", "tiny", "--seeds", "5-6", "--results", str(tmp_path)]) == 0
    assert list(read(tmp_path)["runs"]) == ["0", "5", "6"]


def test_progress_shows_seed_iteration_and_time_left(tmp_path, capsys, monkeypatch, tiny_catalogue):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["run", "tiny", "--results", str(tmp_path)]) == 0
    shown = capsys.readouterr().err
    assert re.search(r"seed 1  iteration 40/40  loss \d\.\d{4}  test 0\.\d{4}  0:00 left", shown)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "2-66"], "did you mean 2-6"),
        (["run"], "or write --all"),
        (["run", "2-6", "--all"], "or write --all"),
    ],
)
def test_a_wrong_call_says_what_to_write(capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_missing_mnist_says_what_to_do(tmp_path):
    command = [sys.executable, "-m", "dlcore.experiments", "run", "2-6", "--data", str(tmp_path)]
    done = subprocess.run(
        [*command, "--results", str(tmp_path / "out")], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "DLCORE_DATA" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["x", "0", "7-5", "-3", "3-"])
def test_seeds_that_are_none_are_refused(capsys, text):
    with pytest.raises(SystemExit):
        main(["run", "2-6", f"--seeds={text}"])
    assert "--seeds" in capsys.readouterr().err


# What the report does otherwise


def test_the_printed_l2_penalty_and_its_gradient_do_not_belong_together():
    W = np.random.default_rng(0).normal(size=(3, 2))
    printed, consistent = variants.L2AsPrinted(0.1), variants.L2Unsquared(0.1)
    slope = numerical_gradient(lambda w: consistent.penalty([w]), W)
    np.testing.assert_allclose(consistent.gradient(W), slope, rtol=1e-6)
    assert printed.penalty([W]) == consistent.penalty([W])
    assert not np.allclose(printed.gradient(W), slope, rtol=0.1)


def test_the_unsquared_gradient_is_finite_at_zero():
    np.testing.assert_array_equal(variants.L2Unsquared(0.1).gradient(np.zeros(3)), np.zeros(3))


@pytest.mark.parametrize("kind", [variants.AdaGradInside, variants.RMSPropInside])
def test_epsilon_inside_the_root(kind):
    rng = np.random.default_rng(1)
    p, h = rng.normal(size=4), np.zeros(4)
    expected, optimizer = p.copy(), kind(lr=0.1, eps=0.5)
    for _ in range(5):
        g = rng.normal(size=4)
        optimizer.update({"p": p}, {"p": g})
        h = h + g**2 if kind is variants.AdaGradInside else 0.99 * h + 0.01 * g**2
        expected -= 0.1 * g / np.sqrt(h + 0.5)
    np.testing.assert_allclose(p, expected)


def test_dropout_scaled_at_test_keeps_the_mean():
    layer = variants.DropoutScaledAtTest(0.25, rng=np.random.default_rng(0))
    x = np.full((200, 200), 2.0, np.float32)
    y = layer.forward(x, train=True)
    assert y.dtype == np.float32
    assert set(np.unique(y)) == {0.0, 2.0}
    assert y.mean() == pytest.approx(layer.forward(x).mean(), rel=0.01)
    layer.forward(x, train=True)
    np.testing.assert_array_equal(layer.backward(x) != 0, layer.forward(x) * layer._cache != 0)


def test_parameters_left_out_stay():
    experiment = EXPERIMENTS["2-5b-output-frozen"]
    trainer, x, t, _ = build(replace(experiment, data=DIGITS, batch_size=10), 0)
    before = {name: p.copy() for name, p in trainer.network.params.items()}
    trainer.fit(x, t, iterations=2, progress=False)
    same = {name for name, p in trainer.network.params.items() if (p == before[name]).all()}
    assert same == {"affine7.W", "affine7.b"}


# The committed results


everyone = pytest.mark.parametrize(
    "experiment", EXPERIMENTS.values(), ids=lambda experiment: experiment.id
)


@everyone
def test_a_committed_result_is_complete_and_current(experiment, tmp_path):
    document = read(RESULTS, experiment.id)
    assert document["settings"] == experiment.settings(), "stale: run it again"
    assert {int(seed) for seed in document["runs"]} == set(experiment.seeds)
    results.write(tmp_path, experiment, document["runs"])
    assert read(tmp_path, experiment.id) == document, "texts changed: run it, nothing is trained"


@everyone
def test_a_committed_result_is_small_and_names_no_place(experiment):
    text = (RESULTS / f"{experiment.id}.json").read_text(encoding="utf-8")
    assert len(text.encode()) < 60_000
    assert not re.search(r"(/[\w.-]+){2}|[A-Za-z]:\\|\\\\", text)


def test_results_hold_nothing_else():
    names = {path.name for path in RESULTS.iterdir()} - {"README.md", ".gitignore", "unfinished"}
    assert names == {f"{id_}.json" for id_ in EXPERIMENTS}


@everyone
@pytest.mark.skipif(
    not os.environ.get("DLCORE_DATA"),
    reason="the environment variable DLCORE_DATA names no folder with MNIST's files",
)
def test_the_code_still_begins_as_the_committed_run(experiment):
    every = experiment.evaluate_every
    history, _ = run_seed(replace(experiment, iterations=every), experiment.seeds[0])
    result = load(experiment.id, RESULTS)
    # Other threads or another BLAS round otherwise; ten steps of the deep network magnify that.
    tolerance = 0.05 if experiment.id.startswith("2-8") else 0.01
    for name in ("train", "test"):
        first = result.curve(name)[0, 0]
        assert history.evaluations[name][0] == pytest.approx(first, abs=tolerance)


@pytest.mark.parametrize("missing", ["2-6"])
def test_a_result_that_is_not_there_says_how_to_make_it(tmp_path, missing):
    with pytest.raises(FileNotFoundError, match=f"run {missing}"):
        load(missing, tmp_path)


# What the notes say in words


def mean(experiment_id, figure="test"):
    return load(experiment_id, RESULTS)[figure].mean


def test_relu_with_he_is_the_best_pair():
    assert mean("2-2-2d") == max(mean(f"2-2-2{letter}") for letter in "abcdef")
    assert mean("2-2-2d", "half") == min(mean(f"2-2-2{letter}", "half") for letter in "abcdef")
    assert mean("2-2-2e") > mean("2-2-2c")


def test_batch_normalisation_makes_the_difference_not_its_gamma_and_beta():
    assert mean("2-3-no-bn") < 0.3 < 0.7 < mean("2-3-bn-frozen") <= mean("2-3-bn")
    assert mean("2-3-bn") - mean("2-3-bn-frozen") < 0.05


def test_the_report_ran_momentum_twice_and_sgd_with_batch_normalisation():
    assert mean("2-4-momentum") < 0.2
    assert mean("2-4-adagrad-as-run") < 0.2
    assert mean("2-4-sgd") < 0.2 < 0.5 < mean("2-4-sgd-bn-frozen")
    adagrad = load("2-4-adagrad", RESULTS).curve("test")
    assert (adagrad[:, -1] > adagrad[:, -50]).all()


def test_momentum_learns_with_other_initial_values_or_in_more_time():
    for other in ("xavier", "bn", "long"):
        assert mean(f"2-4-momentum-{other}") > 0.5
    assert min(load("2-4-momentum-long", RESULTS)["half"].values) > 2000


def test_a_large_epsilon_inside_the_root_turns_off_the_scaling():
    assert mean("2-4-adagrad-eps-inside") < 0.2 < mean("2-4-adagrad")
    assert mean("2-4-rmsprop-eps-inside", "half") > 2 * mean("2-4-rmsprop", "half")
    assert mean("2-4-rmsprop-bn", "half") < mean("2-4-rmsprop", "half") / 2


def test_the_printed_penalty_changes_the_loss_shown_and_nothing_else():
    right, printed = load("2-5b", RESULTS), load("2-5b-as-printed", RESULTS)
    for name in ("train", "test"):
        np.testing.assert_array_equal(right.curve(name), printed.curve(name))
    assert printed["loss"].mean < right["loss"].mean / 2
    assert mean("2-5b") < mean("2-5a")
    assert abs(mean("2-5b-unsquared") - mean("2-5a")) < 0.02


def test_dropout_scaled_at_test_time_is_what_the_report_saw():
    assert mean("2-5d") > mean("2-5a")
    assert mean("2-5d-scaled-at-test", "gap") < mean("2-5d", "gap")
    for form, less in (("", 0.05), ("-scaled-at-test", 0.3)):
        p08, p10, p20 = (mean(f"2-5e-p{p}{form}") for p in ("08", "10", "20"))
        assert p08 > p10 > p20
        assert p10 - p20 > less
