"""Cells as the page runs them: the outputs are those of Jupyter."""

from __future__ import annotations

import json
import sys

import pytest
from course_page import calling, display, running


def joined(outputs):
    """What one stream printed in a row, as one output; the page does the same."""
    result = []
    for output in outputs:
        if result and "text" in output and output.get("name") == result[-1].get("name"):
            output = {**output, "text": result.pop()["text"] + output["text"]}
        result.append(output)
    return result


@pytest.fixture
def names():
    return {"display": display.display}


@pytest.fixture
def outputs(names):
    """`outputs(code)` runs a cell and returns its outputs, and whether it ran through."""

    def run(code, name="cell 1"):
        found = []
        ok = running.run(code, name, found.append, names)
        json.dumps(found)
        return joined(found), ok

    return run


def test_prints_and_last_value(outputs):
    found, ok = outputs("print('a', end='')\nprint('b')\n1 + 1")
    assert ok
    assert found[0] == {"output_type": "stream", "name": "stdout", "text": "ab\n"}
    assert found[1]["output_type"] == "execute_result"
    assert found[1]["data"] == {"text/plain": "2"}


@pytest.mark.parametrize(
    "code", ["x = 1", "None", "1 + 1;", "1 + 1;  # a remark", "if True:\n    3"]
)
def test_nothing_to_show(outputs, code):
    assert outputs(code) == ([], True)


def test_names_stay_for_the_next_cell(outputs, names):
    outputs("x = 3")
    assert outputs("x + 1")[0][0]["data"]["text/plain"] == "4"
    assert names["x"] == 3


def test_both_streams_come_in_their_order(outputs):
    found, _ = outputs(
        "import sys\nprint('a')\nprint('b', file=sys.stderr)\ndisplay(1)\nprint('c')"
    )
    assert [o.get("text", o["output_type"]) for o in found] == ["a\n", "b\n", "display_data", "c\n"]


def test_html_goes_with_its_text(outputs):
    code = "class Table:\n    def _repr_html_(self): return '<b>1</b>'\n"
    code += "    def __repr__(self): return 'T'\n"
    data = outputs(f"{code}Table()")[0][0]["data"]
    assert data == {"text/plain": "T", "text/html": "<b>1</b>"}
    assert "text/html" not in outputs(f"{code}Table")[0][0]["data"]


def test_an_object_that_answers_to_every_name_is_shown_as_text(outputs):
    code = "class Any:\n    def __getattr__(self, name): return lambda *a: 'x'\nAny()"
    assert list(outputs(code)[0][0]["data"]) == ["text/plain"]


def test_long_lists_take_several_lines(outputs):
    text = outputs("['some text or other'] * 9")[0][0]["data"]["text/plain"]
    assert text.count("\n") == 8


def test_traceback_has_the_cells_lines_only(outputs):
    outputs("def f(n):\n    return 1 / n", "cell 1")
    found, ok = outputs("x = 1\nf(0)", "cell 2")
    assert not ok
    text = "\n".join(found[0]["traceback"])
    assert 'File "cell 2", line 2, in <module>' in text
    assert "    f(0)" in text
    assert 'File "cell 1", line 2, in f' in text
    assert "    return 1 / n" in text
    assert text.endswith("ZeroDivisionError: division by zero")
    assert "course_page" not in text
    assert found[0]["ename"] == "ZeroDivisionError"


def test_the_function_of_a_library_that_complains_is_named(outputs):
    found, _ = outputs("import json\njson.loads('[')")
    text = "\n".join(found[0]["traceback"])
    assert text.count('File "') == 2
    assert "raw_decode" in text


@pytest.mark.parametrize("code", ["a = (", "x = 1 +", "  y = 2", "return 1", "print('a"])
def test_what_is_no_python_is_shown_where(outputs, code):
    found, ok = outputs(code, "cell 7")
    assert not ok
    text = "\n".join(found[0]["traceback"])
    assert 'File "cell 7", line 1' in text
    assert "ast.py" not in text


def test_an_exception_may_bring_its_own_lines(outputs):
    code = "class E(Exception):\n    def _render_traceback_(self): return ['one', 'two']\nraise E"
    assert outputs(code)[0][0]["traceback"] == ["one", "two"]


@pytest.mark.parametrize("code", ["raise KeyboardInterrupt", "import sys\nsys.exit(3)"])
def test_leaving_a_cell_ends_the_cell_only(outputs, code):
    found, ok = outputs(code)
    assert not ok
    assert found[0]["output_type"] == "error"


def test_a_figure_is_an_inline_picture(outputs):
    code = "import matplotlib\nmatplotlib.use('module://course_page.pictures')\n"
    code += "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    found, ok = outputs(code)
    assert ok
    assert len(found) == 1
    assert found[0]["data"]["image/svg+xml"].startswith('<svg class="dlc-picture"')


def test_show_shows_at_once_and_only_once(outputs):
    code = "import matplotlib\nmatplotlib.use('module://course_page.pictures')\n"
    code += "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('after')"
    found, _ = outputs(code)
    assert [o["output_type"] for o in found] == ["display_data", "stream"]


def test_an_error_does_not_hide_the_figure_before_it(outputs):
    code = "import matplotlib\nmatplotlib.use('module://course_page.pictures')\n"
    code += "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n1 / 0"
    found, _ = outputs(code)
    assert [o["output_type"] for o in found] == ["error", "display_data"]


def test_cells_may_import_what_ipython_has(outputs, monkeypatch):
    for name in ("IPython", "IPython.display"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    kept = {name: module for name, module in sys.modules.items() if name.startswith("IPython.")}
    display.install()
    try:
        found, ok = outputs("from IPython.display import HTML, display\ndisplay(HTML('<i>a</i>'))")
        assert ok
        assert found[0]["data"]["text/html"] == "<i>a</i>"
    finally:
        sys.modules.update(kept)


def test_source_of_a_function_can_be_asked_for(outputs):
    outputs("def f():\n    return 1", "cell 3")
    found, _ = outputs("import inspect\nprint(inspect.getsource(f))", "cell 4")
    assert found[0]["text"] == "def f():\n    return 1\n\n"


def test_namespaces_are_apart():
    running.namespace("one")["x"] = 1
    assert "x" not in running.namespace("two")
    assert "x" not in running.namespace()
    assert running.namespace("one") is running.namespace("one")


def test_call():
    assert calling.call("course_page.order.needs", '{"sources": ["a = 1", "a"]}') == "[[], [0]]"
    with pytest.raises(ValueError, match="expected a function of course_page"):
        calling.call("os.system", '{"command": "true"}')
