"""The URLs of the stores: read with a password, or refused without showing it."""

import traceback

import pytest

from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from tests.unit.settings_cast import environ


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "QUEUE_REDIS_URL"])
def test_a_password_in_a_wrong_url_is_never_shown(name):
    wrong = environ | {name: "ftp://alice:hush@host/"}

    with pytest.raises(BadSettings) as told:
        read_settings(WebSettings, wrong)

    assert "hush" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hush/pa@cache:6379/0",
        "redis://:pa/hush@cache:6379/0",
        "redis://:pa#hush@cache:6379/0",
        "redis://:pa?hush@cache:6379/0",
        "redis://:pa[hush@cache:6379/0",
        "redis://:hush@cache:63x/0",
        "redis://:hush@cache:6379/zero",
        "redis://:hush@cache:6379/0/1",
    ],
)
@pytest.mark.parametrize("name", ["REDIS_URL", "QUEUE_REDIS_URL"])
def test_a_redis_url_that_can_not_be_read_is_refused_without_its_password(name, url):
    with pytest.raises(BadSettings, match=rf"^{name}: ") as told:
        read_settings(WebSettings, environ | {name: url})

    assert "hush" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize(
    "url", ["postgresql://waitroom:pa/hush@db/waitroom", "postgresql://waitroom:hush@db:x/waitroom"]
)
def test_a_database_url_that_can_not_be_read_is_refused_without_its_password(url):
    with pytest.raises(BadSettings, match=r"^DATABASE_URL: ") as told:
        read_settings(WebSettings, environ | {"DATABASE_URL": url})

    assert "hush" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache",
        "redis://:p%2Fa%23ss@cache:6379/3",
        "rediss://waitroom:pass@cache.internal:6380/",
        "redis://:pass@[::1]:6379/15",
        "unix://:pass@/run/redis.sock?db=2",
        "unix:///run/redis.sock",
    ],
)
def test_redis_urls_with_passwords_are_taken(url):
    assert url == read_settings(WebSettings, environ | {"REDIS_URL": url}).REDIS_URL
