"""HTML of sliders and questions for the built page.

The fragments hold data attributes only; ``static/course-widgets.js`` brings them to life and
``static/course-widgets.css`` gives them their look. Without the script a slider shows its default
picture, and a question its text and choices: all that would do nothing is hidden.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from dlcore import _live
from dlcore._markup import has_math, inline_html, plain_text

if TYPE_CHECKING:
    from dlcore.interactive import Control
    from dlcore.questions import Feedback

# What stands on the page being built: id -> HTML. One page is one run of one kernel.
_on_this_page: dict[str, str] = {}


@dataclass(frozen=True)
class HtmlFragment:
    """A piece of a page, shown by Jupyter as HTML."""

    name: str
    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<HTML fragment {self.name!r}: open the page to see it>"


def is_static() -> bool:
    """Whether the output is for a page that has no Python behind it."""
    return os.environ.get("DLCORE_STATIC") == "1"


def check_id(function: str, name: str) -> None:
    """Refuse a name that could not be an id on a page."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(
            f"{function}: expected lower-case letters, digits and -, first a letter, as its "
            f'name or id, got {name!r}; "ch4-output-size" is one'
        )


def _fragment(name: str, html: str) -> HtmlFragment:
    """Give out a fragment, unless a different one already has its name on this page.

    Where the reader runs cells, an edited cell may give another one; the newest counts.
    """
    if _live.is_live():
        return HtmlFragment(name, html)
    if _on_this_page.setdefault(name, html) != html:
        raise ValueError(
            f"the id {name!r} is already used by another slider or question of this page; "
            "choose a different one (running the same cell again is fine)"
        )
    return HtmlFragment(name, html)


def slider(
    controls: Sequence[Control], pictures: Sequence[str], name: str, caption: str | None
) -> HtmlFragment:
    """Ranges, and one picture for each combination of their values (the last control fastest)."""
    default = 0
    for control in controls:
        default = default * len(control.values) + control.start
    shown_pictures = [
        f'<div class="dlc-view{" dlc-default" if position == default else ""}"'
        f"{'' if position == default else ' hidden'}>{picture}</div>"
        for position, picture in enumerate(pictures)
    ]
    inner = _slider(controls, "".join(shown_pictures), name)
    return frame(_slider_class(controls), name, inner, caption)


def live_slider(
    controls: Sequence[Control], picture: str, name: str, caption: str | None
) -> HtmlFragment:
    """The same with the default picture alone, for a page that has Python draw the others."""
    view = f'<div class="dlc-view dlc-default">{picture}</div>'
    css_class = f"{_slider_class(controls)} dlc-unprepared"
    return frame(css_class, name, _slider(controls, view, name), caption)


def _slider_class(controls: Sequence[Control]) -> str:
    """Mark the sliders that can do more where Python computes."""
    return "dlc-slider" + (" dlc-can-compute" if any(c.live for c in controls) else "")


def _slider(controls: Sequence[Control], views: str, name: str) -> str:
    rows = []
    for control in controls:
        identifier = f"{name}-control-{control.name}"
        texts = escape(json.dumps(control.texts, ensure_ascii=False))
        rows.append(
            range_control(
                identifier, control.label, control.texts, control.start, f'data-dlc-texts="{texts}"'
            )
        )
    settings = ", ".join(f"{control.label}: {control.texts[control.start]}" for control in controls)
    return (
        f'<div class="dlc-controls" hidden>{"".join(rows)}</div>'
        f'<div class="dlc-views">{views}</div>'
        f'<p class="dlc-settings">Shown for {escape(settings)}.</p>'
        '<p class="dlc-live" role="status" aria-live="polite"></p>'
    )


def range_control(
    identifier: str, label: str, texts: Sequence[str], position: int, data: str
) -> str:
    """A range with its label, and the text of the position it stands at; `data` is for scripts."""
    shown = escape(texts[position])
    return (
        f'<div class="dlc-control"><label for="{identifier}">{escape(label)}</label>'
        f'<input type="range" id="{identifier}" min="0" max="{len(texts) - 1}" '
        f'step="1" value="{position}" aria-valuetext="{shown}" autocomplete="off" {data}>'
        f'<output for="{identifier}" aria-live="off">{shown}</output></div>'
    )


