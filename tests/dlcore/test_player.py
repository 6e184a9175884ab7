"""The playground: what the page holds, and the widgets in Jupyter."""

import gzip
import json
import re

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup

from dlcore import _live, _static_html, optimizers
from dlcore.optimizers import SGD, Adam, Momentum, Optimizer
from dlcore.player import RUNNERS, Runner, _height_text, kept_steps, playground
from dlcore.surfaces import RAVINE, SADDLE, SURFACES, descend

RATES = {"Ravine": 0.5, "Saddle": 0.1}
THREE = [
    Runner("SGD", "S", SGD, RATES),
    Runner("Momentum", "M", Momentum, RATES),
    Runner("A & <b>", "A", Adam, RATES),
]


@pytest.fixture(autouse=True)
def a_page_of_its_own(monkeypatch):
    monkeypatch.delenv("DLCORE_STATIC", raising=False)
    monkeypatch.setattr(_static_html, "_on_this_page", {})
    yield
    plt.close("all")


@pytest.fixture
def static(monkeypatch):
    monkeypatch.setenv("DLCORE_STATIC", "1")


def player(name="player", **changes):
    settings = {
        "surfaces": [RAVINE, SADDLE],
        "runners": THREE,
        "factors": (0.1, 1, 10),
        "steps": 40,
        "shown": ["SGD", "A & <b>"],
    }
    return playground(name, **(settings | changes))


class TestPage:
    @pytest.fixture
    def page(self, static):
        return BeautifulSoup(player(caption="Rate $\\eta$.").html, "html.parser")

    @pytest.fixture
    def data(self, page):
        return json.loads(page.script.string)

    def test_every_control_has_a_label(self, page):
        controls = page.select("input, select")
        assert len(controls) == 3 + len(THREE)
        for control in controls:
            (label,) = page.select(f'label[for="{control["id"]}"]')
            assert label.get_text(strip=True)
        assert page.fieldset.legend.get_text(strip=True)

    def test_without_script_there_is_a_picture_and_nothing_that_does_not_work(self, page):
        assert page.select_one(".dlc-controls").has_attr("hidden")
        first, second = page.select(".dlc-player-view")
        assert not first.has_attr("hidden")
        assert second.has_attr("hidden")
        assert len(first.select("polyline")) == 2
        assert [mark.get_text() for mark in first.select(".dlc-mark")] == ["S", "A"]
        assert all(box.has_attr("hidden") for box in page.select(".dlc-runner input"))
        shown = [row for row in page.select(".dlc-runner") if not row.has_attr("hidden")]
        assert [row.label.get_text() for row in shown] == ["SSGD", "AA & <b>"]

    def test_the_picture_is_described_in_the_words_below_it(self, page):
        words = page.select_one(".dlc-player-view svg")["aria-label"]
        assert words.startswith("Ravine, sensible rates, step 40 of 40. Heights: SGD ")
        assert page.select_one(".dlc-settings").get_text() == f"Shown: {words}"

    def test_the_data_are_the_paths(self, data):
        assert data["steps"] == kept_steps(40)
        assert data["surfaces"] == ["Ravine", "Saddle"]
        for s, surface in enumerate([RAVINE, SADDLE]):
            low, high = np.transpose([surface.xlim, surface.ylim])
            for r, runner in enumerate(THREE):
                for k, factor in enumerate([0.1, 1, 10]):
                    rate, x, y, heights = data["tracks"][s][r][k]
                    assert float(rate) == pytest.approx(RATES[surface.name] * factor)
                    path = descend(runner.make(RATES[surface.name] * factor), surface, 40)
                    path = path[data["steps"]]
                    path = path[np.isfinite(path).all(axis=1)]
                    read = low + np.transpose([x, y]) / 1000 * (high - low)
                    inside = (np.abs(np.transpose([x, y])) < 3000).all(axis=1)
                    error = np.abs(read - path)[inside] / (high - low)
                    assert len(read) == len(path)
                    assert error.max() <= 0.000501
                    close = 10 ** (np.array(heights) / 100) / surface.f(path)
                    assert (np.abs(np.log(close)) < 0.012).all()

    def test_a_path_that_diverges_is_short_and_said_to_be(self, data, static):
        assert len(data["tracks"][0][0][2][1]) < len(data["steps"])
        page = player("other", runners=[Runner("SGD", "S", SGD, {"Ravine": 5.0})],
                      surfaces=[RAVINE], shown=None)  # fmt: skip
        assert "SGD diverged" in page.html

    def test_the_data_cannot_leave_their_element(self, page, data):
        assert data["runners"][2]["label"] == "A & <b>"
        assert "<" not in page.script.string
        assert not page.select("b")

    def test_colours_and_dashes(self, static):
        page = BeautifulSoup(playground("twelve", [RAVINE], steps=2).html, "html.parser")
        lines = page.select("polyline")
        looks = {(line["stroke"], line["stroke-dasharray"]) for line in lines}
        assert len(lines) == len(looks) == len(RUNNERS) == 12

    def test_any_number_on_a_page(self, static):
        html = player("one").html + player("two").html
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert player("one").html in html  # the same cell again
        with pytest.raises(ValueError, match="already used"):
            player("one", steps=41)

    def test_with_and_without_caption(self, page, static):
        assert page.figure["id"] == "player"
        assert page.figcaption.get_text() == "Rate \\(\\eta\\)."
        assert player("plain").html.startswith('<div class="dlc-player"')


