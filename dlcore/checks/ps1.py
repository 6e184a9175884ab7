"""Checks of assignment ps1_vanishing_gradients, one for each exercise."""

from __future__ import annotations

from dlcore.checks.answers import ChoiceCheck
from dlcore.checks.public import Check

_NAME = "ps1_vanishing_gradients"

chain_rule = Check(_NAME, "chain_rule")
sigmoid = Check(_NAME, "sigmoid")
sigmoid_grad = Check(_NAME, "sigmoid_grad")
sigmoid_slope = ChoiceCheck("sigmoid_slope", "abcd")
relu = Check(_NAME, "relu")
relu_grad = Check(_NAME, "relu_grad")
xavier_normal = Check(_NAME, "xavier_normal")
he_normal = Check(_NAME, "he_normal")
batch_norm_forward = Check(_NAME, "batch_norm_forward")
batch_norm_backward = Check(_NAME, "batch_norm_backward")
