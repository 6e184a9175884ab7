"""The results as a reader of the book sees them: tables beside the report, and curves.

Everything is made from the result files; a chapter names the experiments only::

    comparison("2-2-2a", "2-2-2b")           # the report's outcome beside ours
    draw_curves("2-2-2a", "2-2-2b")          # accuracies during training, one panel each
    draw_together("2-4-sgd", "2-4-adam")     # several experiments in one panel
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore._markup import table_html
from dlcore._validation import Array
from dlcore.experiments.results import Figure as Outcome
from dlcore.experiments.results import Result, load
from dlcore.plots import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Table",
    "comparison",
    "draw_curves",
    "draw_together",
    "notes",
    "percent",
    "records",
    "setting",
]

_CURVES = {
    "train": "training accuracy",
    "test": "test accuracy",
    "loss": "loss",
}
_ACTIVATIONS = {"relu": "ReLU"}
_ALL_IMAGES = 60_000
_INITIAL = {"he_normal": "He", "xavier_normal": "Xavier (1/n)"}
_SYMBOLS = {"eps": "ε", "momentum": "μ", "decay": "α"}
_PENALTIES = {
    "L2AsPrinted": "½λΣ‖W‖ in the loss and λW in the gradient",
    "L2Unsquared": "½λΣ‖W‖ and its own gradient",
}


@dataclass(frozen=True)
class Table:
    """A table that Jupyter shows as HTML and a terminal as text.

    Attributes
    ----------
    caption : what the table is
    header : titles of the columns
    rows : texts of the cells; the first of a row is its title

    >>> Table("Sums", ("terms", "sum"), (("1 + 1", "2"),))
    terms | sum
    1 + 1 | 2
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        return "\n".join(" | ".join(row) for row in (self.header, *self.rows))

    def _repr_html_(self) -> str:
        by_id = " by-id" if self.header[0] == "id" else ""
        return table_html(f"runs{by_id}", self.caption, self.header, self.rows)


def percent(outcome: Outcome, digits: int = 1) -> str:
    r"""Return mean ± standard deviation of an accuracy in percent, with spaces that do not break.

    >>> percent(Outcome.of((0.95, 0.97)))
    '96.0\xa0±\xa01.4'
    """
    mean = f"{100 * outcome.mean:.{digits}f}"
    if math.isnan(outcome.sd):
        return mean
    return f"{mean}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{100 * outcome.sd:.{digits}f}"


def comparison(*ids: str) -> Table:
    """Put the report's outcomes beside ours: one row for each experiment.

    Raises
    ------
    ValueError
        If no experiment is named.
    FileNotFoundError
        If one has no result yet.

    Examples
    --------
    >>> comparison("2-2-2a").header
    ('run', 'the report', 'training, %', 'test, %', 'verdict')
    """
    results = _load("comparison", ids)
    return Table(
        f"The report's outcomes, and ours on MNIST: mean ± standard deviation of {_seeds(results)}",
        ("run", "the report", "training, %", "test, %", "verdict"),
        tuple(
            (r.title, r.report or "–", percent(r["train"]), percent(r["test"]), _verdict(r))
            for r in results
        ),
    )


def records(*ids: str) -> Table:
    """List runs with all that distinguishes them: setting, outcomes, seeds, time.

    What all of them share stands in the caption. The time is the shortest of the seeds: longer
    ones shared the machine with other work.

    Raises
    ------
    ValueError
        If no experiment is named.
    FileNotFoundError
        If one has no result yet.

    Examples
    --------
    >>> table = records("2-2-2a", "2-2-2b")
    >>> table.caption
    'All: 784-40-20-10, weights from N(0, 0.01²), SGD, lr 0.1, 2000 iterations, 5 seeds'
    >>> [row[:2] for row in table.rows]
    [('2-2-2a', 'sigmoid'), ('2-2-2b', 'ReLU')]
    """
    results = _load("records", ids)
    settings = [[*setting(result), f"{len(result.seeds)} seeds"] for result in results]
    shared = [part for part in settings[0] if all(part in other for other in settings)]
    return Table(
        f"All: {', '.join(shared)}",
        ("id", "setting", "the report", "training, %", "test, %", "verdict", "time"),
        tuple(
            (
                result.id,
                ", ".join(part for part in parts if part not in shared) or "nothing more",
                result.report or "–",
                percent(result["train"], 2),
                percent(result["test"], 2),
                result.verdict,
                f"{min(result['seconds'].values):.0f} s",
            )
            for result, parts in zip(results, settings, strict=True)
        ),
    )