def test_the_whole_playground_is_light(static):
    assert len(gzip.compress(playground("whole").html.encode())) < 150_000


def test_runners_are_all_optimisers_with_all_surfaces():
    classes = [getattr(optimizers, name) for name in optimizers.__all__]
    expected = {cls for cls in classes if isinstance(cls, type) and cls is not Optimizer}
    assert {runner.make for runner in RUNNERS} == expected
    for runner in RUNNERS:
        assert set(runner.rates) == {surface.name for surface in SURFACES}
        assert all(isinstance(runner.make(rate), Optimizer) for rate in runner.rates.values())


def test_at_their_sensible_rates_all_runners_get_down():
    for surface in SURFACES:
        start = surface.f(np.array(surface.start))
        for runner in RUNNERS:
            path = descend(runner.make(runner.rates[surface.name]), surface, 200)
            assert surface.f(path[-1]) < 0.2 * start, (runner.label, surface.name)


@pytest.mark.parametrize("steps", [1, 2, 25, 26, 70, 200, 1000])
def test_kept_steps(steps):
    kept = kept_steps(steps)
    assert kept[0] == 0
    assert kept[-1] == steps
    assert kept == sorted(set(kept))
    assert all(gap % 2 for gap in np.diff(kept)[:-1])


def test_height_texts():
    texts = {0: "1.0", 100: "10", 130: "20", -60: "0.25", 250: "3.2 × 10²", -1199: "1.0 × 10⁻¹²"}
    assert {number: _height_text(number) for number in texts} == texts
    assert _height_text(-1200) == "less than 10⁻¹²"


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"surfaces": []}, "at least one surface"),
        ({"runners": []}, "1 to 12 runners"),
        ({"runners": [*RUNNERS, RUNNERS[0]]}, "1 to 12 runners"),
        ({"runners": [THREE[0], THREE[0]]}, "different labels"),
        ({"runners": [THREE[0], Runner("B", "S", SGD, RATES)]}, "different marks"),
        ({"surfaces": [RAVINE, RAVINE]}, "different names"),
        ({"surfaces": list(SURFACES)}, "a rate of SGD for 'Rosenbrock'"),
        ({"factors": (0.5, 2)}, "1 among the factors"),
        ({"factors": (1, -1)}, "each factor"),
        ({"shown": ["Adam"]}, "shown to name runners"),
        ({"steps": 0}, "steps"),
        ({"name": "Not an id"}, "lower-case"),
    ],
)
def test_mistakes_are_named(static, changes, match):
    with pytest.raises(ValueError, match=match):
        player(**changes)


class TestJupyter:
    def test_controls_change_the_picture(self):
        box = player(caption="Paths.")
        assert isinstance(box, ipywidgets.VBox)
        surface, rate, row, grid, view, words = box.children[:6]
        play, step = row.children
        assert words.value.startswith("Ravine, sensible rates, step 40 of 40.")
        assert view.value.count("<polyline") == 2
        play.value = 0
        assert "step 0 of 40" in words.value
        assert len(rate.options) > 50, "finer steps than those that a page has prepared"
        surface.value, rate.value = 1, 0
        assert words.value.startswith("Saddle, 0.1 × the sensible rates, step 0 of 40.")
        grid.children[1].value = True
        assert view.value.count("<polyline") == 3
        step.index = 40 if len(step.options) > 40 else len(step.options) - 1
        assert play.value == step.index

    def test_nothing_shown(self):
        box = player(shown=[])
        assert "no optimiser chosen" in box.children[5].value


class TestPythonInThePage:
    @pytest.fixture
    def live(self, static, monkeypatch):
        monkeypatch.setenv("DLCORE_LIVE", "1")
        monkeypatch.setattr(_live, "_figures", {})
        page = BeautifulSoup(player().html, "html.parser")
        data = json.loads(page.script.string)
        assert data["factors"] == ["sensible rates"], "the page asks for all other rates"
        return _live.find("player")[0]

    def test_paths_for_any_rate(self, live):
        (control,) = live.describe()["controls"]
        assert control["texts"][control["start"]] == "1"
        assert [control["texts"][k] for k in control["given"]] == ["0.1", "1", "10"]
        found = live.draw([1, "0.25"])
        assert (found["surface"], found["texts"]) == (1, ["0.25"])
        assert found["text"] == "0.25 × the sensible rates"
        rate, x, _, heights = found["tracks"][0]
        assert rate == "0.025"
        path = descend(SGD(0.025), SADDLE, 40)[kept_steps(40)]
        assert 10 ** (heights[-1] / 100) == pytest.approx(SADDLE.f(path[-1]), rel=0.012)
        assert len(x) == len(path)
        assert json.loads(json.dumps(found)) == found

    def test_the_prepared_rates_give_the_prepared_paths(self, live, monkeypatch):
        (control,) = live.describe()["controls"]
        found = live.draw([0, control["given"][2]])
        monkeypatch.delenv("DLCORE_LIVE")
        data = json.loads(BeautifulSoup(player("prepared").html, "html.parser").script.string)
        assert found["tracks"] == [runner[2] for runner in data["tracks"][0]]

    def test_what_cannot_be_computed_is_said(self, live):
        assert "from 0.1 to 10" in live.draw([0, "11"])["problem"]
