"""From a file's bytes to the object that its JSON describes, as leniently as is safe."""

from __future__ import annotations

import codecs
import json
from typing import Any

from dlgrader.intake.files import Unreadable

_LONGEST_NUMBER = 30


def decode(content: bytes) -> tuple[str, list[str]]:
    """Return the text, and what there is to say about its encoding."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", errors="replace")
        return text, ["The file is in UTF-16; notebooks are in UTF-8. It was converted."]
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        return content.decode("utf-8", errors="replace"), [
            "The file is not in UTF-8. Characters that could not be read became “\ufffd”."
        ]


def parse(text: str) -> dict[str, Any]:
    """Return the notebook's object.

    Raises
    ------
    Unreadable
        If the text is not JSON, is nested too deeply, or does not describe an object.
    """
    if not text.strip():
        raise Unreadable("is empty")
    try:
        found = json.loads(text, parse_int=_integer, strict=False)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"is not valid JSON (line {error.lineno}, column {error.colno}); "
            "open it in Jupyter, save it, and hand it in again"
        ) from None
    except RecursionError:
        raise Unreadable("is nested too deeply to be a notebook") from None
    if not isinstance(found, dict):
        raise Unreadable("is JSON, but not a notebook")
    return found


def _integer(digits: str) -> int:
    """Return the number; 0 for one so long that Python would take its time, or refuse."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else 0
