"""What cells may import from ``IPython.display``, without IPython.

IPython would be a download of its own and two seconds of every start; cells use these few names of
it. They behave as in Jupyter.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from course_page import outputs

__all__ = ["HTML", "SVG", "Latex", "Markdown", "Math", "clear_output", "display", "install"]


class _Text:
    """A text of one kind, to be shown as what it is."""

    def __init__(self, data: str) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"<IPython.core.display.{type(self).__name__} object>"


class HTML(_Text):
    """HTML."""

    def _repr_html_(self) -> str:
        return self.data


class SVG(_Text):
    """A picture in SVG."""

    def _repr_svg_(self) -> str:
        return self.data


class Markdown(_Text):
    """Markdown."""

    def _repr_markdown_(self) -> str:
        return self.data


class Latex(_Text):
    """A text with formulas in TeX."""

    def _repr_latex_(self) -> str:
        return self.data


class Math(_Text):
    """One formula in TeX."""

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.data.strip('$')}$"


def display(*objects: Any, raw: bool = False, metadata: dict[str, Any] | None = None) -> None:
    """Show objects below the cell.

    Parameters
    ----------
    *objects
    raw : bool
        Whether each object is a dictionary of its forms by their MIME types.
    metadata : dict, optional
        What goes with raw forms.
    """
    for value in objects:
        if raw:
            data = {"data": value, "metadata": metadata or {}}
            outputs.emit({"output_type": "display_data", **data})
        else:
            outputs.display_data(value)


def clear_output(wait: bool = False) -> None:
    """Take away what the cell has shown so far; with `wait`, when something new comes."""
    outputs.emit({"output_type": "clear_output", "wait": wait})


def install() -> None:
    """Make ``from IPython.display import display`` and ``IPython.get_ipython()`` work."""
    package = types.ModuleType("IPython", "The few parts of IPython that a page has.")
    module = types.ModuleType("IPython.display", __doc__)
    for name in __all__:
        if name != "install":
            setattr(module, name, globals()[name])
    vars(package).update(
        {
            "__path__": [],
            "display": module,
            "version_info": (9, 0, 0),
            # As in a plain Python: there is no shell. matplotlib and dlcore ask.
            "get_ipython": lambda: None,
        }
    )
    sys.modules["IPython"], sys.modules["IPython.display"] = package, module
