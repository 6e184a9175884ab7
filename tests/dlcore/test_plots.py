"""Pictures: what is drawn, read from the figure's own objects."""

from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from dlcore.convolution import conv_output_size, im2col
from dlcore.figures import PALETTE, use_course_style
from dlcore.plots import (
    confusion_matrix,
    draw_map_sizes,
    image_grid,
    learning_curves,
    result_dots,
)
from dlcore.training import History
from dlcore.window_plots import draw_im2col, draw_positions, draw_windows, show_matrices

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def course_style():
    with matplotlib.rc_context():
        use_course_style()
        yield
    plt.close("all")


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def boxes(fig, colour):
    """(x, y, width, height) of the rectangles framed in a colour of the palette."""
    edge = to_rgba(PALETTE[colour])
    return [
        (*patch.get_xy(), patch.get_width(), patch.get_height())
        for patch in fig.axes[0].patches
        if patch.get_edgecolor() == edge and patch.get_linewidth() > 0
    ]


def hatched(fig):
    return [patch for patch in fig.axes[0].patches if patch.get_hatch()]


def test_matrices_show_every_number_with_a_true_minus_sign():
    fig = show_matrices({"a": [[1, -2], [0.5, 1200]], "b": [[7]]}, signs=["="])
    assert {"1", "−2", "0.5", "1200", "7", "a", "b", "="} == set(texts(fig))


def test_windows_of_a_matrix_lie_on_its_cells():
    fig = show_matrices({"a": np.zeros((3, 3))}, windows={"a": [(1, 0, 2, 2)]})
    [(x, y, width, height)] = boxes(fig, "orange")
    assert (x, width, height) == (0, 2, 2)
    assert y == pytest.approx(0.8 + 1)


@pytest.mark.parametrize(
    ("n", "f", "s", "p"), [(6, 2, 1, 1), (6, 2, 1, 0), (7, 3, 2, 0), (8, 3, 2, 0), (5, 3, 3, 1)]
)
def test_positions_along_an_axis(n, f, s, p):
    fig = draw_positions(n, f, s, p)
    bars = boxes(fig, "orange")
    assert [x for x, *_ in bars] == [k * s for k in range(conv_output_size(n, f, s, p))]
    assert {width for _, _, width, _ in bars} == {f}
    assert bool(hatched(fig)) == bool((n + 2 * p - f) % s)


def test_window_picture_marks_first_and_last_window_and_the_unreached_rest():
    fig = draw_windows(8, 3, 2, 0)
    assert (0, 1, 3, 3) in boxes(fig, "orange")
    assert (4, 5, 3, 3) in boxes(fig, "blue")
    assert len(hatched(fig)) == 2
    assert not hatched(draw_windows(7, 3, 2, 0))


def test_window_pictures_with_the_same_room_have_one_size():
    sizes = {
        tuple(draw_windows(n, 2, s, p, largest=10).get_size_inches())
        for n in (5, 6)
        for s in (1, 2)
        for p in (0, 2)
    }
    assert len(sizes) == 1


def test_a_filter_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="filter_size"):
        draw_windows(3, 5)


def test_im2col_picture_marks_the_row_and_its_window():
    images = np.arange(32).reshape(2, 4, 4)
    col = im2col(images[:, None], 3, 3)
    fig = draw_im2col(images, col, row=6, window=(1, 0, 3, 3), image=1)
    (_, _, *window), (_, _, *row) = boxes(fig, "orange")
    assert window == [3, 3]
    assert row == [9, 1]


def test_signed_images_share_one_scale_around_zero():
    fig = image_grid([[[1.0, -3.0]], [[0.5, 0.0]]], signed=True, columns=2)
    assert [ax.images[0].get_clim() for ax in fig.axes] == [(-3, 3), (-3, 3)]


def test_learning_curves_draw_the_history():
    history = History([3.0, 2.0, 1.0], [2, 3], {"train": [0.5, 0.9], "test": [0.4, 0.8]})
    left, right = learning_curves(history).axes
    assert list(left.lines[0].get_ydata()) == [3, 2, 1]
    assert [list(line.get_xdata()) for line in right.lines] == [[2, 3], [2, 3]]
    assert [t.get_text() for t in right.get_legend().get_texts()] == ["train", "test"]


def test_result_dots_show_each_run_and_the_mean():
    lines = result_dots({"a": [0.2, 0.4]}, "accuracy").axes[0].lines
    assert [list(line.get_xdata()) for line in lines] == [[0.2, 0.4], [pytest.approx(0.3)]]


def test_confusion_matrix_counts_true_rows_and_predicted_columns():
    fig = confusion_matrix([0, 2, 2, 2], [0, 1, 1, 2], classes=3)
    found = {(t.get_position(), t.get_text()) for t in fig.axes[0].texts[:3]}
    assert found == {((2.3, 2.3), "1"), ((3.3, 4.3), "2"), ((4.3, 4.3), "1")}


def test_maps_are_drawn_to_scale():
    fig = draw_map_sizes([("C1", (2, 28, 28)), ("S2", (2, 14, 14)), ("F", (84,))])
    assert {width for *_, width, _ in boxes(fig, "blue")} == {28, 14}
    assert [height for *_, height in boxes(fig, "orange")] == [21]
