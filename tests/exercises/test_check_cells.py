"""What a learner reads in a check cell, and how their functions are called there."""

from __future__ import annotations

import sys
import threading
import warnings
from typing import Any

import numpy as np
import pytest

from dlcore import checks
from dlcore import convolution as library
from dlcore.checks.answers import ChoiceCheck
from dlcore.checks.calling import LocalPlayer
from dlcore.checks.plans import Call, Result, attempt

ps4 = checks.ps4


def message(check: Any, *functions: Any) -> str:
    with pytest.raises(checks.CheckFailed) as caught:
        check(*functions)
    return str(caught.value)


def test_messages_fit_into_the_lines_of_nbgrader_validate():
    text = message(ps4.im2col, lambda *args: 1 / 0)
    for check in (ps4.im2col, ps4.col2im):
        text += message(check, lambda *args: np.zeros((2, 2)))
    assert max(len(line) for line in text.splitlines()) <= 84


def test_shape_that_a_mistake_explains():
    def unpadded(x, filter_h, filter_w, stride=1, pad=0):
        return (1 if pad == 0 else 0) * library.im2col(x, filter_h, filter_w, stride)

    assert "That shape comes out when the padding is ignored." in message(ps4.im2col, unpadded)


def test_exception_names_the_line():
    import linecache

    source = "def im2col(x, *rest):\n    return x.wrong\n"
    namespace: dict[str, Any] = {}
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
    assert "argument number 2 of conv_forward holds other values after the call" in text


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "is there a `return` at the end?"),
        (np.zeros(3), "an array of shape (3,) came back, where a tuple was expected"),
        ("text", "an object of type str came back, where a tuple was expected"),
        (("text", None), "out is a str, expected numbers"),
    ],
)
def test_wrong_kinds_of_results(returned, said):
    assert said in message(ps4.conv_forward, lambda *args: returned).replace("\n", " ")


def test_backward_with_a_broken_forward():
    text = message(ps4.conv_backward, lambda *args: np.zeros(3), library.conv_backward)
    assert "an array of shape (3,) came back, where a tuple was expected" in text


def test_checks_want_their_functions():
    with pytest.raises(TypeError, match="call this check with conv_forward, conv_backward"):
        ps4.conv_backward(library.conv_backward)
    assert repr(ps4.conv_backward) == "check of conv_backward(conv_forward, conv_backward)"


def test_choices(capsys):
    check = ChoiceCheck("largest", "abc")
    check(" B ")
    assert "your answer is b" in capsys.readouterr().out
    assert "no answer yet" in message(check, None)
    for nonsense in ("d", "ab", "", 2, ["a"]):
        assert "expected one of the letters a, b, c" in message(check, nonsense)


def test_the_message_is_shown_without_a_traceback():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns["ps4"] = ps4
    shown = []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)
    shell.run_cell("ps4.im2col(lambda *args: None)")
    assert shown[0] == "im2col: case 1 of 7"
    assert "Traceback" not in "".join(shown)


# -- calling ---------------------------------------------------------------------------------------


def try_once(function, *args, seconds=5.0):
    return attempt([Call("f", args)], {"y": Result(0)}, LocalPlayer({"f": function}, seconds))


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
    assert capsys.readouterr().out.count("my debugging output") == 7


def test_calls_do_not_share_arguments():
    x = np.ones(3)

    def changes(array):
        array += 1
        return array

    calls = [Call("f", (x,)), Call("f", (x,))]
    tried = attempt(calls, {"a": Result(0), "b": Result(1)}, LocalPlayer({"f": changes}))
    assert np.array_equal(tried.arrays["b"], [2, 2, 2])
    assert np.array_equal(x, [1, 1, 1])
    assert tried.changed == (("f", 0), ("f", 0))


def test_keyboard_interrupt_is_let_through():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_once(interrupted)


def test_elsewhere_than_in_the_main_thread_there_is_no_limit():
    results = []
    thread = threading.Thread(target=lambda: results.append(try_once(lambda: 3, seconds=0.01)))
    thread.start()
    thread.join()
    assert results[0].arrays["y"] == 3


# -- the end of the notebook -----------------------------------------------------------------------


def test_ready(capsys, monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    names = ("conv_forward", "conv_backward", "max_pool_forward", "max_pool_backward")
    functions = {name: getattr(library, name) for name in names}
    assert checks.ready("ps4_convolution", **functions)
    assert capsys.readouterr().out == ""
    assert not checks.ready("ps4_convolution", im2col=lambda *args: None)
    assert "This cell needs your im2col." in capsys.readouterr().out
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert not checks.ready("ps4_convolution", **functions)
