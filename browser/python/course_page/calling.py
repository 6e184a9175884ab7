"""Call a function of this package with arguments from the page, which knows JSON only."""

from __future__ import annotations

import importlib
import json

__all__ = ["call"]


def call(name: str, arguments: str) -> str:
    """Call ``course_page.module.function`` with keyword arguments.

    Parameters
    ----------
    name : str
        Such as ``course_page.order.needs``.
    arguments : str
        The keyword arguments, as a JSON object.

    Returns
    -------
    str
        What it returned, as JSON.

    Raises
    ------
    ValueError
        If the name is not one of this package's.
    """
    module, _, function = name.rpartition(".")
    if not module.startswith("course_page."):
        raise ValueError(f"call: expected a function of course_page, got {name!r}")
    result = getattr(importlib.import_module(module), function)(**json.loads(arguments))
    return json.dumps(result, allow_nan=False)
