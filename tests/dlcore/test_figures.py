"""Pictures become SVG that fits a page: names, colours, ids, size."""

import re
import subprocess
import sys
from io import StringIO
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from dlcore.figures import PALETTE, _write_svg, adapt_svg, to_svg, use_course_style

PAGES = ("#ffffff", "#14181e")


@pytest.fixture(autouse=True)
def course_style():
    with plt.rc_context():
        use_course_style()
        yield
    plt.close("all")


def curves(power=2):
    fig, ax = plt.subplots()
    x = np.linspace(0, 1, 20)
    for k in range(3):
        ax.plot(x, x ** (power + k), label=f"$x^{power + k}$")
    ax.scatter([0.2, 0.4], [0.5, 0.6], facecolor="white", edgecolor="black")
    ax.imshow(np.eye(2), extent=(0.6, 0.8, 0.1, 0.3), aspect="auto")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_title("Loss < 1 & falling")
    ax.legend()
    return fig


def shared_axes():
    fig, axes = plt.subplots(2, 2, sharex=True, sharey="row")
    for k, ax in enumerate(axes.flat):
        ax.semilogy(10.0 ** np.linspace(-k, 9, 5), marker="o")
        ax.set(title=f"panel {k}", xlabel="step", ylabel="size")
    fig.suptitle("all four")
    return fig


def pictures():
    fig, axes = plt.subplots(1, 3, figsize=(5, 2), width_ratios=(2, 1, 2))
    for n, ax in enumerate(axes, start=3):
        image = ax.imshow(np.eye(n))
        ax.set_title(f"{n} by {n}")
    fig.colorbar(image, ax=axes, label="value")
    axes[0].axis("off")
    return fig


def twins():
    fig, ax = plt.subplots(layout="none")
    ax.barh(["long name", "b"], [1e6, 2e6])
    ax.set(title="bars", xlabel="number", aspect="auto")
    ax.xaxis.tick_top()
    ax.twiny().plot([0, 1e-5], [0, 1])
    ax.invert_yaxis()
    return fig


@pytest.mark.parametrize("draw", [curves, shared_axes, pictures, twins])
def test_matplotlib_draws_what_it_draws_in_savefig(draw):
    methods = dict(vars(Axis))
    expected = StringIO()
    draw().savefig(expected, format="svg", metadata={"Date": None})
    figure = draw()
    canvas, dpi = figure.canvas, figure.dpi
    assert _write_svg(figure) == expected.getvalue()
    assert (figure.canvas, figure.dpi) == (canvas, dpi)
    assert dict(vars(Axis)) == methods


def parse(svg):
    return BeautifulSoup(svg, "html.parser").find("svg")


# Colour-vision deficiencies: Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "full": np.eye(3),
    "no red cones": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green cones": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue cones": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear_rgb(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear_rgb(colour) @ [0.2126, 0.7152, 0.0722])


def lab(rgb):
    """CIE L*a*b* of linear RGB, white point D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    t = to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", PALETTE)
def test_palette_reads_on_light_and_dark_pages(name, page):
    light, dark = sorted((luminance(PALETTE[name]), luminance(page)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


@pytest.mark.parametrize("vision", VISION)
def test_palette_can_be_told_apart(vision):
    seen = [lab(VISION[vision] @ linear_rgb(colour)) for colour in PALETTE.values()]
    # A difference of about 2 can just be seen, one of 15 at a glance.
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15


def test_lines_differ_in_colour_and_dashes():
    ax = plt.figure().add_subplot()
    lines = [ax.plot([0, k])[0] for k in range(len(PALETTE))]
    assert [line.get_color() for line in lines] == list(PALETTE.values())
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == len(lines)


def test_picture_has_role_name_and_fits_its_column():
    svg = parse(to_svg(curves(), 'Three "curves" <rise> & cross.'))
    assert svg["role"] == "img"
    assert svg["aria-label"] == 'Three "curves" <rise> & cross.'
    assert "max-width:100%" in svg["style"]
    assert svg["viewbox"] == "0 0 403.2 244.8"


def test_black_follows_the_text_and_white_the_page():
    svg = to_svg(curves(), "Curves.")
    assert "currentColor" in svg
    assert "#000" not in svg
    assert "var(--pst-color-background" in svg
    assert not re.search(r"(?<!, )#fff", svg), "white only as the fallback of the page's colour"
    assert PALETTE["blue"] in svg


def test_backgrounds_are_gone_but_coloured_ones_stay():
    fig, ax = plt.subplots()
    ax.set_axis_off()
    assert "<path" not in to_svg(fig, "Nothing.")
    fig, ax = plt.subplots()
    ax.set_facecolor("#ffeecc")
    assert "#ffeecc" in to_svg(fig, "A tinted field.")


def test_no_prolog_comments_metadata_or_page_wide_styles():
    svg = to_svg(curves(), "Curves.")
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    for unwanted in ("<?xml", "<!", "metadata", "<style", "xmlns", "xlink", "\n"):
        assert unwanted not in svg


def test_same_figure_same_text():
    assert to_svg(curves(), "Curves.") == to_svg(curves(), "Curves.")


def test_every_reference_has_its_id_and_pictures_do_not_collide():
    ids = []
    for power in (2, 3):
        svg = parse(to_svg(curves(power), "Curves."))
        own = [element["id"] for element in svg.find_all(id=True)]
        text = str(svg)
        referred = set(re.findall(r'(?:url\(|href=")#([\w-]+)', text))
        assert referred == set(own)
        ids += own
    assert len(ids) == len(set(ids)) > 10


def test_prefix_begins_every_id():
    svg = parse(to_svg(curves(), "Curves.", prefix="fig-loss"))
    assert all(element["id"].startswith("fig-loss-") for element in svg.find_all(id=True))


def test_figure_is_closed_and_size_kept():
    fig = curves()
    with plt.rc_context({"savefig.bbox": "tight"}):
        svg = to_svg(fig, "Curves.")
    assert plt.get_fignums() == []
    assert 'viewBox="0 0 403.2 244.8"' in svg


def test_scales_keep_their_digits():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        '<path transform="translate(1.23456 -0.00001) scale(0.015625 -0.015625)" '
        'd="M 0.123456 -0.001 L 100 2"/></svg>'
    )
    path = parse(adapt_svg(svg, "A line.")).find("path")
    assert path["transform"] == "translate(1.23 0) scale(0.015625 -0.015625)"
    assert path["d"] == "M 0.12 0 L 100 2"


def test_a_plain_matplotlib_svg_is_adapted_too():
    with plt.rc_context({"svg.hashsalt": None}):
        fig = curves()
        buffer = StringIO()
        fig.savefig(buffer, format="svg")
    adapted = adapt_svg(buffer.getvalue(), "Curves.")
    assert len(adapted) < 0.8 * len(buffer.getvalue())
    assert "#000" not in adapted


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: to_svg(Figure(), " "), ValueError, "alt"),
        (lambda: to_svg(Figure().add_subplot(), "Axes."), TypeError, r"ax\.figure"),
        (lambda: adapt_svg("<svg", "A picture."), ValueError, "SVG document"),
        (lambda: adapt_svg("<p>text</p>", "A picture."), ValueError, "got <p>"),
        (lambda: adapt_svg("<svg/>", "A picture.", prefix="1 x"), ValueError, "'1 x'"),
    ],
)
def test_errors_name_the_argument(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_import_does_not_load_matplotlib_or_ipywidgets():
    code = (
        "import sys, dlcore.figures, dlcore.interactive, dlcore.questions; "
        "assert not {'matplotlib', 'ipywidgets', 'IPython'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
