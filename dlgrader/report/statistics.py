"""Statistics of classical test theory: how hard an exercise is, and whom it tells apart.

Sources: L. Crocker and J. Algina, *Introduction to Classical and Modern Test Theory* (1986),
ch. 14, for difficulty and discrimination; S. Henrysson, "Correction of item-total correlations in
item analysis", Psychometrika 28 (1963), 211–218; T. L. Kelley, "The selection of upper and lower
groups for the validation of test items", Journal of Educational Psychology 30 (1939), 17–24;
R. L. Ebel and D. A. Frisbie, *Essentials of Educational Measurement*, 5th ed. (1991), ch. 13, for
where a discrimination is too low.

In all functions `points` has one row for each learner and one column for each exercise; NaN stands
for an answer that nobody has graded yet, and is left out.
"""

from __future__ import annotations

import math

import numpy as np

#: Kelley's share of the class in the upper and in the lower group.
GROUP = 0.27


def shares(points: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return each learner's share of the points, over what has been graded of theirs.

    Returns
    -------
    array of shape (learners,)
        Between 0 and 1; NaN for a learner of whom nothing is graded.

    Examples
    --------
    >>> shares(np.array([[2.0, 3.0], [1.0, np.nan]]), np.array([2.0, 8.0])).tolist()
    [0.5, 0.5]
    """
    graded = ~np.isnan(points)
    possible = (graded * most).sum(axis=1)
    reached = np.where(graded, points, 0.0).sum(axis=1)
    return np.divide(reached, possible, out=np.full(len(points), np.nan), where=possible > 0)


def difficulty(column: np.ndarray, most: float) -> float:
    """Return the mean share of an exercise's points: 1 is as easy as can be.

    It is called difficulty although it grows with easiness; for points 0 and 1 it is the share of
    right answers.

    Examples
    --------
    >>> difficulty(np.array([4.0, 2.0, 0.0, np.nan]), 4.0)
    0.5
    """
    given = column[~np.isnan(column)]
    return float(given.mean() / most) if given.size and most > 0 else math.nan


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Pearson's correlation over the learners who have both numbers.

    NaN if there are fewer than three, or if one of the two numbers is the same for all.

    Examples
    --------
    >>> round(correlation(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 2.0])), 12)
    0.5
    """
    both = ~(np.isnan(first) | np.isnan(second))
    x, y = first[both], second[both]
    # A spread at the level of rounding is none: shares of equal points may differ in the last bit.
    if x.size < 3 or np.ptp(x) < 1e-9 or np.ptp(y) < 1e-9:
        return math.nan
    x, y = x - x.mean(), y - y.mean()
    r = float(x @ y) / math.sqrt(float(x @ x) * float(y @ y))
    return min(max(r, -1.0), 1.0)


def item_rest(points: np.ndarray, most: np.ndarray, column: int, regular: np.ndarray) -> float:
    """Return the corrected item-total correlation of one exercise.

    It is the correlation of its points with the share of the points in all *other* exercises
    (bonus exercises are not among them). With the exercise in the total, it would partly be
    correlated with itself.

    Parameters
    ----------
    points : array of shape (learners, exercises)
    most : array of shape (exercises,)
    column : int
    regular : array of bool of shape (exercises,)
        Which exercises are no bonus.
    """
    others = regular.copy()
    others[column] = False
    if not others.any():
        return math.nan
    return correlation(points[:, column], shares(points[:, others], most[others]))


def upper_lower(column: np.ndarray, most: float, totals: np.ndarray, group: float = GROUP) -> float:
    """Return the discrimination index D: the difficulty in the upper group less that in the lower.

    The groups are the best and the worst 27 % by `totals`, at least one learner each. Of learners
    with the same total at a group's edge, each belongs to it by the same fraction, so that their
    order does not matter.

    Parameters
    ----------
    column : array of shape (learners,)
        Points in the exercise.
    most : float
    totals : array of shape (learners,)
    group : float

    Returns
    -------
    float
        Between −1 and 1; NaN if there are fewer than two learners.

    Examples
    --------
    Ten learners, so groups of three. All of the upper group, and one of the lower, have it right:

    >>> right = np.array([1, 0, 0, 0, 1, 1, 0, 1, 1, 1.0])
    >>> round(upper_lower(right, 1.0, np.arange(10.0)), 12)
    0.666666666667
    """
    known = ~(np.isnan(column) | np.isnan(totals))
    # Rounded, because sums of the same points in another order may differ in the last bit.
    x, totals = column[known] / most, np.round(totals[known], 9)
    if x.size < 2:
        return math.nan
    size = max(1, round(group * x.size))
    return float(_top(totals, size) @ x - _top(-totals, size) @ x) / size


def _top(totals: np.ndarray, size: int) -> np.ndarray:
    """Return how much each learner belongs to the `size` best; the parts add up to `size`."""
    edge = np.sort(totals)[-size]
    above, at = totals > edge, totals == edge
    return above + at * ((size - above.sum()) / at.sum())


def half_width(learners: int) -> float:
    """Return how far off a correlation near 0 may be: half of its 95 % confidence interval.

    From Fisher's transformation, artanh(r), whose standard error is 1/√(n − 3) (R. A. Fisher, "On
    the probable error of a coefficient of correlation deduced from a small sample", Metron 1
    (1921), 3–32).

    Examples
    --------
    >>> [round(half_width(n), 2) for n in (20, 50, 300)]
    [0.44, 0.28, 0.11]
    """
    return math.tanh(1.959964 / math.sqrt(learners - 3)) if learners > 3 else 1.0
