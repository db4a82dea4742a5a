"""`waitroom site`: creates sites and their rooms, changes them, and rotates secrets."""

import json

import pytest

from issuance.sites.secret_encryption import SecretEncryption
from issuance.sites.secrets import read_pass_secrets
from issuance.sites.sites import get_site
from tests.integration.cast import now

KEY = "k" * 32


@pytest.fixture
def keyed(house):
    house.environ["SITE_SECRETS_KEYS"] = KEY
    return house


def as_json(house, *words: str):
    return json.loads(house.command("site", *words, "--json"))


def test_a_site_and_its_room_are_created_shown_and_changed(house, engine, code):
    room = f"{code}-room"

    made = as_json(house, "create", code, "--name", "Tea shop", "--host", "shop.example")
    asked = ("--site", code, "--title", "Sale", "--seats", "50", "--claim-s", "30")
    created = as_json(house, "room", "create", room, *asked)
    changed = as_json(house, "room", "set", room, "--seats", "7", "--renewal", "sliding")
    moved = as_json(house, "set", code, "--host", "tea.example", "--host", "localhost:8080")

    assert get_site(engine, code).has_api_key(made["api_key"], now())
    assert (created["seats"], created["claim_s"], created["closes_at"]) == (50, 30, None)
    assert (changed["seats"], changed["claim_s"], changed["renewal"]) == (7, 30, "sliding")
    assert moved["hosts"] == ["tea.example", "localhost:8080"]
    assert as_json(house, "show", code) == moved
    assert moved in as_json(house, "list")
    assert as_json(house, "room", "show", room) == changed
    assert changed in as_json(house, "room", "list")
    text = house.command("site", "room", "show", room)
    assert "session_s" in text
    assert made["api_key"] not in house.command("site", "show", code)


def test_a_secret_is_printed_once_and_encrypted_again_under_another_key(keyed, engine, code):
    as_json(keyed, "create", code, "--name", "Tea shop", "--host", "shop.example")

    key = as_json(keyed, "rotate", "api-key", code, "--keep-s", "0")["api_key"]
    secret = as_json(keyed, "rotate", "pass-secret", code)["pass_secret"]
    keyed.environ["SITE_SECRETS_KEYS"] = f"{'n' * 32},{KEY}"
    said = keyed.command("site", "reencrypt")

    known = get_site(engine, code)
    assert known.has_api_key(key, now())
    assert len(known.accepted("api_key", now())) == 1
    assert read_pass_secrets(known, SecretEncryption(["n" * 32]), now()) == [secret]
    assert said == "Encrypted 1 pass secrets with the first key.\n"
    assert secret not in keyed.command("site", "show", code)


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (("create", "{}-b", "--name", "x", "--host", "a/b"), 2, "hosts must look like shop."),
        (("create", "{}", "--name", "x", "--host", "a.example"), 1, "A site with this code"),
        (("show", "nowhere"), 1, "There is no such site."),
        (("rotate", "pass-secret", "{}"), 1, "SITE_SECRETS_KEYS is not set"),
        (("room", "show", "nowhere"), 1, "There is no such room of a site."),
        (
            ("room", "create", "{}-b", "--site", "{}", "--title", "x", "--claim-s", "1"),
            2,
            "claim_s must be from 10 to 3,600, got 1",
        ),
        (
            ("room", "create", "{}-b", "--site", "nowhere", "--title", "x"),
            1,
            "There is no such site.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(house, code, words, exit_code, sentence):
    house.command("site", "create", code, "--name", "Tea shop", "--host", "shop.example")

    done = house.finished("site", *(word.format(code) for word in words))

    assert (done.returncode, sentence in done.stderr) == (exit_code, True), done.stderr
