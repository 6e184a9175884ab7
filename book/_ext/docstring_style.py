"""Docstrings of the house's style as reStructuredText, for Sphinx.

Three things differ from what numpydoc and napoleon expect, and come out right here. A section such
as `Shapes` ends where its entries end, so that text and examples may follow it. The lines of a
formula stay lines. And characters of formulas, as in |x| and W_, are no markup.
"""

from __future__ import annotations

import re
from collections.abc import Set

# Sections of running text; all others hold entries "name : type" with indented explanations.
PROSE = {"Notes", "References"}
# The doctest below this title needs none.
UNTITLED = {"Examples"}

UNDERLINE = re.compile(r"-{3,}\s*")
NEXT_ENTRY = re.compile(r"; (?=\w[\w, ]* : )")
FORMULA = re.compile(r" (?:=|←|≤|≥|≈) ")
CODE = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
SPECIAL = re.compile(r"\||(?<=\w)_(?!\w)")
LEAD = re.compile(r"(Source|Differs from|Backward|Book): ")
CHAPTER = re.compile(r"chapter (\d)")


def render_docstring(lines: list[str], chapters: Set[str]) -> list[str]:
    """Return a docstring of the house's style as reStructuredText."""
    out: list[str] = []
    for block in _blocks(lines):
        title = block[0] if len(block) > 1 and UNDERLINE.fullmatch(block[1]) else ""
        if title and title not in PROSE | UNTITLED:
            out += _field(title, _plain(block[2:]))
        elif title:
            out += [f".. rubric:: {title}", ""] if title in PROSE else []
            out += _paragraph(block[2:], chapters)
        else:
            out += _paragraph(block, chapters)
        out.append("")
    return out


def _blocks(lines: list[str]) -> list[list[str]]:
    """Split a docstring where an empty line is followed by a line that is not indented."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line and not line[0].isspace() and blocks[-1] and not blocks[-1][-1]:
            blocks.append([])
        if line or blocks[-1]:
            blocks[-1].append(line)
    for block in blocks:
        while block and not block[-1]:
            block.pop()
    return [block for block in blocks if block]


def _plain(lines: list[str]) -> list[str]:
    """Keep |x| and W_ what they are: reStructuredText would look for something of that name."""
    parts = CODE.split("\n".join(lines))  # code and links are at the odd positions
    parts[::2] = [SPECIAL.sub(r"\\\g<0>", part) for part in parts[::2]]
    return "".join(parts).split("\n")


def _field(title: str, lines: list[str]) -> list[str]:
    """Write a section as a field whose entries are a list."""
    out = [f":{title}:"]
    for line in lines:
        if not line or line[0].isspace():
            out.append(f"      {line.strip()}" if line else "")
            continue
        for entry in NEXT_ENTRY.split(line):
            name, colon, kind = entry.partition(" : ")
            strong = colon or title == "Raises"
            head = f"**{name.strip()}**" if strong else name
            out += ["", f"    * {head} : {kind}" if colon else f"    * {head}", ""]
    return out


def _paragraph(lines: list[str], chapters: Set[str]) -> list[str]:
    """Write a block of text: formulas, an example, or sentences."""
    if lines[0].startswith(">>>"):
        return lines
    for start, line in enumerate(lines, start=1):
        if line.endswith("::"):
            formulas = _formulas(lines[start:])
            if formulas:
                return [*_plain([*lines[: start - 1], line[:-1]]), "", *formulas]
            return lines
    return (len(lines) > 1 and _formulas(lines)) or _sentences(_plain(lines), chapters)


def _formulas(lines: list[str]) -> list[str]:
    """Keep the lines apart if all of them are formulas; otherwise return nothing."""
    lines = [line.strip() for line in lines if line]
    if not all(map(FORMULA.search, lines)):
        return []
    return [".. rst-class:: formula", "", *(f"   | {line}" for line in _plain(lines))]


def _sentences(lines: list[str], chapters: Set[str]) -> list[str]:
    """Put the lead of a remark in bold."""
    lead = LEAD.match(lines[0])
    if lead is None:
        return lines
    text = "\n".join(lines)[lead.end() :]
    if lead[1] == "Book":
        text = CHAPTER.sub(lambda match: _chapter_link(match, chapters), text)
    return f"**{lead[1]}:** {text}".split("\n")


def _chapter_link(match: re.Match[str], chapters: Set[str]) -> str:
    label = f"ch{match[1]}"
    return f":ref:`{match[0]} <{label}>`" if label in chapters else match[0]
