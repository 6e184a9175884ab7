"""Weights and whole training runs in files, to be used again or gone on with.

Both are npz files (zip archives of NumPy arrays), written and read without pickle: a file from
elsewhere can fail to load, but it cannot run code. A file is replaced only when its successor is
complete, so an interruption leaves the old one whole.

``save_weights`` stores each array under its name in the network, "conv1.W" and the like;
``numpy.load`` reads them too. ``save_trainer`` stores in addition what a run needs to go on as if
it had never stopped: the optimiser's state, the history, and the states of the random generators.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore._archive import read_arrays, write_arrays
from dlcore._validation import Array
from dlcore.history import History

if TYPE_CHECKING:
    from dlcore.training import Trainer

__all__ = ["load_trainer", "load_weights", "save_trainer", "save_weights"]

_FORMAT = "dlcore_format"  # the entry that says what the file is
_WEIGHTS, _TRAINER = "weights 1", "trainer 1"  # kind and version
_REMEDIES = {
    _WEIGHTS: "it holds weights alone: read it with load_weights",
    _TRAINER: "it holds a whole run: read it with load_trainer",
    "none": "it does not come from Trainer.save",
}


def save_weights(network: Any, path: str | os.PathLike[str]) -> None:
    """Write the parameters and buffers of a network to a file.

    Parameters
    ----------
    network : object with ``params`` and, if it has any, ``buffers``
        Dicts of arrays by name, as those of ``Sequential``.
    path : str or path
        The file, by custom with the ending ".npz"; it is overwritten.

    Raises
    ------
    TypeError
        If a parameter is not a float array.
    FileNotFoundError
        If the folder does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from dlcore.layers import Affine
    >>> from dlcore.networks import Sequential
    >>> first = Sequential([Affine(3, 2, rng=np.random.default_rng(0))])
    >>> second = Sequential([Affine(3, 2, rng=np.random.default_rng(1))])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights(first, f"{folder}/weights.npz")
    ...     load_weights(second, f"{folder}/weights.npz")
    >>> bool((first.params["affine1.W"] == second.params["affine1.W"]).all())
    True
    """
    where = "save_weights"
    write_arrays(path, _noted(_WEIGHTS, _arrays(network, where=where)), where=where)


def load_weights(network: Any, path: str | os.PathLike[str]) -> None:
    """Set the parameters and buffers of a network to those in a file.

    The network's own arrays are filled in place and keep their dtype.

    Parameters
    ----------
    network : object with ``params`` and, if it has any, ``buffers``
        Of the same layers and sizes as the one that was saved.
    path : str or path
        A file from ``save_weights``, or an npz file with the same names from elsewhere.

    Raises
    ------
    ValueError
        If the file is of another kind or version or damaged, or its arrays are not those of the
        network: all that are missing, too many, of another shape or not of floats are named.
        Then nothing has been changed.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import tempfile
    >>> from dlcore.layers import Affine
    >>> from dlcore.networks import Sequential
    >>> network = Sequential([Affine(3, 2, rng=np.random.default_rng(0))])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/weights.npz", **{"affine1.W": np.ones((3, 2)), "bias": np.ones(2)})
    ...     load_weights(network, f"{folder}/weights.npz")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: load_weights: ... affine1.b is missing; bias is not in the network. Nothing was ...
    """
    where = "load_weights"
    entries = _read(path, _WEIGHTS, where=where)
    arrays = _arrays(network, where=where)
    _check_fit(arrays, entries, path, where=where)
    _fill(arrays, entries)


def save_trainer(trainer: Trainer, path: str | os.PathLike[str]) -> None:
    """Write all that a training run needs to go on later; ``trainer.save(path)`` does the same.

    That is: parameters and buffers, the optimiser's state and learning rate, the history, and the
    states of the random generators of the trainer and of the layers. Not stored: the training
    data, the callbacks, and random generators of your own.

    Parameters
    ----------
    trainer : Trainer
        Its optimiser needs the methods ``state_dict`` and ``load_state_dict``, as those of
        ``dlcore.optimizers`` have them.
    path : str or path
        The file, by custom with the ending ".npz"; it is overwritten.

    Raises
    ------
    TypeError
        If the optimiser lacks a method, or a parameter or an array of its state is not numeric.
    FileNotFoundError
        If the folder does not exist.

    Examples
    --------
    A run of 5 iterations, interrupted after 3:

    >>> import tempfile
    >>> from dlcore.networks import MultiLayerNet
    >>> from dlcore.optimizers import Adam
    >>> from dlcore.training import Trainer
    >>> def trainer():
    ...     rng = np.random.default_rng(0)
    ...     return Trainer(MultiLayerNet(2, [3], 2, dropout_ratio=0.5, rng=rng), Adam(), rng=rng)
    >>> def fit(trainer, iterations):
    ...     return trainer.fit(np.eye(2), [0, 1], iterations=iterations, progress=False)
    >>> first, second = trainer(), trainer()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = fit(first, 3)
    ...     save_trainer(first, f"{folder}/run.npz")
    ...     load_trainer(second, f"{folder}/run.npz")
    >>> fit(second, 2) == fit(trainer(), 5)
    True
    """
    where = "Trainer.save"
    _check_optimizer(trainer.optimizer, where=where)
    entries = _prefixed("network/", _arrays(trainer.network, where=where))
    scalars = {}
    for name, value in trainer.optimizer.state_dict().items():  # type: ignore[attr-defined]
        if isinstance(value, np.ndarray):
            entries[f"optimizer/{name}"] = _numeric(value, f"optimizer's {name}", where=where)
        else:
            scalars[name] = value
    record = {
        "optimizer": type(trainer.optimizer).__name__,
        "optimizer_scalars": scalars,
        "lr": getattr(trainer.optimizer, "lr", None),
        "settings": _settings(trainer),
        "history": trainer.history.to_dict(),
        "generators": _sharing(trainer),
        "states": [g.bit_generator.state for g in _distinct_generators(trainer)],
    }
    # An array has no place in JSON as it is, a NumPy scalar neither: both know tolist.
    text = json.dumps(record, default=lambda value: value.tolist())
    entries["trainer"] = np.frombuffer(text.encode(), np.uint8)
    write_arrays(path, _noted(_TRAINER, entries), where=where)


def load_trainer(trainer: Trainer, path: str | os.PathLike[str]) -> None:
    """Put a trainer into the state that was saved; ``trainer.load(path)`` does the same.

    Build the trainer as the saved one was built, then load. What ``fit`` does next is, number for
    number, what it would have done in the saved run.

    Parameters
    ----------
    trainer : Trainer
        With a network of the same layers, an optimiser of the same class, the same batch_size and
        clip_norm; where trainer and layers shared a random generator, they must share one again.
        (Settings of the optimiser other than its learning rate are not stored.)
    path : str or path
        A file from ``save_trainer``.

    Raises
    ------
    ValueError
        If the file is of another kind or version or damaged, or does not fit the trainer. Then
        nothing has been changed.
    TypeError
        If the optimiser lacks the methods ``state_dict`` and ``load_state_dict``.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    A run that can be killed and started again at any time, with 1,000 iterations in all::

        def keep(trainer):
            if trainer.history.iterations % 100 == 0:
                trainer.save("run.npz")

        trainer = Trainer(network, Adam(), rng=rng, callbacks=[keep])
        if Path("run.npz").exists():
            trainer.load("run.npz")
        trainer.fit(x, t, iterations=1000 - trainer.history.iterations)

    The file must be one of such a run:

    >>> import tempfile
    >>> from dlcore.networks import MultiLayerNet
    >>> from dlcore.optimizers import SGD
    >>> from dlcore.training import Trainer
    >>> rng = np.random.default_rng(0)
    >>> trainer = Trainer(MultiLayerNet(2, [3], 2, rng=rng), SGD(), rng=rng)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trainer.network.save(f"{folder}/weights.npz")
    ...     load_trainer(trainer, f"{folder}/weights.npz")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: Trainer.load: ... it holds weights alone: read it with load_weights
    """
    where = "Trainer.load"
    _check_optimizer(trainer.optimizer, where=where)
    entries = _read(path, _TRAINER, where=where)
    record = json.loads(entries["trainer"].tobytes())
    arrays = _arrays(trainer.network, where=where)
    weights = _without_prefix("network/", entries)
    _check_equal("an optimiser", record["optimizer"], type(trainer.optimizer).__name__, where=where)
    _check_fit(arrays, weights, path, where=where)
    for name, value in _settings(trainer).items():
        _check_equal(name, record["settings"][name], value, where=where)
    _check_equal("random generators", record["generators"], _sharing(trainer), where=where)
    generators = _distinct_generators(trainer)
    for generator, state in zip(generators, record["states"], strict=True):
        kinds = state["bit_generator"], generator.bit_generator.state["bit_generator"]
        _check_equal("a bit generator", *kinds, where=where)
    history = History.from_dict(record["history"])

    state = {**record["optimizer_scalars"], **_without_prefix("optimizer/", entries)}
    trainer.optimizer.load_state_dict(state)  # type: ignore[attr-defined]
    if record["lr"] is not None:
        trainer.optimizer.lr = record["lr"]  # type: ignore[attr-defined]
    _fill(arrays, weights)
    for generator, state in zip(generators, record["states"], strict=True):
        generator.bit_generator.state = state
    trainer.history = history


# What is stored


def _arrays(network: Any, *, where: str) -> dict[str, Array]:
    """The network's own arrays by name, parameters and buffers."""
    arrays = {**network.params, **getattr(network, "buffers", {})}
    for name, array in arrays.items():
        _numeric(array, f"the network's {name}", where=where)
    return arrays


