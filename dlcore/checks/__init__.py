"""Checks for the exercises: what a learner's check cell calls.

A check tries a learner's functions on a few public cases. If one goes wrong, it says which call was
made, what was expected, what came, where they differ first and, if it recognises the mistake, a
likely cause. The points of an exercise are decided by other, hidden cases.

>>> from dlcore import checks
>>> try:
...     checks.ps4.conv_output_size(lambda n, f, stride=1, pad=0: (n + 2 * pad - f) // stride)
... except checks.CheckFailed as what:
...     print(what)
conv_output_size: case 1 of 6
input_size = 5, filter_size = 3, stride = 1, pad = 0
size is 2, expected 3
Likely cause: the + 1 is missing: it counts the window at the very start.
"""

from dlcore.checks import ps4
from dlcore.checks.reporting import CheckFailed

__all__ = ["CheckFailed", "ps4"]
