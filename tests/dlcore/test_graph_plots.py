"""The drawings of chapter 0 show the numbers they are given, and no text covers another."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlcore.graph_plots import Operation, Value, draw_chain, draw_layers, number_texts


@pytest.fixture(autouse=True)
def _close_figures():
    matplotlib.use("Agg")
    yield
    plt.close("all")


def texts(fig):
    return [text.get_text() for text in fig.axes[0].texts if text.get_text()]


def example_chain():
    weights = Value("W", [[1, -2], [3, 4]], [[0.125, 0], [0, -1]])
    return draw_chain(
        [Value("x", [1, 2]), Value("a", [7, 6], [0.5, -0.5]), Value("L", 0.6931, 1)],
        [Operation("affine", [weights, Value("b", [0, 0], [0.5, -0.5])]), Operation("softmax")],
    )


def test_number_texts_round_and_drop_zeros():
    assert number_texts(0.6931) == [["0.69"]]
    assert number_texts([1, -0.001, -2.5], digits=1) == [["1", "0", "−2.5"]]
    assert number_texts([[100], [0.25]]) == [["100"], ["0.25"]]


def test_number_texts_reject_more_than_two_axes():
    with pytest.raises(ValueError, match=r"at most 2 axes, got shape \(1, 2, 3\)"):
        number_texts(np.zeros((1, 2, 3)))


def test_chain_shows_every_value_and_gradient():
    shown = texts(example_chain())
    for expected in ("$x$", "$W$", r"$\partial L/\partial W$", "affine", "0.12", "−0.5", "0.69"):
        assert expected in shown
    assert r"$\partial L/\partial x$" not in shown


def test_chain_names_its_result():
    shown = texts(
        draw_chain([Value("w", 1, 2), Value("f", 1, 1)], [Operation("square")], result="f")
    )
    assert r"$\partial f/\partial w$" in shown


def test_texts_of_a_chain_stay_inside_and_apart():
    fig = example_chain()
    fig.canvas.draw()
    frame = fig.bbox
    boxes = [t.get_window_extent() for t in fig.axes[0].texts if t.get_text()]
    for i, box in enumerate(boxes):
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_chain_wants_one_operation_between_values():
    with pytest.raises(ValueError, match="that is 1 for 2 values, got 0"):
        draw_chain([Value("x", 1), Value("L", 1)], [])


def test_layers_have_a_circle_per_unit_and_a_line_per_weight():
    fig = draw_layers({"input": ["a", "b"], "hidden": ["c", "d", "e"], "output": ["f", "g"]})
    assert len(fig.axes[0].patches) == 2 + 3 + 2
    assert len(fig.axes[0].lines) == 2 * 3 + 3 * 2
    assert set("abcdefg") | {"input", "hidden", "output"} == set(texts(fig))
