"""The site's time zone, and the local times that people type in it."""

from datetime import UTC, datetime, tzinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.times.time_zone import (
    UnusableLocalTime,
    local_to_utc,
    parse_zone,
    zone_name,
)
from web.i18n import languages_in, short_zone

ZONES = (
    "UTC", "Asia/Seoul", "Asia/Kathmandu", "America/New_York", "Europe/Berlin",
    "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Chatham",
)  # fmt: skip


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_is_found_by_its_name(name):
    assert zone_name(parse_zone(name)) == name


@pytest.mark.parametrize(
    ("name", "perhaps"),
    [
        ("Asia/Soul", "; did you mean Asia/Seoul?"),
        ("asia/seoul", "; did you mean Asia/Seoul?"),
        ("Seoul", "; did you mean Asia/Seoul?"),
        ("America/New York", "; did you mean America/New_York?"),
        ("", ""),
        ("../../etc/passwd", ""),
        ("+09:00", ""),
    ],
)
def test_a_name_that_is_no_zone_is_refused_with_the_nearest_one(name, perhaps):
    with pytest.raises(ValueError) as refused:
        parse_zone(name)

    assert str(refused.value) == f"must be an IANA time zone, such as Asia/Seoul{perhaps}"


def instants_of(local: datetime, zone: tzinfo) -> set[datetime]:
    """When clocks in this zone show this time."""
    guesses = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return {at for at in guesses if at.astimezone(zone).replace(tzinfo=None, fold=0) == local}


@settings(deadline=None)
@given(
    st.integers(946_684_800, 7_258_118_400 - 86_400).map(
        lambda s: datetime.fromtimestamp(s, UTC).replace(tzinfo=None)
    ),
    st.sampled_from(ZONES),
)
def test_a_local_time_is_the_one_instant_at_which_clocks_show_it(local, name):
    zone = parse_zone(name)
    instants = instants_of(local, zone)

    if len(instants) == 1:
        assert {local_to_utc(local, zone)} == instants
    else:
        with pytest.raises(UnusableLocalTime) as unusable:
            local_to_utc(local, zone)
        assert unusable.value.why == ("repeated" if instants else "skipped")


@pytest.mark.parametrize(
    ("local", "name", "why"),
    [
        ("2027-03-28T02:30", "Europe/Berlin", "skipped"),
        ("2027-03-28T02:00", "Europe/Berlin", "skipped"),
        ("2027-10-31T02:30", "Europe/Berlin", "repeated"),
        ("2027-03-14T02:30", "America/New_York", "skipped"),
        ("2027-11-07T01:59", "America/New_York", "repeated"),
        ("2027-10-03T02:15", "Australia/Lord_Howe", "skipped"),
    ],
)
def test_a_local_time_of_none_or_two_instants_is_refused(local, name, why):
    with pytest.raises(UnusableLocalTime) as unusable:
        local_to_utc(datetime.fromisoformat(local), parse_zone(name))

    assert unusable.value.why == why


@pytest.mark.parametrize(
    ("name", "text", "time"),
    [
        ("UTC", "May 1, 2026, 12:00 UTC", "12:00:00 UTC"),
        ("Asia/Seoul", "May 1, 2026, 21:00 KST", "21:00:00 KST"),
        ("America/New_York", "May 1, 2026, 08:00 EDT", "08:00:00 EDT"),
        ("America/Sao_Paulo", "May 1, 2026, 09:00 UTC-03", "09:00:00 UTC-03"),
        ("Pacific/Kiritimati", "May 2, 2026, 02:00 UTC+14", "02:00:00 UTC+14"),
    ],
)
def test_times_are_shown_in_the_zone_with_its_short_name(name, text, time):
    english = languages_in(parse_zone(name))["en"]
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)

    assert english.date_and_time(noon) == text
    assert english.time(noon) == time
    assert short_zone(noon.astimezone(parse_zone(name))) == time.split()[-1]