def notes(*ids: str) -> Table:
    """Say of each run in words what came out; the numbers are filled in from its result file.

    Raises
    ------
    ValueError
        If no experiment is named.
    FileNotFoundError
        If one has no result yet.

    Examples
    --------
    >>> notes("2-2-2a").rows[0][0]
    '2-2-2a'
    """
    results = _load("notes", ids)
    return Table(
        "What came out",
        ("id", "what came out"),
        tuple((r.id, r.note) for r in results if r.note),
    )


def setting(result: Result) -> list[str]:
    """Return the setting of an experiment in words: network, penalty, optimiser, iterations.

    Examples
    --------
    >>> ", ".join(setting(load("2-5e-p08")))
    '784-6×100-10, ReLU, He, dropout 0.08, L1 with λ = 0.004, SGD, lr 0.01, 1000 iterations,
    300 training images'
    """
    settings = result.settings
    parts = _network(settings["network"])
    if penalty := settings["penalty"]:
        name = _PENALTIES.get(penalty["name"], penalty["name"])
        parts.append(f"{name} with λ = {penalty['lam']:g}")
    rule = settings["optimizer"]
    parts.append(rule["name"].replace("Inside", " with ε inside the root"))
    parts += [f"{_SYMBOLS.get(key, key)} {value:g}" for key, value in rule["settings"].items()]
    if rule["left_out"]:
        parts.append("the output layer never updated")
    parts.append(f"{settings['iterations']} iterations")
    if settings["data"]["train"] < _ALL_IMAGES:
        parts.append(f"{settings['data']['train']} training images")
    return parts


def _network(network: Mapping[str, Any]) -> list[str]:
    if network["kind"] == "SimpleConvolutional":
        size = network["filter_size"]
        return [
            f"conv {network['filters']}@{size}×{size}",
            "max pooling 2",
            f"affine {network['hidden']}",
            "affine 10",
            f"weights from N(0, {network['std']:g}²)",
        ]
    if network["kind"] == "DeepConvolutional":
        channels = "-".join(map(str, network["channels"]))
        parts = [f"six convolutions {channels}", f"affine {network['hidden']}", "affine 10", "He"]
        return parts + _dropout(network, network["dropout_on_scores"])
    hidden = network["hidden"]
    same = len(hidden) > 2 and len(set(hidden)) == 1
    middle = f"{len(hidden)}×{hidden[0]}" if same else "-".join(map(str, hidden))
    initial = _INITIAL.get(network["init"]) or f"weights from N(0, {network['std']:g}²)"
    parts = [f"784-{middle}-10", _ACTIVATIONS.get(network["activation"], "sigmoid"), initial]
    if network["batch_norm"] != "none":
        frozen = " with γ = 1 and β = 0 for ever" if network["batch_norm"] == "frozen" else ""
        parts.append("batch normalisation" + frozen)
    return parts + _dropout(network, network["score_dropout"] > 0)


def _dropout(network: Mapping[str, Any], on_scores: bool) -> list[str]:
    if not network["dropout"]:
        return []
    where = " also on the scores" if on_scores else ""
    scaled = network["dropout_form"] == "scaled at test"
    return [f"dropout {network['dropout']:g}{where}{' (scaled at test time)' if scaled else ''}"]


