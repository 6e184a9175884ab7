"""Calls of a learner's functions in this process, and cases stored as JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nst

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.cases import Case, Known, Seen, findings, likely_cause, look
from dlcore.checks.codec import decode_case, encode_case
from dlcore.checks.plans import After, Call, Result, Seed, Shared, attempt


class Descent:
    """What a learner's optimiser looks like."""

    def __init__(self, lr=0.1):
        self.lr = lr
        self.steps = 0

    def update(self, params, grads):
        self.steps += 1
        for name, grad in grads.items():
            params[name] -= self.lr * grad * self.steps


def rebinding(params, grads):
    for name in params:
        params[name] = params[name] - grads[name]


def tried(calls, results=None, seconds=3.0, **functions):
    return attempt(calls, results or {}, LocalPlayer(functions, seconds))


def steps(function="update", of=None):
    params = {"W": np.ones(2), "b": np.zeros(())}
    grads = {"b": np.array(1.0), "W": np.array([1.0, 2.0])}
    return (
        Call(function, (Shared("params", params), Shared("grads", grads)), of=of),
        Call(function, (Shared("params"), Shared("grads", {"W": np.zeros(2)})), of=of),
    )


def test_an_object_with_state_and_arguments_that_live_on():
    calls = (Call("Descent", (), {"lr": 1.0}), *steps(of=Result(0)))
    results = {"W1": After(1, 0, "W"), "W2": After(2, 0, "W"), "b2": After(2, 0, "b")}
    done = tried(calls, results, Descent=Descent)
    assert done.problem == ""
    np.testing.assert_array_equal(done.arrays["W1"], [0, -1])
    np.testing.assert_array_equal(done.arrays["W2"], [0, -1])
    # The caller filled zeros into W's gradient; that of b stayed in the buffer.
    assert done.arrays["b2"] == -3


def test_what_became_of_the_arrays_that_were_handed_over():
    calls = steps("step")
    results = {"new": After(0, 0, "W"), "old": After(0, 0, "W", original=True)}
    done = tried(calls, results, step=rebinding)
    np.testing.assert_array_equal(done.arrays["new"], [0, -1])
    np.testing.assert_array_equal(done.arrays["old"], [1, 1])
    assert ("step", 0) in done.changed


def test_a_plan_can_be_played_again():
    player = LocalPlayer({"Descent": Descent})
    calls = (Call("Descent"), *steps(of=Result(0)))
    results = {"W": After(2, 0, "W")}
    first, second = attempt(calls, results, player), attempt(calls, results, player)
    np.testing.assert_array_equal(first.arrays["W"], second.arrays["W"])


def test_generators_are_made_of_seeds_and_shared_ones_go_on():
    def draw(rng):
        return rng.random()

    def value(*calls):
        results = {str(number): Result(number) for number in range(len(calls))}
        return [float(array) for array in tried(calls, results, draw=draw).arrays.values()]

    fresh, again = value(Call("draw", (Seed(1),)), Call("draw", (Seed(1),)))
    assert fresh == again == np.random.default_rng(1).random()
    shared = Shared("rng", Seed(1))
    first, second = value(Call("draw", (shared,)), Call("draw", (Shared("rng"),)))
    assert first == fresh != second


def test_names_of_numpy_and_dlcore_are_looked_up_there():
    done = tried(
        (
            Call("numpy.linalg.norm", (np.array([3.0, 4.0]),)),
            Call("dlcore.functional.relu", (-1.0,)),
        ),
        {"norm": Result(0), "relu": Result(1)},
    )
    assert done.arrays["norm"] == 5
    assert done.arrays["relu"] == 0


def test_results_that_go_on_as_arguments_and_items_of_tuples():
    done = tried(
        (Call("forward", (np.arange(3.0),)), Call("backward", (Result(0, 1),))),
        {"out": Result(0, 0), "dx": Result(1)},
        forward=lambda x: (x + 1, {"any": "object"}),
        backward=lambda cache: float(len(cache)),
    )
    np.testing.assert_array_equal(done.arrays["out"], [1, 2, 3])
    assert done.arrays["dx"] == 1


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: None, "None: is there a `return` at the end?"),
        (lambda x: "text", "a str, expected numbers"),
        (lambda x: (n for n in x), "a generator, expected numbers"),
        (lambda x: x * 1j, "of dtype complex128, expected real numbers"),
        (lambda x: np.array([x, None], dtype=object), "of dtype object, expected real numbers"),
    ],
)
def test_results_that_are_no_arrays(function, said):
    done = tried((Call("f", (np.ones(2),)),), {"y": Result(0)}, f=function)
    assert done.unusable == {"y": said}


def test_plain_results():
    done = tried(
        (Call("shapes"),),
        {"shapes": Result(0, plain=True), "bad": Result(0, 1, plain=True)},
        shapes=lambda: [("C1", (np.int64(6), 28)), print],
    )
    assert done.plain == {}
    assert "a builtin_function_or_method" in done.unusable["shapes"]


