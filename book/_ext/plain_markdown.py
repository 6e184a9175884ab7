"""MyST Markdown as the plain Markdown that Jupyter shows: for the notebooks that readers download.

Roles become their text, admonitions quotations, dropdowns foldable HTML; labels, comments and
attributes go. What only the whole book knows (numbers, titles, addresses) is asked of a `Book`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol

import yaml

LABEL = re.compile(r"^\([^()\s]+\)=[ \t]*$")
COMMENT = re.compile(r"^%( |$)")
ATTRIBUTES_LINE = re.compile(r"^\{[.#][^{}]*\}[ \t]*$")
ATTRIBUTES = re.compile(r"(?<=[\])`])\{[.#][^{}]*\}")
OPENING = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}|:{3,})(?P<rest>.*)$")
DIRECTIVE = re.compile(r"\{(?P<name>[\w:.+-]+)\}[ \t]*(?P<argument>.*)")
OPTION = re.compile(r"^:(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")
# At each place the first that fits: a role, code, a formula. Code and formulas stay as they are.
SPAN = re.compile(
    r"\{(?P<role>[\w:+-]+)\}`(?P<text>(?:(?!\n\n)[^`])+)`"
    r"|(?P<ticks>`+)(?!`)(?:(?!\n\n).)+?(?<!`)(?P=ticks)(?!`)"
    r"|\$\$.+?\$\$(?P<label> ?\([^()\s]+\))?"
    r"|(?<![\\$])\$(?!\s)(?:(?!\n\n)[^$])+?(?<![\\\s])\$",
    re.DOTALL,
)
EXPLICIT = re.compile(r"(?P<text>.*?)\s*<(?P<target>[^<>]+)>", re.DOTALL)

# Directives that say something about the page, and not in it.
DROPPED = {"bibliography", "contents", "exercise-box", "index", "tableofcontents", "toctree"}
CODE = {"code", "code-block", "code-cell", "literalinclude", "parsed-literal"}
# Directives whose name is their title.
NAMED = {"attention", "caution", "danger", "hint", "important", "note", "seealso", "tip", "warning"}
FOLDED = {"dropdown", "toggle"}
TITLED = {"admonition", "exercise", "proof", "proof:proof", "card"}
# Directives that stand for a text in MyST, see exercise_pages.
GENERATED = {"assignments", "feedback", "graded", "sandbox-limits", "try-exercise"}


class Book(Protocol):
    """What the converter asks of the book. Texts that come back are plain Markdown."""

    def reference(self, label: str, text: str) -> str:
        """Return a link to a place, or only its words; an empty text means its title."""

    def page(self, name: str, text: str) -> str:
        """Return a link to a page, or only its words."""

    def number(self, label: str, form: str) -> str:
        """Return "Figure 4.2" for a figure's label, or the form with its number."""

    def equation(self, label: str) -> str:
        """Return the number of an equation, without brackets."""

    def citation(self, keys: str, in_text: bool) -> str:
        """Return "[LeCun et al., 1998]" or, in the text, "LeCun et al. [1998]"."""

    def fact(self, name: str) -> str:
        """Return a number that a cell of the page has put aside for its text."""

    def generated(self, name: str, argument: str, content: list[str]) -> str:
        """Return the text in MyST that a directive stands for."""


def plain_markdown(text: str, book: Book) -> str:
    """Return a text in MyST as plain Markdown."""
    return "\n".join(_blocks(text.split("\n"), book)).strip("\n")


def _blocks(lines: list[str], book: Book) -> Iterator[str]:
    """Convert lines: what is fenced block by block, everything between as one piece."""
    prose: list[str] = []
    position = 0
    while position < len(lines):
        opening = OPENING.match(lines[position])
        if opening is None:
            prose.append(lines[position])
            position += 1
            continue
        yield from _prose(prose, book)
        prose = []
        end = _closing(lines, position, opening["fence"])
        inner = lines[position + 1 : end]
        directive = DIRECTIVE.fullmatch(opening["rest"].strip())
        if directive:
            for line in _directive(directive["name"], directive["argument"], inner, book):
                yield opening["indent"] + line if line else line
        else:
            yield from lines[position : end + 1]
        position = end + 1
    yield from _prose(prose, book)


