"""Eve: Adam with feedback from the loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlcore._validation import Array, check_fraction, check_positive
from dlcore.optimizers.adam import Adam
from dlcore.optimizers.base import State, running_mean


class Eve(Adam):
    """Eve: Adam whose learning rate is divided by d, a running mean of how much the loss changes.

    The rule of version 1 of the paper, for the loss f, with f̂ = f and d = 1 at t = 1. Later::

        (δ, Δ) = (k + 1, K + 1) if f ≥ f̂, else (1 / (K + 1), 1 / (k + 1))
        c = min(max(δ, f / f̂), Δ)
        f̂' = c f̂
        r = |f̂' − f̂| / min(f̂', f̂)
        d ← β₃ d + (1 − β₃) r,  f̂ ← f̂'

    and, with m̂ and v̂ as in Adam, w ← w − η m̂ / (d √v̂ + ε). f̂ follows the loss, by at least k
    and at most K of its size.

    Parameters
    ----------
    lr : float
        Learning rate η.
    beta1, beta2, beta3 : float
        The shares of m, v and d that are kept, from 0 to less than 1.
    k, K : float
        Limits of the relative change, 0 < k < K.
    eps : float
        ε, outside the root.

    Attributes
    ----------
    d : float
        d after the last update.
    f_hat : float
        f̂ after the last update.

    Notes
    -----
    Source: Koushik & Hayashi 2016, "Improving stochastic gradient descent with feedback", arXiv
    1611.01505, version 1. The case f = f̂ belongs to the first line.

    Differs from: the final version of the paper, which has no f̂. There
    ``r = |f − f_last| / (min(f, f_last) − f*)``, where f* is the least loss possible, limited to
    [1/10, 10]. PyTorch has neither.

    Examples
    --------
    The loss comes as a third argument:

    >>> w, optimizer = np.array([1.0]), Eve(lr=0.1, beta3=0.5)
    >>> for loss in (3.0, 2.0):
    ...     optimizer.update({"w": w}, {"w": np.array([2.0])}, loss)
    ...     print(w.round(6), optimizer.d)
    [0.9] 1.0
    [0.766667] 0.75
    """

    scalars = ("d", "f_hat")

    def __init__(
        self,
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        beta3: float = 0.999,
        k: float = 0.1,
        K: float = 10,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)
        self.beta3 = check_fraction(beta3, "beta3", where="Eve")
        self.k = check_positive(k, "k", where="Eve")
        self.K = check_positive(K, "K", where="Eve")
        if not self.k < self.K:
            raise ValueError(
                f"Eve: expected k < K, the least and the greatest change, got k={k}, K={K}"
            )
        self.d = 1.0
        self.f_hat = 0.0
        self._loss = 0.0

    def update(
        self,
        params: Mapping[str, Array],
        grads: Mapping[str, Array],
        loss: float | None = None,
    ) -> None:
        """Change the arrays of `params` in place; see ``Optimizer.update``.

        Parameters
        ----------
        params, grads : dicts of arrays
            As for every optimiser.
        loss : float
            The loss whose gradients `grads` are, positive and finite.

        Raises
        ------
        TypeError
            If `loss` is missing or not a number.
        ValueError
            If `loss` is not positive and finite.
        """
        if loss is None:
            raise TypeError(
                "Eve.update: expected the loss as third argument, got none; Eve adapts to the "
                "loss: call update(params, grads, loss) with the loss of the same batch"
            )
        self._loss = check_positive(loss, "loss", where="Eve.update")
        super().update(params, grads)

    def begin_update(self, params: Mapping[str, Array]) -> None:
        f, old = self._loss, self.f_hat
        if self.t == 1:
            self.f_hat, self.d = f, 1.0
            return
        if f >= old:
            low, high = self.k + 1, self.K + 1
        else:
            low, high = 1 / (self.K + 1), 1 / (self.k + 1)
        self.f_hat = min(max(low, f / old), high) * old
        r = abs(self.f_hat - old) / min(self.f_hat, old)
        self.d = self.beta3 * self.d + (1 - self.beta3) * r

    def update_one(self, p: Array, g: Array, s: State) -> None:
        m, v = s["m"], s["v"]
        running_mean(m, self.beta1, g)
        running_mean(v, self.beta2, g * g)
        m_hat = m / (1 - self.beta1**self.t)
        v_hat = v / (1 - self.beta2**self.t)
        p -= self.lr * m_hat / (self.d * np.sqrt(v_hat) + self.eps)
