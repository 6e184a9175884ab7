"""Tables and curves of the experiments' results, and the numbers that a text states."""

from __future__ import annotations

import numpy as np
import pytest
from bs4 import BeautifulSoup

from dlcore.experiments import EXPERIMENTS, load
from dlcore.experiments.results import Figure
from dlcore.experiments.views import (
    Table,
    comparison,
    draw_curves,
    draw_together,
    notes,
    percent,
    records,
    setting,
)
from dlcore.facts import fact


def parsed(table: Table) -> list[list[str]]:
    rows = BeautifulSoup(table._repr_html_(), "html.parser").select("tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def test_a_table_is_the_same_as_html_and_as_text():
    table = Table("Signs", ("sign", "meaning"), (("<", "less & smaller"), (">", "more")))
    assert parsed(table) == [["sign", "meaning"], ["<", "less & smaller"], [">", "more"]]
    assert repr(table).splitlines() == ["sign | meaning", "< | less & smaller", "> | more"]


def test_the_comparison_has_the_means_of_the_result_files():
    header, row = parsed(comparison("2-6"))
    result = load("2-6")
    outcome = dict(zip(header, row, strict=True))
    assert outcome["the report"] == result.report
    assert outcome["test, %"].split() == [
        f"{100 * np.mean(result['test'].values):.1f}",
        "±",
        f"{100 * np.std(result['test'].values, ddof=1):.1f}",
    ]


def test_one_seed_has_no_standard_deviation():
    assert percent(Figure.of((0.5,))) == "50.0"


def test_no_two_experiments_have_the_same_setting_in_words():
    texts = {}
    for id_ in EXPERIMENTS:
        texts.setdefault(", ".join(setting(load(id_))), []).append(id_)
    same = [ids for ids in texts.values() if len(ids) > 1]
    # The second repeats the first with other seeds, as the report did without knowing.
    assert same == [["2-4-momentum", "2-4-adagrad-as-run"]]


def test_records_say_once_what_all_runs_share():
    table = records("2-3-bn", "2-3-bn-frozen", "2-3-no-bn")
    assert "784-40-20-10" in table.caption
    assert "SGD" in table.caption
    assert [row[1] for row in table.rows] == [
        "batch normalisation",
        "batch normalisation with γ = 1 and β = 0 for ever",
        "nothing more",
    ]


def test_notes_are_those_of_the_files():
    assert notes("2-5a").rows == (("2-5a", load("2-5a").note),)


def test_curves_end_at_the_mean_of_the_final_accuracies():
    fig = draw_curves("2-2-2d")
    for line, name in zip(fig.axes[0].get_lines(), ("train", "test"), strict=True):
        assert line.get_ydata()[-1] == pytest.approx(np.mean(load("2-2-2d")[name].values))
        assert line.get_xdata()[-1] == 2000


def test_the_loss_is_drawn_over_iterations():
    fig = draw_together("2-4-adam", curve="loss")
    assert fig.axes[0].get_lines()[0].get_xdata()[-1] == 1000


def test_every_panel_left_over_is_removed():
    fig = draw_curves("2-2-2a", "2-2-2b", "2-2-2c")
    assert len(fig.axes) == 3


@pytest.mark.parametrize("view", [comparison, records, notes, draw_curves, draw_together])
def test_without_an_experiment_there_is_nothing_to_show(view):
    with pytest.raises(ValueError, match="at least one experiment"):
        view()


def test_too_many_lines_and_unknown_curves_are_refused():
    with pytest.raises(ValueError, match="at most 6"):
        draw_together(*["2-6"] * 7)
    with pytest.raises(ValueError, match="expected curve"):
        draw_together("2-6", curve="speed")


def test_a_fact_is_kept_where_the_page_finds_it(monkeypatch):
    kept = []
    monkeypatch.setenv("DLCORE_STATIC", "1")
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: kept.append((a, k)))
    fact("ch9-share", "37 %")
    ((data,), options) = kept[0]
    assert data == {"application/papermill.record/text/plain": "'37 %'"}
    assert options["metadata"]["scrapbook"]["name"] == "ch9-share"


@pytest.mark.parametrize("name", ["", "Share", "a b", "9a"])
def test_a_fact_needs_a_proper_name(name):
    with pytest.raises(ValueError, match="expected a name"):
        fact(name, "1")


def test_a_fact_is_a_text():
    with pytest.raises(TypeError, match="as it shall appear"):
        fact("ch9-share", 0.37)
    with pytest.raises(ValueError, match="empty"):
        fact("ch9-share", " ")
