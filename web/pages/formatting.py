"""Formatting: waits, durations and discounts in a language."""

from __future__ import annotations

import math
from functools import lru_cache

from domain.discount import DiscountPolicy
from web.i18n import Language

# The range of a wait: the recent pace predicts the next minutes no better than this.
SOONER, LATER = 0.8, 1.5
MINUTE_S, HOUR_S = 60, 3_600
A_FEW_S = 10
# Longer waits show in hours.
MINUTES_MAX = 90


def duration(language: Language, seconds: float) -> str:
    """An approximate duration in words."""
    if seconds < MINUTE_S:
        return language.ngettext(
            "about a second", "about %(count)s seconds", max(1, round(seconds))
        )
    minutes = round(seconds / MINUTE_S)
    if minutes < MINUTES_MAX:
        return language.ngettext("about a minute", "about %(count)s minutes", minutes)
    hours = round(seconds / HOUR_S)
    return language.ngettext("about an hour", "about %(count)s hours", hours)


def exact_duration(language: Language, seconds: int) -> str:
    """A limit in words: in minutes if it is whole minutes, else in seconds."""
    minutes, rest = divmod(seconds, MINUTE_S)
    if minutes and not rest:
        return language.ngettext("one minute", "%(count)s minutes", minutes)
    return language.ngettext("one second", "%(count)s seconds", seconds)


def seconds(language: Language, seconds: float) -> str:
    """A measured duration: exact below an hour and a half, else in words."""
    if seconds < MINUTE_S:
        return language.gettext("%(count)s s", count=language.decimal(seconds, 1))
    if seconds < MINUTES_MAX * MINUTE_S:
        minutes, rest = divmod(int(seconds), MINUTE_S)
        return language.gettext("%(minutes)s min %(count)s s", minutes=minutes, count=rest)
    return duration(language, seconds)


@lru_cache(maxsize=4_096)
def wait(language: Language, eta_s: int) -> str:
    """The expected wait as a range, from a fifth shorter to a half longer."""
    if eta_s <= A_FEW_S:
        return language.gettext("a few seconds")
    sooner_s, later_s = eta_s * SOONER, eta_s * LATER
    if later_s <= MINUTE_S:
        low, high = _down(sooner_s, 5), _up(later_s, 5)
        return language.gettext(
            "about %(low)s to %(high)s seconds",
            low=language.number(low),
            high=language.number(high),
        )
    if later_s <= MINUTES_MAX * MINUTE_S:
        return _minutes(language, sooner_s / MINUTE_S, later_s / MINUTE_S)
    low, high = max(1, _down(sooner_s / HOUR_S, 1)), _up(later_s / HOUR_S, 1)
    return language.gettext(
        "about %(low)s to %(high)s hours", low=language.number(low), high=language.number(high)
    )


def _minutes(language: Language, sooner: float, later: float) -> str:
    low, high = _down(sooner, _step(sooner)), _up(later, _step(later))
    if low == 0:
        return language.ngettext("less than a minute", "less than %(count)s minutes", high)
    return language.gettext(
        "about %(low)s to %(high)s minutes", low=language.number(low), high=language.number(high)
    )


def _step(minutes: float) -> int:
    """The step that a range in minutes is rounded to."""
    return 1 if minutes <= 10 else 2 if minutes <= 20 else 5 if minutes <= 60 else 10


def _down(number: float, step: int) -> int:
    return math.floor(number / step) * step


def _up(number: float, step: int) -> int:
    return math.ceil(number / step) * step


def in_groups(short_code: str) -> str:
    """A short code as people read it, such as K7M2-P9QX."""
    half = len(short_code) // 2
    return f"{short_code[:half]}-{short_code[half:]}"


def discount_text(language: Language, policy: DiscountPolicy) -> str:
    value = language.number(policy.value)
    if policy.kind == "amount":
        return language.gettext("%(amount)s off", amount=value)
    if not policy.cap:
        return language.gettext("%(percent)s %% off", percent=value)
    return language.gettext(
        "%(percent)s %% off, up to %(cap)s", percent=value, cap=language.number(policy.cap)
    )
