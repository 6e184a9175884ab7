"""What a learner reads in a check cell, and what the end of the notebook shows."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest

from dlcore import checks
from dlcore import convolution as library
from dlcore.checks.calling import Call, Result, attempt
from dlcore.checks.ps4 import TASKS

ps4 = checks.ps4


def run_all(functions: dict[str, Any]) -> None:
    ps4.conv_output_size(functions["conv_output_size"])
    ps4.im2col(functions["im2col"])
    ps4.col2im(functions["col2im"])
    ps4.conv_forward(functions["conv_forward"])
    ps4.conv_backward(functions["conv_forward"], functions["conv_backward"])
    ps4.max_pool_forward(functions["max_pool_forward"])
    ps4.max_pool_backward(functions["max_pool_forward"], functions["max_pool_backward"])


def message(check: Any, *functions: Any) -> str:
    with pytest.raises(checks.CheckFailed) as caught:
        check(*functions)
    return str(caught.value)


def test_solution_passes_all_checks(solution, capsys):
    run_all(solution)
    ps4.output_sizes(solution["output_sizes"], solution["conv_output_size"])
    said = capsys.readouterr().out
    assert said.count("public cases are right") == 7
    assert "all agree with your conv_output_size" in said


@pytest.mark.parametrize("name", [*TASKS, "output_sizes"])
def test_unanswered_notebook_is_told_what_is_missing(name, unanswered):
    if name == "output_sizes":
        text = message(ps4.output_sizes, unanswered[name], unanswered["conv_output_size"])
        assert text.count("no answer yet") == 10
        return
    needed = [unanswered[name.replace("backward", "forward")], unanswered[name]]
    text = message(getattr(ps4, name), *(needed if name.endswith("backward") else needed[-1:]))
    assert "is not written yet." in text


def known_mistakes():
    return [(name, mistake) for name, task in TASKS.items() for mistake in task.mistakes]


@pytest.mark.parametrize(
    ("name", "mistake"), known_mistakes(), ids=lambda value: getattr(value, "says", value)
)
def test_every_known_mistake_is_named(name, mistake):
    def alone(*args):
        if name == "conv_output_size":
            library.conv_output_size(*args)  # refuses what must be refused
        return mistake.function(*args)

    if name in ("conv_forward", "max_pool_forward"):
        text = message(getattr(ps4, name), lambda *args: (alone(*args), None))
    elif name.endswith("_backward"):
        right = getattr(library, name.replace("backward", "forward"))
        text = message(
            getattr(ps4, name),
            lambda *args: (right(*args)[0], args),
            lambda dout, args: alone(*args, dout),
        )
    else:
        text = message(getattr(ps4, name), alone)
    text = text.replace("\n", " ")
    if "not rounded down" in mistake.says:
        assert "an integer is needed" in text
    else:
        assert f"Likely cause: {mistake.says}" in text


def test_message_tells_case_place_and_cause():
    def backwards(x, *rest):
        return library.im2col(x, *rest)[::-1]

    text = message(ps4.im2col, backwards)
    assert text == (
        "im2col: case 1 of 6\n"
        "x of shape (1, 1, 3, 3), filter_h = 2, filter_w = 2, stride = 1, pad = 0\n"
        "col[0, 0] is 5, expected 1 (16 of 16 values differ)\n"
        "expected col:\n[[1. 2. 4. 5.]\n [2. 3. 5. 6.]\n [4. 5. 7. 8.]\n [5. 6. 8. 9.]]\n"
        "got col:\n[[5. 6. 8. 9.]\n [4. 5. 7. 8.]\n [2. 3. 5. 6.]\n [1. 2. 4. 5.]]"
    )


def test_messages_fit_into_the_lines_of_nbgrader_validate():
    text = message(ps4.im2col, lambda x, *rest: library.im2col(x, *rest).T)
    for mistake in (ps4.im2col, ps4.col2im):
        text += message(mistake, lambda *args: 1 / 0)
    assert max(len(line) for line in text.splitlines()) <= 84


def test_shape_that_a_mistake_explains():
    text = message(ps4.conv_forward, lambda x, W, b, s, p: (np.zeros((1, 1, 2, 3)), None))
    assert "out has shape (1, 1, 2, 3), expected (1, 1, 2, 2)" in text
    unpadded = message(
        ps4.im2col,
        lambda x, h, w, s, p: (
            0 * library.im2col(x, h, w, s) + (p == 0) * library.im2col(x, h, w, s)
        ),
    )
    assert "That shape comes out when the padding is ignored." in unpadded


def test_exception_names_the_line(solution):
    source = "def im2col(x, *rest):\n    return x.wrong\n"
    namespace: dict[str, Any] = {}
    import linecache

    linecache.cache["<cell im2col>"] = (len(source), None, source.splitlines(True), "<cell im2col>")
    exec(compile(source, "<cell im2col>", "exec"), namespace)
    text = message(ps4.im2col, namespace["im2col"])
    assert "im2col raised AttributeError" in text
    assert "line 2 of the cell, in im2col: return x.wrong" in text


def test_changed_argument_is_named():
    def in_place(x, W, b, stride=1, pad=0):
        out = library.conv_forward(x.copy(), W, b, stride, pad)
        W *= 2
        return out

    text = message(ps4.conv_forward, in_place).replace("\n", " ")
    assert "W (an argument of conv_forward) holds other values after the call" in text


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "is there a `return` at the end?"),
        (np.zeros(3), "an array of shape (3,), where a tuple was expected"),
        ("text", "an object of type str, where a tuple was expected"),
        (("text", None), "out is a str, expected numbers"),
    ],
)
def test_wrong_kinds_of_results(returned, said):
    assert said in message(ps4.conv_forward, lambda *args: returned).replace("\n", " ")


def test_backward_with_a_broken_forward():
    text = message(ps4.conv_backward, lambda *args: np.zeros(3), library.conv_backward)
    assert "conv_forward returned an array of shape (3,), where a tuple was expected." in text
    assert "conv_backward can be tried as soon as conv_forward works." in text


def test_sizes_that_must_be_refused():
    text = message(ps4.conv_output_size, lambda n, f, s=1, p=0: (n + 2 * p - f) // max(s, 1) + 1)
    assert "expected a ValueError. It returned 0." in text


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "size is None: is there a `return` at the end?"),
        (ValueError("impossible"), "size is a ValueError, expected numbers"),
    ],
)
def test_sizes_for_which_something_else_is_returned(returned, said):
    def quiet(*args):
        try:
            return library.conv_output_size(*args)
        except ValueError:
            return returned

    text = message(ps4.conv_output_size, quiet).replace("\n", " ")
    assert f"Nothing was raised; {said}" in text


def test_ties():
    def all_winners(dout, cache):
        x, pool, stride = cache
        (spread,) = [m for m in TASKS["max_pool_backward"].mistakes if "equal maxima" in m.says]
        return spread.function(x, pool, stride, dout)

    def forward(*args):
        return library.max_pool_forward(*args)[0], args

    assert "must add up to 6, got 24." in message(ps4.max_pool_backward, forward, all_winners)


def test_answers_are_compared_with_the_learners_own_function(solution):
    size = solution["conv_output_size"]
    answers = dict(solution["output_sizes"])
    text = message(ps4.output_sizes, answers | {"b": 9, "c": None, "d": 112.0}, size)
    assert text.splitlines()[1:] == [
        "- b: your answer 9 and your conv_output_size disagree; one of the two is wrong",
        "- c: no answer yet",
        "- d: expected an int, got 112.0",
    ]
    assert "must be a dict" in message(ps4.output_sizes, [26, 10], size)


def test_answers_without_a_working_function(solution, capsys):
    def unwritten(*_):
        raise NotImplementedError

    ps4.output_sizes(solution["output_sizes"], unwritten)
    assert "Once conv_output_size works" in capsys.readouterr().out


def test_the_message_is_shown_without_a_traceback():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns["ps4"] = ps4
    shown = []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)
    shell.run_cell("ps4.im2col(lambda *args: None)")
    assert shown[0] == "im2col: case 1 of 6"
    assert "Traceback" not in "".join(shown)


# -- calling ---------------------------------------------------------------------------------------


def try_once(function, *args, seconds=5.0):
    return attempt([Call("f", args)], {"y": Result(0)}, {"f": function}, seconds)


def test_prints_warnings_and_stderr_are_collected(capsys):
    def talks(x):
        print("out")
        print("err", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tried = try_once(talks, 1)
    assert tried.problem == ""
    assert "out\nerr\n" in tried.printed
    assert "careful" in tried.printed
    assert capsys.readouterr() == ("", "")


def test_endless_printing_keeps_the_beginning():
    def talks():
        while True:
            print("x" * 1000)

    tried = try_once(talks, seconds=0.3)
    assert tried.timed_out
    assert len(tried.printed) == 2_000


def test_what_the_learner_prints_is_shown(capsys):
    def talks(*args):
        print("my debugging output")
        return library.im2col(*args)

    ps4.im2col(talks)
    assert capsys.readouterr().out.count("my debugging output") == 6


def test_calls_do_not_share_arguments():
    x = np.ones(3)

    def changes(array):
        array += 1
        return array

    tried = attempt(
        [Call("f", (x,)), Call("f", (x,))], {"a": Result(0), "b": Result(1)}, {"f": changes}
    )
    assert np.array_equal(tried.arrays["b"], [2, 2, 2])
    assert np.array_equal(x, [1, 1, 1])
    assert tried.changed == (("f", 0), ("f", 0))


def test_keyboard_interrupt_is_let_through():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_once(interrupted)


def test_elsewhere_than_in_the_main_thread_there_is_no_limit():
    import threading

    results = []
    thread = threading.Thread(target=lambda: results.append(try_once(lambda: 3, seconds=0.01)))
    thread.start()
    thread.join()
    assert results[0].arrays["y"] == 3


# -- the end of the notebook -----------------------------------------------------------------------


def test_ready(solution, unanswered, capsys, monkeypatch):
    names = ("conv_forward", "conv_backward", "max_pool_forward", "max_pool_backward")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert ps4.ready(**{name: solution[name] for name in names})
    assert capsys.readouterr().out == ""
    assert not ps4.ready(conv_forward=unanswered["conv_forward"])
    assert "This cell needs your conv_forward." in capsys.readouterr().out
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert not ps4.ready(conv_forward=solution["conv_forward"])
