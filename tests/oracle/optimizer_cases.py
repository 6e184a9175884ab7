"""The optimisers that PyTorch has too: dlcore's beside torch's, and what they are tried on.

``test_torch.py`` runs the table against an installed torch, ``make_golden.py`` stores what torch
says, ``test_golden.py`` compares with it. The others are in ``exact_optimizers.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from dlcore import optimizers

# Name: (dlcore's optimiser, torch's on a list of tensors). Learning rates are small enough not to
# jump back and forth across the minimum of the quadratic, which would magnify rounding.
OPTIMIZERS = {
    "SGD": (
        lambda: optimizers.SGD(lr=0.05),
        lambda torch, w: torch.optim.SGD(w, lr=0.05),
    ),
    "Momentum": (
        lambda: optimizers.Momentum(lr=0.01),
        lambda torch, w: torch.optim.SGD(w, lr=0.01, momentum=0.9),
    ),
    "Momentum, other settings": (
        lambda: optimizers.Momentum(lr=0.002, momentum=0.99),
        lambda torch, w: torch.optim.SGD(w, lr=0.002, momentum=0.99),
    ),
    "Nesterov": (
        lambda: optimizers.Nesterov(lr=0.01),
        lambda torch, w: torch.optim.SGD(w, lr=0.01, momentum=0.9, nesterov=True),
    ),
    "Nesterov, other settings": (
        lambda: optimizers.Nesterov(lr=0.03, momentum=0.5),
        lambda torch, w: torch.optim.SGD(w, lr=0.03, momentum=0.5, nesterov=True),
    ),
    "AdaGrad": (
        lambda: optimizers.AdaGrad(lr=0.1),
        lambda torch, w: torch.optim.Adagrad(w, lr=0.1, eps=1e-7),
    ),
    "AdaGrad, other settings": (
        lambda: optimizers.AdaGrad(lr=0.5, eps=1e-2),
        lambda torch, w: torch.optim.Adagrad(w, lr=0.5, eps=1e-2),
    ),
    "RMSProp": (
        lambda: optimizers.RMSProp(lr=0.01),
        lambda torch, w: torch.optim.RMSprop(w, lr=0.01, alpha=0.99, eps=1e-7),
    ),
    "RMSProp, other settings": (
        lambda: optimizers.RMSProp(lr=0.002, decay=0.7, eps=1e-2),
        lambda torch, w: torch.optim.RMSprop(w, lr=0.002, alpha=0.7, eps=1e-2),
    ),
    "Adam": (
        lambda: optimizers.Adam(lr=0.05),
        lambda torch, w: torch.optim.Adam(w, lr=0.05),
    ),
    "Adam, other settings": (
        lambda: optimizers.Adam(lr=0.01, beta1=0.7, beta2=0.95, eps=1e-3),
        lambda torch, w: torch.optim.Adam(w, lr=0.01, betas=(0.7, 0.95), eps=1e-3),
    ),
    "AdamW": (
        lambda: optimizers.AdamW(lr=0.05),
        lambda torch, w: torch.optim.AdamW(w, lr=0.05, weight_decay=0.01),
    ),
    "AdamW, other settings": (
        lambda: optimizers.AdamW(lr=0.002, beta1=0.7, beta2=0.95, eps=1e-3, weight_decay=0.5),
        lambda torch, w: torch.optim.AdamW(
            w, lr=0.002, betas=(0.7, 0.95), eps=1e-3, weight_decay=0.5
        ),
    ),
    "AdaMax": (
        lambda: optimizers.AdaMax(lr=0.05),
        lambda torch, w: torch.optim.Adamax(w, lr=0.05),
    ),
    "AdaMax, other settings": (
        lambda: optimizers.AdaMax(lr=0.002, beta1=0.7, beta2=0.95, eps=1e-3),
        lambda torch, w: torch.optim.Adamax(w, lr=0.002, betas=(0.7, 0.95), eps=1e-3),
    ),
    "Nadam": (
        lambda: optimizers.Nadam(lr=0.05),
        lambda torch, w: torch.optim.NAdam(w, lr=0.05),
    ),
    "Nadam, other settings": (
        lambda: optimizers.Nadam(lr=0.002, beta1=0.7, beta2=0.95, eps=1e-3),
        lambda torch, w: torch.optim.NAdam(w, lr=0.002, betas=(0.7, 0.95), eps=1e-3),
    ),
}

STEPS = 200
CHECKPOINTS = (1, 2, 10, STEPS)


def quadratic() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, c and a start w for the gradient A w − c; A is positive definite and ill-conditioned."""
    rng = np.random.default_rng(4)
    Q, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    return Q @ np.diag([0.01, 0.1, 1, 3, 10]) @ Q.T, rng.normal(size=5), rng.normal(size=5)


@contextmanager
def default_float64(torch: Any) -> Iterator[None]:
    """Let torch keep its own numbers in float64: NAdam's product of momenta is one of them."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
