"""The report's statistics, against examples worked by hand and what must hold for any class."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlgrader.report import statistics
from dlgrader.report.analysis import spread

# Six learners, three exercises worth 4, 2 and 4 points; the last learner's third answer waits.
POINTS = np.array(
    [
        [4.0, 2.0, 4.0],
        [4.0, 1.0, 2.0],
        [2.0, 2.0, 2.0],
        [2.0, 0.0, 1.0],
        [0.0, 1.0, 1.0],
        [0.0, 0.0, np.nan],
    ]
)
MOST = np.array([4.0, 2.0, 4.0])
REGULAR = np.array([True, True, True])


def test_shares_by_hand():
    assert statistics.shares(POINTS, MOST) == pytest.approx([1.0, 0.7, 0.6, 0.3, 0.2, 0.0])


def test_difficulty_by_hand():
    assert statistics.difficulty(POINTS[:, 0], 4.0) == 12 / 24
    assert statistics.difficulty(POINTS[:, 2], 4.0) == 10 / 20, "what waits is left out"


def test_item_rest_by_hand():
    """Exercise 1 against the shares in 2 and 3: 6/6, 3/6, 4/6, 1/6, 2/6 and 0/2.

    With x = (4, 4, 2, 2, 0, 0) and y = (6, 3, 4, 1, 2, 0)/6: both means are 2 and 8/18; the sum of
    products of deviations is (24 + 12 + 8 + 2)/6 − 6 · 2 · 8/18 = 7/3; the sums of squares are 16
    and 66/36 − 6 · (8/18)² = 35/54.
    """
    expected = (7 / 3) / math.sqrt(16 * 35 / 54)
    assert statistics.item_rest(POINTS, MOST, 0, REGULAR) == pytest.approx(expected)


def test_the_exercise_itself_is_not_in_the_rest():
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 2, size=(4000, 2)).astype(float)
    # Independent exercises; the second is worth so much that it nearly is the total.
    most = np.array([1.0, 100.0])
    r = statistics.item_rest(noise * most, most, 1, np.array([True, True]))
    assert abs(r) < statistics.half_width(4000) * 1.5


def test_bonus_is_not_in_the_rest():
    regular = np.array([True, True, False])
    assert statistics.item_rest(POINTS, MOST, 0, regular) == pytest.approx(
        statistics.correlation(POINTS[:, 0], POINTS[:, 1])
    )
    assert math.isnan(statistics.item_rest(POINTS, MOST, 0, np.array([True, False, False])))


def test_upper_lower_by_hand():
    """27 % of eleven learners are three; of 1 point each: 1, 1, 0.5 above, 0, 0.5, 0 below."""
    totals = np.arange(11.0)
    points = np.array([0, 0.5, 0, 1, 0, 1, 0, 1, 0.5, 1, 1])
    expected = (2.5 - 0.5) / 3
    assert statistics.upper_lower(points, 1.0, totals) == pytest.approx(expected)


def test_upper_lower_shares_the_edge_of_a_group():
    """Groups of two; three learners share the second place, each with weight 1/3."""
    totals = np.array([9.0, 5.0, 5.0, 5.0, 3.0, 2.0, 1.0])
    points = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    assert statistics.upper_lower(points, 1.0, totals) == pytest.approx((1 + 1 / 3 - 1) / 2)


def test_what_cannot_be_computed_is_nan():
    same = np.full((30, 2), 1.0)
    most = np.array([1.0, 1.0])
    assert math.isnan(statistics.item_rest(same, most, 0, np.array([True, True])))
    assert math.isnan(statistics.difficulty(np.array([np.nan]), 1.0))
    assert math.isnan(statistics.upper_lower(np.array([1.0]), 1.0, np.array([1.0])))
    assert math.isnan(statistics.shares(np.array([[np.nan]]), np.array([2.0]))[0])
    assert spread(np.array([])).learners == 0


def test_half_width_is_fishers():
    r = np.tanh(1.959964 / np.sqrt(97))
    assert statistics.half_width(100) == pytest.approx(r)
    assert statistics.half_width(3) == 1.0


@st.composite
def classes(draw):
    learners = draw(st.integers(2, 40))
    exercises = draw(st.integers(2, 6))
    most = draw(arrays(float, exercises, elements=st.sampled_from([1.0, 2.0, 2.5, 8.0])))
    parts = draw(
        arrays(
            float,
            (learners, exercises),
            elements=st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.just(np.nan)),
        )
    )
    return parts * most, most


def figures(points: np.ndarray, most: np.ndarray) -> np.ndarray:
    regular = np.ones(len(most), dtype=bool)
    totals = statistics.shares(points, most)
    return np.array(
        [
            (
                statistics.difficulty(points[:, column], most[column]),
                statistics.item_rest(points, most, column, regular),
                statistics.upper_lower(points[:, column], most[column], totals),
            )
            for column in range(len(most))
        ]
    )


@given(classes())
def test_bounds(made):
    found = figures(*made)
    difficulty, *discriminations = found.T
    assert np.all(np.isnan(difficulty) | ((difficulty >= 0) & (difficulty <= 1)))
    for values in discriminations:
        assert np.all(np.isnan(values) | (np.abs(values) <= 1 + 1e-12))


@given(classes(), st.randoms(use_true_random=False))
def test_the_order_of_the_learners_does_not_matter(made, random):
    points, most = made
    order = list(range(len(points)))
    random.shuffle(order)
    np.testing.assert_allclose(figures(points[order], most), figures(points, most), atol=1e-9)


@given(classes(), st.sampled_from([0.5, 3.0, 10.0]))
def test_what_a_point_is_worth_does_not_matter(made, factor):
    points, most = made
    np.testing.assert_allclose(
        figures(points * factor, most * factor), figures(points, most), atol=1e-9
    )


@given(classes())
def test_turning_right_into_wrong_turns_the_signs(made):
    points, most = made
    difficulty, rest, upper = figures(points, most).T
    turned = figures(most - points, most).T
    np.testing.assert_allclose(turned[0], 1 - difficulty, atol=1e-9)
    # Each exercise and its rest, or its groups, are turned at once.
    np.testing.assert_allclose(turned[1], rest, atol=1e-9)
    np.testing.assert_allclose(turned[2], upper, atol=1e-9)


@given(arrays(float, st.integers(1, 60), elements=st.floats(0, 1)))
def test_spread_is_in_order(totals):
    found = spread(totals)
    quantiles = [found.low, found.quarter, found.median, found.three_quarters, found.high]
    assert quantiles == sorted(quantiles)
    assert totals.min() - 1e-12 <= found.mean <= totals.max() + 1e-12
    assert found.learners == len(totals)
