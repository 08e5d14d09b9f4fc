"""The newsroom's time zone for scripts: browsers write its abbreviation differently.

Where Python, which writes the times in pages, has "CET", browsers have "GMT+1".
"""

from datetime import UTC, datetime
from functools import cache
from typing import TypedDict
from zoneinfo import ZoneInfo

MOMENTS = [datetime(year, month, 1, tzinfo=UTC) for year in (2000, 2010, 2020) for month in (1, 7)]
"""In the winters and summers of elections that are shown."""


class ScriptZone(TypedDict):
    """A time zone by its IANA name, with its abbreviations by difference to UTC: "GMT-05:00"."""

    name: str
    abbreviations: dict[str, str]


@cache
def script_zone(name: str) -> ScriptZone:
    """Return a time zone for scripts. Raises ZoneInfoNotFoundError."""
    zone = ZoneInfo(name)
    local = [moment.astimezone(zone) for moment in MOMENTS]
    return {"name": name, "abbreviations": {_difference(each): f"{each:%Z}" for each in local}}


def _difference(local: datetime) -> str:
    """Return the difference to UTC as browsers write it: "GMT-05:00", "GMT"."""
    if not local.utcoffset():
        return "GMT"
    offset = f"{local:%z}"
    return f"GMT{offset[:3]}:{offset[3:]}"