def draw_curves(
    *ids: str,
    columns: int = 2,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Draw training and test accuracy during training, a panel for each experiment.

    Lines are means over the seeds, bands reach from the smallest to the largest value.

    Parameters
    ----------
    *ids : str
        Experiments, in the order of the panels.
    columns : int
        Panels side by side.
    names : dict of id to title, optional
        Titles of the panels; the id otherwise.

    Raises
    ------
    ValueError
        If no experiment is named.
    FileNotFoundError
        If one has no result yet.

    Examples
    --------
    >>> fig = draw_curves("2-2-2a", "2-2-2b", names={"2-2-2a": "sigmoid"})
    >>> [ax.get_title() for ax in fig.axes]
    ['sigmoid', '2-2-2b']
    """
    import matplotlib.pyplot as plt

    results = _load("draw_curves", ids)
    columns = min(columns, len(results))
    rows = math.ceil(len(results) / columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, 2.3 * rows), squeeze=False, sharex=False, sharey=True
    )
    for ax, result in zip(axes.flat, results, strict=False):
        for curve in ("train", "test"):
            _band(ax, result.evaluated_at, result.curve(curve), _CURVES[curve].split()[0])
        ax.set(title=(names or {}).get(result.id, result.id), ylim=(0, 1.03))
    for ax in list(axes.flat)[len(results) :]:
        ax.remove()
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy")
    for column in range(columns):
        axes[(len(results) - 1 - column) // columns, column].set_xlabel("iteration")
    axes[0, 0].legend(loc="best")
    return fig


def draw_together(
    *ids: str,
    curve: str = "test",
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Draw one curve of several experiments in one panel.

    Parameters
    ----------
    *ids : str
        Experiments, in the order of the legend; at most six, for lines to be told apart.
    curve : "test", "train" or "loss"
    names : dict of id to name, optional
        What the legend says; the id otherwise.

    Raises
    ------
    ValueError
        If no experiment or more than six are named, or the curve is unknown.
    FileNotFoundError
        If one has no result yet.

    Examples
    --------
    >>> fig = draw_together("2-4-sgd", "2-4-adam", names={"2-4-adam": "Adam"})
    >>> [text.get_text() for text in fig.legends[0].get_texts()]
    ['2-4-sgd', 'Adam']
    """
    import matplotlib.pyplot as plt

    results = _load("draw_together", ids)
    if len(results) > 6:
        raise ValueError(
            f"draw_together: expected at most 6 experiments, got {len(results)}; more lines than "
            "that cannot be told apart, draw two figures"
        )
    if curve not in _CURVES:
        raise ValueError(f"draw_together: expected curve to be one of {list(_CURVES)}, got {curve}")
    fig, ax = plt.subplots(figsize=(WIDTH, 3.5))
    for result in results:
        values = result.curve(curve)
        at = result.evaluated_at
        if curve == "loss":
            at = result.loss_window * (np.arange(values.shape[1]) + 1)
        _band(ax, at, values, (names or {}).get(result.id, result.id))
    ax.set(xlabel="iteration", ylabel=_CURVES[curve], ylim=(0, None if curve == "loss" else 1.03))
    fig.legend(loc="outside lower center", ncols=3)
    return fig


def _band(ax: Axes, at: Array, values: Array, label: str) -> None:
    """Draw the mean of (seeds, P) curves, and a band from the smallest to the largest value."""
    step = max(1, len(at) // 50)  # more points than that cannot be seen
    keep = np.r_[0 : len(at) : step, len(at) - 1] if len(at) > 50 else np.arange(len(at))
    at, values = at[keep], values[:, keep]
    (line,) = ax.plot(at, values.mean(axis=0), label=label)
    if len(values) > 1:
        low, high = values.min(axis=0), values.max(axis=0)
        ax.fill_between(at, low, high, color=line.get_color(), alpha=0.2, linewidth=0)


def _load(where: str, ids: Sequence[str]) -> list[Result]:
    if not ids:
        raise ValueError(f'{where}: expected the id of at least one experiment, such as "2-2-2a"')
    return [load(id_) for id_ in ids]


def _verdict(result: Result) -> str:
    """Return the verdict without the figures that decided it; the table has them."""
    return result.verdict.partition(":")[0]


def _seeds(results: Sequence[Result]) -> str:
    counts = sorted({len(result.seeds) for result in results})
    return f"{' or '.join(map(str, counts))} runs with different seeds"
