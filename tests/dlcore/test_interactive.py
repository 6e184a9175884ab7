"""Sliders: the HTML of the built page, and the widgets in Jupyter."""

import json

import ipywidgets
import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup

from dlcore import _static_html
from dlcore.interactive import Control, slider

HOSTILE = '<script>alert("1")</script>'


@pytest.fixture
def static(monkeypatch):
    monkeypatch.setenv("DLCORE_STATIC", "1")
    monkeypatch.setattr(_static_html, "_on_this_page", {})


@pytest.fixture(autouse=True)
def jupyter_unless_static(monkeypatch):
    monkeypatch.delenv("DLCORE_STATIC", raising=False)
    yield
    plt.close("all")


def draw(n, p):
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.set_title(f"{n} {p}")
    return fig


def describe(n, p):
    return f"Size {n}, padding {p}."


def controls():
    return [
        Control("n", [4, 6], label="Size n", default=6),
        Control("p", [0, 1, 2], label="Padding p", default=1, format=lambda p: f"{p} px"),
    ]


def explorer(**changes):
    settings = {"name": "explorer", "alt": describe, "caption": "Where $p$ goes."} | changes
    return slider(settings.pop("draw", draw), settings.pop("controls", controls()), **settings)


def parse(fragment):
    return BeautifulSoup(fragment.html, "html.parser")


class TestStatic:
    @pytest.fixture
    def page(self, static):
        return parse(explorer())

    def test_each_control_is_a_labelled_range_with_its_value_in_words(self, page):
        ranges = page.select("input[type=range]")
        assert [r["max"] for r in ranges] == ["1", "2"]
        assert [r["value"] for r in ranges] == ["1", "1"]
        assert [r["aria-valuetext"] for r in ranges] == ["6", "1 px"]
        labels = [page.select_one(f'label[for="{r["id"]}"]').text for r in ranges]
        assert labels == ["Size n", "Padding p"]
        assert [page.select_one(f'output[for="{r["id"]}"]').text for r in ranges] == ["6", "1 px"]
        assert json.loads(ranges[1]["data-dlc-texts"]) == ["0 px", "1 px", "2 px"]

    def test_one_picture_for_each_combination_and_only_the_default_shown(self, page):
        views = page.select(".dlc-view")
        names = [view.svg["aria-label"] for view in views]
        assert names == [f"Size {n}, padding {p}." for n in (4, 6) for p in (0, 1, 2)]
        shown = [view for view in views if not view.has_attr("hidden")]
        assert [view.svg["aria-label"] for view in shown] == ["Size 6, padding 1."]
        assert "dlc-default" in shown[0]["class"]

    def test_ids_are_unique(self, page):
        ids = [element["id"] for element in page.find_all(id=True)]
        assert len(ids) == len(set(ids))
        assert page.figure["id"] == "explorer"

    def test_it_makes_sense_without_the_script(self, page):
        assert page.select_one(".dlc-controls").has_attr("hidden")
        assert page.select_one(".dlc-settings").text == "Shown for Size n: 6, Padding p: 1 px."
        assert page.figcaption.text == r"Where \(p\) goes."

    def test_live_region_is_polite_and_empty_at_first(self, page):
        live = page.select_one("[role=status]")
        assert live["aria-live"] == "polite"
        assert live.text == ""

    def test_no_inline_handlers_scripts_or_addresses(self, page):
        assert page.find(["script", "style", "iframe"]) is None
        for element in page.find_all(True):
            assert not [key for key in element.attrs if key.startswith("on")]
        assert "http" not in str(page)

    def test_same_output_twice_and_the_cell_may_run_again(self, static):
        assert explorer().html == explorer().html

    def test_without_caption_the_page_brings_its_own(self, static):
        page = parse(explorer(caption=None))
        assert page.find(["figure", "figcaption"]) is None
        assert page.find(id="explorer") is None

    def test_hostile_texts_stay_texts(self, static):
        page = parse(
            explorer(
                controls=[Control("n", [1, 2], label=HOSTILE, format=lambda n: f"{HOSTILE}{n}")],
                draw=lambda n: draw(n, 0),
                alt=lambda n: HOSTILE,
                caption=HOSTILE,
            )
        )
        assert page.find("script") is None
        assert page.label.text == page.figcaption.text == page.svg["aria-label"] == HOSTILE
        assert page.input["aria-valuetext"] == f"{HOSTILE}1"

    def test_no_figure_stays_open(self, page):
        assert plt.get_fignums() == []

    def test_same_name_for_another_slider(self, static):
        explorer()
        with pytest.raises(ValueError, match="'explorer' is already used"):
            explorer(caption="Another.")


class TestJupyter:
    def test_moving_a_slider_draws_anew(self):
        box = explorer()
        size, padding = (w for w in box.children if isinstance(w, ipywidgets.SelectionSlider))
        view, description, caption = box.children[2:]
        assert (size.description, size.label, padding.label) == ("Size n", "6", "1 px")
        assert 'aria-label="Size 6, padding 1."' in view.value
        assert description.value == "Size 6, padding 1."
        padding.value = 2
        size.value = 0
        assert 'aria-label="Size 4, padding 2."' in view.value
        assert description.value == "Size 4, padding 2."
        assert r"\(p\)" in caption.value

    def test_an_error_while_moving_is_shown(self):
        def fails_at_two(n, p):
            if p == 2:
                raise RuntimeError("no picture for <two>")
            return draw(n, p)

        box = explorer(draw=fails_at_two)
        padding, view, description = box.children[1:4]
        padding.value = 2
        assert "no picture for &lt;two&gt;" in view.value
        assert description.value == ""
        padding.value = 0
        assert view.value.startswith("<svg")

    def test_an_edited_cell_may_run_again(self):
        explorer()
        assert explorer(caption="Another.") is not None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"values": []}, "at least two values, got 0"),
        ({"values": [1]}, "at least two values, got 1"),
        ({"default": 7}, r"default to be one of \[0, 1\], got 7"),
        ({"name": "not a name"}, "'not a name'"),
        ({"label": " "}, "expected a label"),
    ],
)
def test_control_errors(arguments, words):
    with pytest.raises(ValueError, match=words):
        Control(**({"name": "p", "values": [0, 1], "label": "Padding"} | arguments))


def test_a_default_that_counts_as_false_is_kept():
    assert Control("p", [1, 0], label="Padding", default=0).start == 1


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"controls": []}, ValueError, "at least one Control"),
        ({"controls": [*controls(), *controls()]}, ValueError, "'n' more than once"),
        ({"controls": [Control("n", range(61), label="n")]}, ValueError, "at most 60.*got 61"),
        ({"draw": lambda n, p: draw(n, p).axes[0]}, TypeError, "return fig"),
        ({"draw": lambda n, p: None}, TypeError, "got NoneType"),
        ({"name": "Not An Id"}, ValueError, "'Not An Id'"),
        ({"alt": lambda n, p: ""}, ValueError, "alt"),
    ],
)
@pytest.mark.parametrize("mode", ["0", "1"])
def test_slider_errors(monkeypatch, mode, changes, error, words):
    monkeypatch.setenv("DLCORE_STATIC", mode)
    with pytest.raises(error, match=words):
        explorer(**changes)
