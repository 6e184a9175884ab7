"""What a cell does with global names: which it reads, binds, and may change the objects of.

This is decided by looking at the code alone. In doubt a cell counts as changing an object, which
costs time and never a wrong number; two rules keep that from making every cell need every other:

- Numbers, texts and arrays (``plain``) are changed by assignments to parts of them and by methods
  such as ``sort``, but not by being passed to a function.
- Everything else (``stateful``: lists, generators, networks, trainers, …) is changed by its
  methods, and by functions that it is passed to, unless these are known to be harmless. What was
  made of such an object may hold it, so that both change together.

A function's body counts where the function is mentioned, for that is where it may be called.
"""

# ruff: noqa: D102, N815 - what `visit_…` does, its name says; and so ast wants it spelt.

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["Names", "Reader"]

_PURE = {
    "abs", "all", "any", "bool", "bytes", "callable", "chr", "dict", "dir", "display", "divmod",
    "enumerate", "filter", "float", "format", "frozenset", "getattr", "hasattr", "hash", "help",
    "hex", "id", "int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "min",
    "ord", "pow", "print", "range", "repr", "reversed", "round", "set", "slice", "sorted", "str",
    "sum", "tuple", "type", "vars", "zip",
}  # fmt: skip
# Functions of modules that write into an argument, and words by which they set something for all.
_WRITERS = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask", "shuffle"}
_SETTERS = ("set_", "seed", "update", "use")
_GENERATORS = {"default_rng", "Generator", "RandomState", "SeedSequence"}
# Methods that change a list, a dictionary, a set or an array; and some that change nothing.
_MUTATORS = {
    "add", "append", "clear", "discard", "extend", "fill", "insert", "partition", "pop", "popitem",
    "put", "remove", "resize", "reverse", "setdefault", "setflags", "sort", "update",
}  # fmt: skip
_QUIET = {
    "accuracy", "copy", "count", "curve", "get", "index", "items", "keys", "multiply_adds",
    "output_shape", "predict", "summary", "values",
}  # fmt: skip

_MODULE, _DEFINITION, _PLAIN, _STATEFUL = "module", "definition", "plain", "stateful"


@dataclass
class Names:
    """What a piece of code does with global names."""

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)


@dataclass
class _Known:
    """What is known of a global name: its kind and, of a function, what its body does."""

    kind: str
    body: Names = field(default_factory=Names)


