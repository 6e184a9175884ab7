"""Reference pages for `dlcore`, made from its docstrings when the site is built.

A page names a module with `automodule`; this extension sees to it that

- everything in the module's `__all__` appears, in the order of the source, and nothing else;
- docstrings become reStructuredText, see `docstring_style`;
- `module-contents` lists a module's names, each with a link and its first line.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

from docstring_style import render_docstring
from docutils import nodes
from sphinx.addnodes import desc_signature, pending_xref
from sphinx.application import Sphinx
from sphinx.ext.autodoc import Documenter, ModuleDocumenter, ObjectMember
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

DEFAULT = re.compile(r"<(?:class|function) '?(?:\w+\.)*(\w+)[^>]*>")

# --- Docstrings ----------------------------------------------------------------------------------


def process_docstring(
    app: Sphinx, what: str, name: str, value: Any, _options: Any, lines: list[str]
) -> None:
    """Turn the docstring that autodoc has read into reStructuredText, in place."""
    chapters = {path.name for path in app.srcdir.glob("ch*") if path.is_dir()}
    rendered = render_docstring(lines, chapters)
    if what == "module":
        rendered = [f"``{name}``", "", *rendered]
    elif what == "class" and (base := _public_base(value)):
        rendered = [*rendered, f"**Methods and attributes:** also those of :py:obj:`~{base}`.", ""]
    elif what == "data":
        module, _, name = name.rpartition(".")
        rendered = [comment(sys.modules[module], name), ""]
    lines[:] = rendered


def process_signature(
    _app: Sphinx,
    _what: str,
    _name: str,
    _object: Any,
    _options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Write a default that is a class or a function by its name, as in the source."""
    if signature is not None:
        signature = DEFAULT.sub(r"\1", signature)
    return signature, returns


def _public_base(value: Any) -> str:
    """Full name of the nearest base class that is `dlcore`'s and public, or nothing."""
    for base in inspect.getmro(value)[1:]:
        if base.__module__.startswith("dlcore.") and not base.__name__.startswith("_"):
            return f"{base.__module__}.{base.__qualname__}"
    return ""


# --- Which names, and in which order -------------------------------------------------------------


def public_names(module: ModuleType) -> list[str]:
    """Return the names of `__all__` in the order of the source; of a package, file by file.

    What the package exports that a module is part of has its entry there, and is left out here.
    """
    places = list(vars(module))
    package = sys.modules[module.__name__.rpartition(".")[0]]

    def place(name: str) -> tuple[int, int]:
        value = getattr(module, name)
        home = getattr(value, "__module__", module.__name__)
        if home == module.__name__ or not _has_docstring(value):
            return places.index(name), 0
        first = min(places.index(n) for n in module.__all__ if _home(module, n) == home)
        if home.endswith(".base"):  # what the other files build on
            first = -1
        return first, inspect.getsourcelines(value)[1]

    names = getattr(module, "__all__", ())
    return sorted((name for name in names if not exported_by(package, name, module)), key=place)


def exported_by(package: ModuleType, name: str, module: ModuleType) -> bool:
    """Whether a package hands on what its module calls by this name; `dlcore` has no page."""
    if package.__name__ == "dlcore" or name not in getattr(package, "__all__", ()):
        return False
    return getattr(package, name) is getattr(module, name)


def _home(module: ModuleType, name: str) -> str | None:
    return getattr(getattr(module, name), "__module__", None)


class SourceOrderModuleDocumenter(ModuleDocumenter):
    """`automodule` with what is in `__all__`, in the order of the source."""

    def get_object_members(self, _want_all: bool) -> tuple[bool, list[ObjectMember]]:
        """Return the public members, imported ones included."""
        members = self.get_module_members()
        return False, [members[name] for name in public_names(self.object)]

    def filter_members(self, members: Any, want_all: bool) -> list[tuple[str, Any, bool]]:
        """Let constants pass, although the comment that says what they are is elsewhere."""
        kept = super().filter_members(members, want_all)
        return [(name, value, not _has_docstring(value)) for name, value, _ in kept]

    def sort_members(
        self, documenters: list[tuple[Documenter, bool]], _order: str
    ) -> list[tuple[Documenter, bool]]:
        """Sort by the place in the source instead of in `__all__`, which is alphabetical."""
        names = public_names(self.object)
        documenters.sort(key=lambda entry: names.index(entry[0].name.split("::")[1]))
        return documenters


def skip_member(
    _app: Sphinx, what: str, _name: str, value: Any, _skip: bool, _options: Any
) -> bool | None:
    """Show every name of `__all__`; leave out the fields of records, which the class describes."""
    if what == "module":
        return False
    of_tuple = (inspect.getdoc(value) or "").startswith("Alias for field number")
    default_value = inspect.isclass(value) and value.__module__ == "builtins"
    return True if of_tuple or default_value else None


# --- Lists of names ------------------------------------------------------------------------------


class ModuleContents(SphinxDirective):
    """The names of a module's `__all__` as a list: links and first lines."""

    required_arguments = 1
    has_content = False
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        """Write the list as reStructuredText and return what it becomes."""
        module = __import__(self.arguments[0], fromlist=["_"])
        lines = [".. rst-class:: name-list", ""]
        for name in public_names(module):
            link = f":py:obj:`~{module.__name__}.{name}`"
            lines += [f"   {link}", f"      {first_line(module, name)}"]
        return self.parse_text_to_nodes("\n".join(lines))


def first_line(module: ModuleType, name: str) -> str:
    """First paragraph of what documents a name: its docstring, or the comment at a constant."""
    value = getattr(module, name)
    text = inspect.getdoc(value) or "" if _has_docstring(value) else comment(module, name)
    return " ".join(text.strip().partition("\n\n")[0].split()) or "\\ "


def comment(module: ModuleType, name: str) -> str:
    """Return the ``#:`` comment of a constant, in the module or in the package's file it is from.

    A string below the constant does as well.
    """
    value = getattr(module, name)
    for each, candidate in list(sys.modules.items()):
        inside = f"{each}.".startswith(f"{module.__name__}.")
        if not inside or getattr(candidate, name, None) is not value:
            continue
        if found := ModuleAnalyzer.for_module(each).find_attr_docs().get(("", name)):
            return "\n".join(found).strip()
    return ""


def _has_docstring(value: Any) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)


# --- Links ---------------------------------------------------------------------------------------


def needs_no_link(_app: Sphinx, _domain: Any, node: pending_xref) -> bool | None:
    """Accept names of Python that lead nowhere, except dlcore's own in a docstring's text."""
    if node.get("refdomain") != "py":
        return None
    in_signature = any(isinstance(parent, desc_signature) for parent in _parents(node))
    return in_signature or not node["reftarget"].startswith("dlcore.") or None


def _parents(node: nodes.Node) -> Iterator[nodes.Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_autodocumenter(SourceOrderModuleDocumenter, override=True)
    app.add_directive("module-contents", ModuleContents)
    app.connect("autodoc-process-docstring", process_docstring)
    app.connect("autodoc-process-signature", process_signature)
    app.connect("autodoc-skip-member", skip_member)
    app.connect("warn-missing-reference", needs_no_link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