def test_problems_in_words():
    def broken(x):
        return undefined_name  # noqa: F821

    class OddError(ValueError):
        def __str__(self):
            raise RuntimeError

    def odd(x):
        raise OddError

    done = tried((Call("broken", (1,)),), broken=broken)
    assert "broken raised NameError: name 'undefined_name' is not defined." in done.problem
    assert "return undefined_name" in done.problem
    assert done.raised[:2] == ("NameError", "Exception")
    done = tried((Call("odd", (1,)),), odd=odd)
    assert done.problem.startswith("odd raised OddError.")
    assert done.raised == ("ValueError", "Exception", "BaseException", "object")[:3]
    assert "is not a function here" in tried((Call("gone"),)).problem
    done = tried((Call("Descent"), Call("step", of=Result(0))), Descent=Descent)
    assert done.problem == "Descent has no method step."


def test_an_exception_that_only_has_the_name_of_one_of_pythons():
    class ValueError(Exception):  # noqa: A001 (the trick)
        pass

    def raising(x):
        raise ValueError("no")

    assert "ValueError" not in tried((Call("raising", (1,)),), raising=raising).raised


def test_endless_loop_that_catches_everything():
    def endless(x):
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass

    done = tried((Call("endless", (1,)), Call("endless", (1,))), seconds=0.2, endless=endless)
    assert done.timed_out
    assert done.completed == 0
    assert "stopped after 0.2 s" in done.problem


def test_lines_are_counted_without_numpys():
    def loops(x):
        total = 0
        for value in x:
            total += value
        return total

    def sums(x):
        return np.sum(x)

    def count(function, size):
        return tried((Call("f", (np.ones(size),), counted=True),), f=function).lines[0]

    assert count(loops, 100) - count(loops, 10) == 2 * 90
    assert count(sums, 100) == count(sums, 10) < count(loops, 10)


# -- cases as JSON ---------------------------------------------------------------------------------

arrays = nst.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.bool_]),
    nst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    elements=st.integers(0, 1),
)
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)
values = st.recursive(
    scalars | arrays | st.builds(Result, st.integers(0, 3)) | st.builds(Seed, st.integers(0, 9)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.builds(Shared, st.text(max_size=3), inner)
    ),
    max_leaves=8,
)


@given(values, st.dictionaries(st.text(max_size=3), arrays, max_size=2))
def test_cases_survive_json(value, seen):
    case = Case(
        "a case",
        (Call("f", (value,), {"name": value}, Result(0), counted=True),),
        {"y": Result(0, 1), "W": After(0, "params", "W", original=True)},
        ("values", "untouched"),
        Seen(seen, ("ValueError",), (("f", 0),)),
        mistakes={"slip": Seen(seen)},
        may_change=(("f", "name"),),
    )
    again = decode_case(json.loads(json.dumps(encode_case(case))))
    assert repr(again) == repr(case)


def test_numbers_keep_nine_digits_and_what_is_not_finite():
    seen = Seen({"y": np.array([1 / 3, np.inf, -np.inf, np.nan])})
    again = decode_case(json.loads(json.dumps(encode_case(Case("", (), {}, ("values",), seen)))))
    np.testing.assert_allclose(again.expected.arrays["y"], seen.arrays["y"], rtol=1e-9)


# -- findings --------------------------------------------------------------------------------------


def case_of(expected, **mistakes):
    made = {name: Seen({"y": np.array(value)}) for name, value in mistakes.items()}
    seen = Seen({"y": np.array(expected)})
    return Case("", (Call("f"),), {"y": Result(0)}, ("values",), seen, mistakes=made)


def caused(got, *cases):
    tries = [
        (case, tried(case.calls, case.results, f=lambda value=value: value))
        for case, value in zip(cases, got, strict=True)
    ]
    (found,) = findings(*tries[0])
    return likely_cause(
        found, tries, [Known("twice", "it is doubled"), Known("plus", "one is added")]
    )


def test_a_mistake_that_explains_everything_is_likely():
    cases = case_of([1.0], twice=[2.0], plus=[2.0]), case_of([3.0], twice=[6.0], plus=[4.0])
    assert caused([[2.0], [4.0]], *cases) == ("plus", "Likely cause: one is added.")
    assert caused([[2.0], [6.0]], *cases) == ("twice", "Likely cause: it is doubled.")
    assert caused([[2.0], [9.0]], *cases)[1] == "On this case it looks as if it is doubled."
    assert caused([[7.0], [6.0]], *cases) == ("", "")


def test_a_wrong_shape_is_explained():
    case = case_of([1.0], twice=[2.0, 2.0])
    assert caused([[5.0, 5.0]], case) == ("", "That shape comes out when it is doubled.")


def test_views_see_what_they_are_meant_to():
    case = Case("", (), {}, ("values",), Seen({}), view="repeated")
    player = LocalPlayer({"f": lambda: 1.0})
    calls = (Call("f"), Call("f"))
    done = attempt(calls, {"y": Result(0), "y again": Result(1)}, player)
    assert look(case, done).arrays == {"y again": 0.0}
