"""How an experiment is written down: as data, which the runner turns into a network and trains.

An ``Experiment`` says everything that a run depends on but the seed. Two runs with the same
``settings()`` and the same seed are the same run; the result file keeps the settings, so that
a result can be told from one of other settings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = [
    "Data",
    "DeepConvolutional",
    "Expect",
    "Experiment",
    "Network",
    "Penalty",
    "Perceptron",
    "Rule",
    "SimpleConvolutional",
]


@dataclass(frozen=True)
class Perceptron:
    """A fully connected network.

    Every hidden layer is Affine, BatchNorm (if wanted), the activation, Dropout (if wanted); the
    last Affine gives the scores.

    Attributes
    ----------
    hidden : units of the hidden layers
    activation : "sigmoid" or "relu"
    init : name of an initialiser of ``dlcore.initializers``
    std : standard deviation, for the initialiser "normal" only
    batch_norm : "none", "trained", or "frozen" (γ = 1 and β = 0 for ever)
    dropout : share of the units dropped after every activation
    dropout_form : "inverted" (the library's), or "scaled at test" (the notebooks')
    score_dropout : share of the scores dropped, after the last Affine

    >>> Perceptron((40, 20), "relu", "he_normal").batch_norm
    'none'
    """

    hidden: tuple[int, ...]
    activation: str
    init: str
    std: float | None = None
    batch_norm: str = "none"
    dropout: float = 0.0
    dropout_form: str = "inverted"
    score_dropout: float = 0.0


@dataclass(frozen=True)
class SimpleConvolutional:
    """Experiment 2-6: one convolution, pooling, two affine layers, weights from N(0, std²).

    >>> SimpleConvolutional()
    SimpleConvolutional(filters=30, filter_size=5, hidden=100, std=0.01)
    """

    filters: int = 30
    filter_size: int = 5
    hidden: int = 100
    std: float = 0.01


@dataclass(frozen=True)
class DeepConvolutional:
    """Experiment 2-8: six convolutions in three blocks, two affine layers, He initialisation.

    Attributes
    ----------
    channels : filters of the six convolutions
    hidden : units of the first affine layer
    dropout : share of the hidden units dropped
    dropout_on_scores : drop the same share of the ten scores, before the softmax
    dropout_form : as in ``Perceptron``

    >>> DeepConvolutional(dropout_on_scores=False).channels
    (16, 16, 32, 32, 64, 64)
    """

    channels: tuple[int, ...] = (16, 16, 32, 32, 64, 64)
    hidden: int = 50
    dropout: float = 0.5
    dropout_on_scores: bool = True
    dropout_form: str = "inverted"


#: What an experiment can train.
Network = Perceptron | SimpleConvolutional | DeepConvolutional


@dataclass(frozen=True)
class Rule:
    """The optimiser: the name of its class and its arguments.

    Attributes
    ----------
    name : class of ``dlcore.optimizers``, or of ``dlcore.experiments.variants``
    settings : keyword arguments of the class; the others keep their defaults
    left_out : beginnings of parameter names that are never updated

    >>> Rule("Momentum", {"lr": 0.01}).settings["lr"]
    0.01
    """

    name: str
    settings: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Penalty:
    """A penalty on the weights: "L1" or "L2" of the library, or one of the variants, and λ.

    >>> Penalty("L2", lam=0.1)
    Penalty(name='L2', lam=0.1)
    """

    name: str
    lam: float


@dataclass(frozen=True)
class Data:
    """What is trained and measured on: the first images of each part of a data set.

    Attributes
    ----------
    source : "mnist", or "digits" (the small set of the package)
    train : images to train on
    train_measured : of these, images on which the training accuracy is measured
    test : images on which the test accuracy is measured

    >>> Data("digits", train=300, train_measured=300, test=360).source
    'digits'
    """

    source: str = "mnist"
    train: int = 60_000
    train_measured: int = 5_000
    test: int = 10_000


@dataclass(frozen=True)
class Expect:
    """A statement about the mean of a figure over the seeds, as a number can decide it.

    >>> Expect("test", at_least=0.962).holds({"test": 0.97})
    True
    """

    figure: str
    at_least: float = -math.inf
    below: float = math.inf

    def holds(self, means: Mapping[str, float]) -> bool:
        """Tell whether the mean of the figure is in the range."""
        return self.at_least <= means[self.figure] < self.below

    def __str__(self) -> str:
        low = "" if self.at_least == -math.inf else f" ≥ {self.at_least:g}"
        high = "" if self.below == math.inf else f" < {self.below:g}"
        return f"{self.figure}{' and'.join(part for part in (low, high) if part)}"


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes
    ----------
    id : short, stable; the result file is called so
    title : what differs from its neighbours
    notebook : the report's notebook
    network, optimizer, penalty, data, iterations, batch_size : what is trained, and how
    evaluate_every : iterations from one measurement of the accuracies to the next
    seeds : those of the committed result
    report : the report's outcome in words; empty if it made no such run
    expect : the report's outcome in numbers, decided from ours; sets the verdict
    explains : id of the experiment that this additional run explains
    note : what came out; may hold fields such as ``{test:.3f}``, filled from the result

    >>> network = Perceptron((40, 20), "sigmoid", "xavier_normal")
    >>> experiment = Experiment("mine", "a first try", "", network, Rule("SGD", {"lr": 0.1}))
    >>> experiment.settings()["optimizer"]
    {'name': 'SGD', 'settings': {'lr': 0.1}, 'left_out': []}
    """

    id: str
    title: str
    notebook: str
    network: Network
    optimizer: Rule
    penalty: Penalty | None = None
    data: Data = Data()
    iterations: int = 1000
    batch_size: int = 100
    evaluate_every: int = 10
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    report: str = ""
    expect: tuple[Expect, ...] = ()
    explains: str = ""
    note: str = ""

    def settings(self) -> dict[str, Any]:
        """Return what a run depends on, but the seed, in a form that JSON keeps unchanged."""
        return {
            "network": {"kind": type(self.network).__name__, **_plain(asdict(self.network))},
            "optimizer": _plain(asdict(self.optimizer)),
            "penalty": None if self.penalty is None else asdict(self.penalty),
            "data": asdict(self.data),
            "iterations": self.iterations,
            "batch_size": self.batch_size,
            "evaluate_every": self.evaluate_every,
        }


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with lists in place of tuples, as JSON gives them back."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in settings.items()}
