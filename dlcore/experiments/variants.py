"""What the report's text and notebooks do and the library does not, for comparison only.

Each class here is either wrong or an older form of what the library has; the experiments that use
them show the difference. Do not take them for anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlcore._validation import Array, as_float, check_positive, check_rng
from dlcore.layers import Layer
from dlcore.optimizers import Optimizer

__all__ = [
    "AdaGradInside",
    "DropoutScaledAtTest",
    "L2AsPrinted",
    "L2Unsquared",
    "LeaveOut",
    "RMSPropInside",
]


class L2AsPrinted:
    """The L2 penalty of the report's notebook: ½ λ Σ ‖W‖ in the loss, but λ W in the gradient.

    The two do not belong together: λ W is the gradient of ½ λ Σ ‖W‖². Training only sees the
    gradient, so the weights become the same as with ``L2``; the loss shown is too small.

    >>> penalty = L2AsPrinted(0.1)
    >>> penalty.penalty([np.array([3.0, 4.0])]), penalty.gradient(np.array([3.0, 4.0]))
    (0.25, array([0.3, 0.4]))
    """

    def __init__(self, lam: float) -> None:
        self.lam = check_positive(lam, "lam", where=type(self).__name__)

    def penalty(self, weights: Iterable[Array]) -> float:
        """Return ½ λ Σ ‖W‖, the root not squared."""
        return 0.5 * self.lam * sum(float(np.linalg.norm(W)) for W in weights)

    def gradient(self, W: Array) -> Array:
        """Return λ W."""
        return np.asarray(self.lam * W)


class L2Unsquared(L2AsPrinted):
    """The same loss with the gradient that belongs to it: ½ λ W / ‖W‖, of constant length ½ λ.

    >>> L2Unsquared(0.1).gradient(np.array([3.0, 4.0]))
    array([0.03, 0.04])
    """

    def gradient(self, W: Array) -> Array:
        """Return ½ λ W / ‖W‖, and 0 where W is 0."""
        norm = float(np.linalg.norm(W))
        return np.zeros_like(W) if norm == 0 else np.asarray(0.5 * self.lam / norm * W)


class AdaGradInside(Optimizer):
    """AdaGrad as the report's formula prints it: ε inside the root, w ← w − η g / √(h + ε).

    >>> w = np.array([1.0])
    >>> AdaGradInside(lr=0.1, eps=1e-4).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(4)
    array([0.9])
    """

    def __init__(self, lr: float = 0.01, eps: float = 1e-4) -> None:
        super().__init__(lr)
        self.eps = check_positive(eps, "eps", where=type(self).__name__)

    def init_state(self, p: Array) -> dict[str, Array]:
        """Return h = 0."""
        return {"h": np.zeros_like(p)}

    def update_one(self, p: Array, g: Array, s: dict[str, Array]) -> None:
        """Add g² to h and take the step."""
        s["h"] += g * g
        p -= self.lr * g / np.sqrt(s["h"] + self.eps)


class RMSPropInside(AdaGradInside):
    """RMSProp as the report's formula prints it: ε inside the root, w ← w − η g / √(h + ε).

    >>> w = np.array([1.0])
    >>> RMSPropInside(lr=0.1, decay=0.75, eps=1e-4).update({"w": w}, {"w": np.array([2.0])})
    >>> w.round(4)
    array([0.8])
    """

    def __init__(self, lr: float = 0.01, decay: float = 0.99, eps: float = 1e-4) -> None:
        super().__init__(lr, eps)
        self.decay = check_positive(decay, "decay", where="RMSPropInside", below=1)

    def update_one(self, p: Array, g: Array, s: dict[str, Array]) -> None:
        """Move h towards g² and take the step."""
        s["h"] += (1 - self.decay) * (g * g - s["h"])
        p -= self.lr * g / np.sqrt(s["h"] + self.eps)


class LeaveOut:
    """An optimiser that never updates some parameters, as a loop that forgets a layer.

    Parameters
    ----------
    optimizer : the optimiser of the others
    beginnings : beginnings of the names left out, such as "affine7."

    >>> from dlcore.optimizers import SGD
    >>> params = {"affine1.b": np.ones(1), "batchnorm1.beta": np.ones(1)}
    >>> LeaveOut(SGD(lr=1.0), ("batchnorm",)).update(params, {k: np.ones(1) for k in params})
    >>> params
    {'affine1.b': array([0.]), 'batchnorm1.beta': array([1.])}
    """

    def __init__(self, optimizer: Optimizer, beginnings: tuple[str, ...]) -> None:
        self.optimizer = optimizer
        self.beginnings = beginnings

    @property
    def lr(self) -> float:
        """Learning rate of the optimiser."""
        return self.optimizer.lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self.optimizer.lr = lr

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """Update all parameters but those left out."""
        self.optimizer.update(self._kept(params), self._kept(grads))

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the optimiser."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the state of the optimiser."""
        self.optimizer.load_state_dict(state)

    def _kept(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {k: v for k, v in arrays.items() if not k.startswith(self.beginnings)}


class DropoutScaledAtTest(Layer):
    """Dropout in its first form: y = x · mask in training, y = (1 − rate) x otherwise.

    The library's inverted form divides by 1 − rate in training instead. Both agree on average; but
    here the signal of training is smaller by 1 − rate for every such layer, and so are its
    gradients.

    >>> DropoutScaledAtTest(0.25, rng=np.random.default_rng(0)).forward([[2.0, 4.0]])
    array([[1.5, 3. ]])
    """

    default_name = "dropout"

    def __init__(self, rate: float, *, rng: np.random.Generator) -> None:
        super().__init__()
        self.rate = check_positive(rate, "rate", where="DropoutScaledAtTest", below=1)
        self.rng = check_rng(rng, where="DropoutScaledAtTest")

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        """Return x with its units dropped in training, scaled down otherwise."""
        x = as_float(x, where="DropoutScaledAtTest")
        if not train:
            return np.asarray(x * x.dtype.type(1 - self.rate))
        self._cache = self.rng.random(x.shape) >= self.rate
        return np.asarray(x * self._cache)

    def backward(self, dy: ArrayLike) -> Array:
        """Return dy where the unit was kept, 0 elsewhere."""
        return np.asarray(dy * self._recall())
