"""Optimisers: rules that change parameters along their gradients.

``update(params, grads)`` works in place, because layers hold the same arrays. The base class does
the loop, the state per key and the step count; each algorithm says only what state a parameter
has (``init_state``) and how one parameter changes (``update_one``).

Book: chapter 2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlcore._validation import Array, check_positive

__all__ = ["SGD", "Adam", "Optimizer"]

State = dict[str, Array]


class Optimizer:
    """Base class.

    Attributes
    ----------
    lr : float
        Learning rate; may be changed between updates.
    t : int
        Number of updates so far.
    """

    def __init__(self, lr: float) -> None:
        self.lr = check_positive(lr, "lr", where=type(self).__name__)
        self.t = 0
        self._states: dict[str, State] = {}

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """Change the arrays of `params` in place.

        Parameters
        ----------
        params, grads : dicts of arrays with the same keys, in any order
            The keys are the same in every call. `grads` is left as it is.

        Raises
        ------
        KeyError
            If the keys differ, from each other or from those of the first call.
        ValueError
            If a gradient does not have the shape of its parameter.
        TypeError
            If a parameter is not a float array: it could not be changed in place.
        """
        self._check(params, grads)
        self.t += 1
        for key, p in params.items():
            if key not in self._states:
                self._states[key] = self.init_state(p)
            self.update_one(p, np.asarray(grads[key]), self._states[key])

    def init_state(self, p: Array) -> State:
        """Arrays to remember for parameter `p` between updates."""
        return {}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        """Change parameter `p` in place, given its gradient `g` and its state `s`."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_one")

    def _check(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        where = f"{type(self).__name__}.update"
        if params.keys() != grads.keys():
            raise KeyError(
                f"{where}: expected grads with the keys of params {sorted(params)}, "
                f"got {sorted(grads)}"
            )
        if self._states and params.keys() != self._states.keys():
            raise KeyError(
                f"{where}: expected the keys of the first call {sorted(self._states)}, "
                f"got {sorted(params)}; make a new optimiser for another network"
            )
        for key, p in params.items():
            if not isinstance(p, np.ndarray) or p.dtype.kind != "f":
                kind = p.dtype if isinstance(p, np.ndarray) else type(p).__name__
                raise TypeError(
                    f"{where}: expected params[{key!r}] to be a float array, got {kind}; "
                    "only float arrays can be changed in place"
                )
            if np.shape(grads[key]) != p.shape:
                raise ValueError(
                    f"{where}: expected grads[{key!r}] of shape {p.shape}, "
                    f"got {np.shape(grads[key])}"
                )


class SGD(Optimizer):
    """Stochastic gradient descent, w ← w − η g.

    >>> w = np.array([1.0])
    >>> SGD(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w
    array([0.8])
    """

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def update_one(self, p: Array, g: Array, s: State) -> None:
        p -= self.lr * g


class Adam(Optimizer):
    """Adam: steps of nearly constant size, along a running mean of the gradient.

    m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²
    m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
    w ← w − η m̂ / (√v̂ + ε)

    m and v start at 0 and are therefore too small at first; m̂ and v̂ correct for it.
    ε stands outside the root.

    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", arXiv 1412.6980,
    Algorithm 1.

    >>> w = np.array([1.0])
    >>> Adam(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.9])
    """

    def __init__(
        self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(lr)
        self.beta1 = check_positive(beta1, "beta1", where="Adam", below=1)
        self.beta2 = check_positive(beta2, "beta2", where="Adam", below=1)
        self.eps = check_positive(eps, "eps", where="Adam")

    def init_state(self, p: Array) -> State:
        return {"m": np.zeros_like(p), "v": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        m, v = s["m"], s["v"]
        m += (1 - self.beta1) * (g - m)
        v += (1 - self.beta2) * (g * g - v)
        m_hat = m / (1 - self.beta1**self.t)
        v_hat = v / (1 - self.beta2**self.t)
        p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
