"""Sliders and questions as ipywidgets, for Jupyter."""

from __future__ import annotations

import html
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from dlcore._markup import has_math, inline_html, plain_text

if TYPE_CHECKING:
    from dlcore.interactive import Control
    from dlcore.questions import Feedback

_WIDE = {"width": "auto", "max_width": "44em"}


def slider(
    controls: Sequence[Control],
    picture: Callable[[Mapping[str, Any], str | None], tuple[str, str]],
    caption: str | None,
) -> widgets.VBox:
    """Sliders above a picture that is drawn anew at each move; below it, what there is to see."""
    sliders = [
        widgets.SelectionSlider(
            options=[(text, position) for position, text in enumerate(control.texts)],
            value=control.start,
            description=control.label,
            continuous_update=False,
            style={"description_width": "initial"},
            layout=_WIDE,
        )
        for control in controls
    ]
    view, description = widgets.HTML(), widgets.HTML()

    def show() -> None:
        values = {c.name: c.values[s.value] for c, s in zip(controls, sliders, strict=True)}
        view.value, text = picture(values, None)
        description.value = html.escape(text)

    def react(_change: object) -> None:
        try:
            show()
        except Exception:
            # Jupyter would write this to a log that nobody reads.
            view.value = f"<pre>{html.escape(traceback.format_exc())}</pre>"
            description.value = ""

    show()
    for control in sliders:
        control.observe(react, names="value")
    below = [] if caption is None else [widgets.HTMLMath(inline_html(caption))]
    return widgets.VBox([*sliders, view, description, *below])


def choice(question: str, labels: Sequence[str], feedback: Mapping[str, Feedback]) -> widgets.VBox:
    """Radio buttons and a button that explains the choice taken."""
    options = [plain_text(label) for label in labels]
    text = f"<p>{inline_html(question)}</p>"
    if any(has_math(label) for label in labels):
        # Radio buttons cannot show formulas: they carry letters, and the list above the formulas.
        options = [chr(ord("A") + k) for k in range(len(labels))]
        items = "".join(f"<li>{inline_html(label)}</li>" for label in labels)
        text += f'<ol type="A">{items}</ol>'
    radio = widgets.RadioButtons(
        options=[(option, str(k)) for k, option in enumerate(options)],
        value=None,
        description="Your answer",
        layout={"width": "max-content"},
        style={"description_width": "initial"},
    )
    check = widgets.Button(description="Check")
    answer = _FeedbackBox(feedback)
    check.on_click(lambda _button: answer.show("empty" if radio.value is None else radio.value))
    radio.observe(lambda _change: answer.clear(), names="value")
    return widgets.VBox([widgets.HTMLMath(text), radio, check, answer.widget])


def number(
    question: str, judge: Callable[[str], str], feedback: Mapping[str, Feedback]
) -> widgets.VBox:
    """A text field, checked by Enter or the button; the worked answer unfolds."""
    field = widgets.Text(
        description="Your answer",
        continuous_update=False,
        style={"description_width": "initial"},
    )
    check = widgets.Button(description="Check")
    answer = _FeedbackBox(feedback)
    check.on_click(lambda _button: answer.show(judge(field.value)))
    field.observe(lambda _change: answer.show(judge(field.value)), names="value")
    show, unfolded = _unfold("Show the worked answer", feedback)
    return widgets.VBox(
        [_text(question), field, widgets.HBox([check, show]), answer.widget, unfolded]
    )


def free(question: str, feedback: Mapping[str, Feedback]) -> widgets.VBox:
    """A text area, and a button that unfolds the model answer."""
    area = widgets.Textarea(
        description="Your answer",
        rows=4,
        layout=_WIDE,
        style={"description_width": "initial"},
    )
    show, unfolded = _unfold("Show a model answer", feedback)
    return widgets.VBox([_text(question), area, show, unfolded])


def _text(question: str) -> widgets.HTMLMath:
    return widgets.HTMLMath(f"<p>{inline_html(question)}</p>")


def _unfold(
    text: str, feedback: Mapping[str, Feedback]
) -> tuple[widgets.ToggleButton, widgets.HTMLMath]:
    button = widgets.ToggleButton(description=text, layout={"width": "max-content"})
    box = widgets.HTMLMath()

    def toggle(change: Mapping[str, Any]) -> None:
        box.value = feedback["unfolded"].html if change["new"] else ""

    button.observe(toggle, names="value")
    return button, box


class _FeedbackBox:
    def __init__(self, feedback: Mapping[str, Feedback]) -> None:
        self._feedback = feedback
        self.widget = widgets.HTMLMath()

    def show(self, key: str) -> None:
        self.widget.value = self._feedback[key].html

    def clear(self) -> None:
        self.widget.value = ""
