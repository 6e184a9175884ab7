"""Times that are written as text, and the zone that they mean.

nbgrader reads ``10:00 CEST`` and ``10:00 JST`` as 10:00 in UTC, since the zone database knows
zones, not their abbreviations, and ``10:00 +0900`` as fifteen minutes off. Here an abbreviation
means what it means in the course's own zone, and what nobody can tell is no time.
"""

from __future__ import annotations

import datetime

from dateutil import parser, tz

_EARLIEST, _LATEST = datetime.datetime(2000, 1, 1), datetime.datetime(2200, 1, 1)
_DAYS_APART = range(0, 366, 30)


def read_moment(text: str, zone: str = "UTC", unmarked: str = "UTC") -> datetime.datetime:
    """Return the time that a text gives, in UTC and without saying so, as nbgrader keeps times.

    Parameters
    ----------
    text : str
    zone : str
        The course's time zone (``c.Exchange.timezone``), such as "Europe/Berlin"; what an
        abbreviation means is looked up there first.
    unmarked : str
        The zone of a text that names none.

    Raises
    ------
    ValueError
        If it is no time, none at which somebody hands in, or nobody can tell in which zone.
    """
    own = _zone(zone)

    def meant(name: str | None, offset: int | None) -> datetime.tzinfo | None:
        if offset is not None:
            return tz.tzoffset(name, offset)
        if name is None:
            return None
        found = own if name in _abbreviations(own) else tz.gettz(name)
        if found is None:
            raise ValueError(f"unknown time zone {name}")
        return found

    found = parser.parse(text, tzinfos=meant)
    if found.tzinfo is None:
        found = found.replace(tzinfo=_zone(unmarked))
    moment = found.astimezone(datetime.UTC).replace(tzinfo=None)
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError(f"{moment} is no time of a submission")
    return moment


def moment_of_file(seconds: float) -> datetime.datetime:
    """Return a file's time as `read_moment` would."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


def _zone(name: str) -> datetime.tzinfo:
    found = tz.gettz(name)
    if found is None:
        raise ValueError(f"unknown time zone {name!r}; one is Europe/Berlin")
    return found


def _abbreviations(zone: datetime.tzinfo) -> set[str]:
    """Return what the zone is called in summer and in winter."""
    start = datetime.datetime.now()
    days = (start + datetime.timedelta(days=days) for days in _DAYS_APART)
    return {name for day in days if (name := day.replace(tzinfo=zone).tzname())}