def _closing(lines: list[str], start: int, fence: str) -> int:
    """Return the number of the line that closes a fence: of its kind and at least its length."""
    for number in range(start + 1, len(lines)):
        line = lines[number].strip()
        if len(line) >= len(fence) and not line.strip(fence[0]):
            return number
    return len(lines) - 1


def _prose(lines: list[str], book: Book) -> Iterator[str]:
    kept = [
        line
        for line in lines
        if not (LABEL.match(line) or COMMENT.match(line) or ATTRIBUTES_LINE.match(line))
    ]
    if kept:
        yield inline("\n".join(kept), book)


def inline(text: str, book: Book) -> str:
    """Return a piece of text with its roles replaced and its formulas numbered."""

    def replace(match: re.Match[str]) -> str:
        if match["role"]:
            return _role(match["role"], match["text"], book)
        if match["label"]:
            number = book.equation(match["label"].strip(" ()"))
            formula = match[0][2 : match.start("label") - match.start()].removesuffix("$$").rstrip()
            return f"$${formula} \\tag{{{number}}}\n$$" if number else f"$${formula}\n$$"
        return match[0]

    return ATTRIBUTES.sub("", SPAN.sub(replace, text))


def _role(name: str, text: str, book: Book) -> str:
    text = " ".join(text.split())
    explicit = EXPLICIT.fullmatch(text)
    words, target = (explicit["text"], explicit["target"]) if explicit else ("", text)
    answers: dict[str, Callable[[], str]] = {
        "ref": lambda: book.reference(target, words),
        "doc": lambda: book.page(target, words),
        "numref": lambda: book.number(target, words),
        "eq": lambda: f"({book.equation(target)})",
        "cite": lambda: book.citation(target, in_text=False),
        "cite:p": lambda: book.citation(target, in_text=False),
        "cite:t": lambda: book.citation(target, in_text=True),
        "glue:text": lambda: book.fact(target.partition(":")[0]),
        "math": lambda: f"${text}$",
        "sub": lambda: f"<sub>{text}</sub>",
        "sup": lambda: f"<sup>{text}</sup>",
    }
    if name in answers:
        return answers[name]()
    if name.startswith("py:") or name in {"code", "file", "kbd"}:
        return f"`{words or target.removeprefix('~')}`"
    return words or target


def _directive(name: str, argument: str, lines: list[str], book: Book) -> Iterator[str]:
    options, body = _options(lines)
    title = inline(argument, book).strip()
    if name in DROPPED:
        return
    if name in GENERATED:
        yield from _blocks(book.generated(name, argument, lines).split("\n"), book)
        return
    if name in CODE:
        yield from [f"```{argument.split(' ')[0]}", *body, "```"]
    elif name == "math":
        number = book.equation(options["label"]) if "label" in options else ""
        yield from ["$$", *body, *([f"\\tag{{{number}}}"] if number else []), "$$"]
    elif name in FOLDED:
        inner = list(_blocks(body, book))
        yield from [f"<details><summary>{title}</summary>", "", *inner, "", "</details>"]
    elif name in NAMED | TITLED:
        heading = title if name in TITLED else " ".join([name.capitalize(), title]).strip()
        text = "\n".join(_blocks(body, book)).strip("\n")
        quoted = f"**{heading}**\n\n{text}" if text else f"**{heading}**"
        yield from (f"> {line}".rstrip() for line in quoted.split("\n"))
    else:
        yield from ([f"**{title}**", ""] if title and name == "table" else [])
        yield from _blocks(body, book)


def _options(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split a directive's lines into its options, in either form, and its body."""
    if lines and lines[0].strip() == "---" and "---" in lines[1:]:
        end = lines.index("---", 1)
        return yaml.safe_load("\n".join(lines[1:end])) or {}, lines[end + 1 :]
    options = {}
    for number, line in enumerate(lines):
        option = OPTION.match(line)
        if option is None:
            return options, lines[number:]
        options[option["key"]] = option["value"]
    return options, []
