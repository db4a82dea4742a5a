"""Sessions: signed with a key of our own, over in time, read in the form of the release before."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer
from starlette.responses import Response

from tests.signed_in import session_of
from web.auth.member_tokens import BadToken, MemberTokens, Visitor
from web.auth.sessions import KEPT_LENGTH_MAX, Sessions

OURS, NEW, SHOPS = (
    "our own secret of at least 32 bytes!!",
    "our new secret of at least 32 bytes!!",
    "the secret that the shop knows, too!!",
)
AS_HERE = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
ALICE = Visitor("alice", "Alice")


def of_the_release_before(visitor: Visitor = ALICE, secret: str = SHOPS) -> str:
    """Signed with MEMBER_TOKEN_SECRETS, and with no time but the signature's."""
    signer = URLSafeTimedSerializer([secret], salt="waitroom.session", signer_kwargs=AS_HERE)
    return str(signer.dumps([visitor.id, visitor.name]))


def cookies_of(response: Response) -> dict[str, str]:
    """What a browser would keep."""
    set_ = [value.decode() for name, value in response.raw_headers if name == b"set-cookie"]
    found = {one.partition("=")[0]: one.partition("=")[2] for one in set_}
    return {
        name: value.partition(";")[0].strip('"')
        for name, value in found.items()
        if "Max-Age=0" not in value
    }


def test_a_session_names_its_member_and_its_times():
    sessions = Sessions([OURS], now=lambda: 1_000.0)

    read = sessions.verify(sessions.sign(sessions.begin(ALICE, 999_000_000, 2_000)))

    assert read == ALICE
    assert (read.signed_in_us, read.until_s) == (999_000_000, 2_000)


def test_a_session_seen_before_still_ends_and_is_verified_once():
    clock = [1_000.0]
    sessions = Sessions([OURS], now=lambda: clock[0])
    short, ended = (
        sessions.sign(sessions.begin(Visitor(who, who), 999_000_000, 2_000))
        for who in ("alice", "bob")
    )
    assert sessions.verify(short) is sessions.verify(short) is not None
    assert sessions.verify(ended) is not None

    clock[0] = 2_000
    sessions.ended.note("bob", 999_000_001)

    assert sessions.verify(short) is None
    clock[0] = 1_000
    assert sessions.verify(ended) is None


def test_only_sessions_with_a_valid_signature_are_kept_and_no_long_ones():
    sessions = Sessions([OURS])
    forged = session_of(Sessions([NEW]))
    long = sessions.sign(sessions.begin(Visitor("alice", "".join(map(chr, range(200, 600)))), 1))
    assert len(long) > KEPT_LENGTH_MAX

    assert sessions.verify(forged) is sessions.verify("x" * 100) is None
    sessions.verify(long)
    assert sessions.kept == 0

    sessions.verify(session_of(sessions))
    assert sessions.kept == 1


def test_sessions_rotate_with_the_secrets():
    old, rotated, retired = Sessions([OURS]), Sessions([NEW, OURS]), Sessions([NEW])

    assert rotated.verify(session_of(old)) is not None
    assert retired.verify(session_of(rotated)) is not None
    assert retired.verify(session_of(old)) is None


def test_a_shop_cannot_make_a_session():
    sessions = Sessions([OURS], old_secrets=[SHOPS])

    assert sessions.verify(session_of(Sessions([SHOPS]))) is None
    assert sessions.verify(of_the_release_before()) is None


def test_a_token_is_no_session_and_a_session_is_no_token():
    identity, sessions = MemberTokens([OURS], ""), Sessions([OURS], old_secrets=[OURS])

    for token in (identity.sign("alice"), "a" + identity.sign("alice")):
        assert sessions.verify(token) is sessions.verify_old(token) is None
    with pytest.raises(BadToken):
        identity.verify(session_of(sessions))


@pytest.mark.parametrize("cookie", ["", ".", "a.b.c", "x" * 10_000, "\x00", "caf\u00e9"])
def test_a_bad_session_is_just_not_being_signed_in(cookie):
    sessions = Sessions([OURS], old_secrets=[SHOPS])

    assert sessions.verify(cookie) is sessions.verify_old(cookie) is None


@pytest.mark.parametrize(
    "said",
    [
        "alice", ["alice"], ["alice", "Alice"], ["alice", "Alice", 1, 2, 3], {}, None, 7,
        ["alice", "Alice", None, None], ["alice", "Alice", float("inf"), float("inf")],
        ["alice", "Alice", "now", "then"],
    ],
)  # fmt: skip
def test_a_session_that_says_something_else_is_none(said):
    signer = URLSafeSerializer([OURS], salt="waitroom.member-session", signer_kwargs=AS_HERE)

    assert Sessions([OURS]).verify(signer.dumps(said)) is None


@pytest.mark.parametrize(
    ("until_s", "lasts_s"), [(None, 600), (1_300, 300), (1_300.9, 300), (99_999, 600)]
)
def test_a_session_lasts_its_age_or_until_the_token_said_the_sooner(until_s, lasts_s):
    clock = [1_000.0]
    sessions = Sessions([OURS], age_max_s=600, now=lambda: clock[0])
    text = sessions.sign(sessions.begin(ALICE, 1_000_000_000, until_s))

    clock[0] = 1_000 + lasts_s - 1
    assert sessions.verify(text) == ALICE
    clock[0] = 1_000 + lasts_s
    assert sessions.verify(text) is None


