"""A value that breaks a rule: the error carries which, and each language has a sentence for it."""

import string
from datetime import timedelta

import pytest

from domain.branding import Branding, Logo
from domain.discount import DiscountPolicy
from domain.invalid_value import RULES, SENTENCES, InvalidValue
from domain.inventory import Inventory
from domain.planning.rate_steps import RateStep, check_rate_steps
from domain.room_settings import RoomSettings
from domain.sites.site_settings import SiteSettings
from tests.unit.cast import noon, spring
from tests.unit.site_cast import a_site, a_site_room
from tests.unit.template_cast import EN, KO
from web.pages.admin.labels import describe_error

ELSE = SiteSettings(target_url="https://evil.example/")
HOUR, STEP = timedelta(hours=1), RateStep(noon, 50.0)
# One value that breaks each rule: what makes it, the field, and the rule.
BROKEN = (
    (lambda: RoomSettings(burst=0), "burst", "range"),
    (lambda: RoomSettings(rate_per_s=0), "rate_per_s", "above"),
    (lambda: RoomSettings(rate_min_per_s=6, rate_max_per_s=5), "rate_min_per_s", "at_most_field"),
    (lambda: RoomSettings(state="ajar"), "state", "choice"),
    (lambda: Inventory(10_000_001), "total_count", "at_most"),
    (lambda: Inventory(3, 2).remove(2), "total_count", "at_least_given_out"),
    (lambda: spring(code="No"), "code", "code"),
    (lambda: spring(description=""), "description", "length"),
    (lambda: spring(description="a\x00b"), "description", "no_control_characters"),
    (lambda: spring(opens_at=noon.replace(tzinfo=None)), "opens_at", "time_zone"),
    (lambda: spring(opens_at=noon.replace(year=1999)), "opens_at", "years"),
    (lambda: spring(expire_date=noon - timedelta(days=9)), "opens_at", "before"),
    (lambda: DiscountPolicy("percent", 101), "value", "percentage"),
    (lambda: DiscountPolicy("amount", 0), "value", "amount"),
    (lambda: DiscountPolicy("amount", 1, 1), "cap", "only_with_percentage"),
    (lambda: Branding(name="a" * 61), "name", "length_at_most"),
    (lambda: Branding(colour="red"), "colour", "colour"),
    (lambda: Branding(return_url="shop"), "return_url", "address"),
    (lambda: Logo(b""), "logo", "picture_size"),
    (lambda: Logo(b"<html>"), "logo", "picture_type"),
    (lambda: check_rate_steps([STEP] * 101, noon, noon + HOUR), "rate_steps", "entries_at_most"),
    (lambda: check_rate_steps([STEP], noon + HOUR, noon + 2 * HOUR), "rate_steps", "while_open"),
    (lambda: check_rate_steps([STEP, STEP], noon, noon + HOUR), "rate_steps", "in_order"),
    (lambda: a_site(hosts=("shop.example/tea",)), "hosts", "host"),
    (lambda: a_site_room(settings=ELSE).check_target_url(), "target_url", "of_site"),
)
# Made where an offer or a plan is changed: integration/test_api_draw.py and integration/planning
# meet them.
ELSEWHERE = {"fixed_since", "in_future", "needs_line"}


def broken(make) -> InvalidValue:
    with pytest.raises(InvalidValue) as found:
        make()
    return found.value


@pytest.mark.parametrize(("make", "field", "rule"), BROKEN, ids=[rule for *_, rule in BROKEN])
def test_an_error_carries_the_field_the_rule_and_its_bounds(make, field, rule):
    error = broken(make)

    named = {name for name in error.bounds if f"%({name})s" in SENTENCES[rule]}
    assert (error.field, error.rule) == (field, rule)
    assert named == set(error.bounds), "a bound that no sentence names"
    assert str(error).startswith(f"{field} ")
    assert "%(" not in str(error)


def test_every_rule_is_broken_above():
    assert {rule for *_, rule in BROKEN} | ELSEWHERE == set(RULES)


@pytest.mark.parametrize(("make", "field", "rule"), BROKEN, ids=[rule for *_, rule in BROKEN])
def test_each_language_says_it_beside_the_label(make, field, rule):
    error = broken(make)

    english, korean = describe_error(EN, error), describe_error(KO, error)

    assert english[0] in string.ascii_uppercase
    assert english.endswith(".")
    assert not english.startswith(field)
    assert korean.endswith(".")
    assert korean != english
    assert "%(" not in english + korean


def test_bounds_are_written_as_the_language_writes_numbers():
    error = broken(lambda: RoomSettings(seats=100_001))

    assert str(error) == "seats must be from 1 to 100,000, got 100,001"
    assert describe_error(EN, error) == "Must be from 1 to 100,000, got 100,001."
    assert describe_error(KO, error) == "1~100,000 사이여야 해요. 입력한 값: 100,001."


def test_a_bound_that_is_another_field_is_said_by_its_label():
    error = broken(lambda: RoomSettings(rate_min_per_s=6.5, rate_max_per_s=5))

    told = describe_error(EN, error)
    assert told == "Must be at most Maximum admissions per second (5), got 6.5."
