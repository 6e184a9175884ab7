"""A picture with sliders: live in Jupyter, prepared in advance on the built page.

One call serves both. In Jupyter the sliders are ipywidgets and each move draws anew. When the
environment variable ``DLCORE_STATIC`` is ``1``, as in the build of the book, every picture is drawn
at once and the result is plain HTML that needs neither Python nor a server.

Where Python computes, a control with a :class:`Span` takes every number of it: in Jupyter, and in
the reader's browser once Python runs there (``DLCORE_LIVE``). The prepared pictures show only the
values that the control lists.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

from dlcore import _live, _static_html
from dlcore.figures import to_svg
from dlcore.questions import parse_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MAX_PICTURES", "Control", "Span", "slider"]

#: More pictures than this would make a page slow to load.
MAX_PICTURES = 60

# A slider with more positions than this has several of them on one pixel.
_MAX_POSITIONS = 400

# The positions of one power of ten where a span has no step: about equal ratios, easily read.
_DECADE = [
    *(Decimal(tenths) / 10 for tenths in range(10, 20)),
    *(Decimal(tenths) / 10 for tenths in range(20, 50, 2)),
    *(Decimal(tenths) / 10 for tenths in range(50, 100, 5)),
]


@dataclass(frozen=True)
class Span:
    """All numbers from `low` to `high`: what a control takes where Python computes.

    Parameters
    ----------
    low, high : float
        The bounds; both belong to the span.
    step : float, optional
        How far neighbouring positions of the slider lie from each other. Left out, the positions
        have about equal ratios, which suits learning rates; `low` must then be positive.
    whole : bool
        Whether the control takes whole numbers only; then bounds and step must be whole, too.

    Raises
    ------
    ValueError
        If the bounds are not finite numbers in order, the step is not positive or leaves no or too
        many positions, a span without a step does not begin above 0, or something that should be
        a whole number is none.

    Examples
    --------
    >>> Span(0, 1, 0.25).positions
    (0.0, 0.25, 0.5, 0.75, 1.0)
    >>> Span(1, 4, 1, whole=True).positions
    (1, 2, 3, 4)
    >>> Span(0.09, 0.13).positions
    (0.09, 0.095, 0.1, 0.11, 0.12, 0.13)
    """

    low: float
    high: float
    step: float | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                f"Span: expected finite bounds with low < high, got {self.low!r} and {self.high!r}"
            )
        if self.step is None and self.low <= 0:
            raise ValueError(
                f"Span: expected low to be positive where there is no step, got {self.low!r}; "
                "give a step, or begin above 0"
            )
        if self.step is not None and not 0 < self.step <= self.high - self.low:
            raise ValueError(
                f"Span: expected a positive step that fits between {self.low!r} and "
                f"{self.high!r}, got {self.step!r}"
            )
        if self.step is not None and (self.high - self.low) / self.step > _MAX_POSITIONS:
            raise ValueError(
                f"Span: expected at most {_MAX_POSITIONS} positions, got a step of {self.step!r} "
                f"from {self.low!r} to {self.high!r}; take a larger one"
            )
        for number in (self.low, self.high, self.step):
            if self.whole and number is not None and not isinstance(number, int):
                raise ValueError(
                    f"Span: expected bounds and step to be of type int where whole is True, "
                    f"got {number!r}"
                )

    @property
    def positions(self) -> tuple[float, ...]:
        """Where the slider stops; both bounds are among them."""
        low, high = Decimal(str(self.low)), Decimal(str(self.high))
        if self.step is None:
            powers = range(low.adjusted(), high.adjusted() + 1)
            inner = [digits.scaleb(power) for power in powers for digits in _DECADE]
        else:
            step = Decimal(str(self.step))
            inner = [low + k * step for k in range(int((high - low) / step) + 1)]
        numbers = sorted({low, high, *(number for number in inner if low < number < high)})
        if self.whole:
            return tuple(int(number) for number in numbers if number == int(number))
        return tuple(float(number) for number in numbers)

    def __contains__(self, number: object) -> bool:
        return (
            isinstance(number, Real)
            and self.low <= float(number) <= self.high
            and (not self.whole or float(number).is_integer())
        )


@dataclass(frozen=True)
class Control:
    """One slider.

    Parameters
    ----------
    name : str
        Name of the argument that `draw` receives.
    values : sequence
        The values to choose from, in order; at least two.
    label : str
        What the reader sees beside the slider, in plain text.
    default : optional
        The value to start with; the first one if not given.
    format : callable
        Turns a value into the text shown for it.
    live : Span, optional
        The numbers that `draw` can take besides `values` where Python computes. Those of the
        values that are numbers of the span must be in order; what is not (no limit at all, say)
        stays a position of its own, at the end where it stands. Leave it out for choices, and
        where a picture would take longer than a moment.

    Raises
    ------
    ValueError
        If there are fewer than two values, the default is not among them, a name cannot be an
        argument, a label is empty, or the values and the span do not go together.

    Examples
    --------
    >>> Control("p", [0, 1, 2], label="Padding p", default=1).texts
    ('0', '1', '2')
    >>> Control("mu", [0, 0.5, 0.8], label="Momentum", live=Span(0, 0.9, 0.3)).positions
    (0, 0.3, 0.5, 0.6, 0.8, 0.9)
    """

    name: str
    values: Sequence[Any]
    label: str
    default: Any = None
    format: Callable[[Any], str] = str
    live: Span | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(
                f"Control: expected name to be a Python argument name, got {self.name!r}"
            )
        if not self.label.strip():
            raise ValueError(f"Control {self.name!r}: expected a label, got an empty text")
        object.__setattr__(self, "values", tuple(self.values))
        if len(self.values) < 2:
            raise ValueError(
                f"Control {self.name!r}: expected at least two values, got {len(self.values)}"
            )
        if self.default is None:
            object.__setattr__(self, "default", self.values[0])
        if self.default not in self.values:
            raise ValueError(
                f"Control {self.name!r}: expected default to be one of {list(self.values)}, "
                f"got {self.default!r}"
            )
        if self.live is not None:
            self._check_live(self.live)

    def _check_live(self, span: Span) -> None:
        inside = [value for value in self.values if value in span]
        if inside not in (sorted(inside), sorted(inside, reverse=True)) or not inside:
            raise ValueError(
                f"Control {self.name!r}: expected values in order, at least one of them from "
                f"{span.low!r} to {span.high!r}, got {list(self.values)}"
            )
        if any(value not in span for value in self.values[self._first : self._last]):
            raise ValueError(
                f"Control {self.name!r}: expected values outside of live to stand first or last, "
                f"got {list(self.values)}"
            )

    @property
    def _first(self) -> int:
        """Place of the first value that belongs to the span."""
        return next(k for k, v in enumerate(self.values) if self.live and v in self.live)

    @property
    def _last(self) -> int:
        """Place behind the last value that belongs to the span."""
        return max(k for k, v in enumerate(self.values) if self.live and v in self.live) + 1

    @property
    def start(self) -> int:
        """Position of the default among the values."""
        return self.values.index(self.default)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as the reader sees them."""
        return tuple(self.format(value) for value in self.values)

    @property
    def positions(self) -> tuple[Any, ...]:
        """The values among which a slider chooses where Python computes."""
        if self.live is None:
            return tuple(self.values)
        given = self.values[self._first : self._last]
        numbers = {float(number): number for number in self.live.positions}
        numbers |= {float(number): number for number in given}
        falling = len(given) > 1 and given[0] > given[-1]
        between = [numbers[key] for key in sorted(numbers, reverse=falling)]
        return (*self.values[: self._first], *between, *self.values[self._last :])

    def read(self, text: str) -> Any:
        """Return the value that a reader has typed: one of the values, or a number of the span.

        Parameters
        ----------
        text : str
            A value as the reader sees it, or a number in any of the usual ways to write it.

        Raises
        ------
        ValueError
            If it is neither; the message tells the reader what can be written.

        Examples
        --------
        >>> rate = Control("eta", [0.1, 1], label="Learning rate", live=Span(0.01, 2))
        >>> rate.read("0,25")
        Traceback (most recent call last):
            ...
        ValueError: Learning rate: write a number from 0.01 to 2, not "0,25".
        >>> rate.read("1/4"), rate.read(" 1 ")
        (0.25, 1)
        """
        wanted = " ".join(text.split())
        for value in self.positions:
            if self.format(value) == wanted:
                return value
        numbers = parse_numbers(text, 1)
        if numbers is not None:
            for value in self.values:
                if isinstance(value, Real) and value == numbers[0]:
                    return value
            if self.live is not None and numbers[0] in self.live:
                return int(numbers[0]) if self.live.whole else numbers[0]
        raise ValueError(f'{self.label}: write {self.expected}, not "{wanted}".')

    @property
    def expected(self) -> str:
        """What can be written, in words."""
        if self.live is None:
            return "one of " + ", ".join(self.texts)
        kind = "a whole number" if self.live.whole else "a number"
        others = [
            text for text, v in zip(self.texts, self.values, strict=True) if v not in self.live
        ]
        return " or ".join(
            [f"{kind} from {self.format(self.live.low)} to {self.format(self.live.high)}", *others]
        )