def frame(css_class: str, name: str, inner: str, caption: str | None) -> HtmlFragment:
    """What surrounds an interactive figure: a figure if it has a caption of its own."""
    if caption is None:
        return _fragment(name, f'<div class="{css_class}" data-dlc-name="{name}">{inner}</div>')
    return _fragment(
        name,
        f'<figure class="{css_class}" id="{name}" data-dlc-name="{name}">{inner}'
        f"<figcaption>{inline_html(caption)}</figcaption></figure>",
    )


def choice(
    name: str, question: str, labels: Sequence[str], feedback: Mapping[str, Feedback]
) -> HtmlFragment:
    """Radio buttons; the feedback to choice number k has the key ``str(k)``."""
    rows = "".join(
        f'<div class="dlc-choice"><input type="radio" name="{name}-answer" id="{name}-{k}" '
        f'value="{k}" autocomplete="off"{_spoken(label)}>'
        f'<label for="{name}-{k}">{inline_html(label)}</label></div>'
        for k, label in enumerate(labels)
    )
    return _question("choice", name, question, rows, _button("submit", "check", "Check"), feedback)


def number(
    name: str,
    question: str,
    answer: Sequence[float],
    tolerance: float,
    hints: Sequence[Sequence[float]],
    feedback: Mapping[str, Feedback],
) -> HtmlFragment:
    """A text field; the feedback to known wrong answer number k has the key ``hint-k``."""
    field = (
        f'<div class="dlc-field"><label for="{name}-text">Your answer</label>'
        f'<input type="text" id="{name}-text" autocomplete="off" spellcheck="false" '
        f'data-dlc-answer="{_json(answer)}" data-dlc-tolerance="{tolerance!r}" '
        f'data-dlc-hints="{_json(hints)}"></div>'
    )
    buttons = _button("submit", "check", "Check") + _unfold_button(name, "Show the worked answer")
    return _question("number", name, question, field, buttons, feedback)


def free(name: str, question: str, feedback: Mapping[str, Feedback]) -> HtmlFragment:
    """A text area, and a model answer to unfold."""
    field = (
        f'<div class="dlc-field"><label for="{name}-text">Your answer</label>'
        f'<textarea id="{name}-text" rows="4" autocomplete="off"></textarea></div>'
    )
    button = _unfold_button(name, "Show a model answer")
    return _question("free", name, question, field, button, feedback)


def _question(
    kind: str,
    name: str,
    question: str,
    fields: str,
    buttons: str,
    feedback: Mapping[str, Feedback],
) -> HtmlFragment:
    """What all questions share. Feedback waits in templates: neither seen nor found by search."""
    unfolded = (
        f'<div class="dlc-unfolded" id="{name}-unfolded" hidden></div>'
        if "unfolded" in feedback
        else ""
    )
    templates = "".join(
        f'<template data-dlc-key="{key}" data-dlc-state="{item.state}">{item.html}</template>'
        for key, item in feedback.items()
    )
    return _fragment(
        name,
        f'<form class="dlc-question" id="{name}" data-dlc-question="{kind}" autocomplete="off">'
        f"<fieldset{_spoken(question)}><legend>{inline_html(question)}</legend>{fields}</fieldset>"
        f'<div class="dlc-buttons" hidden>{buttons}{_button("button", "clear", "Clear my answer")}'
        f'</div><div class="dlc-feedback" role="status" aria-live="polite"></div>{unfolded}'
        f"{templates}</form>",
    )


def _spoken(text: str) -> str:
    """Say in plain text what has formulas: browsers leave MathJax's formulas out of names."""
    return f' aria-label="{escape(plain_text(text))}"' if has_math(text) else ""


def _button(kind: str, action: str, text: str) -> str:
    return f'<button type="{kind}" data-dlc-action="{action}">{text}</button>'


def _unfold_button(name: str, text: str) -> str:
    return (
        '<button type="button" data-dlc-action="unfold" aria-expanded="false" '
        f'aria-controls="{name}-unfolded">{text}</button>'
    )


def _json(numbers: object) -> str:
    return escape(json.dumps(numbers))
