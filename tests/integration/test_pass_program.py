"""The programs of deploy/passes, as shipped: good passes, bad ones, and a rotation.

Python's by default. `python3 run.py witnesses node` lets Node's do the same, which needs npm.
"""

import os
import shutil
import sys
import time
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from passes.pem import make_private_key
from tests.bad_passes import MEMBER, bad_passes, good_pass
from tests.house import eventually
from tests.pass_programs import FOLDER, KEYS_KEPT_S, KeyServer, Program, running
from tests.witnesses.packages import JOSE

PEM = make_private_key("ES256") + make_private_key("RS256")
NEW = make_private_key("ES256")


@pytest.fixture(scope="module")
def keys():
    made = KeyServer(PEM)
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def start(keys, tmp_path_factory):
    """Starts the program, as a context."""
    folder = tmp_path_factory.mktemp("program")
    log = folder / "output.log"
    if os.environ.get("WITNESS_PASSES") != "node":
        return partial(running, [sys.executable, "verify_pass.py"], keys.issuer, log)
    # Node looks for packages beside the program.
    shutil.copy(FOLDER / "verify-pass.mjs", folder)
    shutil.copytree(JOSE.parent, folder / "node_modules")
    return partial(running, ["node", "verify-pass.mjs"], keys.issuer, log, folder)


@pytest.fixture(scope="module")
def program(start):
    with start() as made:
        yield made


@pytest.fixture
def token(keys) -> str:
    return good_pass(PEM, time.time(), issuer=keys.issuer)


@pytest.fixture
def cookie(program: Program, token) -> str:
    """As the program sets it."""
    return program.ask(f"/?waitroom_pass={token}").cookie.partition(";")[0]


def test_a_visitor_without_a_pass_waits_and_comes_back_to_this_address(program):
    answer = program.ask("/shoes/%EC%8B%A0%EB%B0%9C?size=42&colour=a%2Bb")

    assert answer.status == 303
    assert answer.location.partition("?")[0] == program.waiting_room
    (wanted,) = parse_qs(urlsplit(answer.location).query)["t"]
    assert wanted == f"{program.site_url}/shoes/%EC%8B%A0%EB%B0%9C?size=42&colour=a%2Bb"


def test_a_pass_in_the_address_becomes_a_cookie_and_the_address_is_cleaned(program, token):
    answer = program.ask(f"/shoes?size=42&waitroom_pass={token}&colour=a%2Bb")

    assert answer.status == 303
    assert answer.location == f"{program.site_url}/shoes?size=42&colour=a%2Bb"
    name, *attributes = answer.cookie.split("; ")
    assert name.endswith(f"={token}")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    (max_age,) = [one for one in attributes if one.startswith("Max-Age=")]
    assert 500 < int(max_age.partition("=")[2]) <= 600
    assert "waitroom_pass" not in program.ask(f"/?waitroom_pass={token}").location


def test_with_the_cookie_the_visitor_is_inside(program, cookie):
    answer = program.ask("/shoes", cookie=f'theme={{"dark":true}}; {cookie}; other=1')

    assert (answer.status, MEMBER in answer.text) == (200, True)


def test_passes_of_both_algorithms_are_good(program, keys):
    rs256 = PEM[PEM.index("-----BEGIN", 10) :]

    answer = program.ask(f"/?waitroom_pass={good_pass(rs256, time.time(), issuer=keys.issuer)}")

    assert answer.cookie


def test_every_bad_pass_is_refused_in_the_address_and_in_the_cookie(program, keys, cookie):
    name = cookie.partition("=")[0]
    let_in = []

    for what, bad in bad_passes(PEM, time.time(), keys.issuer).items():
        from_address = program.ask(f"/shoes?waitroom_pass={bad}")
        if from_address.cookie or not from_address.location.startswith(program.waiting_room):
            let_in.append(f"in the address: {what}")
        if program.ask("/shoes", cookie=f"{name}={bad}").status != 303:
            let_in.append(f"in the cookie: {what}")

    assert let_in == []
    assert program.lets_in(cookie)


def test_a_bad_pass_in_the_address_does_not_replace_a_good_cookie(program, cookie):
    answer = program.ask("/shoes?waitroom_pass=garbage", cookie=cookie)

    assert (answer.status, answer.cookie) == (303, "")
    assert answer.location == f"{program.site_url}/shoes"


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example/x", "///evil.example"])
def test_no_path_leads_off_the_site(program, token, path):
    for query in (f"?waitroom_pass={token}", ""):
        answer = program.ask(path + query)

        wanted = parse_qs(urlsplit(answer.location).query).get("t", [answer.location])[0]
        assert wanted.startswith(f"{program.site_url}/")


def test_a_form_without_a_pass_is_refused_and_with_one_it_gets_through(program, cookie):
    refused = program.ask("/basket", method="POST")

    assert (refused.status, refused.location) == (401, program.waiting_room)
    assert program.ask("/basket", method="POST", cookie=cookie).status == 200


@pytest.mark.parametrize("fault", ["unavailable", "a page"])
def test_while_waitroom_is_away_known_keys_stay_good(program, keys, cookie, fault):
    keys.fault, before = fault, keys.fetched
    try:
        time.sleep(KEYS_KEPT_S + 0.2)
        assert program.lets_in(cookie)
        assert program.ask("/", cookie=f"{cookie}x").status == 303
        assert keys.fetched > before, "the keys had to be fetched again"
    finally:
        keys.fault = ""


@pytest.mark.parametrize("fault", ["unavailable", "a page"])
def test_without_any_keys_it_asks_for_patience(start, keys, token, fault):
    keys.fault = fault
    try:
        with start() as program:
            unsure = program.ask(f"/?waitroom_pass={token}")
            without = program.ask("/")
            keys.fault = ""
            eventually(lambda: program.ask(f"/?waitroom_pass={token}").cookie)
    finally:
        keys.fault = ""

    assert (unsure.status, unsure.cookie) == (503, "")
    assert without.status == 303


def test_a_key_is_rotated_without_a_refusal(start, keys):
    """Whose keys are kept for a second: published two seconds before it signs."""
    old = make_private_key("ES256")
    keys.pem = old
    try:
        with start() as program:
            for published, signs in ((old, old), (old + NEW, old), (NEW + old, NEW), (NEW, NEW)):
                keys.pem = published
                until = time.monotonic() + 2 * KEYS_KEPT_S
                while time.monotonic() < until:
                    token = good_pass(signs, time.time(), issuer=keys.issuer)
                    assert program.ask(f"/?waitroom_pass={token}").cookie
                    time.sleep(0.05)
    finally:
        keys.pem = PEM
