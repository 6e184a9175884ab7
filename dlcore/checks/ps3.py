"""Checks of assignment ps3_overfitting, one for each exercise."""

from __future__ import annotations

from dlcore.checks.answers import ChoiceCheck
from dlcore.checks.public import Check

_NAME = "ps3_overfitting"

l1_penalty = Check(_NAME, "l1_penalty")
l2_penalty = Check(_NAME, "l2_penalty")
ridge = ChoiceCheck("ridge", "abcd")
l1_picture = ChoiceCheck("l1_picture", "abcd")
l1_gradient = Check(_NAME, "l1_gradient")
weight_decay_gradient = Check(_NAME, "weight_decay_gradient")
blank_i = ChoiceCheck("blank_i", "abcd")
blank_u = ChoiceCheck("blank_u", "abcd")
dropout_forward = Check(_NAME, "dropout_forward")
dropout_backward = Check(_NAME, "dropout_backward")
