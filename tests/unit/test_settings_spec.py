"""Each room setting is described once; schemas, options, form and documents say the same."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from typer.main import get_command

from cli.main import app
from docs.update_settings import BEGIN, END, PAGE, settings_table
from domain.coupon import CODE_LENGTH_MAX, DESCRIPTION_LENGTH_MAX
from domain.discount import AMOUNT_MAX
from domain.invalid_value import InvalidValue
from domain.inventory import TOTAL_COUNT_MAX
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS, RoomSetting
from tests.unit.page_reader import Page
from tests.unit.template_cast import EN, KO, html_of, pages
from web.pages.admin.setting_rules import describe_rule
from web.pages.duration import plain_duration
from web.schemas.admin import RoomIn, RoomOut, RoomPatch

NAMES = [setting.name for setting in ROOM_SETTINGS]
OF_NEW_ROOMS = [setting.name for setting in ROOM_SETTINGS if setting.is_of_new_rooms]
each_setting = pytest.mark.parametrize("setting", ROOM_SETTINGS, ids=NAMES)


def within(setting: RoomSetting) -> list[Any]:
    """Its default, and the values at its bounds."""
    if setting.choices:
        return list(setting.choices)
    least = 0.001 if setting.is_above else setting.least
    return [setting.default, setting.type(least), setting.type(setting.most)]


def beyond(setting: RoomSetting) -> list[Any]:
    if setting.choices:
        return ["", "ajar"]
    below = setting.least if setting.is_above else setting.least - 1
    return [setting.type(below), setting.type(setting.most + 1)]


def with_rates_in_order(setting: RoomSetting, value: Any) -> dict[str, Any]:
    """The value, and of the autopilot's bounds the other one the same."""
    bounds = ("rate_min_per_s", "rate_max_per_s")
    names = bounds if setting.name in bounds else (setting.name,)
    return dict.fromkeys(names, value)


@each_setting
def test_a_value_is_taken_at_its_bounds_and_refused_beyond_by_its_name(setting):
    for value in within(setting):
        given = with_rates_in_order(setting, value)
        assert getattr(RoomSettings(**given), setting.name) == value
    for value in beyond(setting):
        with pytest.raises(InvalidValue) as caught:
            RoomSettings(**with_rates_in_order(setting, value))
        assert caught.value.field in with_rates_in_order(setting, value)


@each_setting
def test_the_api_has_the_same_bounds_and_explains_it(setting):
    for value in within(setting):
        assert getattr(RoomPatch(**{setting.name: value}), setting.name) == value
    for value in beyond(setting):
        with pytest.raises(ValidationError):
            RoomPatch(**{setting.name: value})
    schemas = (RoomPatch, RoomOut, *([RoomIn] if setting.is_of_new_rooms else []))
    for schema in schemas:
        assert schema.model_fields[setting.name].description == setting.help


def test_a_new_room_has_the_default_of_each_setting():
    made = RoomSettings(**RoomIn().model_dump())

    assert {name: getattr(made, name) for name in NAMES} == {
        setting.name: setting.default for setting in ROOM_SETTINGS
    }


@pytest.mark.parametrize(
    ("group", "command", "names"),
    [("room", "set", NAMES), ("coupon", "create", OF_NEW_ROOMS)],
    ids=["room set", "coupon create"],
)
def test_the_command_line_has_an_option_for_each_and_explains_it(group, command, names):
    commands: Any = get_command(app)
    found = commands.get_command(None, group).get_command(None, command)
    options = {option.name: option for option in found.params}

    for setting in ROOM_SETTINGS:
        if setting.name in names:
            option = options[setting.name]
            assert option.opts == [f"--{setting.option or setting.name.replace('_', '-')}"]
            assert setting.help in option.help
            assert setting.bounds.capitalize() in option.help


@pytest.mark.parametrize("language", [EN, KO], ids=["en", "ko"])
def test_the_form_has_a_field_for_each_with_its_bounds_and_explains_it(language):
    template, context = pages(language)["console, new"]
    page = Page(html_of(template, language, **context))

    for setting in ROOM_SETTINGS:
        if setting.is_of_new_rooms:
            rule = describe_rule(language, setting.name)
            assert language.gettext(setting.help) in rule
            assert page.says(rule)
            attrs = page.with_id(setting.name).attrs
            if setting.is_duration:
                assert plain_duration(language, int(setting.most)) in rule
            elif not setting.choices:
                assert float(attrs["min"]) == setting.least
                assert float(attrs["max"]) == setting.most
                assert language.number(int(setting.most)) in rule


@pytest.mark.parametrize("language", [EN, KO], ids=["en", "ko"])
@pytest.mark.parametrize(
    ("name", "attribute", "most"),
    [
        ("code", "maxlength", CODE_LENGTH_MAX),
        ("description", "maxlength", DESCRIPTION_LENGTH_MAX),
        ("total_count", "max", TOTAL_COUNT_MAX),
        ("discount_value", "max", AMOUNT_MAX),
        ("discount_cap", "max", AMOUNT_MAX),
    ],
)
def test_a_field_of_the_coupon_has_the_bound_of_the_domain(language, name, attribute, most):
    template, context = pages(language)["console, new"]
    page = Page(html_of(template, language, **context))

    rule = describe_rule(language, name)

    assert page.with_id(name).attrs[attribute] == str(most)
    assert page.says(rule)
    assert name.startswith("discount_") or language.number(most) in rule


def test_the_documents_table_is_of_these_settings():
    _, found, rest = PAGE.read_text("utf-8").partition(BEGIN)

    assert found
    assert rest.partition(END)[0].strip() == settings_table(), (
        "run: .venv/bin/python -m docs.update_settings"
    )
