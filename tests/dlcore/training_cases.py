"""The smallest network, optimiser and data to train, for the tests of the Trainer."""

import numpy as np

from dlcore.training import Trainer


class Softmax:
    """The smallest classifier: one matrix, softmax, cross entropy. Remembers its batches."""

    def __init__(self, features=2, classes=2):
        self.params = {"W": np.zeros((features, classes))}
        self.batches = []
        self.evaluated = []

    def _probabilities(self, x):
        scores = x @ self.params["W"]
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def loss_and_gradient(self, x, t):
        self.batches.append((x, t))
        p = self._probabilities(x)
        rows = np.arange(len(t))
        loss = -np.log(p[rows, t]).mean()
        p[rows, t] -= 1
        return loss, {"W": x.T @ p / len(t)}

    def accuracy(self, x, t):
        self.evaluated.append(len(x))
        return np.mean(self._probabilities(x).argmax(axis=1) == t)


class Descent:
    """An optimiser that knows nothing of dlcore."""

    def update(self, params, grads):
        for name in params:
            params[name] -= 0.5 * grads[name]


def data(n=60, seed=3):
    rng = np.random.default_rng(seed)
    t = rng.integers(2, size=n)
    sign = 2 * t - 1
    return rng.normal(size=(n, 2)) + 2 * np.stack([sign, -sign], axis=1), t


def make(*, network=None, optimizer=None, seed=0, batch_size=8, **options):
    return Trainer(
        network or Softmax(),
        optimizer or Descent(),
        rng=np.random.default_rng(seed),
        batch_size=batch_size,
        **options,
    )


class Scripted:
    """Returns the given losses and gradients, one a step."""

    def __init__(self, *steps):
        self.params = {"w": np.zeros(2)}
        self.steps = list(steps)

    def loss_and_gradient(self, x, t):
        loss, grad = self.steps.pop(0)
        return loss, {"w": np.full(2, grad)}
