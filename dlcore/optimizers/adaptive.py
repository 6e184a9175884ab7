"""A step size for every parameter by itself: AdaGrad, RMSProp, RMSpropGraves, SMORMS3."""

from __future__ import annotations

import numpy as np

from dlcore._validation import Array, check_fraction, check_positive
from dlcore.optimizers.base import Optimizer, State, running_mean


class AdaGrad(Optimizer):
    """AdaGrad: steps shrink with the sum of all squared gradients so far.

    The rule, with h = 0 at first::

        h ← h + g²
        w ← w − η g / (√h + ε)

    Parameters
    ----------
    lr : float
        Learning rate η.
    eps : float
        ε, outside the root; keeps a gradient of 0 from giving 0 / 0.

    Notes
    -----
    Source: Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and
    stochastic optimization".

    Differs from: torch.optim.Adagrad has ε = 1e-10 by default, in the same place.

    Examples
    --------
    >>> w, optimizer = np.array([1.0]), AdaGrad(lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.update({"w": w}, {"w": np.array([2.0])})
    ...     print(w.round(6))
    [0.9]
    [0.829289]
    """

    elementwise = True

    def __init__(self, lr: float = 0.01, eps: float = 1e-7) -> None:
        super().__init__(lr)
        self.eps = check_positive(eps, "eps", where=type(self).__name__)

    def init_state(self, p: Array) -> State:
        return {"h": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        h = s["h"]
        h += g * g
        p -= self.lr * g / (np.sqrt(h) + self.eps)


class RMSProp(Optimizer):
    """RMSProp: gradients divided by their root mean square of late.

    The rule, with h = 0 at first::

        h ← α h + (1 − α) g²
        w ← w − η g / (√h + ε)

    Parameters
    ----------
    lr : float
        Learning rate η.
    decay : float
        The share α of the mean that is kept, 0 ≤ α < 1.
    eps : float
        ε, outside the root.

    Notes
    -----
    Source: Tieleman & Hinton 2012, lecture 6.5 of "Neural networks for machine learning".

    Differs from: torch.optim.RMSprop has ε = 1e-8 by default, in the same place. The lecture has
    α = 0.9. Some libraries put ε inside the root.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> RMSProp(lr=0.1, decay=0.75).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.8])
    """

    elementwise = True

    def __init__(self, lr: float = 0.01, decay: float = 0.99, eps: float = 1e-7) -> None:
        super().__init__(lr)
        self.decay = check_fraction(decay, "decay", where=type(self).__name__)
        self.eps = check_positive(eps, "eps", where=type(self).__name__)

    def init_state(self, p: Array) -> State:
        return {"h": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        h = s["h"]
        running_mean(h, self.decay, g * g)
        p -= self.lr * g / (np.sqrt(h) + self.eps)


class RMSpropGraves(Optimizer):
    """RMSprop in Graves' form: gradients divided by their standard deviation, with momentum.

    The rule, with n, ḡ and Δ = 0 at first::

        n ← ρ n + (1 − ρ) g²
        ḡ ← ρ ḡ + (1 − ρ) g
        Δ ← μ Δ − η g / √(n − ḡ² + ε)
        w ← w + Δ

    n − ḡ² is a variance. Where rounding makes it negative, it is taken as 0.

    Parameters
    ----------
    lr : float
        Learning rate η.
    rho : float
        The share ρ of the means that is kept, 0 ≤ ρ < 1.
    momentum : float
        The share μ of the last step that is kept, 0 ≤ μ < 1.
    eps : float
        ε, *inside* the root.

    Notes
    -----
    Source: Graves 2013, "Generating sequences with recurrent neural networks", arXiv 1308.0850,
    equations 38 to 45.

    Differs from: all other optimisers here, which have ε outside the root; so has
    torch.optim.RMSprop with centered=True, which is therefore another rule.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> RMSpropGraves(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.541289])
    """

    elementwise = True

    def __init__(
        self, lr: float = 1e-4, rho: float = 0.95, momentum: float = 0.9, eps: float = 1e-4
    ) -> None:
        super().__init__(lr)
        self.rho = check_fraction(rho, "rho", where=type(self).__name__)
        self.momentum = check_fraction(momentum, "momentum", where=type(self).__name__)
        self.eps = check_positive(eps, "eps", where=type(self).__name__)

    def init_state(self, p: Array) -> State:
        return {"n": np.zeros_like(p), "g_bar": np.zeros_like(p), "delta": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        n, g_bar, delta = s["n"], s["g_bar"], s["delta"]
        running_mean(n, self.rho, g * g)
        running_mean(g_bar, self.rho, g)
        variance = np.maximum(n - g_bar * g_bar, 0)
        delta *= self.momentum
        delta -= self.lr * g / np.sqrt(variance + self.eps)
        p += delta


class SMORMS3(Optimizer):
    """SMORMS3: RMSProp that chooses its memory and its step by how noisy the gradients are.

    The rule, with mem = 1 and m = v = 0 at first::

        r = 1 / (mem + 1)
        m ← (1 − r) m + r g
        v ← (1 − r) v + r g²
        z = m² / (v + ε)
        w ← w − g min(η, z) / (√v + ε)
        mem ← 1 + mem (1 − z)

    z is near 1 where the gradients agree and near 0 where they are noise; then the steps are
    small and the memory grows.

    Parameters
    ----------
    lr : float
        The largest learning rate η.
    eps : float
        ε, in both places.

    Notes
    -----
    Source: Funk 2015, "RMSprop loses to SMORMS3 - beware the epsilon!" (a web page). The step uses
    the gradient g, not its mean m, and the memory is updated last.

    Differs from: PyTorch has no such optimiser.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> SMORMS3(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.858579])
    """

    elementwise = True

    def __init__(self, lr: float = 1e-3, eps: float = 1e-16) -> None:
        super().__init__(lr)
        self.eps = check_positive(eps, "eps", where=type(self).__name__)

    def init_state(self, p: Array) -> State:
        return {"mem": np.ones_like(p), "m": np.zeros_like(p), "v": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        mem, m, v = s["mem"], s["m"], s["v"]
        r = 1 / (mem + 1)
        m += r * (g - m)
        v += r * (g * g - v)
        z = m * m / (v + self.eps)
        p -= g * np.minimum(self.lr, z) / (np.sqrt(v) + self.eps)
        mem *= 1 - z
        mem += 1
