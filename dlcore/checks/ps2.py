"""Checks of assignment ps2_optimizers, one for each class."""

from __future__ import annotations

from dlcore.checks.public import Check

_NAME = "ps2_optimizers"

SGD = Check(_NAME, "SGD")
Momentum = Check(_NAME, "Momentum")
AdaGrad = Check(_NAME, "AdaGrad")
RMSProp = Check(_NAME, "RMSProp")
Adam = Check(_NAME, "Adam")
Nesterov = Check(_NAME, "Nesterov")
AdaMax = Check(_NAME, "AdaMax")
Nadam = Check(_NAME, "Nadam")
RMSpropGraves = Check(_NAME, "RMSpropGraves")
SMORMS3 = Check(_NAME, "SMORMS3")
Eve = Check(_NAME, "Eve")
