"""Every optimiser of dlcore once more, for a single number, in arithmetic of 50 digits.

Written from the formulas in the sources, one number at a time, without a look at dlcore's code.
Each function takes a start w, the gradients, the losses (which only Eve reads) and the settings,
all of them mpmath numbers, and yields w after every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mpmath import mpf, sqrt

from dlcore import optimizers

Numbers = Sequence[Any]
Path = Iterator[Any]


def sgd(w: Any, gs: Numbers, _: Numbers, lr: Any) -> Path:
    total = mpf(0)
    for g in gs:
        total += g
        yield w - lr * total


def momentum(w: Any, gs: Numbers, _: Numbers, lr: Any, momentum: Any) -> Path:
    # The averaging form, with the learning rate that makes it the same.
    average = mpf(0)
    for g in gs:
        average = momentum * average + (1 - momentum) * g
        w = w - lr / (1 - momentum) * average
        yield w


def nesterov(w: Any, gs: Numbers, _: Numbers, lr: Any, momentum: Any) -> Path:
    # Sutskever's form: w moves by v; the gradient and what the optimiser shows are at w + μ v.
    v = mpf(0)
    for g in gs:
        v = momentum * v - lr * g
        w = w + v
        yield w + momentum * v


def ada_grad(w: Any, gs: Numbers, _: Numbers, lr: Any, eps: Any) -> Path:
    squares = mpf(0)
    for g in gs:
        squares += g**2
        w = w - lr * g / (sqrt(squares) + eps)
        yield w


def rms_prop(w: Any, gs: Numbers, _: Numbers, lr: Any, decay: Any, eps: Any) -> Path:
    h = mpf(0)
    for g in gs:
        h = decay * h + (1 - decay) * g**2
        w = w - lr * g / (sqrt(h) + eps)
        yield w


def rmsprop_graves(
    w: Any, gs: Numbers, _: Numbers, lr: Any, rho: Any, momentum: Any, eps: Any
) -> Path:
    n, mean, step = mpf(0), mpf(0), mpf(0)
    for g in gs:
        n = rho * n + (1 - rho) * g**2
        mean = rho * mean + (1 - rho) * g
        step = momentum * step - lr * g / sqrt(n - mean**2 + eps)
        w = w + step
        yield w


def smorms3(w: Any, gs: Numbers, _: Numbers, lr: Any, eps: Any) -> Path:
    memory, m, v = mpf(1), mpf(0), mpf(0)
    for g in gs:
        r = 1 / (memory + 1)
        m = (1 - r) * m + r * g
        v = (1 - r) * v + r * g**2
        z = m**2 / (v + eps)
        w = w - g * min(lr, z) / (sqrt(v) + eps)
        memory = 1 + memory * (1 - z)
        yield w


def adam(w: Any, gs: Numbers, _: Numbers, lr: Any, beta1: Any, beta2: Any, eps: Any) -> Path:
    m, v = mpf(0), mpf(0)
    for t, g in enumerate(gs, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)
        yield w


def adam_w(
    w: Any,
    gs: Numbers,
    _: Numbers,
    lr: Any,
    beta1: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
) -> Path:
    m, v = mpf(0), mpf(0)
    for t, g in enumerate(gs, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        decay = lr * weight_decay * w
        w = w - decay - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)
        yield w


def ada_max(w: Any, gs: Numbers, _: Numbers, lr: Any, beta1: Any, beta2: Any, eps: Any) -> Path:
    m, u = mpf(0), mpf(0)
    for t, g in enumerate(gs, start=1):
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, abs(g) + eps)
        w = w - lr / (1 - beta1**t) * m / u
        yield w


def nadam(w: Any, gs: Numbers, _: Numbers, lr: Any, beta1: Any, beta2: Any, eps: Any) -> Path:
    schedule = [
        beta1 * (1 - mpf("0.5") * mpf("0.96") ** (mpf(t) / 250)) for t in range(1, len(gs) + 2)
    ]
    m, v, product = mpf(0), mpf(0), mpf(1)
    for t, g in enumerate(gs, start=1):
        mu, mu_next = schedule[t - 1], schedule[t]
        product *= mu
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
        w = w - lr * m_hat / (sqrt(v / (1 - beta2**t)) + eps)
        yield w


def eve(
    w: Any,
    gs: Numbers,
    losses: Numbers,
    lr: Any,
    beta1: Any,
    beta2: Any,
    beta3: Any,
    k: Any,
    K: Any,
    eps: Any,
) -> Path:
    m, v, d, f_hat = mpf(0), mpf(0), mpf(1), losses[0]
    for t, (g, f) in enumerate(zip(gs, losses, strict=True), start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        if t > 1:
            rises = f >= f_hat
            lower = k + 1 if rises else 1 / (K + 1)
            upper = K + 1 if rises else 1 / (k + 1)
            c = min(max(lower, f / f_hat), upper)
            last, f_hat = f_hat, c * f_hat
            d = beta3 * d + (1 - beta3) * abs(f_hat - last) / min(f_hat, last)
        w = w - lr * (m / (1 - beta1**t)) / (d * sqrt(v / (1 - beta2**t)) + eps)
        yield w


# Class: (exact rule, the defaults that the course fixes, other settings).
_ADAM = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
_OTHER = {"lr": 0.03, "beta1": 0.6, "beta2": 0.8, "eps": 1e-3}
EXACT = {
    optimizers.SGD: (sgd, {"lr": 0.01}, {"lr": 0.3}),
    optimizers.Momentum: (momentum, {"lr": 0.01, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.5}),
    optimizers.Nesterov: (nesterov, {"lr": 0.01, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.5}),
    optimizers.AdaGrad: (ada_grad, {"lr": 0.01, "eps": 1e-7}, {"lr": 0.2, "eps": 1e-2}),
    optimizers.RMSProp: (
        rms_prop,
        {"lr": 0.01, "decay": 0.99, "eps": 1e-7},
        {"lr": 0.1, "decay": 0.6, "eps": 1e-2},
    ),
    optimizers.RMSpropGraves: (
        rmsprop_graves,
        {"lr": 1e-4, "rho": 0.95, "momentum": 0.9, "eps": 1e-4},
        {"lr": 0.01, "rho": 0.7, "momentum": 0.3, "eps": 1e-2},
    ),
    optimizers.SMORMS3: (smorms3, {"lr": 1e-3, "eps": 1e-16}, {"lr": 0.3, "eps": 1e-4}),
    optimizers.Adam: (adam, _ADAM, _OTHER),
    optimizers.AdamW: (adam_w, {**_ADAM, "weight_decay": 0.01}, {**_OTHER, "weight_decay": 0.4}),
    optimizers.AdaMax: (ada_max, {**_ADAM, "lr": 2e-3}, _OTHER),
    optimizers.Nadam: (nadam, {**_ADAM, "lr": 2e-3}, _OTHER),
    optimizers.Eve: (
        eve,
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "beta3": 0.999, "k": 0.1, "K": 10, "eps": 1e-8},
        {"lr": 0.03, "beta1": 0.6, "beta2": 0.8, "beta3": 0.5, "k": 0.3, "K": 2, "eps": 1e-3},
    ),
}
