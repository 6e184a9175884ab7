"""Gradient descent, and with a velocity: SGD, Momentum, Nesterov."""

from __future__ import annotations

import numpy as np

from dlcore._validation import Array, check_fraction
from dlcore.optimizers.base import Optimizer, State


class SGD(Optimizer):
    """Stochastic gradient descent, w ← w − η g.

    Parameters
    ----------
    lr : float
        Learning rate η.

    Notes
    -----
    Source: Robbins & Monro 1951, "A stochastic approximation method".

    Examples
    --------
    >>> w = np.array([1.0])
    >>> SGD(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w
    array([0.8])
    """

    elementwise = True

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def update_one(self, p: Array, g: Array, s: State) -> None:
        p -= self.lr * g


class Momentum(Optimizer):
    """Momentum: gradients push a velocity, the velocity moves the parameters.

    The rule, with v = 0 at first::

        v ← μ v − η g
        w ← w + v

    Parameters
    ----------
    lr : float
        Learning rate η.
    momentum : float
        The share μ of the velocity that is kept, 0 ≤ μ < 1; with 0 it is SGD.

    Notes
    -----
    Source: Polyak 1964, "Some methods of speeding up the convergence of iteration methods";
    in this form Sutskever et al. 2013, "On the importance of initialization and momentum in deep
    learning", equations 1 and 2.

    Differs from: torch.optim.SGD has the velocity v ← μ v + g and moves by −η v, which is the same
    as long as η stays the same. The averaging form v ← μ v + (1 − μ) g; w ← w − η v needs the
    learning rate η / (1 − μ) to be the same.

    Examples
    --------
    >>> w, optimizer = np.array([1.0]), Momentum(lr=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.update({"w": w}, {"w": np.array([2.0])})
    ...     print(w.round(6))
    [0.8]
    [0.5]
    """

    elementwise = True

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = check_fraction(momentum, "momentum", where=type(self).__name__)

    def init_state(self, p: Array) -> State:
        return {"v": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        v = s["v"]
        v *= self.momentum
        v -= self.lr * g
        p += v


class Nesterov(Momentum):
    """Nesterov's momentum: the gradient is that of the point ahead, to which the velocity leads.

    The rule, with v = 0 at first::

        v ← μ v − η g
        w ← w + μ v − η g      (with the new v)

    The parameters that the optimiser holds are already the point ahead, so the gradient is
    computed where they stand.

    Parameters
    ----------
    lr : float
        Learning rate η.
    momentum : float
        The share μ of the velocity that is kept, 0 ≤ μ < 1; with 0 it is SGD.

    Notes
    -----
    Source: Nesterov 1983; Sutskever et al. 2013, "On the importance of initialization and momentum
    in deep learning", equations 3 and 4; rewritten for the point ahead in Bengio,
    Boulanger-Lewandowski & Pascanu 2013, "Advances in optimizing recurrent networks".

    Differs from: Sutskever et al. hold the point w and evaluate the gradient at w + μ v; here w
    stands for that point. In terms of the old v the step is μ² v − (1 + μ) η g. torch.optim.SGD
    with nesterov=True is the same as long as η stays the same.

    Examples
    --------
    >>> w, optimizer = np.array([1.0]), Nesterov(lr=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.update({"w": w}, {"w": np.array([2.0])})
    ...     print(w.round(6))
    [0.7]
    [0.35]
    """

    def update_one(self, p: Array, g: Array, s: State) -> None:
        v = s["v"]
        v *= self.momentum
        v -= self.lr * g
        p += self.momentum * v - self.lr * g
