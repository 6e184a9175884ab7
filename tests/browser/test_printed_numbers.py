"""The comparison that the tests of all cells rest on."""

from __future__ import annotations

import pytest
from printed_numbers import differences


@pytest.mark.parametrize(
    ("built", "now"),
    [
        ("accuracy 0.87", "accuracy 0.88"),  # a unit in the last place
        ("loss 1.234", "loss 1.220"),  # 2 %
        ("relative error 3e-11", "relative error 9e-12"),  # nothing but rounding
        ("gradient of b 5e-17", "gradient of b -2e-18"),
        ("[ 0.5  -1.25]", "[0.5 -1.25]"),
        ("params 1,437", "params 1437"),
        ("−0.0", "0.0"),
        ("nan in step 3", "nan in step 3"),
    ],
)
def test_the_same(built, now):
    assert differences(built, now) == []


@pytest.mark.parametrize(
    ("built", "now", "different"),
    [
        ("shape (2, 3)", "shape (2, 4)", [("3", "4")]),
        ("accuracy 0.87", "accuracy 0.81", [("0.87", "0.81")]),
        ("error 3e-05", "error 2e-11", [("3e-05", "2e-11")]),
        ("x 0.50 y 2", "x -0.50 y 2", [("0.50", "-0.50")]),
        ("loss 0.5", "loss nan", [("loss 0.5", "loss nan")]),
        ("all checks passed", "Traceback", [("all checks passed", "Traceback")]),
        ("one 1", "one 1 2", [("one 1", "one 1 2")]),
    ],
)
def test_not_the_same(built, now, different):
    assert differences(built, now) == different


def test_numbers_that_do_not_matter():
    assert differences("peak at 74: 0.5", "peak at 149: 0.9", numbers_matter=False) == []
    assert differences("peak at 74", "no peak", numbers_matter=False) != []
