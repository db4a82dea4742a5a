"""The rule beside each field of the coupon's form: its bounds, and what it means."""

from __future__ import annotations

from domain.settings_spec import ROOM_SETTINGS, RoomSetting, Unit
from web.i18n import Language, to_translate
from web.pages.admin.labels import RULES

ABOVE = to_translate("Above %(least)s, at most %(most)s.")
RANGES: dict[Unit, str] = {
    "": to_translate("%(least)s to %(most)s."),
    "s": to_translate("%(least)s to %(most)s seconds."),
    "ms": to_translate("%(least)s to %(most)s ms."),
}
_SETTINGS = {setting.name: setting for setting in ROOM_SETTINGS}


def describe_rule(language: Language, field: str) -> str:
    """What may stand in a field of the form, in the reader's language."""
    setting = _SETTINGS.get(field)
    if setting is None:
        return language.gettext(RULES[field])
    meaning = language.gettext(setting.help)
    return meaning if setting.choices else f"{_bounds(language, setting)} {meaning}"


def _bounds(language: Language, setting: RoomSetting) -> str:
    sentence = ABOVE if setting.is_above else RANGES[setting.unit]
    least, most = language.number(int(setting.least)), language.number(int(setting.most))
    return language.gettext(sentence, least=least, most=most)
