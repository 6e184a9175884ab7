"""Run a cell: give its prints, pictures, last value and error as nbformat outputs."""

from __future__ import annotations

import ast
import io
import linecache
import sys
import tokenize
import types
from typing import Any

from course_page import late_matplotlib, outputs
from course_page.tracebacks import error_output

__all__ = ["namespace", "run"]

_AFTER_THE_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def namespace(name: str = "") -> dict[str, Any]:
    """Return the names that cells share: those of the page, or others kept apart under a name."""
    if not name:
        return sys.modules["__main__"].__dict__
    module_name = f"__main_{name}__"
    if module_name not in sys.modules:
        sys.modules[module_name] = types.ModuleType(module_name)
    return sys.modules[module_name].__dict__


def run(
    code: str, name: str, receiver: outputs.Receiver, names: dict[str, Any] | None = None
) -> bool:
    """Run a cell.

    Parameters
    ----------
    code : str
    name : str
        What tracebacks call the cell, such as ``cell 3``.
    receiver : callable
        Receives each output as soon as it is there.
    names : dict, optional
        The global names; by default those of the page.

    Returns
    -------
    bool
        Whether it ran without an error.
    """
    names = namespace() if names is None else names
    # Tracebacks and inspect.getsource find the lines here.
    lines = f"{code.rstrip()}\n".splitlines(keepends=True)
    linecache.cache[name] = (len(code), None, lines, name)
    with outputs.receiving(receiver):
        try:
            value = _execute(code, name, names)
            if value is not None:
                outputs.execute_result(value)
            _show_open_figures()
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            outputs.emit(error_output(error))
            _show_open_figures()
            return False
    return True


def _execute(code: str, name: str, names: dict[str, Any]) -> object:
    """Run the statements; return the value of the last one if it is an expression."""
    tree = ast.parse(code, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not _ends_with_semicolon(code):
        last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    if tree.body:
        exec(compile(tree, name, "exec", dont_inherit=True), names)
    if last is not None:
        return eval(compile(last, name, "eval", dont_inherit=True), names)
    return None


def _ends_with_semicolon(code: str) -> bool:
    """Whether the reader does not want to see the last value, as in Jupyter."""
    tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    code_tokens = [token for token in tokens if token.type not in _AFTER_THE_CODE]
    return bool(code_tokens) and code_tokens[-1].string == ";"


def _show_open_figures() -> None:
    if late_matplotlib.is_loaded():
        from course_page.pictures import show_open_figures

        show_open_figures()