def test_a_shorter_age_ends_older_sessions_too():
    sessions = Sessions([OURS], now=lambda: 1_000.0)
    text = sessions.sign(sessions.begin(ALICE, 400_000_000))

    assert Sessions([OURS], age_max_s=500, now=lambda: 1_000.0).verify(text) is None


def test_an_end_covers_all_that_began_until_then_and_nothing_later():
    sessions = Sessions([OURS], now=lambda: 1_000.0)
    texts = [sessions.sign(sessions.begin(ALICE, at_us)) for at_us in (998, 999, 1_000)]

    sessions.ended.note("alice", 999)

    assert [sessions.verify(text) is not None for text in texts] == [False, False, True]


def test_a_session_of_the_release_before_is_read_by_its_old_name_and_kept_in_the_new_form():
    sessions = Sessions([OURS], old_secrets=[SHOPS])
    cookies = {"session": of_the_release_before()}
    response = Response()

    found = sessions.from_cookies(cookies, secure=True)
    sessions.renew_old_cookie(response, cookies, found, secure=True)

    assert found == ALICE
    kept = cookies_of(response)
    assert list(kept) == ["__Host-member_session"]
    again = sessions.from_cookies(kept, secure=True)
    assert again == ALICE
    assert again.until_s == found.until_s <= time.time() + sessions.age_max_s


def test_a_session_of_the_release_before_ends_with_its_age_and_with_signing_out():
    over = Sessions([OURS], old_secrets=[SHOPS], age_max_s=-1)
    ended = Sessions([OURS], old_secrets=[SHOPS])
    ended.ended.note("alice", int(time.time() * 1_000_000) + 1)

    assert over.from_cookies({"session": of_the_release_before()}, secure=False) is None
    assert ended.from_cookies({"session": of_the_release_before()}, secure=False) is None


@pytest.mark.parametrize("off_by_s", [-300, -1, 1, 300])
def test_a_session_of_the_release_before_is_valid_on_a_host_with_another_clock(off_by_s):
    sessions = Sessions([OURS], old_secrets=[SHOPS], now=lambda: time.time() + off_by_s)

    assert sessions.verify_old(of_the_release_before()) == ALICE


def test_the_release_before_reads_a_session_that_begins_now():
    response = Response()
    sessions = Sessions([OURS], old_secrets=[SHOPS])

    sessions.set_cookie(response, sessions.begin(ALICE, 1), secure=False)

    before = URLSafeTimedSerializer([SHOPS], salt="waitroom.session", signer_kwargs=AS_HERE)
    assert before.loads(cookies_of(response)["session"], max_age=60) == ["alice", "Alice"]


def test_what_ends_sooner_is_not_written_in_the_old_form_which_would_last_longer():
    response = Response()
    sessions = Sessions([OURS], old_secrets=[SHOPS])

    sessions.set_cookie(response, sessions.begin(ALICE, 1, time.time() + 60), secure=False)

    assert list(cookies_of(response)) == ["member_session"]


@pytest.mark.parametrize("planted", ["member_session", "session"])
def test_by_tls_a_name_that_another_host_can_set_replaces_nobody(planted):
    """A neighbour of our domain has a session of its own, and sets it in a member's browser."""
    sessions = Sessions([OURS], old_secrets=[SHOPS])
    theirs = {"member_session": session_of(sessions, "mallory")}
    theirs["session"] = of_the_release_before(Visitor("mallory", "Mallory"))
    cookies = {
        "__Host-member_session": session_of(sessions, "alice"),
        planted: theirs[planted],
    }

    assert sessions.from_cookies(cookies, secure=True).id == "alice"


def test_by_tls_the_new_name_without_its_prefix_is_nobodys():
    sessions = Sessions([OURS])

    assert sessions.from_cookies({"member_session": session_of(sessions)}, secure=True) is None


@settings(deadline=None)
@given(st.data())
def test_a_session_has_the_verdict_of_itsdangerous(data):
    """Whole or changed, compressed or not, by each secret."""
    fields = [data.draw(st.text(max_size=30)) * data.draw(st.sampled_from([1, 5])), "Alice", 1, 2]
    signers = {
        secret: URLSafeSerializer([secret], salt="waitroom.member-session", signer_kwargs=AS_HERE)
        for secret in (OURS, NEW, SHOPS)
    }
    text = str(signers[data.draw(st.sampled_from(list(signers)))].dumps(fields))
    at, instead = (
        data.draw(st.integers(0, len(text))),
        data.draw(st.sampled_from(["", ".", "A=", "-"])),
    )
    text = data.draw(st.sampled_from([text, text[:at] + instead + text[at + 1 :], text + "="]))
    both = URLSafeSerializer([NEW, OURS], salt="waitroom.member-session", signer_kwargs=AS_HERE)
    try:
        expected = both.loads(text)
    except BadData:
        expected = None

    found = Sessions([OURS, NEW], now=lambda: 1.5).verify(text)

    # Characters that the base64 decoder would skip are refused first.
    if expected == fields and "=" not in text:
        assert (found.id, found.name, found.signed_in_us, found.until_s) == tuple(fields)
    else:
        assert found is None
