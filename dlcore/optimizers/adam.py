"""Adam and its relatives: Adam, AdamW, AdaMax, Nadam."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from dlcore._validation import Array, check_fraction, check_positive
from dlcore.optimizers.base import Optimizer, State, running_mean
from dlcore.regularizers import check_strength


class Adam(Optimizer):
    """Adam: steps of nearly constant size, along a running mean of the gradient.

    The rule, with m = v = 0 at first::

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
        w ← w − η m̂ / (√v̂ + ε)

    m and v start at 0 and are therefore too small at first; m̂ and v̂ correct for it.

    Parameters
    ----------
    lr : float
        Learning rate η.
    beta1, beta2 : float
        The shares β₁ and β₂ of the means that are kept, from 0 to less than 1.
    eps : float
        ε, outside the root.

    Notes
    -----
    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", arXiv 1412.6980,
    Algorithm 1. torch.optim.Adam is the same.

    Differs from: the "efficient" form in section 2 of the paper, which leaves ε unscaled when it
    takes the corrections out of the root.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> Adam(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.9])
    """

    elementwise = True

    def __init__(
        self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(lr)
        where = type(self).__name__
        self.beta1 = check_fraction(beta1, "beta1", where=where)
        self.beta2 = check_fraction(beta2, "beta2", where=where)
        self.eps = check_positive(eps, "eps", where=where)

    def init_state(self, p: Array) -> State:
        return {"m": np.zeros_like(p), "v": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        m, v = s["m"], s["v"]
        running_mean(m, self.beta1, g)
        running_mean(v, self.beta2, g * g)
        # With √v̂ = √v / root both corrections act on numbers, not on arrays.
        root = math.sqrt(1 - self.beta2**self.t)
        rate = self.lr * root / (1 - self.beta1**self.t)
        p -= rate * m / (np.sqrt(v) + self.eps * root)


class AdamW(Adam):
    """Adam with decoupled weight decay: parameters shrink by themselves, not through m and v.

    The rule: first w ← w − η λ w, then a step of Adam.

    Parameters
    ----------
    lr, beta1, beta2, eps : float
        As in Adam.
    weight_decay : float
        λ, at least 0.
    decayed : callable ``(name) -> bool``, optional
        Which keys of `params` are decayed; all by default. ``dlcore.regularizers.is_weight``
        leaves out biases and the γ and β of batch normalisation.

    Notes
    -----
    A gradient that stays 0 does not leave parameters as they are: they decay.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", arXiv 1711.05101,
    Algorithm 2.

    Differs from: the paper multiplies λ by the schedule factor alone; here, as in torch.optim.AdamW
    (λ = 0.01 by default, too), by the learning rate η.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> AdamW(lr=0.1, weight_decay=0.5).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.85])
    """

    def __init__(
        self,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        decayed: Callable[[str], bool] | None = None,
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = check_strength(weight_decay, "weight_decay", where="AdamW")
        if decayed is not None and not callable(decayed):
            raise TypeError(
                f"AdamW: expected decayed to be a function of a name, got {decayed!r}; "
                "dlcore.regularizers.is_weight is one"
            )
        self.decayed = decayed

    def begin_update(self, params: Mapping[str, Array]) -> None:
        for key, p in params.items():
            if self.decayed is None or self.decayed(key):
                p *= 1 - self.lr * self.weight_decay


class AdaMax(Adam):
    """AdaMax: Adam with the largest gradient of late in place of the root mean square.

    The rule, with m = u = 0 at first::

        m ← β₁ m + (1 − β₁) g
        u ← max(β₂ u, |g| + ε)
        w ← w − η / (1 − β₁ᵗ) · m / u

    Parameters
    ----------
    lr : float
        Learning rate η.
    beta1, beta2 : float
        The shares β₁ and β₂ that are kept, from 0 to less than 1.
    eps : float
        ε, added to the size of the gradient.

    Notes
    -----
    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", arXiv 1412.6980,
    section 7.1, Algorithm 2.

    Differs from: the paper has no ε, and 0 / 0 for a gradient that has always been 0. ε stands
    where torch.optim.Adamax has it.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> AdaMax(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.9])
    """

    def __init__(
        self, lr: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)

    def init_state(self, p: Array) -> State:
        return {"m": np.zeros_like(p), "u": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: State) -> None:
        m, u = s["m"], s["u"]
        running_mean(m, self.beta1, g)
        np.maximum(self.beta2 * u, np.abs(g) + self.eps, out=u)
        p -= self.lr / (1 - self.beta1**self.t) * m / u


class Nadam(Adam):
    """Nadam: Adam with Nesterov's look ahead, and a momentum that grows with t.

    The rule, with m = v = 0 at first::

        μₜ = β₁ (1 − ½ · 0.96^(t / 250))
        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        m̂ = μₜ₊₁ m / (1 − μ₁ ⋯ μₜ₊₁) + (1 − μₜ) g / (1 − μ₁ ⋯ μₜ)
        v̂ = v / (1 − β₂ᵗ)
        w ← w − η m̂ / (√v̂ + ε)

    Parameters
    ----------
    lr : float
        Learning rate η.
    beta1, beta2 : float
        β₁, the momentum in the end, and β₂, from 0 to less than 1.
    eps : float
        ε, outside the root.

    Attributes
    ----------
    mu_product : float
        μ₁ ⋯ μₜ.

    Notes
    -----
    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam" (ICLR workshop), with its
    schedule of μ.

    Differs from: Dozat lets m decay by μₜ; here, as in torch.optim.NAdam and Keras, by β₁. Some
    libraries take μ as constant, which is visibly another rule. torch computes μ₁ ⋯ μₜ in its
    default dtype, so in float32 unless told otherwise.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> Nadam(lr=0.1).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(6)
    array([0.894355])
    """

    scalars = ("mu_product",)

    def __init__(
        self, lr: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)
        self.mu_product = 1.0

    def begin_update(self, params: Mapping[str, Array]) -> None:
        self.mu_product *= self._mu(self.t)

    def update_one(self, p: Array, g: Array, s: State) -> None:
        m, v = s["m"], s["v"]
        running_mean(m, self.beta1, g)
        running_mean(v, self.beta2, g * g)
        mu, mu_next = self._mu(self.t), self._mu(self.t + 1)
        ahead = mu_next / (1 - self.mu_product * mu_next)
        now = (1 - mu) / (1 - self.mu_product)
        v_hat = v / (1 - self.beta2**self.t)
        p -= self.lr * (ahead * m + now * g) / (np.sqrt(v_hat) + self.eps)

    def _mu(self, t: int) -> float:
        """The momentum of update `t`."""
        return float(self.beta1 * (1 - 0.5 * 0.96 ** (t / 250)))
