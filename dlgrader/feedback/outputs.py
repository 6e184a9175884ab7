"""What a cell put out, as HTML that is safe to show.

Of the forms in which an output is given, the first is taken that can be shown: cleaned HTML,
Markdown, a picture of points, a formula, text. Scripts, SVG and widgets are left out; there is
nearly always a text or a picture beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from markupsafe import Markup
from nbconvert.filters import ansi2html

from dlgrader.feedback.formulas import formula
from dlgrader.feedback.markdown import render_markdown
from dlgrader.feedback.sanitising import clean, is_empty, picture, plain, without_controls

_LONGEST = 500_000
# What a terminal does with them is no colour: titles, links, cursors.
_NO_COLOURS = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-9;?]*[A-Za-ln-z]")
_FORMULA = re.compile(r"\s*(?P<mark>\$\$?)(?P<tex>.*?)(?P=mark)\s*", re.DOTALL)


def render_outputs(outputs: Iterable[Mapping[str, Any]], alt: str = "") -> Markup:
    """Return all outputs of a cell, one below the other.

    Parameters
    ----------
    outputs : iterable of mapping
        As they stand in the notebook.
    alt : str
        What to say of a picture that says nothing of itself.
    """
    shown = (_render(output, alt or "Picture drawn by this cell") for output in outputs)
    blocks = [Markup('<div class="output">{}</div>').format(part) for part in shown if part]
    return Markup("\n").join(blocks)


def render_terminal(text: str) -> Markup:
    """Return text with the terminal's colours, in a ``pre``."""
    text = text[:_LONGEST] + ("\n… (cut off)" if len(text) > _LONGEST else "")
    coloured = ansi2html(_NO_COLOURS.sub("", text).replace("\r\n", "\n"))
    return Markup("<pre>{}</pre>").format(clean(coloured)) if coloured.strip() else Markup()


def _render(output: Mapping[str, Any], alt: str) -> Markup:
    kind = output.get("output_type")
    if kind == "stream":
        return render_terminal(_text(output.get("text")))
    if kind == "error":
        lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        return render_terminal("\n".join(_text(line) for line in lines))
    data = output.get("data")
    if not isinstance(data, Mapping):
        return Markup()
    about = output.get("metadata")
    for form, render in _FORMS.items():
        if form in data:
            shown = render(form, _text(data[form]), _described(about, form, alt))
            if shown and not is_empty(shown):
                return shown
    return Markup("<p><em>[an output that can't be shown here]</em></p>") if data else Markup()


def _text(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _described(about: object, form: str, alt: str) -> str:
    """Return a picture's description from the output's metadata, if there is one."""
    if not isinstance(about, Mapping):
        return alt
    own = about.get(form)
    given = own.get("alt") if isinstance(own, Mapping) else about.get("alt")
    return plain(given) if isinstance(given, str) and given.strip() else alt


def _html(_form: str, text: str, _alt: str) -> Markup:
    return clean(text[:_LONGEST])


def _markdown(_form: str, text: str, _alt: str) -> Markup:
    return render_markdown(text)


def _picture(form: str, text: str, alt: str) -> Markup:
    return picture(form, text, alt)


def _latex(_form: str, text: str, _alt: str) -> Markup:
    found = _FORMULA.fullmatch(without_controls(text))
    return Markup("<p>{}</p>").format(formula(found["tex"] if found else text, display=True))


def _plain(_form: str, text: str, _alt: str) -> Markup:
    return render_terminal(text)


_FORMS: Mapping[str, Callable[[str, str, str], Markup]] = {
    "text/html": _html,
    "text/markdown": _markdown,
    "image/png": _picture,
    "image/jpeg": _picture,
    "image/gif": _picture,
    "image/webp": _picture,
    "text/latex": _latex,
    "text/plain": _plain,
}
