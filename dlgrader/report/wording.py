"""Numbers, names and times as the report's page and pictures show them."""

from __future__ import annotations

import datetime
import math
from typing import Any

from markupsafe import Markup, escape


def percent(share: float) -> str:
    r"""Return a share in per cent; what is not none or all does not look like it.

    >>> shares = (0, 0.001, 0.426, 0.997, 1, math.nan)
    >>> ", ".join(map(percent, shares)).replace("\N{NO-BREAK SPACE}", " ")
    '0 %, < 1 %, 43 %, > 99 %, 100 %, –'
    """
    if math.isnan(share):
        return "–"
    if 0 < share < 0.005:
        return "<\u00a01\u00a0%"
    if 0.995 <= share < 1:
        return ">\u00a099\u00a0%"
    return f"{100 * share:.0f}\u00a0%"


def percent_below(share: float) -> str:
    r"""Return a share in per cent, rounded down, so that it stays below a threshold.

    >>> percent_below(0.4999).replace("\N{NO-BREAK SPACE}", " ")
    '49 %'
    """
    return f"{math.floor(share * 100 + 1e-9)}\u00a0%"


def points(number: float) -> str:
    """Return points with one decimal, if they need it.

    >>> points(2.0), points(1.46)
    ('2', '1.5')
    """
    return f"{number:.1f}".removesuffix(".0")


def signed(number: float) -> str:
    """Return a correlation, with a proper minus sign.

    >>> signed(0.456), signed(-0.1), signed(math.nan)
    ('0.46', '−0.10', '–')
    """
    return "–" if math.isnan(number) else f"{number:.2f}".replace("-", "−")


def day(moment: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Return the day of a time that is given in UTC, by the clock of a zone.

    >>> from zoneinfo import ZoneInfo
    >>> day(datetime.datetime(2026, 3, 31, 23, 30), ZoneInfo("Europe/Berlin"))
    '1 Apr 2026'
    """
    local = _local(moment, zone)
    return f"{local.day} {local:%b %Y}"


def minute(moment: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Return day and time, with the name of the zone.

    >>> minute(datetime.datetime(2026, 3, 31, 23, 30), datetime.UTC)
    '31 Mar 2026, 23:30 UTC'
    """
    return f"{day(moment, zone)}, {_local(moment, zone):%H:%M %Z}"


def _local(moment: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime:
    return moment.replace(tzinfo=datetime.UTC).astimezone(zone)


def duration(seconds: float) -> str:
    """Return a time in words, as exact as anyone wants to know it.

    >>> duration(30), duration(4000), duration(90_000), duration(300_000)
    ('less than a minute', '1 h 6 min', '1 d 1 h', '3 d 11 h')
    """
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def shown(text: Any) -> str:
    """Show signs that can't be seen, and would break or turn the line, as a replacement sign.

    >>> shown("a" + chr(0x202E) + "b" + chr(10) + "c"), shown("Łukasz Ō")
    ('a\ufffdb\ufffdc', 'Łukasz Ō')
    """
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(text))


def code(text: str) -> Markup:
    """Set what stands in backquotes as code; everything else is escaped.

    >>> str(code("the `dx` of <x>"))
    'the <code>dx</code> of &lt;x&gt;'
    """
    parts = shown(text).split("`")
    if len(parts) % 2 == 0:  # a backquote without its fellow is itself
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
