"""Each setting of a site room is described once, as those of all rooms are."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from domain.invalid_value import InvalidValue
from domain.settings_spec import ROOM_SETTINGS
from domain.sites.settings_spec import SITE_SETTINGS
from domain.sites.site_settings import SiteSettings
from tests.unit.test_settings_spec import beyond, within

each_setting = pytest.mark.parametrize(
    "setting", SITE_SETTINGS, ids=[setting.name for setting in SITE_SETTINGS]
)
NUMBERS = [one for one in SITE_SETTINGS if one.type is not str]


def with_longest_visit(name: str, value: object) -> dict[str, object]:
    """The value; the other length of a visit is in order with it."""
    lengths = ("session_s", "session_max_s")
    return dict.fromkeys(lengths if name in lengths else (name,), value)


@pytest.mark.parametrize("setting", NUMBERS, ids=[one.name for one in NUMBERS])
def test_a_number_is_taken_at_its_bounds_and_refused_beyond_by_its_name(setting):
    for value in within(setting):
        assert getattr(SiteSettings(**{setting.name: value}), setting.name) == value
    for value in beyond(setting):
        with pytest.raises(InvalidValue) as caught:
            SiteSettings(**{setting.name: value})
        assert caught.value.field == setting.name


@each_setting
def test_a_choice_is_one_of_its_words_and_any_other_text_has_a_bounded_length(setting):
    if setting.choices:
        for word in setting.choices:
            assert getattr(SiteSettings(**{setting.name: word}), setting.name) == word
        with pytest.raises(InvalidValue, match=f"{setting.name} must be one of"):
            SiteSettings(**{setting.name: "ajar"})
    elif setting.type is str:
        longest = "x" * int(setting.most)
        assert getattr(SiteSettings(**{setting.name: longest}), setting.name) == longest
        with pytest.raises(InvalidValue, match=f"{setting.name} must be 0 to 2,000 characters"):
            SiteSettings(**{setting.name: longest + "x"})
        assert setting.bounds == "from 0 to 2,000 characters"


def test_no_setting_has_the_name_of_one_that_all_rooms_have():
    names = {setting.name for setting in SITE_SETTINGS}

    assert names == set(asdict(SiteSettings()))
    assert names.isdisjoint(setting.name for setting in ROOM_SETTINGS)


def test_a_visit_that_can_be_renewed_is_no_longer_than_the_longest():
    fixed = SiteSettings(session_s=600, session_max_s=599)

    assert fixed.renewal == "off"
    with pytest.raises(InvalidValue, match=r"session_s must be at most session_max_s \(599\)"):
        fixed.change(renewal="sliding")
