"""The harness of ``make bench`` works, and all contenders compute the same. Nothing is timed."""

import doctest
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from dlcore import optimizers
from dlcore.gradient_check import relative_error
from dlcore.networks import DeepConvNet

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks/ is not part of the distribution

from benchmarks import (  # noqa: E402
    figure,
    imports,
    machine,
    memory,
    networks,
    plan,
    report,
    scaling,
    speed,
    straightforward,
    timing,
    worker,
)
from benchmarks.effort import QUICK  # noqa: E402

LEAST = QUICK._replace(rounds=2, turn=0.0, inference_images=20, trial_images=10, interpreters=1)
MLP = "MLP 784-40-20-10"


def quiet(share):
    assert 0 <= share <= 1


def test_the_baseline_computes_what_dlcore_computes():
    x, t = networks.images("DeepConvNet", 3, np.float64)
    ours = DeepConvNet(dropout_ratio=0.0, rng=np.random.default_rng(0), dtype=np.float64)
    baseline = straightforward.DeepConvNet(np.random.default_rng(0), dropout=0.0)
    for p, q in zip(baseline.params, ours.params.values(), strict=True):
        p[...] = q
    adam, baseline_adam = optimizers.Adam(lr=0.01), straightforward.Adam(baseline.params, lr=0.01)
    for _ in range(3):
        loss, grads = ours.loss_and_gradient(x, t)
        baseline_loss, baseline_grads = baseline.loss_and_gradient(x, t)
        assert baseline_loss == pytest.approx(loss, rel=1e-10)
        for (name, g), h in zip(grads.items(), baseline_grads, strict=True):
            assert relative_error(g, h) < 1e-8, name
        adam.update(ours.params, grads)
        baseline_adam.update(baseline_grads)
        for (name, p), q in zip(ours.params.items(), baseline.params, strict=True):
            assert relative_error(p, q) < 1e-8, name


def test_the_baseline_drops_what_its_rate_says():
    dropout = straightforward.Dropout(0.25, np.random.default_rng(0))
    y = dropout.forward(np.ones((100, 100)), train=True)
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert np.mean(y == 0) == pytest.approx(0.25, abs=0.02)
    assert dropout.forward(np.ones(3), train=False).tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_pytorch_computes_what_dlcore_computes(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'oracle')")
    from benchmarks import torch_models

    x, _ = networks.images(name, 4)
    ours, theirs = networks.network(name), torch_models.network(name).eval()
    with torch.no_grad():
        for p, q in zip(theirs.parameters(), ours.params.values(), strict=True):
            p.copy_(torch.from_numpy(q.T.copy() if q.ndim == 2 else q))
        assert relative_error(theirs(torch.from_numpy(x)).numpy(), ours.scores(x)) < 1e-5


def test_every_optimizer_is_timed():
    known = {
        name
        for name in optimizers.__all__
        if isinstance(getattr(optimizers, name), type)
        and issubclass(getattr(optimizers, name), optimizers.Optimizer)
    }
    assert set(networks.OPTIMIZERS) == known - {"Optimizer"}


def test_contenders_take_turns():
    order = []
    times = timing.interleave(
        {name: lambda name=name: order.append(name) for name in "ABC"},
        rounds=2,
        turn=0.0,
        warm_up={name: lambda: None for name in "ABC"},
        progress=quiet,
    )
    assert "".join(order) == "ABCBCA"
    assert {name: [len(r) for r in rounds] for name, rounds in times.items()} == {
        "A": [1, 1],
        "B": [1, 1],
        "C": [1, 1],
    }


def test_a_turn_begins_with_a_run_that_is_not_counted():
    runs = []
    times = timing.interleave({"A": lambda: runs.append(1)}, rounds=3, turn=0.0)
    assert len(runs) == 3 + sum(map(len, times["A"]))


def test_examples_of_timing():
    assert doctest.testmod(timing).failed == 0


def test_a_fixed_cost_and_a_cost_per_unit_are_told_apart():
    found = timing.fit([1, 10, 100], [7.0, 25.0, 205.0])
    assert found["fixed"] == pytest.approx(5)
    assert found["per_unit"] == pytest.approx(2)
    assert found["residual"] < 1e-6
    assert found["exponent"] < 1


