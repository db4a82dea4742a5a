"""The hint beside each field of the coupon form: its bounds and meaning."""

from __future__ import annotations

from domain.branding import MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX
from domain.coupon import CODE_LENGTH_MAX, DESCRIPTION_LENGTH_MAX
from domain.discount import AMOUNT_MAX
from domain.inventory import TOTAL_COUNT_MAX
from domain.settings_spec import ROOM_SETTINGS, RoomSetting, Unit
from web.i18n import Language, to_translate
from web.pages.admin.labels import RULES

ABOVE = to_translate("Above %(least)s, at most %(most)s.")
RANGES: dict[Unit, str] = {
    "": to_translate("%(least)s to %(most)s."),
    "s": to_translate("%(least)s to %(most)s seconds."),
    "ms": to_translate("%(least)s to %(most)s ms."),
}
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
        rule = RULES[field]
        bounds = {"most": language.number(MOST[field])} if "%(most)s" in rule else {}
        return language.gettext(rule, **bounds)
    return describe_setting(language, setting)


def describe_setting(language: Language, setting: RoomSetting) -> str:
    """As `describe_rule`, for a room setting of any kind."""
    meaning = language.gettext(setting.help)
    if setting.type is str:
        return meaning
    return meaning if setting.choices else f"{meaning} {_bounds(language, setting)}"


def _bounds(language: Language, setting: RoomSetting) -> str:
    sentence = ABOVE if setting.is_above else RANGES[setting.unit]
    least, most = language.number(int(setting.least)), language.number(int(setting.most))
    return language.gettext(sentence, least=least, most=most)
