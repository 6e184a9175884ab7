"""History: a record that survives JSON and refuses what does not fit."""

import json

import pytest
from training_cases import data, make

from dlcore.training import History


def test_history_survives_json():
    x, t = data()
    history = make().fit(x, t, iterations=5, evaluation={"test": (x, t)}, progress=False)
    record = json.loads(json.dumps(history.to_dict()))
    assert History.from_dict(record) == history
    record["loss"].append(1.0)
    assert history.iterations == 5


def test_to_dict_is_a_copy():
    history = History(loss=[1.0], evaluated_at=[1], evaluations={"test": [0.5]})
    record = history.to_dict()
    record["evaluations"]["test"].append(0.6)
    assert history.evaluations == {"test": [0.5]}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"loss": []}, r"expected the keys \['evaluated_at', 'evaluations', 'loss'\], got \['l"),
        (
            {"loss": [1.0], "evaluated_at": [1], "evaluations": {"test": []}},
            r"expected 1 accuracies of 'test'.*got 0",
        ),
    ],
)
def test_a_record_that_does_not_fit_is_refused(record, message):
    with pytest.raises(ValueError, match=message):
        History.from_dict(record)
