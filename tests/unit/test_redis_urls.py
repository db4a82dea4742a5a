"""A Redis URL names a topology, or is refused in a sentence that shows no part of it."""

import pytest
from redis.connection import parse_url
from redis.exceptions import ResponseError

from topology.redis_url import parse_redis_url
from topology.sentinels import Sentinels
from topology.wrong_server import CODES, is_wrong_server


def test_sentinels_are_read_with_their_credentials_and_those_of_redis():
    found = parse_redis_url(
        "redis+sentinel://shop:p%40ss@one:26379,two,[::1]:26380/mymaster/3"
        "?sentinel_username=watch&sentinel_password=s%2Fecret&client_name=x"
    )

    assert isinstance(found, Sentinels)
    assert found.addresses == (("one", 26379), ("two", 26379), ("::1", 26380))
    assert found.service == "mymaster"
    assert found.credentials == {"username": "watch", "password": "s/ecret"}
    given = parse_url(found.server_url)
    assert given["username"] == "shop"
    assert given["password"] == "p@ss"
    assert (given["db"], given["client_name"]) == (3, "x")
    assert found.label == "mymaster/3 of the Sentinels one:26379, two:26379, [::1]:26380"
    assert "ecret" not in repr(found)


def test_with_tls_redis_is_asked_by_tls_too():
    found = parse_redis_url("rediss+sentinel://one/mymaster?ssl_ca_certs=/etc/ca.pem")

    assert found.server_url == "rediss://mymaster/0?ssl_ca_certs=%2Fetc%2Fca.pem"


@pytest.mark.parametrize("url", ["one/mymaster", "one:1/mymaster/", ":p@one/a.b-c_d/0"])
def test_short_forms_are_taken(url):
    assert parse_redis_url(f"redis+sentinel://{url}").server_url.startswith("redis://")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis+sentinel://:hush@one:26379", "must name the service"),
        ("redis+sentinel://:hush@one:26379/", "must name the service"),
        ("redis+sentinel://:hush@one:26379/0", "must name the service"),
        ("redis+sentinel://:hush@one/mymaster/zero", "must name the service"),
        ("redis+sentinel://:hush@one/my master", "must name the service"),
        ("redis+sentinel://:hush@/mymaster", "can't be read"),
        ("redis+sentinel://:hush@one:0/mymaster", "can't be read"),
        ("redis+sentinel://:hush@one:70000/mymaster", "can't be read"),
        ("redis+sentinel://:hush@one:x/mymaster", "can't be read"),
        ("redis+sentinel://:hush@one,,two/mymaster", "can't be read"),
        ("redis+sentinel://:hush@::1/mymaster", "can't be read"),
        ("redis+sentinel://:hush/pa@one/mymaster", "can't be read"),
        ("redis+sentinel://:pa/hush@one/mymaster", "can't be read|must name"),
        ("redis+sentinel://:pa?hush@one/mymaster", "can't be read"),
        ("redis+sentinel://:pa#hush@one/mymaster", "can't be read"),
        ("redis+sentinel://:pa[hush@one/mymaster", "can't be read"),
        ("redis+sentinel://one/mymaster?sentinel_password=p@hush", "can't be read"),
        ("redis+sentinel://one/mymaster?sentinel_pasword=hush", "no other sentinel_"),
        ("redis://:hush@one:6379,two:6379/0", "several hosts.*redis\\+sentinel://"),
        ("redis+cluster://:hush@one:6379", "must begin with redis://.* or rediss\\+sentinel://"),
        ("hush", "must begin with"),
    ],
)
def test_a_wrong_url_is_refused_with_the_form_to_write(url, says):
    with pytest.raises(ValueError, match=says) as told:
        parse_redis_url(url)

    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("redis://:hush@cache.internal:6380/2", "cache.internal:6380/2"),
        ("redis://cache", "cache:6379/0"),
        ("rediss://:hush@[::1]/", "[::1]:6379/0"),
        ("unix://:hush@/run/redis.sock?db=2", "/run/redis.sock"),
    ],
)
def test_a_single_redis_is_named_by_its_address(url, label):
    assert parse_redis_url(url).label == label


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "form",
    [
        "{code} You can't write against a read only replica.",
        "{code} You can't write against a read only replica. script: 2e5, on @user_script:12.",
        "Error running script (call to f_2e5): @user_script:1: @user_script: 1: -{code} You can't",
    ],
)
def test_an_answer_of_a_wrong_server_is_recognised_in_a_script_too(code, form):
    assert is_wrong_server(ResponseError(form.format(code=code)))


@pytest.mark.parametrize(
    "text",
    [
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "unknown command 'READONLY'",
        "Error running script (call to f_2e5): @user_script:1: READONLYNESS",
        "NOSCRIPT No matching script. Please use EVAL.",
    ],
)
def test_other_errors_keep_their_connection(text):
    assert not is_wrong_server(ResponseError(text))
