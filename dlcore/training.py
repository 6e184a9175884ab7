"""Training: draw a batch, compute the gradients, update the parameters, keep the record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from inspect import Parameter, signature
from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, as_real, check_int, check_positive, check_rng
from dlcore.checkpoints import load_trainer, save_trainer
from dlcore.history import History
from dlcore.optimizers import clip_by_norm

__all__ = ["History", "ParameterUpdater", "TrainableNetwork", "Trainer"]


class TrainableNetwork(Protocol):
    """What ``Trainer`` needs of a network; a class of your own will do.

    ``accuracy`` is called only if ``fit`` is given an `evaluation`.
    """

    @property
    def params(self) -> dict[str, Array]:
        """The parameters by name; the same arrays for the network's life."""

    def loss_and_gradient(self, x: Array, t: Array) -> tuple[float, dict[str, Array]]:
        """Return the mean loss of the batch and its gradient for every parameter."""

    def accuracy(self, x: Array, t: Array) -> float:
        """Return the fraction of the rows of `x` whose label is predicted right."""


class ParameterUpdater(Protocol):
    """What ``Trainer`` needs of an optimiser; a class of your own will do.

    If ``update`` has a parameter named `loss`, as Eve's has, it is given the batch's loss too.
    """

    def update(self, params: dict[str, Array], grads: dict[str, Array]) -> None:
        """Change the arrays of `params` in place."""