class Reader(ast.NodeVisitor):
    """Reads the cells of a page one after the other, and remembers what names stand for."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._linked: dict[str, set[str]] = {}  # stateful names that may share an object
        self._locals: list[set[str]] = []  # of functions and comprehensions around the place
        self._body: Names | None = None  # of the function around the place
        self._cell = Names()

    def read(self, source: str) -> Names:
        """Return what a cell does; one with a syntax error does nothing."""
        self._cell = Names()
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            return self._cell
        self.visit(tree)
        return self._cell

    # --- Reading, binding, changing --------------------------------------------------------------

    def _is_local(self, name: str) -> bool:
        """Whether a name is none of the page's; an empty one stands for an expression without."""
        return not name or any(name in names for names in self._locals)

    def _read(self, name: str) -> None:
        if self._is_local(name):
            return
        if self._body is not None:
            self._body.reads.add(name)
            return
        waiting, seen = [name], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name not in self._cell.binds:
                self._cell.reads.add(name)
            if name in self._known:
                body = self._known[name].body
                waiting += body.reads
                for changed in body.changes:
                    self._change(changed)

    def _change(self, name: str) -> None:
        if self._is_local(name):
            return
        if self._body is not None:
            self._body.reads.add(name)
            self._body.changes.add(name)
            return
        waiting, group = [name], set()
        while waiting:
            name = waiting.pop()
            if name not in group:
                group.add(name)
                waiting += self._linked.get(name, ())
        self._cell.changes |= group

    def _bind(
        self, name: str, kind: str, holds: Collection[str] = (), body: Names | None = None
    ) -> None:
        if self._is_local(name):
            return
        if self._body is not None:  # declared as global in a function
            self._body.changes.add(name)
            return
        self._cell.binds.add(name)
        self._known[name] = _Known(kind, body or Names())
        if name not in holds:
            # The object that had this name lives on under others, which still share it.
            sharing = self._linked.pop(name, set())
            for other in sharing:
                self._linked[other] = (self._linked[other] | sharing) - {name, other}
        for other in set(holds) - {name, ""}:
            self._linked.setdefault(name, set()).add(other)
            self._linked.setdefault(other, set()).add(name)

    def _kind(self, name: str) -> str:
        if self._is_local(name):
            return _PLAIN
        if name in self._known:
            return self._known[name].kind
        return _DEFINITION if hasattr(builtins, name) else _STATEFUL

    def _stateful(self, node: ast.AST) -> set[str]:
        """Return the global names in an expression whose objects may have a state."""
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        return {
            name for name in names if not self._is_local(name) and self._kind(name) == _STATEFUL
        }

    # --- Expressions -----------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.id)
        else:
            self._bind(node.id, _PLAIN)

    def visit_Call(self, node: ast.Call) -> None:
        root, method = _root(node.func), _last_name(node.func)
        kind = self._kind(root) if root else _STATEFUL
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        writes_out = any(keyword.arg == "out" for keyword in node.keywords)
        if kind == _MODULE and method.startswith(_SETTERS):
            self._change(root)
        is_method = isinstance(node.func, ast.Attribute) and kind in (_PLAIN, _STATEFUL)
        if is_method and (method in _MUTATORS if kind == _PLAIN else method not in _QUIET):
            self._change(root)
        harmless = (
            (isinstance(node.func, ast.Name) and root in _PURE and root not in self._known)
            or (kind == _MODULE and method not in _WRITERS)
            or (is_method and kind == _PLAIN)
        )
        for argument in arguments:
            if not harmless:
                for name in self._stateful(argument):
                    self._change(name)
            if writes_out or method in _WRITERS:
                self._change(_root(argument))
        self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        with self._inside(_parameters(node.args)):
            self.visit(node.body)

    def _visit_comprehension(self, node: ast.expr) -> None:
        targets = [part.target for part in node.generators]  # type: ignore[attr-defined]
        names = {part.id for t in targets for part in ast.walk(t) if isinstance(part, ast.Name)}
        with self._inside(names):
            self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def _is_plain(self, node: ast.expr | None) -> bool:
        """Whether the value is a number, a text, an array, or a container of such."""
        if isinstance(node, ast.Name):
            return self._kind(node.id) != _STATEFUL
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            return self._is_plain(node.value)
        if isinstance(node, ast.Tuple):
            return all(map(self._is_plain, node.elts))
        if isinstance(node, ast.IfExp):
            return self._is_plain(node.body) and self._is_plain(node.orelse)
        if isinstance(node, ast.BoolOp):
            return all(map(self._is_plain, node.values))
        if isinstance(node, ast.Call):
            return self._gives_plain(node)
        values = ast.Constant | ast.JoinedStr | ast.Compare | ast.BinOp | ast.UnaryOp | ast.Lambda
        return node is None or isinstance(node, values | ast.Slice)

    def _gives_plain(self, node: ast.Call) -> bool:
        root, method = _root(node.func), _last_name(node.func)
        if isinstance(node.func, ast.Attribute):
            # What a method returns: an accuracy, an array, a history.
            return method not in _GENERATORS
        if root in _PURE and root not in self._known:
            return all(map(self._is_plain, node.args))
        # Imported functions return arrays and numbers; classes and the cells' own functions may
        # return anything.
        imported = self._kind(root) == _DEFINITION and root not in self._own_functions
        return imported and method[:1].islower() and method not in _GENERATORS

    @property
    def _own_functions(self) -> set[str]:
        return {name for name, known in self._known.items() if known.body.binds}

    def _kind_of(self, value: ast.expr | None) -> tuple[str, set[str]]:
        """Return the kind of a value, and the names whose objects it may be or hold."""
        if value is None:
            return _PLAIN, set()
        plain = self._is_plain(value)
        holds = set() if plain else self._stateful(value)
        if isinstance(value, ast.Name | ast.Attribute | ast.Subscript):
            holds = holds | {_root(value)}  # another name for it, or a part of it
        return _PLAIN if plain else _STATEFUL, holds

    # --- Statements ------------------------------------------------------------------------------

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            matching = len(parts) == len(target.elts)
            for number, part in enumerate(target.elts):
                self._assign(part, parts[number] if matching else value)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, value)
        elif isinstance(target, ast.Name):
            self._bind(target.id, *self._kind_of(value))
        else:
            self.visit(target)
            self._change(_root(target))

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._assign(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        root = _root(node.target)
        self._read(root)
        if isinstance(node.target, ast.Name):
            # A new number, or the same array changed: what came before matters in both cases.
            self._change(root)
        else:
            self.visit(node.target)
            self._change(root)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._assign(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, item.context_expr)
        for statement in node.body:
            self.visit(statement)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._read(_root(target))
            self._change(_root(target))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind((alias.asname or alias.name).split(".")[0], _MODULE)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name, _DEFINITION)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]:
            if part is not None:
                self.visit(part)
        body = self._visit_body(node, _parameters(node.args))
        self._bind(node.name, _DEFINITION, body=body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(part)
        body = self._visit_body(node, set())
        for name in body.reads:  # its body runs at once, its methods later
            self._read(name)
        self._bind(node.name, _DEFINITION, body=body)

    def _visit_body(self, node: ast.FunctionDef | ast.ClassDef, names: set[str]) -> Names:
        """Return what a body does with names from outside."""
        outer = self._body
        self._body = body = Names(binds={node.name})
        with self._inside(names | _stored(node.body)):
            for statement in node.body:
                self.visit(statement)
        self._body = outer
        if outer is not None:  # a function in a function counts with it
            for name in body.reads:
                self._read(name)
            for name in body.changes:
                self._change(name)
        return body

    @contextmanager
    def _inside(self, names: set[str]) -> Iterator[None]:
        self._locals.append(names)
        yield
        self._locals.pop()


def _root(node: ast.AST) -> str:
    """Return ``a`` of ``a.b[0].c(1)``; an empty text if it begins otherwise."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _parameters(arguments: ast.arguments) -> set[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return {argument.arg for argument in every}


def _stored(statements: Iterable[ast.stmt]) -> set[str]:
    """Return the names that a body binds for itself."""
    names: set[str] = set()
    outside: set[str] = set()
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            outside.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return names - outside