def _numeric(array: Any, name: str, *, where: str) -> Array:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        kind = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise TypeError(f"{where}: expected {name} to be an array of numbers, got {kind}")
    return array


def _settings(trainer: Trainer) -> dict[str, float | None]:
    return {"batch_size": trainer.batch_size, "clip_norm": trainer.clip_norm}


def _generators(trainer: Trainer) -> dict[str, np.random.Generator]:
    """The random generators by owner: the trainer's, and those of layers that draw."""
    layers = getattr(trainer.network, "layers", {})
    owners = {"trainer": trainer} | (dict(layers) if isinstance(layers, Mapping) else {})
    found = {name: getattr(owner, "rng", None) for name, owner in owners.items()}
    return {name: rng for name, rng in found.items() if isinstance(rng, np.random.Generator)}


def _distinct_generators(trainer: Trainer) -> list[np.random.Generator]:
    """The generators without repetition, in the order of their first owner."""
    return list({id(g.bit_generator): g for g in _generators(trainer).values()}.values())


def _sharing(trainer: Trainer) -> dict[str, int]:
    """For each owner of a generator, its number among the distinct ones."""
    distinct = [g.bit_generator for g in _distinct_generators(trainer)]
    return {name: distinct.index(g.bit_generator) for name, g in _generators(trainer).items()}


