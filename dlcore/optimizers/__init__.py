"""Optimisers: rules that change parameters along their gradients.

``update(params, grads)`` works in place, because layers hold the same arrays. The base class does
the loop, the state per key and the step count; each algorithm says only what state a parameter
has (``init_state``) and how one parameter changes (``update_one``). Eve also needs the loss:
``update(params, grads, loss)``.

In the formulas w is a parameter, g its gradient, η the learning rate and t the number of the
update, 1 at the first. Products, roots and comparisons are element by element.

Book: chapter 2.
"""

from dlcore.optimizers.adam import Adam, AdaMax, AdamW, Nadam
from dlcore.optimizers.adaptive import SMORMS3, AdaGrad, RMSProp, RMSpropGraves
from dlcore.optimizers.base import Optimizer
from dlcore.optimizers.clipping import clip_by_norm
from dlcore.optimizers.eve import Eve
from dlcore.optimizers.momentum import SGD, Momentum, Nesterov

__all__ = [
    "SGD",
    "SMORMS3",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamW",
    "Eve",
    "Momentum",
    "Nadam",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "RMSpropGraves",
    "clip_by_norm",
]
