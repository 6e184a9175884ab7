"""From the description of an experiment to the objects that train: data, network, optimiser."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from dlcore import initializers, optimizers, regularizers
from dlcore._validation import Array
from dlcore.datasets import Dataset, load_digits, load_mnist
from dlcore.experiments import variants
from dlcore.experiments.description import (
    Data,
    Experiment,
    Network,
    Penalty,
    Perceptron,
    Rule,
    SimpleConvolutional,
)
from dlcore.initializers import Initializer, normal
from dlcore.layers import Affine, BatchNorm, Dropout, Layer, ReLU, Sigmoid
from dlcore.networks import DeepConvNet, Sequential, SimpleConvNet
from dlcore.training import Trainer

__all__ = ["Parts", "build", "generators"]


class Parts(NamedTuple):
    """What a run consists of: ``trainer.fit(x, t, evaluation=evaluation, …)``.

    >>> Parts._fields
    ('trainer', 'x', 't', 'evaluation')
    """

    trainer: Trainer
    x: Array
    t: Array
    evaluation: dict[str, tuple[Array, Array]]


class Generators(NamedTuple):
    """The sources of randomness of one run, independent of each other."""

    weights: np.random.Generator
    batches: np.random.Generator
    dropout: np.random.Generator


def generators(seed: int) -> Generators:
    """Return the generators of a seed.

    Experiments with the same seed draw the same batches, and networks of the same layers start
    from the same weights: their difference is then that of the settings alone.

    >>> a, b = generators(3), generators(3)
    >>> a.weights.random() == b.weights.random(), a.batches.random() == b.dropout.random()
    (True, False)
    """
    children = np.random.SeedSequence(seed).spawn(3)
    return Generators(*(np.random.default_rng(child) for child in children))


def build(experiment: Experiment, seed: int) -> Parts:
    """Return the trainer of one run, ready to start, and its data.

    Raises
    ------
    DatasetUnavailable
        If MNIST is wanted and not to be had.

    >>> digits = Data("digits", train=100, train_measured=100, test=360)
    >>> network = Perceptron((8,), "relu", "he_normal")
    >>> experiment = Experiment("mine", "a try", "", network, Rule("SGD"), data=digits)
    >>> build(experiment, seed=0).x.shape
    (100, 64)
    """
    data = _select(experiment.data)
    if isinstance(experiment.network, Perceptron):
        data = Dataset(*(a.reshape(len(a), -1) if a.ndim > 1 else a for a in data))
    random = generators(seed)
    classes = int(data.t_train.max()) + 1
    network = _network(experiment.network, data.x_train.shape[1:], classes, random)
    network.regularizer = _penalty(experiment.penalty)
    trainer = Trainer(
        network,
        _optimizer(experiment.optimizer),
        rng=random.batches,
        batch_size=experiment.batch_size,
    )
    measured = slice(experiment.data.train_measured)
    sets = {
        "train": (data.x_train[measured], data.t_train[measured]),
        "test": (data.x_test, data.t_test),
    }
    return Parts(trainer, data.x_train, data.t_train, sets)


@cache
def _load(source: str) -> Dataset:
    return {"mnist": load_mnist, "digits": load_digits}[source]()


def _select(data: Data) -> Dataset:
    """Return the first images of each part; all are labelled with the ten digits."""
    whole = _load(data.source)
    have = len(whole.x_train), len(whole.x_test)
    if data.train > have[0] or data.test > have[1] or data.train_measured > data.train:
        raise ValueError(
            f"Data: expected at most {have[0]} training and {have[1]} test images of "
            f"{data.source}, and no more measured than trained on, got {data}"
        )
    x_train, t_train, x_test, t_test = whole
    return Dataset(
        x_train[: data.train], t_train[: data.train], x_test[: data.test], t_test[: data.test]
    )


def _network(
    network: Network, shape: tuple[int, ...], classes: int, random: Generators
) -> Sequential:
    if isinstance(network, Perceptron):
        return Sequential(_perceptron(network, shape[0], classes, random))
    images = shape[0], shape[1], shape[2]
    if isinstance(network, SimpleConvolutional):
        return SimpleConvNet(
            images,
            filters=network.filters,
            filter_size=network.filter_size,
            hidden=network.hidden,
            classes=classes,
            init=normal(network.std),
            rng=random.weights,
        )
    deep = DeepConvNet(
        images,
        channels=network.channels,
        hidden=network.hidden,
        classes=classes,
        dropout_ratio=network.dropout,
        dropout_on_scores=network.dropout_on_scores,
        rng=random.weights,
    )
    for name, layer in deep.layers.items():
        if isinstance(layer, Dropout):
            deep.layers[name] = _DROPOUT[network.dropout_form](layer.rate, rng=random.dropout)
    return deep


def _perceptron(
    network: Perceptron, features: int, classes: int, random: Generators
) -> list[Layer]:
    activation = {"sigmoid": Sigmoid, "relu": ReLU}[network.activation]
    init: Initializer = (
        normal(network.std) if network.std is not None else getattr(initializers, network.init)
    )
    layers: list[Layer] = []
    for units in network.hidden:
        layers.append(Affine(features, units, init=init, rng=random.weights))
        if network.batch_norm != "none":
            layers.append(BatchNorm(units, affine=network.batch_norm == "trained"))
        layers.append(activation())
        layers += _dropout(network.dropout, network.dropout_form, random)
        features = units
    layers.append(Affine(features, classes, init=init, rng=random.weights))
    return layers + _dropout(network.score_dropout, network.dropout_form, random)


def _dropout(rate: float, form: str, random: Generators) -> list[Layer]:
    return [_DROPOUT[form](rate, rng=random.dropout)] if rate else []


_DROPOUT: dict[str, Callable[..., Layer]] = {
    "inverted": Dropout,
    "scaled at test": variants.DropoutScaledAtTest,
}


def _optimizer(rule: Rule) -> Any:
    home = optimizers if hasattr(optimizers, rule.name) else variants
    optimizer = getattr(home, rule.name)(**rule.settings)
    return variants.LeaveOut(optimizer, rule.left_out) if rule.left_out else optimizer


def _penalty(penalty: Penalty | None) -> Any:
    if penalty is None:
        return None
    home = regularizers if hasattr(regularizers, penalty.name) else variants
    return getattr(home, penalty.name)(penalty.lam)
