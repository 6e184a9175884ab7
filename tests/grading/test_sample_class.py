"""``dlgrader demo``: the whole workflow, from the solution's text to grades and feedback."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from dlgrader.__main__ import main
from dlgrader.course import GradingError, find_course
from dlgrader.exercises import assignment_names
from dlgrader.sample_class import _read, fill_in, load_class

ROOT = Path(__file__).resolve().parents[2]
NAME = "ps4_convolution"

# Points by column of the table: the eight exercises and the two written answers.
TABLE = {
    "ada": [4, 10, 8, 6, 8, 8, 4, 4, 4, 4],
    "bela": [4, 10, 8, 6, 8, 8, 4, 4, 3.5, 3],
    "chiyo": [3, 6, 8, 0, 6.5, 0, 2.5, 0, 2, 0],
    "dario": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "emre": [4, 10, 5.5, 6, 6.5, 5, 4, 4, 3, 2],
    "fatima": [4, 10, 6, 6, 6.5, 4, 4, 4, 4, 1],
    "gwen": [4, 10, 8, 3, 8, 0, 4, 3, 0, 3],
    "hana": [4, 10, 8, 6, 8, 8, 4, 0, 4, 4],
    "igor": [4, 10, 8, 6, 8, 8, 4, 4, 2, 2],
}


def page(demo, learner):
    return BeautifulSoup((demo.folder / "feedback" / f"{learner}.html").read_text(), "html.parser")


def test_it_ends_well_and_says_nothing_strange(demo):
    assert demo.code == 0, demo.said
    for word in ("Warning", "WARNING", "Traceback", "NOT AS EXPECTED"):
        assert word not in demo.said


@pytest.mark.parametrize("learner", TABLE)
def test_class_table(demo, learner):
    (row,) = [line.split() for line in demo.said.splitlines() if line.startswith(f"{learner} ")]
    points = [float(cell) for cell in row[1:11]]
    assert points == TABLE[learner]
    assert float(row[11]) == sum(points)
    assert row[14] == "graded:"


def test_csv(demo):
    with (demo.folder / "grades.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        learner: sum(points) for learner, points in TABLE.items()
    }
    assert {row["max_score"] for row in rows} == {"60.0"}
    assert all(row["timestamp"] for row in rows)


def test_feedback_names_what_was_lost(demo):
    text = " ".join(page(demo, "fatima").get_text().split())
    assert "im2col: 6 of 8 points" in text
    assert "0.0 of 1.0 zeros at all four sides, also more than the filter is large" in text
    assert "all the padding is put after the last row and column, none before the first" in text
    assert "the gradient is divided by the number of images" in text
    assert "The number of weights is right. Both see 5 pixels" in text
    assert "the channel comes first" in page(demo, "emre").get_text()
    assert "max_pool_backward was stopped after 6 s" in page(demo, "hana").get_text()
    assert "SyntaxError" in page(demo, "gwen").get_text()


def test_feedback_lists_scores_of_what_has_points_only(demo):
    scores = [item.get_text() for item in page(demo, "fatima").select(".overview li")]
    assert len(scores) == 10
    assert not any(" of 0 " in score for score in scores)


@pytest.mark.parametrize("learner", TABLE)
def test_feedback_keeps_the_marking_scheme_back(demo, learner):
    text = page(demo, learner).get_text()
    assert "MARK SCHEME" not in text
    assert "Rubric" not in text
    assert "Model answer" not in text


def test_nothing_is_left_elsewhere(demo):
    assert list(demo.home.iterdir()) == []
    assert sorted(path.name for path in demo.folder.iterdir()) == ["feedback", "grades.csv"]


def test_generate_check(capsys):
    assert main(["--course", str(ROOT), "generate", "--check"]) == 0
    said = capsys.readouterr().out
    assert said == "".join(f"{name}: in step\n" for name in assignment_names())


def test_generate_check_fails_when_out_of_step(tmp_path, capsys):
    for name in ("nbgrader_config.py", "solutions"):
        (tmp_path / name).symlink_to(ROOT / name)
    assert main(["--course", str(tmp_path), "generate", "--check"]) == 1
    assert "run `dlgrader generate`" in capsys.readouterr().out
    assert not (tmp_path / "exercises").exists()
    assert main(["--course", str(tmp_path), "generate", NAME]) == 0
    made = tmp_path / "exercises" / NAME / f"{NAME}.ipynb"
    assert made.read_text() == (ROOT / "exercises" / NAME / f"{NAME}.ipynb").read_text()


def test_usage(capsys, tmp_path):
    for arguments in ([], ["generate", "ps9"], ["grade"]):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 2
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    assert main(["--course", str(tmp_path), "generate"]) == 1
    assert "no nbgrader_config.py" in capsys.readouterr().err


def test_course_is_found_from_below(tmp_path):
    assert find_course(ROOT / "solutions" / NAME) == ROOT
    with pytest.raises(GradingError, match="--course"):
        find_course(tmp_path)


def test_sample_class_has_the_promised_kinds():
    learners = {learner.name: learner for learner in load_class(ROOT, NAME)}
    assert set(learners) == set(TABLE)
    assert learners["dario"].cells == {}
    assert learners["hana"].starts_from_solution
    assert not learners["bela"].starts_from_solution


def test_a_learners_file_with_an_unknown_cell(tmp_path):
    path = tmp_path / "zed.py"
    path.write_text(
        '# +++\n# story = "s"\n# starts_from = "empty"\n# [points]\n# +++\n\n# %% im2cool\n1\n'
    )
    with pytest.raises(GradingError, match="zed: the notebook has no cell im2cool"):
        fill_in(ROOT / "exercises" / NAME / f"{NAME}.ipynb", _read(path), ROOT, NAME)
