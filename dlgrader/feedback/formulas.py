"""Formulas as MathML, which browsers show by themselves: no script, nothing to load.

`latex2mathml` reads the TeX. What it builds is not taken as it stands (it passes on addresses,
classes and styles, and text unescaped), but written anew from a list of elements and attributes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

_LONGEST = 4_000
_DEEPEST = 60

_ELEMENTS = (
    "math mrow mi mn mo mtext mspace msup msub msubsup mover munder munderover mfrac msqrt mroot "
    "mtable mtr mtd mstyle mpadded mphantom menclose"
)
_KNOWN = frozenset(_ELEMENTS.split())
_ATTRIBUTES = {
    "accent": re.compile(r"true|false"),
    "columnalign": re.compile(r"(?:left|right|center)(?: (?:left|right|center))*"),
    "columnlines": re.compile(r"(?:none|solid|dashed)(?: (?:none|solid|dashed))*"),
    "display": re.compile(r"inline|block"),
    "displaystyle": re.compile(r"true|false"),
    "fence": re.compile(r"true|false"),
    "form": re.compile(r"prefix|infix|postfix"),
    "linethickness": re.compile(r"0|[01](?:\.\d+)?(?:em|px|pt)?"),
    "mathvariant": re.compile(r"[a-z-]+"),
    "maxsize": re.compile(r"[0-4](?:\.\d+)?em"),
    "minsize": re.compile(r"[0-4](?:\.\d+)?em"),
    "movablelimits": re.compile(r"true|false"),
    "notation": re.compile(r"[a-z ]+"),
    "scriptlevel": re.compile(r"[+-]?[0-3]"),
    "separator": re.compile(r"true|false"),
    "stretchy": re.compile(r"true|false"),
    "width": re.compile(r"-?[0-3](?:\.\d+)?em"),
}
_HAVE_TEXT = frozenset(("mi", "mn", "mo", "mtext"))

# latex2mathml has no columns in these; a table of two columns shows them as TeX does.
_ALIGNED = re.compile(r"\\(begin|end)\{(?:align|aligned|split|eqnarray|gather|gathered)\*?\}")


def formula(tex: str, display: bool = False) -> Markup:
    """Return a formula as MathML; as TeX in a ``code`` element if it can't be read.

    Parameters
    ----------
    tex : str
        Without dollar signs.
    display : bool
        Whether it stands on a line of its own.
    """
    source = tex.strip()
    shown = "block" if display else "inline"
    try:
        if len(source) > _LONGEST:
            raise ValueError("too long to be a formula")
        made = convert_to_element(_ALIGNED.sub(_as_table, source), display=shown)
        body = "".join(_written(made, source))
    except Exception:  # the reader raises whatever happens to it on a text that is no formula
        return Markup('<code class="tex">{}</code>').format(source)
    return Markup(body)  # each part of it is from the lists above, or escaped


def _as_table(match: re.Match[str]) -> str:
    return r"\begin{array}{rl}" if match[1] == "begin" else r"\end{array}"


def _written(element: Element, source: str, depth: int = 0) -> Iterator[str]:
    """Write an element and what is in it; of an unknown element, only what is in it."""
    if depth > _DEEPEST:
        raise ValueError("too deep to be a formula")
    known = element.tag in _KNOWN
    if known:
        attributes = "".join(
            f' {name}="{value}"'
            for name, value in element.attrib.items()
            if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(str(value))
        )
        if depth == 0:
            attributes += f' alttext="{escape(source)}"'
        yield f"<{element.tag}{attributes}>"
    if element.tag in _HAVE_TEXT:
        # The reader writes characters as references, but other characters as they are.
        yield str(escape(html.unescape(element.text or "")))
    for child in element:
        yield from _written(child, source, depth + 1)
    if known:
        yield f"</{element.tag}>"
