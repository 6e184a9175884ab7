"""The little markup that questions, explanations and captions may use.

``code`` in backquotes, *emphasis*, **strong**, and $mathematics$ in TeX; a backslash before one of
these signs takes it literally. Blank lines separate paragraphs. Everything else is plain text.
"""

from __future__ import annotations

import html
import inspect
import re
import unicodedata
from collections.abc import Iterable, Sequence

_TOKEN = re.compile(
    r"\\(?P<literal>[\\`*$])"
    r"|`(?P<code>[^`]+)`"
    r"|\$(?=\S)(?P<math>[^$]*?[^$\s\\])\$"
    r"|\*\*(?=\S)(?P<strong>.+?)(?<=\S)\*\*"
    r"|\*(?=[^\s*])(?P<emphasis>[^*]+?)(?<=\S)\*",
    re.DOTALL,
)


def inline_html(text: str) -> str:
    r"""Turn one run of text into HTML.

    >>> inline_html("`W` has *few* weights: $n < 9$, not <many>.")
    '<code>W</code> has <em>few</em> weights: <span class="math mathjax_process">\\(n &lt; 9\\)</span>, not &lt;many&gt;.'
    """  # noqa: E501
    parts = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts.append(html.escape(text[end : match.start()], quote=False))
        end = match.end()
        kind, content = match.lastgroup, match[match.lastgroup or 0]
        if kind in ("strong", "emphasis"):
            tag = "strong" if kind == "strong" else "em"
            parts.append(f"<{tag}>{inline_html(content)}</{tag}>")
        elif kind == "math":
            # MathJax leaves the rest of the page's text alone, but looks into this class.
            math = html.escape(content, quote=False)
            parts.append(f'<span class="math mathjax_process">\\({math}\\)</span>')
        else:
            escaped = html.escape(content, quote=False)
            parts.append(f"<code>{escaped}</code>" if kind == "code" else escaped)
    parts.append(html.escape(text[end:], quote=False))
    return "".join(parts)


def block_html(text: str, lead: str = "") -> str:
    """Turn text with blank lines into paragraphs; `lead` (HTML) opens the first one.

    >>> block_html("One.", lead="<b>Right.</b> ")
    '<p><b>Right.</b> One.</p>'
    """
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
    inner = [inline_html(" ".join(paragraph.split())) for paragraph in paragraphs]
    inner[0] = lead + inner[0]
    return "".join(f"<p>{paragraph}</p>" for paragraph in inner)


def has_math(text: str) -> bool:
    """Whether the text holds a formula.

    >>> has_math("costs $5"), has_math("costs $n$")
    (False, True)
    """
    return "mathjax_process" in inline_html(text)


def plain_text(text: str) -> str:
    r"""Take the markup away, and write formulas in plain signs as far as they go.

    For names that screen readers announce, and for widgets that know no markup: neither sees the
    formulas that MathJax sets.

    >>> plain_text(r"the **whole** `x`: $\\frac{n + 2p}{s} \\times \\lambda^{2}$")
    'the whole x: (n + 2p)/s × λ^2'
    """

    def content(match: re.Match[str]) -> str:
        inner = match[match.lastgroup or 0]
        if match.lastgroup == "math":
            return _plain_formula(inner)
        return plain_text(inner) if match.lastgroup in ("strong", "emphasis") else inner

    return _TOKEN.sub(content, text)


_SIGNS = {
    "times": "×", "cdot": "·", "div": "÷", "pm": "±", "sqrt": "√", "sum": "∑", "prod": "∏",
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "in": "∈", "infty": "∞", "partial": "∂",
    "nabla": "∇", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "ldots": "…",
    "dots": "…", "cdots": "…", "prime": "′", "lambda": "λ", "Lambda": "Λ", "quad": " ",
    "left": "", "right": "", "mathrm": "", "mathbf": "", "mathit": "", "text": "",
    "operatorname": "", "displaystyle": "",
}  # fmt: skip


def _plain_formula(tex: str) -> str:
    def group(part: str) -> str:
        part = part.strip()
        return part if len(part.split()) == 1 else f"({part})"

    def sign(match: re.Match[str]) -> str:
        name = match[1]
        if name in _SIGNS:
            return _SIGNS[name]
        case = "CAPITAL" if name[0].isupper() else "SMALL"
        try:
            return unicodedata.lookup(f"GREEK {case} LETTER {name.upper()}")
        except KeyError:
            return name

    tex = re.sub(r"\\sqrt\s*\{([^{}]*)\}", lambda match: "√" + group(match[1]), tex)
    tex = re.sub(
        r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}",
        lambda match: f"{group(match[1])}/{group(match[2])}",
        tex,
    )
    tex = re.sub(r"\\([A-Za-z]+)", sign, tex)
    tex = re.sub(r"\\[,;:! ]", " ", tex).replace("\\", "")
    return " ".join(re.sub(r"[{}]", "", tex).split())


def table_html(
    css_class: str, caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> str:
    """Turn plain texts into an HTML table; the first cell of a row is its title.

    >>> table_html("sums", "Sums", ["terms", "sum"], [["1 + 1", "2"]])
    '<table class="sums"><caption>Sums</caption><thead><tr><th scope="col">terms</th><th scope="col">sum</th></tr></thead><tbody><tr><th scope="row">1 + 1</th><td>2</td></tr></tbody></table>'
    """  # noqa: E501
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in header)
    body = "".join(
        f'<tr><th scope="row">{html.escape(title)}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for title, *cells in rows
    )
    return (
        f'<table class="{css_class}"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
