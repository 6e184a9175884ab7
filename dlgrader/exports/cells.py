"""Cells of a CSV file: texts that no spreadsheet computes, numbers, and the file itself.

A name that begins with ``=`` is a formula for Excel, LibreOffice and Google Sheets, and can send
the whole table to another computer when the file is opened ("CSV injection",
https://owasp.org/www-community/attacks/CSV_Injection). As that page advises, a text that begins
with one of the characters below gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlgrader.course import GradingError
from dlgrader.whole_files import write_whole

_FORMULA = tuple("=+-@＝＋－＠")
_DECIMALS = 4


@dataclass(frozen=True)
class Table:
    """A file in the making.

    Attributes
    ----------
    head : sequence of str
    rows : sequence of sequence of str
    attention : sequence of str
        What could not go into it as it should; a line each, beginning with the student's id.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    attention: Sequence[str] = field(default=())


def text(value: str | None) -> str:
    """Return a text as a cell: on one line, and never a formula.

    >>> text("=1+1"), text("Ada Lovelace"), text(" @import"), text(None)
    ("'=1+1", 'Ada Lovelace', "'@import", '')
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in value or "").split())
    return f"'{line}" if line.startswith(_FORMULA) else line


def is_changed(value: str) -> bool:
    """Whether `text` had to change a value, so that it no longer names what it named."""
    return text(value) != value


def number(value: float | None) -> str:
    """Return points as a cell; empty for none.

    >>> number(0.0), number(0.1 + 0.2), number(12.5), number(None)
    ('0.0', '0.3', '12.5', '')
    """
    return "" if value is None else str(round(value, _DECIMALS) + 0.0)


def write_table(table: Table, path: Path, byte_order_mark: bool = False) -> None:
    """Write a CSV file in UTF-8, whole or not at all.

    Raises
    ------
    GradingError
        If the file can't be written.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([text(name) for name in table.head])
    writer.writerows(table.rows)
    content = buffer.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8")
    try:
        write_whole(path, content)
    except OSError as error:
        raise GradingError(
            f"the grades could not be written to {path}: {error.strerror}; name another file: --to"
        ) from None
