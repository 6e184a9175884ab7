"""The results of the experiments: small JSON files, written by the runner, read by the book.

One file per experiment, ``results/<id>.json``:

``id, title, notebook, report, verdict, note``
    The texts; the note's numbers are filled in from the runs.
``settings``
    What the runs depended on; ``Experiment.settings()``.
``summary``
    For each figure its mean and standard deviation over the seeds; for readers of the file.
``evaluated_at, loss_window``
    The iterations after which accuracies were measured; the iterations per value of the loss.
``runs``
    For each seed its final figures, curves, seconds and machine.

``load`` reads one::

    from dlcore.experiments.results import load

    result = load("2-6")
    print(f"{result['test'].mean:.4f} ± {result['test'].sd:.4f}")
    plt.plot(result.evaluated_at, result.curve("test").mean(axis=0))
"""

from __future__ import annotations

import itertools
import json
import math
import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dlcore._validation import Array
from dlcore.experiments.description import Experiment
from dlcore.training import History

__all__ = ["FIGURES", "Figure", "Result", "default_folder", "load", "run_record", "write"]

#: What each figure of a run means.
FIGURES = {
    "train": "training accuracy after the last iteration",
    "test": "test accuracy after the last iteration",
    "gap": "training minus test accuracy after the last iteration",
    "early": "test accuracy after a tenth of the iterations",
    "half": "iterations until half of the test images are right; all of them, if that never is",
    "best": "highest test accuracy measured",
    "drop": "largest fall of the test accuracy from one measurement to the next",
    "loss": "mean loss of the last tenth of the iterations",
    "seconds": "duration, evaluations included",
}

_LOSS_POINTS = 50


class Figure(NamedTuple):
    """One figure over the seeds.

    Attributes
    ----------
    values : one for each seed
    mean : their mean
    sd : their standard deviation (of the sample, n − 1); NaN for a single seed

    >>> Figure.of((0.5, 0.7)).mean
    0.6
    """

    values: tuple[float, ...]
    mean: float
    sd: float

    @classmethod
    def of(cls, values: tuple[float, ...]) -> Figure:
        """Make a figure of its values.

        >>> Figure.of((0.5, 0.7))
        Figure(values=(0.5, 0.7), mean=0.6, sd=0.1414)
        """
        sd = statistics.stdev(values) if len(values) > 1 else math.nan
        return cls(values, _significant(statistics.fmean(values)), _significant(sd))


@dataclass(frozen=True)
class Result:
    """The result of one experiment over all its seeds.

    ``result["test"]`` is a ``Figure``: its mean, its standard deviation, its values. The names
    are those of ``FIGURES``.

    Attributes
    ----------
    id, title, notebook, report, verdict, note : texts, see ``Experiment``
    settings : dict, see ``Experiment.settings``
    seeds : the seeds, in the order of a figure's values and of a curve's rows
    evaluated_at : (P,) iterations after which accuracies were measured
    loss_window : iterations averaged for one value of the loss curve
    machines : for each seed, where it ran

    >>> result = load("2-2-2d")
    >>> result["test"].mean > 0.8, result.curve("test").shape == (len(result.seeds), 200)
    (True, True)
    """

    id: str
    title: str
    notebook: str
    report: str
    verdict: str
    note: str
    settings: dict[str, Any]
    seeds: tuple[int, ...]
    evaluated_at: Array
    loss_window: int
    machines: tuple[dict[str, Any], ...]
    _runs: tuple[dict[str, Any], ...]

    def __getitem__(self, name: str) -> Figure:
        """Return a figure: mean, standard deviation, values."""
        if name not in FIGURES:
            raise KeyError(f"Result: expected a figure of {list(FIGURES)}, got {name!r}")
        return Figure.of(tuple(run[name] for run in self._runs))

    def curve(self, name: str) -> Array:
        """Return the curves "train" or "test" (seeds, P), or "loss" (seeds, windows)."""
        curves = [run["curves"] for run in self._runs]
        if name not in curves[0]:
            raise KeyError(f"Result: expected a curve of {list(curves[0])}, got {name!r}")
        return np.array([curve[name] for curve in curves])

    def __str__(self) -> str:
        test = self["test"]
        return f"{self.id}: test {test.mean:.4f} ± {test.sd:.4f} over {len(self.seeds)} seeds"


def default_folder() -> Path:
    """Return the folder ``results`` of the repository, or of the current folder without one.

    >>> default_folder().name
    'results'
    """
    root = Path(__file__).resolve().parents[2]
    return (root if (root / "pyproject.toml").exists() else Path()) / "results"


def load(experiment_id: str, folder: Path | None = None) -> Result:
    """Read the result of an experiment.

    Parameters
    ----------
    experiment_id : str
        For example "2-6"; ``python -m dlcore.experiments list`` shows all.
    folder : path, optional
        Where the result files are; by default ``default_folder()``.

    Raises
    ------
    FileNotFoundError
        If it has not been run yet.

    >>> load("2-2-2d").id
    '2-2-2d'
    """
    folder = default_folder() if folder is None else Path(folder)
    document = read(folder, experiment_id)
    if document is None:
        raise FileNotFoundError(
            f"load: expected {experiment_id}.json in {folder}, but it is not there; make it with "
            f"python -m dlcore.experiments run {experiment_id}"
        )
    runs = document["runs"]
    return Result(
        **{key: document[key] for key in (*_TEXTS, "settings", "loss_window")},
        seeds=tuple(int(seed) for seed in runs),
        evaluated_at=np.array(document["evaluated_at"]),
        machines=tuple(run["machine"] for run in runs.values()),
        _runs=tuple(runs.values()),
    )


