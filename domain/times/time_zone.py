"""Time zones: the site's own, and the local times that people type in it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

Unusable = Literal["skipped", "repeated"]


class UnusableLocalTime(ValueError):
    """Clocks skip this local time on that day, or show it twice."""

    def __init__(self, why: Unusable) -> None:
        super().__init__(why)
        self.why: Unusable = why


def parse_zone(name: str) -> tzinfo:
    """The zone with this IANA name, as `Asia/Seoul`; UTC by that name. Raises ValueError."""
    if name == "UTC":
        return UTC
    known = available_timezones()
    if name not in known:
        close = get_close_matches(name.replace(" ", "_").title(), known, n=1, cutoff=0.5)
        near = close or sorted(one for one in known if name and name.title() in one)[:1]
        perhaps = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be an IANA time zone, such as Asia/Seoul{perhaps}")
    return ZoneInfo(name)


def zone_name(zone: tzinfo) -> str:
    """The IANA name, as `Asia/Seoul`."""
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"


def local_to_utc(local: datetime, zone: tzinfo) -> datetime:
    """The instant at which clocks in this zone show this time, which has no zone itself.

    Raises UnusableLocalTime where daylight saving time makes none or two of it.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    is_shown = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == local
    raise UnusableLocalTime("repeated" if is_shown else "skipped")
