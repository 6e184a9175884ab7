"""A learner's, or an instructor's, Markdown as HTML that is safe to show.

nbconvert's reader of Markdown is used, which knows formulas; what it makes is cleaned as a whole,
for Markdown may hold any HTML. Formulas are put in afterwards, where a mark stands for each: an
element whose class nobody can guess, so that it never stands inside an attribute or a text.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from dlgrader.feedback.formulas import formula
from dlgrader.feedback.sanitising import clean, picture, plain, without_controls

_LONGEST = 200_000
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_ADDRESS = re.compile(r"data:(?P<kind>image/[a-z]+);base64,(?P<data>[A-Za-z0-9+/=\s]+)")

Attachments = Mapping[str, Mapping[str, str]]


class _Renderer(IPythonRenderer):
    """Marks the places of formulas; headings begin below those of the page."""

    def __init__(self, level: int, attachments: Attachments) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self.level = level
        self.given = attachments
        self.secret = secrets.token_hex(8)
        self.formulas: list[Markup] = []

    def _mark(self, tex: str, display: bool) -> str:
        self.formulas.append(formula(tex, display))
        return f'<span class="formula-{self.secret}-{len(self.formulas) - 1}"></span>'

    def block_math(self, body: str) -> str:
        """Mark a formula on a line of its own."""
        return self._mark(body, display=True)

    def inline_math(self, body: str) -> str:
        """Mark a formula in a line."""
        return self._mark(body, display=False)

    def latex_environment(self, name: str, body: str) -> str:
        """Mark a formula such as an ``align``; "equation" alone says nothing more."""
        if name.rstrip("*") == "equation":
            return self._mark(body, display=True)
        return self._mark(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)

    def heading(self, text: str, level: int, **_: Any) -> str:
        """Return a heading without an anchor."""
        level = min(level + self.level, 6)
        return f"<h{level}>{text}</h{level}>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        """Return a picture that is part of the notebook; of any other one, its description."""
        alt = plain(re.sub(r"<[^>]*>", "", text)) or "picture without a description"
        found = _ADDRESS.fullmatch(url)
        if found:
            shown = picture(found["kind"], found["data"], alt)
        else:
            given = self.given.get(url.removeprefix("attachment:"), {})
            kinds = [kind for kind in _PICTURES if isinstance(given.get(kind), str)]
            shown = picture(kinds[0], given[kinds[0]], alt) if kinds else Markup()
        return str(shown) or f"<em>[picture: {escape(alt)}]</em>"

    def block_mermaidjs(self, code: str) -> str:
        """Return a diagram's text: the program that draws it is not loaded."""
        return f"<pre><code>{escape(code)}</code></pre>\n"

    # mistune's plug-in for tables writes styles, which the page's policy forbids.
    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """Return a cell of a table."""
        tag = "th" if head else "td"
        aligned = f' align="{align}"' if align else ""
        return f"  <{tag}{aligned}>{text}</{tag}>\n"

    def put_in(self, cleaned: str) -> Markup:
        """Put the formulas where their marks are."""
        mark = re.compile(rf'<span class="formula-{self.secret}-(\d+)"></span>')
        filled = mark.sub(lambda found: str(self.formulas[int(found[1])]), cleaned)
        return Markup(filled)  # cleaned, and formulas made of a list


def render_markdown(text: str, attachments: Attachments | None = None, level: int = 2) -> Markup:
    """Return Markdown as HTML; text that can't be read as such, as it stands.

    Parameters
    ----------
    text : str
    attachments : mapping, optional
        Pictures of the cell: by name, then by media type, as base64.
    level : int
        How far headings are moved down.
    """
    if isinstance(attachments, Mapping) and attachments:
        return _rendered(text, attachments, level)
    return _rendered_before(text, level)


@lru_cache(maxsize=256)
def _rendered_before(text: str, level: int) -> Markup:
    """Render once what stands in the notebooks of a whole class."""
    return _rendered(text, {}, level)


def _rendered(text: str, attachments: Attachments, level: int) -> Markup:
    text = without_controls(text)
    if len(text) > _LONGEST:
        return Markup("<pre>{}</pre>").format(text)
    renderer = _Renderer(level, attachments)
    try:
        made = _reader(renderer)(text)
        return renderer.put_in(clean(made))
    except Exception:  # a text on which the reader fails, such as one nested too deeply
        return Markup("<pre>{}</pre>").format(text)


def _reader(renderer: _Renderer) -> Callable[[str], str]:
    reader = MarkdownWithMath(renderer=renderer)
    # The plug-in registers a function of its own; ours, a method, has to come after it.
    renderer.register("table_cell", lambda _, *args, **kw: renderer.table_cell(*args, **kw))
    return reader.render