def slider(
    draw: Callable[..., Figure],
    controls: Sequence[Control],
    *,
    name: str,
    alt: Callable[..., str],
    caption: str | None = None,
) -> Any:
    """Show a picture that one or more sliders change.

    Parameters
    ----------
    draw : callable
        Receives the controls' values as keyword arguments and returns a matplotlib figure. All
        figures should have the same size.
    controls : sequence of Control
        At most 60 combinations of values in all.
    name : str
        Lower-case letters, digits and ``-``; one name for each picture of a page.
    alt : callable
        Receives the same arguments as `draw` and returns what there is to see, in plain text. It
        is read to those who cannot see the picture.
    caption : str, optional
        May hold ``code``, *emphasis*, **strong** and $mathematics$. Leave it out where the page
        itself captions the cell's output.

    Returns
    -------
    ipywidgets.VBox or HTML
        To be left as the last value of a cell.

    Raises
    ------
    TypeError
        If `draw` returns something other than a figure.
    ValueError
        If there is no control, two have the same name, there are too many combinations, or the
        page already has something else of this name.

    Examples
    --------
    >>> import os
    >>> from matplotlib.figure import Figure
    >>> os.environ["DLCORE_STATIC"] = "1"
    >>> slider(
    ...     lambda p: Figure(figsize=(1, 1)),
    ...     [Control("p", [0, 1], label="Padding p")],
    ...     name="example-slider",
    ...     alt=lambda p: f"Padding {p}.",
    ... )
    <HTML fragment 'example-slider': open the page to see it>
    >>> del os.environ["DLCORE_STATIC"]
    """
    controls = tuple(controls)
    _check(controls, name)

    def picture(values: Mapping[str, Any], prefix: str | None) -> tuple[str, str]:
        description = alt(**values)
        figure = draw(**values)
        if not hasattr(figure, "savefig"):
            raise TypeError(
                f"slider {name!r}: expected draw to return a matplotlib Figure, "
                f'got {type(figure).__name__}; end it with "return fig"'
            )
        return to_svg(figure, description, prefix), description

    if _live.is_live():
        figure = _live.LiveSlider(name, controls, picture)
        fragment = _static_html.live_slider(controls, figure.first(), name, caption)
        _live.register(figure)
        return fragment
    if not _static_html.is_static():
        from dlcore import _notebook

        return _notebook.slider(controls, picture, caption)
    names = [control.name for control in controls]
    pictures = [
        picture(dict(zip(names, values, strict=True)), f"{name}-{position}")[0]
        for position, values in enumerate(itertools.product(*(c.values for c in controls)))
    ]
    return _static_html.slider(controls, pictures, name, caption)


def _check(controls: tuple[Control, ...], name: str) -> None:
    _static_html.check_id("slider", name)
    if not controls:
        raise ValueError(f"slider {name!r}: expected at least one Control, got none")
    names = [control.name for control in controls]
    for control_name in names:
        if names.count(control_name) > 1:
            raise ValueError(
                f"slider {name!r}: expected controls with different names, "
                f"got {control_name!r} more than once"
            )
    count = math.prod(len(control.values) for control in controls)
    if count > MAX_PICTURES:
        raise ValueError(
            f"slider {name!r}: expected at most {MAX_PICTURES} combinations of values, "
            f"got {count}; give the controls fewer values"
        )
