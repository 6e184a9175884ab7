"""Numbers that a page's text states, taken from the cell that computed them.

The text of a chapter names the number instead of repeating it, so the two cannot come apart::

    fact("ch1-share", f"{share:.0%}")        # in a cell
    {glue:text}`ch1-share`                   # in the text below it

The name stands for the number on this page; MyST-NB puts it in when the site is built.
"""

from __future__ import annotations

import re

from dlcore._static_html import is_static

__all__ = ["fact"]

# What MyST-NB looks for in the outputs of a page's cells.
_MIME_PREFIX = "application/papermill.record/"


def fact(name: str, text: str) -> None:
    """Keep a number, written as the text shall show it, under a name.

    In Jupyter, where no page waits for it, the number is printed with its name.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and ``-``; unique on its page.
    text : str
        The number as it shall appear, such as ``f"{accuracy:.3f}"``.

    Raises
    ------
    TypeError
        If `text` is not a text: how many digits a number is worth, only the author knows.
    ValueError
        If the name has other characters or the text is empty.

    Examples
    --------
    >>> fact("ch0-example", f"{2 / 3:.0%}")
    ch0-example: 67%
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"fact: expected a name of lower-case letters, digits and -, got {name!r}")
    if not isinstance(text, str):
        raise TypeError(
            f"fact {name!r}: expected the number as text, got {type(text).__name__}; "
            'write it as it shall appear, for example f"{value:.3f}"'
        )
    if not text.strip():
        raise ValueError(f"fact {name!r}: expected the number as text, got an empty text")
    if not is_static():
        print(f"{name}: {text}")
        return
    from IPython.display import display

    display(
        {f"{_MIME_PREFIX}text/plain": repr(text)},
        raw=True,
        metadata={"scrapbook": {"name": name, "mime_prefix": _MIME_PREFIX}},
    )
