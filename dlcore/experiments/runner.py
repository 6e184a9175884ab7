"""Running experiments: seed by seed, each finished seed kept, an unfinished one continued.

A finished seed is in the result file. While one runs, the trainer is saved now and then in the
folder ``unfinished`` beside the result files; after an interruption the run goes on from there
and ends with the same history as an unbroken one.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from dlcore.experiments import machine, results
from dlcore.experiments.building import build
from dlcore.experiments.description import Experiment
from dlcore.training import History, Trainer

__all__ = ["SAVE_EVERY", "Progress", "missing_seeds", "run", "run_seed"]

#: Seconds from one saving of an unfinished run to the next.
SAVE_EVERY = 20.0


class Progress(NamedTuple):
    """How far a run is, for whoever shows it.

    >>> Progress._fields
    ('experiment', 'seed', 'history', 'seconds_left')
    """

    experiment: Experiment
    seed: int
    history: History
    seconds_left: float


def run(
    experiment: Experiment,
    folder: Path,
    *,
    seeds: Iterable[int] | None = None,
    force: bool = False,
    show: Callable[[Progress], object] = lambda _: None,
) -> None:
    """Run an experiment and keep the result in `folder`.

    Seeds whose result is there, made with the same settings, are not run again; the texts of the
    file (title, note …) are brought up to date all the same.

    Parameters
    ----------
    experiment : Experiment
    folder : path of the result files
    seeds : ints, optional
        By default the experiment's own.
    force : bool
        Run the seeds even if their result is there.
    show : callable, optional
        Called as ``show(progress)`` after every iteration.

    >>> from dlcore.experiments.description import Data, Experiment, Perceptron, Rule
    >>> digits = Data("digits", train=100, train_measured=100, test=100)
    >>> network = Perceptron((8,), "relu", "he_normal")
    >>> mine = Experiment(
    ...     "mine", "a try", "", network, Rule("SGD", {"lr": 0.1}), data=digits, iterations=20
    ... )
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run(mine, Path(folder), seeds=[0, 1])
    ...     results.load("mine", Path(folder)).seeds
    (0, 1)
    """
    seeds = experiment.seeds if seeds is None else tuple(seeds)
    for seed in seeds if force else missing_seeds(experiment, folder, seeds):
        checkpoint = folder / "unfinished" / f"{_fingerprint(experiment, seed)}.npz"
        history, seconds = run_seed(
            experiment, seed, checkpoint=checkpoint, save_every=SAVE_EVERY, show=show
        )
        record = results.run_record(experiment, history, seconds, machine.describe())
        results.write(folder, experiment, {**_done(experiment, folder), str(seed): record})
        _clear(checkpoint)
    done = _done(experiment, folder)
    if done:
        results.write(folder, experiment, done)


def missing_seeds(experiment: Experiment, folder: Path, seeds: Iterable[int]) -> list[int]:
    """Return the seeds that have no result in `folder` made with the experiment's settings.

    >>> import tempfile
    >>> from dlcore.experiments import EXPERIMENTS
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     missing_seeds(EXPERIMENTS["2-6"], Path(empty), [0, 1])
    [0, 1]
    """
    done = _done(experiment, folder)
    return [seed for seed in seeds if str(seed) not in done]


def run_seed(
    experiment: Experiment,
    seed: int,
    *,
    checkpoint: Path | None = None,
    save_every: float = SAVE_EVERY,
    show: Callable[[Progress], object] = lambda _: None,
) -> tuple[History, float]:
    """Run one seed, from its checkpoint if there is one; return its history and its seconds.

    Parameters
    ----------
    experiment : Experiment
    seed : int
    checkpoint : path, optional
        Where the trainer is saved; beside it, the seconds used so far. Without it, nothing is.
    save_every : float
        Seconds from one saving to the next.
    show : callable, optional
        Called as ``show(progress)`` after every iteration.

    >>> from dlcore.experiments.description import Data, Experiment, Perceptron, Rule
    >>> digits = Data("digits", train=100, train_measured=100, test=100)
    >>> network = Perceptron((8,), "relu", "he_normal")
    >>> mine = Experiment(
    ...     "mine", "a try", "", network, Rule("SGD", {"lr": 0.1}), data=digits, iterations=20
    ... )
    >>> history, seconds = run_seed(mine, seed=0)
    >>> history.evaluated_at
    [10, 20]
    """
    trainer, x, t, evaluation = build(experiment, seed)
    before = _resume(trainer, checkpoint)
    first = trainer.history.iterations
    started = saved = time.monotonic()

    def after_iteration(trainer: Trainer) -> None:
        nonlocal saved
        now, done = time.monotonic(), trainer.history.iterations
        rate = (now - started) / (done - first)
        show(Progress(experiment, seed, trainer.history, rate * (experiment.iterations - done)))
        if checkpoint is not None and now - saved >= save_every:
            _save(trainer, checkpoint, before + now - started)
            saved = time.monotonic()

    trainer.callbacks = (after_iteration,)
    if first < experiment.iterations:
        trainer.fit(
            x,
            t,
            iterations=experiment.iterations - first,
            evaluate_every=experiment.evaluate_every,
            evaluation=evaluation,
            progress=False,
        )
    return trainer.history, before + time.monotonic() - started


def _done(experiment: Experiment, folder: Path) -> dict[str, dict]:
    """Return the runs of the result file, if it was made with the experiment's settings."""
    document = results.read(folder, experiment.id)
    fits = document is not None and document["settings"] == experiment.settings()
    return dict(document["runs"]) if document is not None and fits else {}


def _fingerprint(experiment: Experiment, seed: int) -> str:
    """Return a file name that no other settings share, so that no checkpoint of theirs is used."""
    settings = json.dumps(experiment.settings(), sort_keys=True).encode()
    return f"{experiment.id}.seed{seed}.{hashlib.sha256(settings).hexdigest()[:8]}"


def _save(trainer: Trainer, checkpoint: Path, seconds: float) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    trainer.save(checkpoint)
    checkpoint.with_suffix(".json").write_text(json.dumps({"seconds": seconds}))


def _resume(trainer: Trainer, checkpoint: Path | None) -> float:
    """Bring the trainer to where it was saved; return the seconds used until then."""
    if checkpoint is None or not checkpoint.exists():
        return 0.0
    trainer.load(checkpoint)
    used = checkpoint.with_suffix(".json")
    return float(json.loads(used.read_text())["seconds"]) if used.exists() else 0.0


def _clear(checkpoint: Path) -> None:
    for path in (checkpoint, checkpoint.with_suffix(".json")):
        path.unlink(missing_ok=True)
    if checkpoint.parent.exists() and not any(checkpoint.parent.iterdir()):
        checkpoint.parent.rmdir()
