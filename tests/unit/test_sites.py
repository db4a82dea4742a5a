"""A site and its rooms check themselves; a site's secrets are accepted while they are valid."""

from datetime import datetime

import pytest

from domain.invalid_value import InvalidValue
from domain.room_settings import RoomSettings
from domain.sites.site import HOSTS_MAX, SiteSecret, api_key_digest
from domain.sites.site_room import NEVER
from domain.sites.site_settings import SiteSettings
from tests.unit.site_cast import HOUR, NOON, a_site, a_site_room


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "Tea Shop"}, "code must be 1 to 40 characters of a-z"),
        ({"name": ""}, "name must be 1 to 60 characters"),
        ({"name": "Tea\x07shop"}, "name must not contain control characters"),
        ({"hosts": ()}, "hosts must be from 1 to 20, got 0"),
        ({"hosts": ("shop.example",) * (HOSTS_MAX + 1)}, "hosts must be from 1 to 20, got 21"),
        ({"hosts": ("shop.example/path",)}, "hosts must look like shop.example or http://"),
        ({"hosts": ("shop.example", "*.shop.example")}, "hosts must look like shop.example"),
    ],
)
def test_a_site_has_a_code_a_name_and_hosts(changes, sentence):
    with pytest.raises(InvalidValue) as caught:
        a_site(**changes)
    assert str(caught.value).startswith(sentence)


def test_the_origins_of_a_site_are_those_of_its_hosts_each_once():
    site = a_site(hosts=("Shop.example", "shop.example:443", "http://localhost:8080"))

    assert site.origins == ("https://shop.example", "http://localhost:8080")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "-"}, "code must be 1 to 40 characters of a-z"),
        ({"title": ""}, "title must be 1 to 200 characters"),
        ({"opens_at": NOON + HOUR}, "opens_at must come before closes_at"),
        ({"opens_at": datetime(2026, 5, 1)}, "opens_at needs a time zone"),  # noqa: DTZ001
        ({"closes_at": NEVER.replace(year=2200)}, "closes_at must be in the years 2000 to 2199"),
        ({"room_settings": RoomSettings(rate_mode="autopilot")}, "rate_mode must be one of manual"),
    ],
)
def test_a_site_room_has_a_code_a_title_a_schedule_and_a_rate(changes, sentence):
    with pytest.raises(InvalidValue) as caught:
        a_site_room(**changes)
    assert str(caught.value).startswith(sentence)


def test_a_room_without_an_end_never_closes():
    assert a_site_room(closes_at=NEVER).closes_at is None
    assert a_site_room(closes_at=NOON + HOUR).closes_at == NOON + HOUR


def test_a_visitor_goes_to_the_address_that_they_wanted_if_it_is_the_sites():
    room = a_site_room(settings=SiteSettings(target_url="https://shop.example/sale"))

    assert room.target("https://shop.example/tea?cup=2") == "https://shop.example/tea?cup=2"
    assert room.target("https://evil.example/") == "https://shop.example/sale"
    assert room.target("") == "https://shop.example/sale"


def test_without_an_address_they_go_to_the_sites_first_host():
    moved = SiteSettings(target_url="https://old.example/sale")
    site = a_site(hosts=("http://localhost:8080", "shop.example"))

    assert a_site_room(site).target("") == "http://localhost:8080/"
    assert a_site_room(site, settings=moved).target("") == "http://localhost:8080/"
    with pytest.raises(InvalidValue, match="target_url must be an address of http://localhost"):
        a_site_room(site, settings=moved).check_target_url()


def test_of_two_secrets_both_are_accepted_and_the_later_signs_from_its_start():
    old = SiteSecret("pass", b"old", NOON - HOUR, ends_at=NOON + 2 * HOUR)
    new = SiteSecret("pass", b"new", NOON + HOUR)
    site = a_site(secrets=(new, old))

    assert site.in_use("pass", NOON) == old
    assert site.accepted("pass", NOON) == [new, old]
    assert site.in_use("pass", NOON + HOUR) == new
    assert site.accepted("pass", NOON + 2 * HOUR) == [new]
    assert site.in_use("api_key", NOON) is None


def test_an_api_key_is_known_by_its_digest_until_it_ends():
    key = SiteSecret("api_key", api_key_digest("key"), NOON - HOUR, ends_at=NOON)
    site = a_site(secrets=(key, SiteSecret("pass", api_key_digest("other"), NOON - HOUR)))

    assert site.has_api_key("key", NOON - HOUR)
    assert not site.has_api_key("key", NOON)
    assert not site.has_api_key("other", NOON - HOUR)
    assert "kept" not in repr(key)
