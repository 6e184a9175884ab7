"""Every public name says what it does, and shows it in an example that runs.

Public are the names of each module's `__all__`, in modules whose names do not start with `_`. That
the examples give what they claim is pytest's own business (`--doctest-modules`).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import dlcore

ARRAY = re.compile(r"\bArray(Like)?\b")
ANY_SHAPE = "arrays of any shape"
# A shape such as (N, C) or (N,), which a `Shapes` section holds too, or the word itself.
NAMES_SHAPES = re.compile(r"\([A-Z][^()]*,[^()]*\)|\bshapes?\b")


def public_modules() -> list[str]:
    """Names of the package's modules, except those with a leading underscore in their path."""
    found = pkgutil.walk_packages(dlcore.__path__, prefix="dlcore.")
    return [m.name for m in found if not re.search(r"\._", m.name)]


def public_names() -> Iterator[tuple[str, Any]]:
    """Each class and function of an `__all__` once, under the module that defines it."""
    seen = set()
    for module_name in public_modules():
        module = importlib.import_module(module_name)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if (inspect.isclass(value) or inspect.isroutine(value)) and value not in seen:
                seen.add(value)
                yield f"{value.__module__}.{name}", value


def methods() -> Iterator[tuple[str, Any]]:
    """Public methods and properties where they are introduced; overriding ones say no more."""
    for class_name, cls in NAMES:
        if not inspect.isclass(cls):
            continue
        for name, value in vars(cls).items():
            introduced = not any(hasattr(base, name) for base in cls.__mro__[1:])
            described = inspect.isroutine(value) or isinstance(value, property)
            if not name.startswith("_") and introduced and described:
                yield f"{class_name}.{name}", getattr(cls, name)


def listed(pairs: list[tuple[str, Any]]) -> pytest.MarkDecorator:
    """Run a test once for each pair, under its name."""
    return pytest.mark.parametrize("value", [v for _, v in pairs], ids=[n for n, _ in pairs])


def docstring(value: Any) -> str:
    """The object's own docstring without indentation; that of a base class does not count."""
    return inspect.cleandoc(value.__doc__ or "")


def array_arguments(function: Any) -> list[str]:
    """Names of the arguments whose annotation speaks of arrays."""
    kinds = {k: str(v) for k, v in function.__annotations__.items() if k != "return"}
    return [name for name, kind in kinds.items() if ARRAY.search(kind)]


NAMES = list(public_names())
METHODS = list(methods())
# A protocol is a description itself: there is nothing to run.
RUNNABLE = [(n, v) for n, v in NAMES if not getattr(v, "_is_protocol", False)]
FUNCTIONS = [(n, v) for n, v in NAMES if inspect.isfunction(v) and array_arguments(v)]


@pytest.mark.parametrize("name", [m for m in public_modules() if m.count(".") == 1])
def test_module_says_what_is_public(name):
    module = importlib.import_module(name)
    missing = [n for n in getattr(module, "__all__", ()) if not hasattr(module, n)]
    assert docstring(module)
    assert getattr(module, "__all__", None), "no __all__"
    assert not missing


@listed(NAMES + METHODS)
def test_first_line_is_a_sentence(value):
    first, _, rest = docstring(value).partition("\n")
    assert len(first.split()) > 1, "no docstring"
    assert first.endswith("."), f"expected a sentence on one line, got {first!r}"
    assert not rest or rest.startswith("\n"), "expected an empty line after the first"


@listed(RUNNABLE)
def test_there_is_an_example(value):
    assert ">>> " in docstring(value)


@listed(FUNCTIONS)
def test_shapes_of_array_arguments_are_named(value):
    # A module may say it once for all its activations, functions of x and numbers.
    if array_arguments(value) == ["x"] and ANY_SHAPE in docstring(inspect.getmodule(value)):
        return
    assert NAMES_SHAPES.search(docstring(value))
