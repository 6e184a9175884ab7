"""Sliders and questions as ipywidgets, for Jupyter."""

from __future__ import annotations

import html
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from dlcore._live import nearest
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
    inputs = [_ControlInput(control) for control in controls]
    view, description = widgets.HTML(), widgets.HTML()

    def show() -> None:
        values = {c.name: i.value for c, i in zip(controls, inputs, strict=True)}
        view.value, text = picture(values, None)
        description.value = html.escape(text)

    def react() -> None:
        try:
            show()
        except Exception:
            # Jupyter would write this to a log that nobody reads.
            view.value = f"<pre>{html.escape(traceback.format_exc())}</pre>"
            description.value = ""

    show()
    for item in inputs:
        item.on_change = react
    below = [] if caption is None else [widgets.HTMLMath(inline_html(caption))]
    return widgets.VBox([*(item.widget for item in inputs), view, description, *below])


class _ControlInput:
    """A slider, and for a control with a span a field beside it that takes any of its numbers."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.value = control.default
        self.on_change: Callable[[], None] = lambda: None
        positions = control.positions
        self._slider = widgets.SelectionSlider(
            options=[(control.format(value), k) for k, value in enumerate(positions)],
            value=positions.index(control.default),
            description=control.label,
            continuous_update=False,
            readout=control.live is None,
            style={"description_width": "initial"},
            layout=_WIDE,
        )
        self._slider.observe(self._moved, names="value")
        self.widget: widgets.Widget = self._slider
        if control.live is not None:
            self._field = widgets.Text(
                control.format(control.default),
                continuous_update=False,
                tooltip=f"{control.label}: {control.expected}",
                layout={"width": "7em"},
            )
            self._field.observe(self._typed, names="value")
            self._problem = widgets.HTML()
            self.widget = widgets.HBox([self._slider, self._field, self._problem])

    def _moved(self, change: Mapping[str, Any]) -> None:
        # A number typed between two positions moves the slider too, and must not be replaced.
        if change["new"] != nearest(self._control, self.value):
            self._set(self._control.positions[change["new"]])

    def _typed(self, change: Mapping[str, Any]) -> None:
        if change["new"] == self._control.format(self.value):
            return
        try:
            value = self._control.read(change["new"])
        except ValueError as error:
            self._problem.value = html.escape(str(error))
        else:
            self._set(value)

    def _set(self, value: Any) -> None:
        self.value = value
        self._slider.value = nearest(self._control, value)
        if self._control.live is not None:
            self._field.value = self._control.format(value)
            self._problem.value = ""
        self.on_change()


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
