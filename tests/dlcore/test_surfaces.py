"""Surfaces: gradients, minima, paths of all optimisers, and what is drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlcore import optimizers
from dlcore.gradient_check import numerical_gradient, relative_error
from dlcore.optimizers import SGD, Adam, Eve, Optimizer
from dlcore.surfaces import (
    BEALE,
    RAVINE,
    ROSENBROCK,
    SADDLE,
    SURFACES,
    TWO_VALLEYS,
    descend,
    draw_paths,
    draw_surface,
)

ALL_OPTIMIZERS = [
    cls
    for cls in (getattr(optimizers, name) for name in optimizers.__all__)
    if isinstance(cls, type) and cls is not Optimizer
]

every_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def points(surface, count=20):
    rng = np.random.default_rng(0)
    low, high = np.transpose([surface.xlim, surface.ylim])
    return rng.uniform(low, high, size=(count, 2))


# --- The surfaces --------------------------------------------------------------------------------


@every_surface
def test_gradients_are_those_of_the_heights(surface):
    for w in points(surface):
        numerical = numerical_gradient(lambda v: float(surface.f(v)), w.copy())
        assert relative_error(surface.gradient(w), numerical) < 1e-7


@every_surface
def test_any_leading_axes(surface):
    w = points(surface, 24).reshape(2, 3, 4, 2)
    assert surface.f(w).shape == (2, 3, 4)
    assert surface.gradient(w).shape == (2, 3, 4, 2)
    assert surface.f(w)[1, 2, 3] == surface.f(w[1, 2, 3])
    np.testing.assert_array_equal(surface.gradient(w)[0, 1, 2], surface.gradient(w[0, 1, 2]))


@every_surface
def test_minima_are_minima_and_nothing_is_below_zero(surface):
    rng = np.random.default_rng(1)
    around = 1e-3 * rng.normal(size=(50, 2))
    for minimum in np.array(surface.minima):
        np.testing.assert_allclose(surface.gradient(minimum), 0, atol=1e-12)
        assert (surface.f(minimum + around) > surface.f(minimum)).all()
    assert surface.f(np.array(surface.minima[0])) == 0
    assert (surface.f(points(surface, 1000)) >= 0).all()


@every_surface
def test_what_matters_lies_in_the_part_that_is_drawn(surface):
    for x, y in (surface.start, *surface.minima):
        assert surface.xlim[0] < x < surface.xlim[1]
        assert surface.ylim[0] < y < surface.ylim[1]
    assert list(surface.levels) == sorted(surface.levels)


def test_names_are_different():
    assert len({surface.name for surface in SURFACES}) == len(SURFACES) == 5


def test_known_values():
    assert BEALE.f(np.array([0.0, 0.0])) == 1.5**2 + 2.25**2 + 2.625**2
    assert ROSENBROCK.f(np.array([0.0, 1.0])) == 101
    assert SADDLE.f(np.zeros(2)) == 0.25
    assert TWO_VALLEYS.f(np.array([1.0, 0.0])) == 1  # the local minimum


def test_saddle_points_rise_one_way_and_fall_the_other():
    for surface, w, along in (SADDLE, (0, 0), (0, 1)), (TWO_VALLEYS, (0.25, 0), (1, 0)):
        at, along = np.array(w, dtype=float), 0.01 * np.array(along)
        np.testing.assert_allclose(surface.gradient(at), 0, atol=1e-12)
        assert surface.f(at + along) < surface.f(at) < surface.f(at + along[::-1])


# --- Paths ---------------------------------------------------------------------------------------


@every_surface
@pytest.mark.parametrize("cls", ALL_OPTIMIZERS, ids=lambda cls: cls.__name__)
def test_every_optimiser_goes_down(cls, surface):
    path = descend(cls(lr=1e-3), surface, steps=60)
    assert path.shape == (61, 2)
    np.testing.assert_array_equal(path[0], surface.start)
    assert np.isfinite(path).all()
    assert surface.f(path[-1]) < surface.f(path[0])


def test_a_path_is_that_of_plain_updates():
    path = descend(Adam(lr=0.1), BEALE, steps=5, start=(2, 1))
    w, optimizer = np.array([2.0, 1.0]), Adam(lr=0.1)
    for row in path[1:]:
        optimizer.update({"w": w}, {"w": BEALE.gradient(w)})
        np.testing.assert_array_equal(row, w)


def test_eve_gets_the_height_as_loss():
    path = descend(Eve(lr=0.1), RAVINE, steps=5)
    w, optimizer = np.array(RAVINE.start), Eve(lr=0.1)
    for row in path[1:]:
        optimizer.update({"w": w}, {"w": RAVINE.gradient(w)}, float(RAVINE.f(w)))
        np.testing.assert_array_equal(row, w)


def test_eve_starts_in_the_minimum_itself():
    path = descend(Eve(lr=0.1), RAVINE, steps=500, start=(0, 0))
    np.testing.assert_array_equal(path, 0)


@pytest.mark.filterwarnings("error")
@every_surface
@pytest.mark.parametrize("cls", ALL_OPTIMIZERS, ids=lambda cls: cls.__name__)
def test_divergence_ends_a_path_without_error_or_warning(cls, surface):
    path = descend(cls(lr=1e5), surface, steps=100)
    good = np.isfinite(path).all(axis=1)
    assert good[: good.sum()].all()
    assert (np.abs(path[good]) <= 1e6).all()
    if cls is SGD:
        assert not good.all()


def test_the_start_is_left_as_it_is():
    start = np.array([1.0, 1.0])
    descend(SGD(lr=0.1), RAVINE, steps=3, start=start)
    np.testing.assert_array_equal(start, 1)


def test_mistakes_are_named():
    used = SGD(lr=0.1)
    descend(used, RAVINE, steps=3)
    with pytest.raises(ValueError, match="after 3 updates"):
        descend(used, RAVINE, steps=3)
    with pytest.raises(TypeError, match="steps"):
        descend(SGD(), RAVINE, steps=2.5)
    with pytest.raises(ValueError, match="steps"):
        descend(SGD(), RAVINE, steps=0)
    for start in (1.0, 2.0, 3.0), (np.nan, 0.0):
        with pytest.raises(ValueError, match="two finite numbers"):
            descend(SGD(), RAVINE, steps=1, start=start)


# --- Pictures ------------------------------------------------------------------------------------


@every_surface
def test_a_surface_is_drawn_with_all_its_levels_and_minima(surface):
    ax = draw_surface(surface).axes[0]
    (contours,) = ax.collections
    assert all(len(path.vertices) for path in contours.get_paths())
    (stars,) = ax.lines
    np.testing.assert_array_equal(stars.get_xydata(), surface.minima)
    assert ax.get_xlim() == surface.xlim


def test_axes_of_the_caller():
    fig, axes = plt.subplots(1, 2)
    assert draw_surface(BEALE, axes[1]) is fig
    assert draw_paths(SADDLE, {"a": [[0, 0], [0, 1]]}, axes[0]) is fig
    assert [ax.get_title() for ax in axes] == ["Saddle", "Beale"]


def test_twelve_paths_are_told_apart_without_colour():
    fig = draw_paths(RAVINE, {str(k): [[k, 0], [k, 1]] for k in range(12)})
    lines = [line for line in fig.axes[0].lines if not line.get_label().startswith("_")]
    looks = {(str(line._dash_pattern), line.get_marker()) for line in lines}
    assert len(lines) == len(looks) == 12
    assert len({line.get_marker() for line in lines[:6]}) == 6


def test_a_path_ends_where_its_numbers_end():
    path = descend(SGD(lr=5), RAVINE, steps=50)
    line = draw_paths(RAVINE, {"SGD": path}, legend=False).axes[0].lines[1]
    assert len(line.get_xdata()) == np.isfinite(path).all(axis=1).sum()
    assert line.get_markevery() == [len(line.get_xdata()) - 1]


def test_paths_that_are_none():
    with pytest.raises(ValueError, match="shape"):
        draw_paths(RAVINE, {"a": [1.0, 2.0]})
    with pytest.raises(ValueError, match="only NaN"):
        draw_paths(RAVINE, {"a": np.full((3, 2), np.nan)})
