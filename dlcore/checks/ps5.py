"""Checks of assignment ps5_modern_cnn, one for each exercise that has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.checks.answers import ChoiceCheck
from dlcore.checks.public import Check
from dlcore.checks.small_network import examine, train
from dlcore.networks.layout import layout

# Its checks are in no list: what they are about stands on the page of the exercises.
__all__ = ["train"]

_NAME = "ps5_modern_cnn"


class _NetworkCheck(Check):
    """A check that also tells the figures of a network that passes."""

    def __call__(self, *functions: Callable[..., Any]) -> None:
        super().__call__(*functions)
        (build,) = functions
        print(examine(layout(build(np.random.default_rng(0))), 0))


global_average_pool = Check(_NAME, "global_average_pool")
global_average_pool_backward = Check(_NAME, "global_average_pool_backward")
global_max_pool = Check(_NAME, "global_max_pool")
global_max_pool_backward = Check(_NAME, "global_max_pool_backward")
why_global_pooling = ChoiceCheck("why_global_pooling", "abcd")
lenet5_shapes = Check(_NAME, "lenet5_shapes")
alexnet_parameters = Check(_NAME, "alexnet_parameters")
build_network = _NetworkCheck(_NAME, "build_network")