def _prefixed(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {f"{prefix}{name}": array for name, array in arrays.items()}


def _without_prefix(prefix: str, entries: Mapping[str, Array]) -> dict[str, Array]:
    return {
        name.removeprefix(prefix): array
        for name, array in entries.items()
        if name.startswith(prefix)
    }


# Checks before anything is changed


def _check_optimizer(optimizer: Any, *, where: str) -> None:
    for method in "state_dict", "load_state_dict":
        if not callable(getattr(optimizer, method, None)):
            raise TypeError(
                f"{where}: expected the optimiser to have the methods state_dict and "
                f"load_state_dict, got {type(optimizer).__name__}, which lacks {method}; "
                "derive it from dlcore.optimizers.Optimizer, or write both"
            )


def _check_equal(name: str, in_file: Any, in_trainer: Any, *, where: str) -> None:
    if in_file != in_trainer:
        raise ValueError(
            f"{where}: expected {name} as in the file, {in_file}, got {in_trainer}; nothing was "
            "changed. Build network, optimiser and Trainer as for the saved run, then load"
        )


def _check_fit(
    arrays: Mapping[str, Array],
    entries: Mapping[str, Array],
    path: str | os.PathLike[str],
    *,
    where: str,
) -> None:
    """Compare the names, shapes and kinds of numbers in a file with the network's."""
    problems = [f"{name} is missing" for name in arrays if name not in entries]
    problems += [f"{name} is not in the network" for name in entries if name not in arrays]
    for name, array in arrays.items():
        entry = np.asarray(entries.get(name, array))
        if entry.dtype.kind != array.dtype.kind:
            problems.append(f"{name} holds {entry.dtype} instead of {array.dtype}")
        elif entry.shape != array.shape:
            problems.append(f"{name} has the shape {entry.shape} instead of {array.shape}")
    if problems:
        raise ValueError(
            f"{where}: expected {os.fspath(path)} to hold the arrays of this network, but "
            f"{'; '.join(problems)}. Nothing was changed; build the network with the layers and "
            "sizes of the saved one"
        )


def _fill(arrays: Mapping[str, Array], entries: Mapping[str, Array]) -> None:
    for name, array in arrays.items():
        array[...] = entries[name]


# The note that says what a file is


def _noted(kind: str, entries: Mapping[str, Array]) -> dict[str, Array]:
    return {_FORMAT: np.array(kind), **entries}


def _read(path: str | os.PathLike[str], kind: str, *, where: str) -> dict[str, Array]:
    """The entries of a file of this kind; weights may come without a note of their kind."""
    entries = read_arrays(path, where=where)
    found = str(entries.pop(_FORMAT, kind if kind == _WEIGHTS else "none"))
    if found != kind:
        raise ValueError(
            f"{where}: expected {os.fspath(path)} to be of the format {kind!r}, got {found!r}; "
            f"{_REMEDIES.get(found, 'another version of dlcore wrote it')}"
        )
    return entries
