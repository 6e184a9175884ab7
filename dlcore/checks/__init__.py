"""Checks for the exercises: what a learner's check cell calls.

A check tries a learner's functions on a few public cases. If one goes wrong, it says which call was
made, what was expected, what came, where they differ, and, if it recognises the mistake, a likely
cause. The points of an exercise are decided by other, hidden cases.

>>> from dlcore import checks
>>> try:
...     checks.ps4.conv_output_size(lambda n, f, stride=1, pad=0: (n + 2 * pad - f) // stride)
... except checks.CheckFailed as what:
...     print(what)
conv_output_size: case 1 of 10
input_size = 5, filter_size = 3, stride = 1, pad = 0
size is 2, expected 3
On this case it looks as if the + 1 is missing: it counts the window at the very
start.
See section 4.
"""

from dlcore.checks import ps1, ps2, ps3, ps4, ps5
from dlcore.checks.public import ready
from dlcore.checks.reporting import CheckFailed

__all__ = ["CheckFailed", "ps1", "ps2", "ps3", "ps4", "ps5", "ready"]
