"""A picture with sliders: live in Jupyter, prepared in advance on the built page.

One call serves both. In Jupyter the sliders are ipywidgets and each move draws anew. When the
environment variable ``DLCORE_STATIC`` is ``1``, as in the build of the book, every picture is drawn
at once and the result is plain HTML that needs neither Python nor a server.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlcore import _static_html
from dlcore.figures import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MAX_PICTURES", "Control", "slider"]

#: More pictures than this would make a page slow to load.
MAX_PICTURES = 60


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

    Raises
    ------
    ValueError
        If there are fewer than two values, the default is not among them, a name cannot be an
        argument, or a label is empty.

    Examples
    --------
    >>> Control("p", [0, 1, 2], label="Padding p", default=1).texts
    ('0', '1', '2')
    """

    name: str
    values: Sequence[Any]
    label: str
    default: Any = None
    format: Callable[[Any], str] = str

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

    @property
    def start(self) -> int:
        """Position of the default among the values."""
        return self.values.index(self.default)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as the reader sees them."""
        return tuple(self.format(value) for value in self.values)


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