class Trainer:
    """Train a network by mini-batch gradient descent.

    Every iteration draws a batch of rows *with replacement*, so a row may come twice in a batch and
    an epoch is only an average. Then it does

    ``loss, grads = network.loss_and_gradient(x_batch, t_batch)``,
    ``optimizer.update(network.params, grads)``.

    An optimiser whose ``update`` has a parameter named `loss` gets ``loss=loss`` as well.

    Parameters
    ----------
    network : object with ``params``, ``loss_and_gradient(x, t)`` and ``accuracy(x, t)``
        See ``TrainableNetwork``; ``dlcore.networks.Sequential`` is one.
    optimizer : object with ``update(params, grads)``
        See ``ParameterUpdater``; those of ``dlcore.optimizers``, or your own.
    rng : numpy.random.Generator
        Draws the batches. The same seed gives the same batches.
    batch_size : int
        Rows in each batch.
    clip_norm : float, optional
        Scale the gradients down whenever the norm of all of them together is larger than this.
    callbacks : iterable of callables
        Each is called as ``callback(trainer)`` after every iteration, when `history` holds that
        iteration's loss and, where measured, accuracies.

    Attributes
    ----------
    history : History
        Grows with every iteration. It stays complete when training ends early, by an error or by
        the notebook's stop button, and a further ``fit`` continues it.

    Raises
    ------
    TypeError
        If `rng` is not a Generator, or `network`, `optimizer` or a callback cannot be used as one.
    ValueError
        If `batch_size` is less than 1 or `clip_norm` is not positive.

    Notes
    -----
    To go on after an interruption, let a callback call ``trainer.save(path)`` from time to time;
    a trainer built in the same way continues after ``trainer.load(path)``.

    Trainers may run side by side in threads if each has a network, an optimiser and a Generator of
    its own. The numbers are then those of one run after the other, to the last digit if BLAS uses
    one thread, up to rounding if it uses more.

    Book: chapter 0 (the training loop), chapter 1 (clipping), chapter 4 (a convolutional network).

    Examples
    --------
    Least squares, with a network and an optimiser written on the spot:

    >>> class Line:
    ...     def __init__(self):
    ...         self.params = {"w": np.zeros(1)}
    ...     def loss_and_gradient(self, x, t):
    ...         error = x * self.params["w"] - t
    ...         return float(np.mean(error**2)), {"w": np.array([np.mean(2 * error * x)])}
    >>> class Descent:
    ...     def update(self, params, grads):
    ...         params["w"] -= 0.1 * grads["w"]
    >>> line, x = Line(), np.linspace(-1, 1, 50)
    >>> trainer = Trainer(line, Descent(), rng=np.random.default_rng(0), batch_size=10)
    >>> history = trainer.fit(x, 3 * x, iterations=200, progress=False)
    >>> line.params["w"].round(3), history.iterations
    (array([3.]), 200)
    """

    def __init__(
        self,
        network: TrainableNetwork,
        optimizer: ParameterUpdater,
        *,
        rng: np.random.Generator,
        batch_size: int = 100,
        clip_norm: float | None = None,
        callbacks: Iterable[Callable[[Trainer], object]] = (),
    ) -> None:
        _check_methods(network, "network", ("loss_and_gradient",))
        _check_methods(optimizer, "optimizer", ("update",))
        self.network = network
        self.optimizer = optimizer
        self.rng = check_rng(rng, where="Trainer")
        self.batch_size = check_int(batch_size, "batch_size", where="Trainer", minimum=1)
        if clip_norm is not None:
            clip_norm = check_positive(clip_norm, "clip_norm", where="Trainer")
        self.clip_norm = clip_norm
        self.callbacks = tuple(callbacks)
        for callback in self.callbacks:
            if not callable(callback):
                raise TypeError(
                    f"Trainer: expected every callback to be callable as callback(trainer), "
                    f"got {callback!r}"
                )
        self.history = History()

    def fit(
        self,
        x: ArrayLike,
        t: ArrayLike,
        *,
        iterations: int,
        evaluate_every: int | None = None,
        evaluation: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
        progress: bool = True,
    ) -> History:
        """Train for `iterations` more iterations.

        Parameters
        ----------
        x : array of shape (N, ...)
            Inputs, of any shape that the network takes, finite.
        t : array of shape (N,) or (N, K)
            Labels, or one-hot rows.
        iterations : int
            How many iterations to add to those in the history.
        evaluate_every : int, optional
            Measure the accuracies after every so many iterations, counted from the first of the
            history, and after the last iteration of this call. Without it, after the last only.
        evaluation : dict, optional
            The sets to measure: name → ``(x, t)``, for example
            ``{"train": (x_train, t_train), "test": (x_test, t_test)}``.
        progress : bool
            Show a progress bar with the current loss (if the package tqdm is there).

        Returns
        -------
        History
            The trainer's `history`, which also holds the iterations of earlier calls.

        Raises
        ------
        ValueError
            If there is nothing to train on, `x` and `t` differ in length, `x` holds NaN or
            infinity, a number is out of range, or `evaluation` does not fit the history so far.
        TypeError
            If an argument is of the wrong type.
        FloatingPointError
            If the loss or a gradient becomes NaN or infinite. That update is not made: the
            parameters stay as the iteration before left them, and so does the history.
        """
        x, t = _check_data(x, t, "x", "t")
        iterations = check_int(iterations, "iterations", where="Trainer.fit", minimum=1)
        sets = self._check_evaluation(evaluation, evaluate_every)
        wants_loss = _has_parameter(self.optimizer.update, "loss")

        with _progress_bar(iterations, shown=progress) as bar:
            for remaining in reversed(range(iterations)):
                rows = self.rng.integers(len(x), size=self.batch_size)
                loss = self._step(x[rows], t[rows], wants_loss=wants_loss)
                done = self.history.iterations
                if sets and (remaining == 0 or (evaluate_every and done % evaluate_every == 0)):
                    self._evaluate(sets)
                if bar is not None:
                    bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
                    bar.update()
                for callback in self.callbacks:
                    callback(self)
        return self.history

    def save(self, path: str | PathLike[str]) -> None:
        """Write all that the run needs to go on; see ``dlcore.checkpoints.save_trainer``."""
        save_trainer(self, path)

    def load(self, path: str | PathLike[str]) -> None:
        """Take up the run that was saved; see ``dlcore.checkpoints.load_trainer``."""
        load_trainer(self, path)

    def _step(self, x: Array, t: Array, *, wants_loss: bool) -> float:
        """Do one iteration on the batch `x`, `t` and return its loss."""
        try:
            loss, grads = self.network.loss_and_gradient(x, t)
        except FloatingPointError as error:  # dlcore's layers refuse input that is not finite
            what = "values in the network are NaN or infinite"
            raise FloatingPointError(self._diverged(what)) from error
        loss = float(loss)
        if not np.isfinite(loss):
            raise FloatingPointError(self._diverged(f"the loss is {loss}"))
        for name, grad in grads.items():
            if not np.isfinite(grad).all():
                raise FloatingPointError(
                    self._diverged(f"the gradient of {name} holds NaN or infinity (loss {loss:g})")
                )
        if self.clip_norm is not None:
            grads, _ = clip_by_norm(grads, self.clip_norm)
        extra = {"loss": loss} if wants_loss else {}
        self.optimizer.update(self.network.params, grads, **extra)
        self.history.loss.append(loss)
        return loss

    def _diverged(self, what: str) -> str:
        rate = getattr(self.optimizer, "lr", None)
        used = "" if rate is None else f" with the learning rate {rate}"
        return (
            f"Trainer: in iteration {self.history.iterations + 1} {what}{used}; this update was "
            "not made. Try a smaller learning rate (a tenth, say) on a new network, and check "
            "that the inputs are scaled (pixels from 0 to 1) and the initial weights not too large"
        )

    def _evaluate(self, sets: Mapping[str, tuple[Array, Array]]) -> None:
        # Measure everything first: an interruption then leaves lists of equal length.
        accuracies = {name: float(self.network.accuracy(x, t)) for name, (x, t) in sets.items()}
        for name, accuracy in accuracies.items():
            self.history.evaluations.setdefault(name, []).append(accuracy)
        self.history.evaluated_at.append(self.history.iterations)

    def _check_evaluation(
        self,
        evaluation: Mapping[str, tuple[ArrayLike, ArrayLike]] | None,
        evaluate_every: int | None,
    ) -> dict[str, tuple[Array, Array]]:
        if evaluate_every is not None:
            check_int(evaluate_every, "evaluate_every", where="Trainer.fit", minimum=1)
            if not evaluation:
                raise ValueError(
                    f"Trainer.fit: expected evaluation with evaluate_every={evaluate_every}, got "
                    'none; name the sets to measure: evaluation={"test": (x_test, t_test)}'
                )
        if not evaluation:
            return {}
        if not isinstance(evaluation, Mapping):
            raise TypeError(
                "Trainer.fit: expected evaluation to be a dict of name → (x, t), got "
                f'{type(evaluation).__name__}; write evaluation={{"test": (x_test, t_test)}}'
            )
        _check_methods(self.network, "network", ("accuracy",))
        known = list(self.history.evaluations)
        if known and set(known) != set(evaluation):
            raise ValueError(
                f"Trainer.fit: expected the evaluation sets of the history so far, {known}, got "
                f"{list(evaluation)}; use the same names, or a new Trainer for a new history"
            )
        sets = {}
        for name, pair in evaluation.items():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(
                    f"Trainer.fit: expected evaluation[{name!r}] to be a pair (x, t), "
                    f"got {type(pair).__name__}; write {{{name!r}: (x, t)}}"
                )
            sets[name] = _check_data(*pair, f"x of {name!r}", f"t of {name!r}")
        return sets


