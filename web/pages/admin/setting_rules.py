"""The hint beside each field of the coupon form: its bounds and meaning."""

from __future__ import annotations

from functools import partial

from domain.branding import MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX
from domain.coupon import CODE_LENGTH_MAX, DESCRIPTION_LENGTH_MAX
from domain.discount import AMOUNT_MAX
from domain.inventory import TOTAL_COUNT_MAX
from domain.settings_spec import ROOM_SETTINGS, RoomSetting, Unit
from domain.times.time_zone import zone_name
from web.i18n import Language, to_translate
from web.pages.admin.labels import RULES
from web.pages.duration import plain_duration

ABOVE = to_translate("Above %(least)s, at most %(most)s.")
RANGES: dict[Unit, str] = {
    "": to_translate("%(least)s to %(most)s."),
    "s": to_translate("%(least)s to %(most)s, such as 15 min, 1 h 30 min or 90 s."),
    "ms": to_translate("%(least)s to %(most)s ms."),
}
# Where a setting stands in the form of a coupon; all others are advanced.
STEPS = {"lobby_s": "schedule", "opening": "schedule", "rate_per_s": "line"}
# The most that may stand in a field of the coupon or of its branding: a number, or characters.
MOST = {
    "code": CODE_LENGTH_MAX,
    "description": DESCRIPTION_LENGTH_MAX,
    "discount_value": AMOUNT_MAX,
    "discount_cap": AMOUNT_MAX,
    "total_count": TOTAL_COUNT_MAX,
    "name": NAME_LENGTH_MAX,
    "colour": len("#0c6a56"),
    "message": MESSAGE_LENGTH_MAX,
}
_SETTINGS = {setting.name: setting for setting in ROOM_SETTINGS}


def describe_rule(language: Language, field: str) -> str:
    """A field's hint in the reader's language."""
    setting = _SETTINGS.get(field)
    if setting is None:
        return fill_rule(language, RULES[field], MOST.get(field))
    return describe_setting(language, setting)


def fill_rule(language: Language, rule: str, most: int | None) -> str:
    """The rule in the reader's language, with its bound and the zone of its times."""
    values: dict[str, str] = {}
    if "%(most)s" in rule:
        values["most"] = language.number(most or 0)
    if "%(zone)s" in rule:
        values["zone"] = zone_name(language.zone)
    return language.gettext(rule, **values)


def describe_setting(language: Language, setting: RoomSetting) -> str:
    """As `describe_rule`, for a room setting of any kind."""
    meaning = language.gettext(setting.help)
    if setting.type is str:
        return meaning
    return meaning if setting.choices else f"{meaning} {_bounds(language, setting)}"


def _bounds(language: Language, setting: RoomSetting) -> str:
    sentence = ABOVE if setting.is_above else RANGES[setting.unit]
    show = partial(plain_duration, language) if setting.is_duration else language.number
    least, most = show(int(setting.least)), show(int(setting.most))
    return language.gettext(sentence, least=least, most=most)
