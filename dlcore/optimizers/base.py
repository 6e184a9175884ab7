"""The base class of all optimisers: the loop, the state per key, the step count, the checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlcore._validation import Array, as_real, check_int, check_positive

State = dict[str, Array]

# Elements of a block. A few arrays of this size stay in the processor's cache; the temporary arrays
# of larger ones do not, and the system may even take their memory back after every operation.
BLOCK = 65_536


class Optimizer:
    """Base class: ``update(params, grads)`` changes parameters in place.

    An algorithm says only what state a parameter has (``init_state``) and how one parameter
    changes (``update_one``); numbers that all parameters share are computed in ``begin_update``.

    Parameters
    ----------
    lr : float
        Learning rate η, positive.

    Attributes
    ----------
    lr : float
        Learning rate; may be changed between updates.
    t : int
        Number of updates so far; 1 during the first.
    elementwise : bool
        Whether ``update_one`` treats every element by itself, without norms or sums over the
        array. Then a large parameter is updated in blocks of rows, each in the processor's cache:
        faster, and no temporary array is large. False unless the class says otherwise.
    scalars : tuple of str
        Names of the attributes, numbers, that belong to the state besides t.

    Raises
    ------
    TypeError, ValueError
        If `lr` or another setting is not a number in its range.

    Examples
    --------
    A rule of your own, steps of one size against the sign of the gradient:

    >>> class SignDescent(Optimizer):
    ...     elementwise = True
    ...     def update_one(self, p, g, s):
    ...         p -= self.lr * np.sign(g)
    >>> w = np.array([1.0, 1.0])
    >>> SignDescent(0.25).update({"w": w}, {"w": np.array([5.0, -0.1])})
    >>> w
    array([0.75, 1.25])
    """

    elementwise = False
    scalars: tuple[str, ...] = ()

    def __init__(self, lr: float) -> None:
        self.lr = check_positive(lr, "lr", where=type(self).__name__)
        self.t = 0
        self._states: dict[str, State] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}  # empty until the state is known to fit

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """Change the arrays of `params` in place.

        All checks come first: an update that is refused has changed nothing.

        Parameters
        ----------
        params, grads : dicts of arrays with the same keys, in any order
            The keys and shapes are the same in every call. `grads` is left as it is.

        Raises
        ------
        KeyError
            If the keys differ, from each other or from those of the first call.
        ValueError
            If a gradient does not have the shape of its parameter, or a parameter no longer has
            its shape of the first call.
        TypeError
            If a parameter is not a float array: it could not be changed in place.
        FloatingPointError
            If a gradient holds NaN or infinity.
        """
        checked = self._check(params, grads)
        if not self._shapes:
            self._start(params)
        self.t += 1
        self.begin_update(params)
        for key, p in params.items():
            g, s = checked[key], self._states[key]
            if self.elementwise and p.size > BLOCK:
                for rows in _blocks(p):
                    self.update_one(p[rows], g[rows], {name: a[rows] for name, a in s.items()})
            else:
                self.update_one(p, g, s)

    def init_state(self, p: Array) -> State:
        """Arrays to remember for parameter `p` between updates."""
        return {}

    def begin_update(self, params: Mapping[str, Array]) -> None:
        """Do what is done once per update, before the parameters; t is already counted up."""

    def update_one(self, p: Array, g: Array, s: State) -> None:
        """Change parameter `p` in place, given its gradient `g` and its state `s`.

        `g` has the dtype of `p`. The arrays of `s` are changed in place too, never replaced.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update_one")

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all that the optimiser remembers, ready for ``np.savez``.

        Returns
        -------
        dict
            "class" (the name), "t", the `scalars`, and "key/name" for each array of the state of
            the parameter `key`. Settings such as `lr` are not part of it.

        Examples
        --------
        >>> from dlcore.optimizers import Momentum
        >>> optimizer = Momentum(lr=0.5)
        >>> optimizer.update({"w": np.ones(2)}, {"w": np.ones(2)})
        >>> optimizer.state_dict()
        {'class': 'Momentum', 't': 1, 'w/v': array([-0.5, -0.5])}
        """
        state = {"class": type(self).__name__, "t": self.t}
        state |= {name: getattr(self, name) for name in self.scalars}
        return state | {name: a.copy() for name, a in _flat(self._states).items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state_dict`` returned; further updates go on as if never interrupted.

        An optimiser that has not been used learns the shapes of the parameters in its next update
        and refuses there a state that does not fit them.

        Parameters
        ----------
        state : mapping
            From ``state_dict``, also when stored by ``np.savez`` and loaded again.

        Raises
        ------
        KeyError
            If something is missing or unknown.
        TypeError, ValueError
            If the state is that of another class, or t or the shape or dtype of an array differs.
        """
        where = f"{type(self).__name__}.load_state_dict"
        fixed = ("class", "t", *self.scalars)
        for name in fixed:
            if name not in state:
                raise KeyError(
                    f"{where}: expected an entry {name!r}, got {sorted(state)}; "
                    "pass what state_dict() returned"
                )
        if str(state["class"]) != type(self).__name__:
            raise ValueError(
                f"{where}: expected the state of {type(self).__name__}, got that of "
                f"{state['class']}; load it into an optimiser of that class"
            )
        t = check_int(state["t"], "t", where=where, minimum=0)
        states: dict[str, State] = {}
        for name, value in state.items():
            if name not in fixed:
                key, _, part = name.rpartition("/")
                states.setdefault(key, {})[part] = np.array(value)
        names = list(self.init_state(np.zeros(1)))
        for key, s in states.items():
            if set(s) != set(names):
                raise KeyError(
                    f"{where}: expected for each parameter the arrays {names}, got {list(s)} for "
                    f"{key!r}; pass what state_dict() returned"
                )
        if self._shapes and t > 0:
            _check_fit(states, self._states, where=where)
        self.t, self._states, self._shapes = t, states, {}
        for name in self.scalars:
            setattr(self, name, float(state[name]))

    def _start(self, params: Mapping[str, Array]) -> None:
        """Give every parameter a fresh state, or make sure that the loaded one fits."""
        fresh = {key: self.init_state(p) for key, p in params.items()}
        if self.t > 0:
            _check_fit(self._states, fresh, where=f"{type(self).__name__}.update")
            fresh |= self._states
        self._states = fresh
        self._shapes = {key: p.shape for key, p in params.items()}

    def _check(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> dict[str, Array]:
        """Return the gradients as finite arrays of the dtypes of their parameters."""
        where = f"{type(self).__name__}.update"
        if params.keys() != grads.keys():
            raise KeyError(
                f"{where}: expected grads with the keys of params {sorted(params)}, "
                f"got {sorted(grads)}"
            )
        if self._shapes and params.keys() != self._shapes.keys():
            raise KeyError(
                f"{where}: expected the keys of the first call {sorted(self._shapes)}, "
                f"got {sorted(params)}; make a new optimiser for another network"
            )
        checked = {}
        for key, p in params.items():
            if not isinstance(p, np.ndarray) or p.dtype.kind != "f":
                kind = p.dtype if isinstance(p, np.ndarray) else type(p).__name__
                raise TypeError(
                    f"{where}: expected params[{key!r}] to be a float array, got {kind}; "
                    "only float arrays can be changed in place"
                )
            if self._shapes and p.shape != self._shapes[key]:
                raise ValueError(
                    f"{where}: expected params[{key!r}] of the shape of the first call "
                    f"{self._shapes[key]}, got {p.shape}; make a new optimiser for another network"
                )
            g = np.asarray(grads[key])
            if g.shape != p.shape:
                raise ValueError(
                    f"{where}: expected grads[{key!r}] of shape {p.shape}, got {g.shape}"
                )
            if g.dtype != p.dtype:
                g = as_real(g, f"grads[{key!r}]", where=where).astype(p.dtype)
            finite = np.isfinite(g)
            if not finite.all():
                raise FloatingPointError(
                    f"{where}: expected finite grads[{key!r}], got NaN or infinity in "
                    f"{np.count_nonzero(~finite)} of {g.size} places; nothing was changed. Try a "
                    f"smaller learning rate than {self.lr:g}, or dlcore.optimizers.clip_by_norm"
                )
            checked[key] = g
        return checked


def running_mean(mean: Array, decay: float, x: Array) -> None:
    """Move `mean` towards `x` in place, mean ← decay · mean + (1 − decay) · x.

    >>> mean = np.array([1.0])
    >>> running_mean(mean, 0.75, np.array([5.0]))
    >>> mean
    array([2.])
    """
    mean *= decay
    mean += (1 - decay) * x


def _blocks(p: Array) -> list[slice]:
    """Slices along the first axis of `p`, each of about BLOCK elements."""
    rows = max(1, BLOCK * len(p) // p.size)
    return [slice(start, start + rows) for start in range(0, len(p), rows)]


def _flat(states: Mapping[str, State]) -> dict[str, Array]:
    """The arrays of the states under the names key/name."""
    return {f"{key}/{name}": a for key, s in states.items() for name, a in s.items()}


def _check_fit(loaded: Mapping[str, State], expected: Mapping[str, State], *, where: str) -> None:
    """Refuse a loaded state that is not that of these parameters."""
    got, wanted = _flat(loaded), _flat(expected)
    if got.keys() != wanted.keys():
        raise KeyError(
            f"{where}: expected a state with the arrays {sorted(wanted)}, got {sorted(got)}; "
            "load the state that was saved with this network"
        )
    for name, a in wanted.items():
        if got[name].shape != a.shape or got[name].dtype != a.dtype:
            raise ValueError(
                f"{where}: expected {name!r} of the state to be {a.dtype} of shape {a.shape}, "
                f"got {got[name].dtype} of shape {got[name].shape}; "
                "load the state that was saved with this network"
            )