def _check_data(x: ArrayLike, t: ArrayLike, x_name: str, t_name: str) -> tuple[Array, Array]:
    x = as_real(x, x_name, where="Trainer.fit")
    t = as_real(t, t_name, where="Trainer.fit")
    if x.ndim == 0 or t.ndim == 0 or len(x) != len(t):
        raise ValueError(
            f"Trainer.fit: expected {x_name} and {t_name} with the same number of rows, got "
            f"shapes {x.shape} and {t.shape}; each row of x needs its label"
        )
    if x.size == 0:
        raise ValueError(
            f"Trainer.fit: expected {x_name} to hold at least one row, got shape {x.shape}; "
            "check how the data was selected"
        )
    bad = x.size - np.count_nonzero(np.isfinite(x))
    if bad:
        raise ValueError(
            f"Trainer.fit: expected {x_name} to hold finite numbers, got NaN or infinity in {bad} "
            f"of {x.size} places; find them with ~np.isfinite(x), then remove or replace them"
        )
    return x, t


def _check_methods(thing: Any, name: str, methods: tuple[str, ...]) -> None:
    if isinstance(thing, type):
        raise TypeError(
            f"Trainer: expected {name} to be an object, got the class {thing.__name__}; "
            f"make an object of it: {thing.__name__}(...)"
        )
    for method in methods:
        if not callable(getattr(thing, method, None)):
            raise TypeError(
                f"Trainer: expected {name} to have a method {method}, "
                f"got {type(thing).__name__}, which has none"
            )


def _has_parameter(function: Callable[..., Any], name: str) -> bool:
    """Whether a function can be given the argument `name` by keyword."""
    by_keyword = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    try:
        parameter = signature(function).parameters.get(name)
    except ValueError:  # compiled code may not tell
        return False
    return parameter is not None and parameter.kind in by_keyword


def _progress_bar(total: int, *, shown: bool) -> AbstractContextManager[Any]:
    """Return tqdm's bar, or a context of None if it is not wanted or tqdm is not installed."""
    if not shown:
        return nullcontext()
    try:
        from tqdm.auto import tqdm
    except ImportError:  # training works without
        return nullcontext()
    if sys.platform == "emscripten":  # in a browser tqdm's monitor could not start its thread
        tqdm.monitor_interval = 0
    return tqdm(total=total, desc="training", unit="it")
