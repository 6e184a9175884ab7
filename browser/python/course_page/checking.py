"""Run and check an answer to an exercise, as the released notebook would from top to bottom.

Every run starts from nothing: the notebook's imports, then those answers that this one makes use
of, in the notebook's order, then the answer itself, then the notebook's own check cell. So no name
is left over from an earlier try, and what passes here passes in the notebook, too.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_page import running

__all__ = ["names", "needed", "plan", "without_unused_imports"]

# What answers define is kept apart from the names of the page's own cells.
NAMESPACE = "exercise"


@dataclass(frozen=True)
class Names:
    """The global names of a cell.

    Attributes
    ----------
    bound : frozenset of str
        What the cell gives a value, with `def`, `class`, `import`, `=` and the like.
    read : frozenset of str
        What it makes use of, inside of functions as well.
    """

    bound: frozenset[str]
    read: frozenset[str]


def names(source: str) -> Names:
    """Return the global names of a cell; of one that Python can't read, none.

    >>> sorted(names("h = lambda x: x + g(1)").read)
    ['g']
    """
    try:
        top = symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError):
        return Names(frozenset(), frozenset())
    bound = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned()}
    bound |= {symbol.get_name() for symbol in top.get_symbols() if symbol.is_imported()}
    read = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    # `s += 1` reads, too, and symtable does not say so.
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            read.add(node.target.id)
    for table in _inner(top):
        for symbol in table.get_symbols():
            if symbol.is_global():
                read |= {symbol.get_name()} if symbol.is_referenced() else set()
                bound |= {symbol.get_name()} if symbol.is_declared_global() else set()
    return Names(frozenset(bound), frozenset(read))


def _inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inner(child)


def needed(cells: Sequence[tuple[str, str]], name: str, check: str = "") -> list[str]:
    """Return the names of the cells that one makes use of, directly or not, in their order.

    Parameters
    ----------
    cells : sequence of (str, str)
        Names and sources, as they stand in the notebook. Only those before the cell count.
    name : str
        The cell.
    check : str
        Source of the cell that checks it.

    Examples
    --------
    >>> cells = [("f", "def f(): pass"), ("g", "def g(): pass"), ("h", "def h(): return f()")]
    >>> needed(cells, "h")
    ['f']
    >>> needed(cells, "h", "check(g, h)")
    ['f', 'g']
    """
    order = [one for one, _ in cells]
    about = {one: names(source) for one, source in cells[: order.index(name) + 1]}
    # The cell of an exercise defines what it is named after, also while Python can't read it.
    bound = {one: about[one].bound | {one} for one in about}
    wanted = set(about[name].read | names(check).read)
    found: set[str] = set()
    # Backwards: a cell can make use of those before it only.
    for one in reversed(order[: order.index(name)]):
        if bound[one] & wanted:
            found.add(one)
            wanted |= about[one].read
    return [one for one in order if one in found]


def without_unused_imports(source: str, used: frozenset[str]) -> str:
    """Return a cell's source without the `import … as …` of modules that nothing makes use of.

    Matplotlib takes seconds to load in a browser, and the notebook imports it for its figures.

    >>> without_unused_imports("import numpy as np; import matplotlib as mpl", frozenset({"np"}))
    'import numpy as np'
    """
    tree = ast.parse(source)
    tree.body = [one for one in tree.body if not _is_unused(one, used)]
    return ast.unparse(tree)


def _is_unused(statement: ast.stmt, used: frozenset[str]) -> bool:
    return isinstance(statement, ast.Import) and all(
        alias.asname and alias.asname not in used for alias in statement.names
    )


def plan(
    imports: Sequence[str], cells: Sequence[Mapping[str, str]], name: str, check: str = ""
) -> dict[str, Any]:
    """Say what is run, in this order, to try an answer; and forget what was run before.

    Parameters
    ----------
    imports : sequence of str
        Sources of the cells with the notebook's imports.
    cells : sequence of mapping
        Every other cell that is run, in the notebook's order: its ``name`` and its ``source``.
    name : str
        Which of them is asked for.
    check : str
        Source of its check cell; without one, the cell is only run.

    Returns
    -------
    dict
        ``namespace``: in which it has to be run. ``steps``: a list, each with its ``role``
        ("imports", "before" for another answer that is made use of, "cell" or "check"), the name
        of its ``cell``, a ``title`` for tracebacks, and its ``source``.
    """
    sources = {cell["name"]: cell["source"] for cell in cells}
    before = needed(list(sources.items()), name, check)
    used: set[str] = set()
    for source in [*(sources[one] for one in before), sources[name], check]:
        used |= names(source).read
    steps = [
        ("imports", "", "imports", without_unused_imports(source, frozenset(used)))
        for source in imports
    ]
    steps += [("before", one, f"answer to {one}", sources[one]) for one in before]
    steps.append(("cell", name, f"answer to {name}", sources[name]))
    if check:
        steps.append(("check", name, f"check of {name}", check))
    _forget()
    keys = ("role", "cell", "title", "source")
    return {
        "namespace": NAMESPACE,
        "steps": [dict(zip(keys, step, strict=True)) for step in steps],
    }


def _forget() -> None:
    """Forget what was run before."""
    namespace = running.namespace(NAMESPACE)
    module = namespace["__name__"]
    namespace.clear()
    namespace["__name__"] = module