def test_traced_memory_is_what_was_allocated():
    assert memory._traced(lambda: np.ones(10**6)) == pytest.approx(8, rel=0.01)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_resident_memory_is_what_was_written_to():
    # In a process of its own, as when measuring: this one has freed memory to take again.
    code = (
        "import numpy as np; from benchmarks import memory; "
        "print(memory._resident(lambda: np.ones(4 * 10**6)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(ran.stdout) == pytest.approx(32, abs=3)


def test_all_libraries_get_the_same_threads_and_no_foreign_kernels(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1")
    env = machine.environment(2)
    assert not set(env) & set(machine.DROPPED)
    assert {env[key] for key in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")} == {"2"}


@pytest.mark.parametrize("quick", [True, False])
def test_the_plan_has_every_kind_of_measurement_and_leaves_torch_out_where_there_is_none(quick):
    jobs = list(plan.jobs(quick, [1, 2], with_torch=False))
    assert {job.kind for job in jobs} == set(worker.KINDS)
    assert not any("PyTorch" in str(job.arguments) for job in jobs)
    assert any("PyTorch" in str(job.arguments) for job in plan.jobs(quick, [1], with_torch=True))


def test_a_measurement_in_its_own_process(capsys):
    arguments = {"how": "traced", "action": "step", "network": MLP, "count": 10}
    job = plan.Job("memory", arguments, 1, 1.0, "memory of a step")
    assert plan.run([job], quick=True)[0] > 0
    assert "[100%, 0:00 left] memory of a step" in capsys.readouterr().out


def test_a_measurement_that_fails_says_how_to_run_it_alone():
    job = plan.Job("memory", {"how": "traced"}, 1, 1.0, "nothing")
    with pytest.raises(RuntimeError, match=r"'nothing' failed.*python -m benchmarks.worker"):
        plan.run([job], quick=True)


@pytest.fixture(scope="module", params=["with torch", "without torch"])
def results(request):
    """A run of a few measurements, as small as can be."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "with torch":
            pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'oracle')")
        else:
            patch.setattr(speed, "_torch_models", lambda threads: None)
            patch.setitem(sys.modules, "torch", None)
        runs = [
            ("machine", machine.measure, {}),
            ("training", speed.training_step, {"network": MLP, "threads": 1}),
            ("inference", speed.prediction, {"network": MLP, "threads": 1}),
            ("optimizers", speed.updates, {"threads": 1}),
            ("scaling", scaling.measure, {"quantity": "layers"}),
            ("imports", imports.measure, {}),
        ]
        jobs, found = [], []
        for kind, measure, arguments in runs:
            effort = {"effort": LEAST} if kind in worker.WITH_EFFORT else {}
            jobs.append(plan.Job(kind, arguments, 1, 1.0, kind))
            found.append(measure(quiet, **effort, **arguments))
        cases = [{"action": "step", "network": MLP, "count": 100}]
        cases += [{"action": "predict", "network": MLP, "count": n} for n in (10, 20)]
        cases += [scaling.case("layers", depth) for depth in (2, 4)]
        for case in cases:
            for how in ("traced", "resident"):
                arguments = {"how": how, "contender": speed.OURS, **case}
                jobs.append(plan.Job("memory", arguments, 1, 1.0, how))
                found.append(memory.measure(quiet, **arguments))
    return report.assemble(jobs, found, date="2026-01-01", quick=True)


def test_results_become_json_and_tables(results):
    tables = report.tables(json.loads(json.dumps(results)))
    for title in ("Targets", "Training step", "Predicting", "Memory", "Linear cost", "One update"):
        assert f"### {title}" in tables
    with_torch = results["machine"]["torch"] is not None
    assert ("× PyTorch" in tables) == with_torch
    assert ("no PyTorch" in tables) != with_torch
    for line in tables.splitlines():
        if line.startswith("| ") and "---" not in line:
            assert line.count("|") > 3
    assert (results["training"][0]["ratio"] is not None) == with_torch


def test_the_ratio_is_to_the_fastest_setting_of_pytorch(results):
    for record in results["optimizers"][0]["optimizers"]:
        theirs = {k: v["median_ms"] for k, v in record["times"].items() if "PyTorch" in k}
        assert record["reference"] == (min(theirs, key=theirs.get) if theirs else None)


def test_the_figure_is_small(results):
    picture = figure.draw(results)
    assert "<svg" in picture
    assert len(picture) < 60_000


def test_tables_go_between_their_marks():
    text = f"before {report.BEGIN}\nold\n{report.END} after"
    assert report.insert(text, "new\n") == f"before {report.BEGIN}\nnew\n{report.END} after"
    with pytest.raises(ValueError, match="expected the marks"):
        report.insert("no marks", "new")


def test_the_readme_shows_the_results():
    folder = ROOT / "benchmarks"
    stored = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert not stored["quick"]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert report.insert(readme, report.tables(stored)) == readme, (
        "run python -m benchmarks --report"
    )
    assert (folder / "linear_cost.svg").stat().st_size < 60_000
