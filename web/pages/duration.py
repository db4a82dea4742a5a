"""Durations as forms show them: `15 min`, `1시간 30분`."""

from __future__ import annotations

from domain.times.duration import split_duration
from web.i18n import Language, to_translate

UNIT_TEXTS = {
    "h": to_translate("%(count)s h"),
    "min": to_translate("%(count)s min"),
    "s": to_translate("%(count)s s"),
}


def plain_duration(language: Language, seconds: int) -> str:
    """A duration as forms show it and `parse_duration` reads it."""
    return " ".join(
        language.ngettext("%(count)s day", "%(count)s days", count)
        if unit == "day"
        else language.gettext(UNIT_TEXTS[unit], count=count)
        for count, unit in split_duration(seconds)
    )
