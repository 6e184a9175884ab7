"""Sliders: the HTML of the built page, and the widgets in Jupyter."""

import json
import math
import re

import ipywidgets
import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup

from dlcore import _live, _static_html
from dlcore.interactive import Control, Span, slider

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


class TestFinerSteps:
    """A control with a span, where Python computes."""

    @pytest.fixture
    def rate(self):
        return Control(
            "c",
            [math.inf, 100, 10, 1],
            label="Threshold",
            default=10,
            format=lambda c: "none" if c == math.inf else f"{c:g}".replace("-", "−"),
            live=Span(-5, 100, 5),
        )

    def test_the_positions_hold_the_given_values_in_their_order(self, rate):
        assert rate.positions[:3] == (math.inf, 100, 95)
        assert rate.positions[-3:] == (1, 0, -5)
        assert {math.inf, 100, 10, 1} <= set(rate.positions)
        # A given value stays what it is: a draw function may have it as a key.
        assert [type(v) for v in rate.positions if v in (0, 1)] == [int, float]

    def test_decimal_steps_are_exact(self):
        assert 0.3 in Span(0, 1, 0.1).positions
        assert 0.07 in Span(0.01, 3).positions

    def test_what_can_be_typed(self, rate):
        assert rate.read("2.5") == 2.5
        assert rate.read(" none ") == math.inf
        assert rate.read("−3") == -3
        assert rate.read("10") is rate.values[2]
        whole = Control(
            "n", [0, 4], label="n", format=lambda n: f"{n}°", live=Span(0, 9, 1, whole=True)
        )
        assert whole.read("7°") == 7
        assert type(whole.read("7.0")) is int

    @pytest.mark.parametrize("text", ["100.1", "-6", "ten", "", "nan", "inf", "1 2"])
    def test_what_cannot(self, rate, text):
        words = f'Threshold: write a number from −5 to 100 or none, not "{text}".'
        with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
            rate.read(text)

    def test_whole_numbers_and_choices(self):
        whole = Control("n", [0, 4], label="n", live=Span(0, 9, 1, whole=True))
        with pytest.raises(ValueError, match="write a whole number from 0 to 9, not"):
            whole.read("2.5")
        with pytest.raises(ValueError, match="write one of a, b, not"):
            Control("k", ["a", "b"], label="k").read("c")

    def test_whole_numbers_without_a_step(self):
        positions = Span(1, 300, whole=True).positions
        assert all(type(p) is int for p in positions)
        assert positions[:3] == (1, 2, 3)
        assert len(positions) < 100

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((1, 0), "low < high"),
            ((0, math.inf), "finite"),
            ((math.nan, 1), "finite"),
            ((0, 1), "low to be positive"),
            ((0, 1, 0), "positive step"),
            ((0, 1, 2), "positive step"),
            ((0, 1, 0.001), "at most 400 positions"),
            ((0, 1.5, 1, True), "of type int"),
        ],
    )
    def test_span_errors(self, arguments, words):
        with pytest.raises(ValueError, match=words):
            Span(*arguments)

    @pytest.mark.parametrize(
        ("values", "words"),
        [([1, 3, 2], "in order"), (["a", "b"], "in order"), ([1, "a", 2], "first or last")],
    )
    def test_values_that_do_not_fit_the_span(self, values, words):
        with pytest.raises(ValueError, match=words):
            Control("n", values, label="n", live=Span(0, 9, 1))

    def test_the_prepared_page_keeps_the_given_values(self, static):
        live = Control("n", [4, 6], label="Size n", default=6, live=Span(1, 9, 1, whole=True))
        page = parse(explorer(controls=[live, controls()[1]]))
        plain = parse(explorer(name="plain"))
        assert len(page.select(".dlc-view")) == len(plain.select(".dlc-view")) == 6
        assert "dlc-can-compute" in page.figure["class"]
        assert "dlc-can-compute" not in plain.figure["class"]

    def test_in_jupyter_the_slider_has_more_steps_and_a_field(self):
        live = Control("n", [4, 6], label="Size n", default=6, live=Span(1, 9, 0.5))
        box = explorer(controls=[live, controls()[1]])
        row, padding, view, description = box.children[:4]
        size, field, problem = row.children
        assert len(size.options) == 17
        assert field.value == "6"
        size.value = 1
        assert description.value == "Size 1.5, padding 1."
        assert field.value == "1.5"
        field.value = "6.25"
        assert description.value == "Size 6.25, padding 1."
        assert size.label in {"6", "6.5"}
        field.value = "12"
        assert problem.value.startswith("Size n: write a number from 1 to 9, not")
        assert description.value == "Size 6.25, padding 1."
        padding.value = 0
        assert description.value == "Size 6.25, padding 0."
        field.value = "2"
        assert problem.value == ""
        assert 'aria-label="Size 2.0, padding 0."' in view.value


class TestPythonInThePage:
    @pytest.fixture
    def figure(self, static, monkeypatch):
        monkeypatch.setenv("DLCORE_LIVE", "1")
        monkeypatch.setattr(_live, "_figures", {})
        drawn = []

        def counted(n, p):
            drawn.append((n, p))
            return draw(n, p)

        size = Control("n", [4, 6], label="Size n", default=6, live=Span(1, 9, 1))
        page = parse(explorer(draw=counted, controls=[size, controls()[1]]))
        assert drawn == [(6, 1)], "only the default is drawn"
        assert [view.svg["aria-label"] for view in page.select(".dlc-view")] == [
            "Size 6, padding 1."
        ]
        assert "dlc-unprepared" in page.figure["class"]
        return _live.find("explorer")[0]

    def test_it_says_which_controls_there_are(self, figure):
        size, padding = figure.describe()["controls"]
        assert size["texts"] == ["1.0", "2.0", "3.0", "4", "5.0", "6", "7.0", "8.0", "9.0"]
        assert (size["start"], size["given"], size["label"]) == (5, [3, 5], "Size n")
        assert size["expected"] == "a number from 1 to 9"
        assert padding["texts"] == ["0 px", "1 px", "2 px"]
        assert padding["expected"] == ""
        assert json.loads(json.dumps(figure.describe())) == figure.describe()

    def test_it_draws_positions_and_typed_numbers(self, figure):
        drawn = figure.draw([0, 2])
        assert drawn["alt"] == "Size 1.0, padding 2."
        assert 'aria-label="Size 1.0, padding 2."' in drawn["svg"]
        assert (drawn["texts"], drawn["positions"]) == (["1.0", "2 px"], [0, 2])
        drawn = figure.draw(["2.6", 0])
        assert (drawn["alt"], drawn["positions"]) == ("Size 2.6, padding 0.", [2, 0])
        assert json.loads(json.dumps(drawn)) == drawn
        assert plt.get_fignums() == []

    def test_what_cannot_be_drawn_is_said(self, figure):
        assert figure.draw(["77", 0]) == {
            "problem": 'Size n: write a number from 1 to 9, not "77".',
            "control": 0,
        }

    def test_an_edited_cell_may_run_again(self, figure):
        before = _live.find("explorer")
        explorer(caption="Another.")
        after = _live.find("explorer")
        assert after[0] is not before[0]
        assert after[1] > before[1]


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