_TEXTS = ("id", "title", "notebook", "report", "verdict", "note")


def read(folder: Path, experiment_id: str) -> dict[str, Any] | None:
    """Return a result file as it is, or None if there is none."""
    path = folder / f"{experiment_id}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def run_record(
    experiment: Experiment, history: History, seconds: float, machine: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is kept of one run: figures, curves (accuracies whole, loss thinned), seconds.

    >>> from dlcore.experiments.description import Perceptron, Rule
    >>> network = Perceptron((8,), "relu", "he_normal")
    >>> mine = Experiment("mine", "a try", "", network, Rule("SGD"), iterations=2, evaluate_every=1)
    >>> history = History([2.3, 2.1], [1, 2], {"train": [0.1, 0.3], "test": [0.1, 0.2]})
    >>> record = run_record(mine, history, seconds=1.0, machine={})
    >>> record["test"], record["gap"], record["curves"]["train"]
    (0.2, 0.1, [0.1, 0.3])
    """
    train, test = history.evaluations["train"], history.evaluations["test"]
    tenth = experiment.iterations // 10
    measured = list(zip(history.evaluated_at, test, strict=True))
    early = [a for at, a in measured if at <= tenth]
    half = next((at for at, a in measured if a >= 0.5), experiment.iterations)
    window = loss_window(experiment.iterations)
    return {
        "train": round(train[-1], 4),
        "test": round(test[-1], 4),
        "gap": round(train[-1] - test[-1], 4),
        "early": round(early[-1] if early else test[0], 4),
        "half": half,
        "best": round(max(test), 4),
        "drop": round(max(0.0, *(a - b for a, b in itertools.pairwise(test))), 4),
        "loss": _significant(statistics.fmean(history.loss[-max(tenth, 1) :])),
        "seconds": round(seconds, 1),
        "curves": {
            "train": [round(a, 4) for a in train],
            "test": [round(a, 4) for a in test],
            "loss": [
                _significant(statistics.fmean(history.loss[start : start + window]))
                for start in range(0, len(history.loss), window)
            ],
        },
        "machine": dict(machine),
    }


def loss_window(iterations: int) -> int:
    """Return how many iterations are averaged for one value of the loss curve."""
    return max(1, iterations // _LOSS_POINTS)


def write(folder: Path, experiment: Experiment, runs: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the result file of an experiment, whole or not at all.

    `runs` holds a ``run_record`` for each seed done.

    >>> from dlcore.experiments.description import Perceptron, Rule
    >>> network = Perceptron((8,), "relu", "he_normal")
    >>> mine = Experiment("mine", "a try", "", network, Rule("SGD"), iterations=2, evaluate_every=1)
    >>> history = History([2.3, 2.1], [1, 2], {"train": [0.1, 0.3], "test": [0.1, 0.2]})
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder), mine, {"0": run_record(mine, history, 1.0, {})})
    ...     print(load("mine", Path(folder)))
    mine: test 0.2000 ± nan over 1 seeds
    """
    runs = dict(sorted(runs.items(), key=lambda item: int(item[0])))
    figures = {name: Figure.of(tuple(run[name] for run in runs.values())) for name in FIGURES}
    every, end = experiment.evaluate_every, experiment.iterations
    document = {
        "id": experiment.id,
        "title": experiment.title,
        "notebook": experiment.notebook,
        "report": experiment.report,
        "verdict": verdict(experiment, figures),
        "note": experiment.note.format(**_fields(figures), seeds=len(runs), iterations=end),
        "settings": experiment.settings(),
        "summary": {
            name: {"mean": figure.mean, "sd": None if math.isnan(figure.sd) else figure.sd}
            for name, figure in figures.items()
        },
        "evaluated_at": sorted({*range(every, end + 1, every), end}),
        "loss_window": loss_window(end),
        "runs": runs,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{experiment.id}.json"
    beside = path.with_suffix(f".{os.getpid()}.part")
    beside.write_text(_json(document) + "\n", encoding="utf-8")
    beside.replace(path)


def verdict(experiment: Experiment, figures: Mapping[str, Figure]) -> str:
    """Return "as in the report", what differs from it, or that the report has no such run."""
    if not experiment.expect:
        return "not in the report"
    means = {name: figure.mean for name, figure in figures.items()}
    missed = [expected for expected in experiment.expect if not expected.holds(means)]
    if not missed:
        return "as in the report"
    return "differs: " + ", ".join(
        f"{expected} expected, got {means[expected.figure]:.4g}" for expected in missed
    )


def _fields(figures: Mapping[str, Figure]) -> dict[str, float]:
    """Return a note's fields: ``test`` (the mean), ``test_sd``, ``test_min``, and so on."""
    fields: dict[str, float] = {}
    for name, figure in figures.items():
        fields |= {
            name: figure.mean,
            f"{name}_sd": figure.sd,
            f"{name}_min": min(figure.values),
            f"{name}_max": max(figure.values),
        }
    return fields


def _significant(value: float) -> float:
    """Return the value rounded to four significant digits."""
    return float(f"{value:.4g}")


def _json(value: Any, indent: str = "") -> str:
    """Return JSON with one entry a line, lists of numbers on one line."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    inner = indent + " "
    lines = [f"{inner}{json.dumps(key)}: {_json(entry, inner)}" for key, entry in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
