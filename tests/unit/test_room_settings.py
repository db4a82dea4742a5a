from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.room_settings import RoomSettings
from tests.unit.cast import a_room, noon, spring
from waitroom.redis_io.keys import Keys
from waitroom.room import room_fields, to_us

SEOUL = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_per_s", 0),
        ("rate_per_s", -1),
        ("rate_per_s", 100_001),
        ("rate_per_s", float("nan")),
        ("rate_per_s", float("inf")),
        ("burst", 0),
        ("burst", 100_001),
        ("seats", 0),
        ("seats", 100_001),
        ("size_max", 0),
        ("size_max", 10_000_001),
        ("state", "ajar"),
        ("state", ""),
        ("rate_mode", "by itself"),
        ("rate_min_per_s", 0),
        ("rate_min_per_s", float("nan")),
        ("rate_max_per_s", 100_001),
        ("rate_max_per_s", -1),
        ("latency_bound_ms", 9),
        ("latency_bound_ms", 10_001),
    ],
)
def test_a_setting_out_of_its_bounds_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be .*, got "):
        RoomSettings(**{name: value})


@pytest.mark.parametrize(
    "settings",
    [
        {"rate_per_s": 0.01, "burst": 1, "seats": 1, "size_max": 1},
        {"rate_mode": "autopilot", "rate_min_per_s": 0.1, "rate_max_per_s": 0.1},
        {"rate_min_per_s": 100_000, "rate_max_per_s": 100_000, "latency_bound_ms": 10_000},
        {"rate_per_s": 100_000, "burst": 100_000, "seats": 100_000, "size_max": 10_000_000},
    ],
)
def test_settings_at_their_bounds_are_taken(settings):
    made = RoomSettings(**settings)

    assert {name: getattr(made, name) for name in settings} == settings


def test_what_is_not_given_stays():
    before = RoomSettings(rate_per_s=7, state="paused")

    after = before.change(rate_per_s=None, burst=3)

    assert after == RoomSettings(rate_per_s=7, burst=3, state="paused")
    assert before.burst == RoomSettings().burst


def test_a_change_is_checked_too():
    with pytest.raises(ValueError, match="seats"):
        RoomSettings().change(seats=0)


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001
def test_times_are_exact_to_the_microsecond(naive):
    time = naive.replace(tzinfo=UTC)

    us = to_us(time)

    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us) == time


def test_a_time_is_the_same_moment_in_every_zone():
    assert to_us(noon.astimezone(SEOUL)) == to_us(noon)


def test_a_room_is_stored_as_text_with_all_that_the_scripts_read():
    coupon = spring(total=10, used=4, opens_at=noon, expire_date=noon + timedelta(hours=1))

    fields = room_fields(a_room(coupon, RoomSettings()))

    assert fields == {
        "kind": "coupon",
        "stage": "published",
        "rate_per_s": "100.0",
        "burst": "100",
        "seats": "2000",
        "size_max": "1000000",
        "state": "open",
        "lobby_s": "900",
        "opening": "first_come",
        "grace_s": "300",
        "return_s": "600",
        "restore_s": "30",
        "rate_mode": "manual",
        "rate_min_per_s": "1.0",
        "rate_max_per_s": "1000.0",
        "latency_bound_ms": "250",
        "challenge": "off",
        "opens_at": str(to_us(noon)),
        "closes_at": str(to_us(noon) + 3_600_000_000),
        "total_count": "10",
        "draw_seed": "",
        "is_drawn": "0",
    }


def test_the_keys_of_a_room_share_one_tag_and_no_two_are_the_same():
    properties = [n for n, v in vars(Keys).items() if isinstance(v, property)]

    spring = [getattr(Keys("spring"), name) for name in properties]

    assert all(key.startswith("waitroom:{spring}:") for key in spring)
    assert len(set(spring)) == len(properties) == 24
    assert not set(spring) & {getattr(Keys("sprin"), name) for name in properties}


def test_the_autopilots_least_is_not_above_its_most():
    with pytest.raises(ValueError, match=r"^rate_min_per_s must be at most rate_max_per_s \(5\),"):
        RoomSettings(rate_min_per_s=6, rate_max_per_s=5)
