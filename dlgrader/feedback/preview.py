"""The formgrader's view of a submission, made safe: nbgrader's template, our rendering of cells.

The template stays nbgrader's own, so its script finds what it looks for. But all that is put into
it is escaped, unless one of the functions below has made HTML of it; and the scripts it loads carry
a secret of this one answer, without which the page's policy runs none.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jinja2
from markupsafe import Markup, escape
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbformat.notebooknode import NotebookNode

from dlgrader.feedback.markdown import render_markdown
from dlgrader.feedback.outputs import render_outputs, render_terminal
from dlgrader.feedback.sanitising import clean, without_controls

_SCRIPT = re.compile(r"<script\b")
_STRING = re.compile(r'= "\{\{ ([\w.]+) \}\}(/\w+)?";')
_HANDLER = re.compile(r'\bon\w+="([^"{}]*)"', re.IGNORECASE)

# nbgrader's script waits for MathJax, which would come from another host. Formulas are MathML here.
_MATHJAX = """{% macro mathjax(url="") %}
<script>
var MathJax = {Hub: {Startup: {signal: {
  Interest: function (heard) { window.setTimeout(function () { heard("End"); }, 0); }
}}}};
</script>
<style>
mtd[columnalign="left"] { text-align: left; }
mtd[columnalign="right"] { text-align: right; }
mi[mathvariant^="bold"], mn[mathvariant="bold"] { font-weight: 700; }
</style>
{% endmacro %}"""

# nbgrader 0.9 asks for a file by the name that it had before.
_RENAMED = {"formgrade_macros.tpl": "formgrade/formgrade_macros.html.j2"}


class Nonce:
    """The secret of the answer that is being written; templates ask for it by ``csp_nonce()``."""

    def __init__(self) -> None:
        self.value = ""

    def renew(self) -> str:
        """Make another one and return it."""
        self.value = secrets.token_urlsafe(16)
        return self.value

    def __call__(self) -> str:
        """Return it."""
        return self.value


def amended(source: str) -> str:
    """Return a template of nbgrader's so that it can be filled with anything.

    Scripts get the nonce, and strings in a script are written as such: escaping for HTML is not
    enough there.
    """
    source = _STRING.sub(_as_json, source)
    source = _SCRIPT.sub('<script nonce="{{ csp_nonce() }}"', source)
    return source.replace('"&nbsp;"', '"\N{NO-BREAK SPACE}"').replace(
        "{{ css }}", "{{ css | safe }}"
    )


def _as_json(found: re.Match[str]) -> str:
    value = f"({found[1]} ~ '{found[2]}')" if found[2] else found[1]
    return f"= {{{{ {value} | tojson }}}};"


def handlers(source: str) -> Iterator[str]:
    """Yield the event handlers that stand in a template; the policy names them by their hash."""
    for found in _HANDLER.finditer(source):
        yield found[1]


class AmendedLoader(jinja2.BaseLoader):
    """Gives templates of another loader, `amended`."""

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return a template's text, the file it comes from, and whether that is still current."""
        if template.rpartition("/")[2] == "mathjax.html.j2":
            return amended(_MATHJAX), None, None
        name = _RENAMED.get(template, template)
        source, file, current = self._loader.get_source(environment, name)
        return amended(source), file, current

    def list_templates(self) -> list[str]:
        """Return the names of all templates."""
        return list(self._loader.list_templates())


def escaping(environment: jinja2.Environment, nonce: Nonce) -> jinja2.Environment:
    """Have an environment escape all that is put into its templates, and amend these."""
    if environment.loader is not None and not isinstance(environment.loader, AmendedLoader):
        environment.loader = AmendedLoader(environment.loader)
    environment.autoescape = True
    environment.globals["csp_nonce"] = nonce
    if environment.cache is not None:
        environment.cache.clear()
    return environment


class PreviewExporter(HTMLExporter):
    """Takes the place of nbconvert's `HTMLExporter` in the formgrader."""

    def __init__(self, nonce: Nonce, **settings: Any) -> None:
        self._nonce = nonce
        super().__init__(**settings)
        self.filters = {**self.filters, "highlight_code": _Highlighted(parent=self)}

    def _create_environment(self) -> jinja2.Environment:
        environment = escaping(super()._create_environment(), self._nonce)
        environment.filters.update(
            ansi2html=render_terminal,
            clean_html=_cleaned,
            escape_html=escape,
            escape_html_keep_quotes=escape,
            markdown2html=_markdown,
            strip_files_prefix=_as_it_is,
        )
        return environment

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Make the page; the notebook is changed."""
        for name in ("widgets", "title"):
            nb.metadata.pop(name, None)
        for cell in nb.cells:
            _prepare(cell)
        page, resources = super().from_notebook_node(nb, resources, **kw)
        return page, resources


def _prepare(cell: NotebookNode) -> None:
    """Put one piece of safe HTML in place of a cell's outputs."""
    kept = {name: cell.metadata[name] for name in ("nbgrader",) if name in cell.metadata}
    cell.metadata = NotebookNode(kept)
    if cell.cell_type == "code":
        shown = render_outputs(cell.get("outputs", ()))
        data = {"text/html": shown}
        made = NotebookNode(output_type="display_data", data=NotebookNode(data), metadata={})
        cell.outputs = [made] if shown else []
    elif cell.cell_type == "raw":
        cell.source = without_controls(cell.source)


class _Highlighted(Highlight2HTML):
    """Colours code; the formatter escapes what it colours."""

    def __call__(self, source: str, language: str | None = None, metadata: Any = None) -> Markup:  # noqa: ARG002
        text = without_controls(source)
        return Markup(super().__call__(text, "ipython3", None))


@jinja2.pass_context
def _markdown(context: jinja2.runtime.Context, source: object) -> Markup:
    cell = context.get("cell")
    attachments = cell.get("attachments") if isinstance(cell, Mapping) else None
    return render_markdown(str(source), attachments, level=0)


def _cleaned(text: object) -> Markup:
    return text if isinstance(text, Markup) else clean(str(text))


def _as_it_is(text: Markup) -> Markup:
    return text
