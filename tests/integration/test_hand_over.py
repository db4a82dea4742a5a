"""A shop's hand-over link works once, asks before it replaces a member, hides no session."""

from __future__ import annotations

import secrets
import time

import pytest

from tests.integration.hand_over_cast import FOLLOWS, FORM, LOOKERS, PLAIN, followed, link, who
from tests.integration.test_api_sessions import CROSS_SITE
from tests.integration.web_cast import Html, app_with, client_of, cookies_set, signed


@pytest.fixture
async def stranger(app):
    """A second browser."""
    async with client_of(app) as opened:
        yield opened


async def test_a_link_for_somebody_else_asks_before_it_replaces_a_member(client):
    await followed(client, link("alice"))

    asked = await followed(client, link("mallory"), "/rooms/spring")

    assert asked.status_code == 200
    assert await who(client) == "alice"
    page = Html(asked)
    assert "alice" in page.text
    assert "mallory" in page.text
    assert page.forms[FORM]["next"] == "/rooms/spring"


async def test_the_question_is_asked_in_korean_too(client):
    await followed(client, link("alice"))

    page = Html(await followed(client, link("mallory"), **{"Accept-Language": "ko"}))

    assert "alice 님으로 로그인되어 있어요" in page.text
    assert "mallory 님의 링크예요" in page.text


async def test_who_stays_is_still_signed_in_and_the_link_is_not_spent(client, stranger):
    await followed(client, link("alice"))
    other = link("mallory")
    form = Html(await followed(client, other, "/rooms/spring")).forms[FORM]

    stayed = await client.post(FORM, data=form | {"answer": "stay"})

    assert (stayed.status_code, stayed.headers["location"]) == (303, "/rooms/spring")
    assert await who(client) == "alice"
    await followed(stranger, other)
    assert await who(stranger) == "mallory"


async def test_who_changes_is_signed_in_as_the_other_member(client):
    await followed(client, link("alice"))
    form = Html(await followed(client, link("bob"), "/rooms/spring")).forms[FORM]

    changed = await client.post(FORM, data=form | {"answer": "change"})

    assert changed.status_code == 303
    assert await who(client) == "bob"
    assert (await client.get(changed.headers["location"])).headers["location"] == "/rooms/spring"


async def test_two_members_of_one_name_are_told_apart(client):
    await followed(client, link("user:7", name="Alice"))

    page = Html(await followed(client, link("user:8", name="Alice")))

    assert "Alice (user:7)" in page.text
    assert "Alice (user:8)" in page.text


@pytest.mark.parametrize("headers", CROSS_SITE, ids=str)
async def test_another_site_cannot_answer_the_question(client, headers):
    await followed(client, link("alice"))

    answer = await client.post(
        FORM, data={"token": link("mallory"), "answer": "change"}, headers=headers
    )

    assert answer.status_code == 403
    assert await who(client) == "alice"


async def test_the_form_takes_nobody_elsewhere(client):
    await followed(client, link("alice"))

    for answer in ("stay", "change"):
        sent = await client.post(
            FORM, data={"token": link("bob"), "answer": answer, "next": "//evil.example"}
        )
        assert "evil" not in sent.headers["location"]


@pytest.mark.parametrize("has_jti", [True, False], ids=["by its jti", "by its SHA-256"])
async def test_a_link_works_once(client, stranger, has_jti):
    token = signed(
        {"sub": "alice", "exp": int(time.time()) + 60, "name": secrets.token_hex(4)}
        | ({"jti": secrets.token_hex(8)} if has_jti else {})
    )

    first, second = await followed(client, token), await followed(stranger, token)

    assert first.status_code == 303
    assert second.status_code == 401
    assert "used" in Html(second).text
    assert await who(stranger) is None


async def test_a_link_written_another_way_is_still_the_same_link(client, stranger):
    """The last letter of a signature has two bits that nothing depends on."""
    token = signed({"sub": "alice", "exp": int(time.time()) + 60, "name": secrets.token_hex(4)})
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same = [token[:-1] + letters[letters.index(token[-1]) ^ bits] for bits in (0, 1, 2, 3)]
    await followed(client, token)

    for text in [*same, token + "="]:
        assert (await followed(stranger, text)).status_code in (401, 422), text
        assert await who(stranger) is None


async def test_one_jti_is_one_link_whatever_else_it_says(client, stranger):
    jti = secrets.token_hex(8)
    await followed(client, link("alice", jti=jti))

    again = await followed(stranger, link("alice", jti=jti, exp=int(time.time()) + 3_000))

    assert again.status_code == 401


async def test_the_browser_it_has_signed_in_may_load_the_link_again(client):
    token = link("alice")
    await followed(client, token, "/rooms/spring")

    again = await followed(client, token, "/rooms/spring")

    assert (again.status_code, again.headers["location"]) == (303, "/rooms/spring")
    assert await who(client) == "alice"


async def test_a_fresh_link_for_the_same_member_is_spent_too(client, stranger):
    await followed(client, link("alice"))
    second = link("alice")
    await followed(client, second)

    assert (await followed(stranger, second)).status_code == 401


@pytest.mark.parametrize("headers", LOOKERS.values(), ids=LOOKERS)
async def test_who_only_looks_at_a_link_is_not_signed_in_and_does_not_spend_it(
    client, stranger, headers
):
    token = link("alice")

    looked = await stranger.get("/signin", params={"token": token}, headers=headers)

    assert "set-cookie" not in looked.headers
    assert looked.headers["cache-control"] == "no-store"
    await followed(client, token)
    assert await who(client) == "alice"


async def test_head_does_not_spend_a_link(client, stranger):
    token = link("alice")

    looked = await stranger.head("/signin", params={"token": token}, headers=FOLLOWS)

    assert looked.status_code == 200
    assert "set-cookie" not in looked.headers
    await followed(client, token)
    assert await who(client) == "alice"


async def test_who_was_taken_for_a_preview_goes_on_by_a_button(client):
    page = Html(
        await client.get("/signin", params={"token": link("alice")}, headers=LOOKERS["WhatsApp"])
    )

    answer = await client.post(FORM, data=page.forms[FORM] | {"answer": "change"})

    assert answer.status_code == 303
    assert await who(client) == "alice"


@pytest.mark.parametrize("headers", PLAIN.values(), ids=PLAIN)
async def test_a_program_that_says_nothing_of_itself_is_signed_in_at_once(client, headers):
    answer = await client.get("/signin", params={"token": link("alice")}, headers=headers)

    assert answer.status_code == 303
    assert await who(client) == "alice"


async def test_an_expired_link_for_the_same_member_goes_on(client):
    await followed(client, link("alice"))

    old = await followed(client, link("alice", exp=1_600_000_000), "/rooms/spring")

    assert old.status_code == 303
    assert old.headers["location"] == "/rooms/spring"
    assert await who(client) == "alice"


async def test_an_expired_link_for_another_member_says_who_is_signed_in(client):
    await followed(client, link("alice"))

    old = await followed(client, link("bob", exp=1_600_000_000), "/rooms/spring")

    assert old.status_code == 200
    page = Html(old)
    assert "expired" in page.text
    assert "still signed in as alice" in page.text
    assert await who(client) == "alice"


@pytest.mark.parametrize("member", [None, "alice"])
async def test_a_link_that_is_not_verified_says_what_to_do_and_below_it_why(client, member):
    if member:
        await followed(client, link(member))

    page = Html(await followed(client, link("bob", exp="soon")))

    said, _, cause = page.text.partition("For the shop’s developers:")
    assert "Go back to the shop and follow the link again." in said
    assert "The member token’s exp must be a number: seconds since 1970." in cause
    assert ("still signed in as alice" in page.text) == bool(member)


async def test_an_expired_link_is_an_error_where_nobody_is_signed_in(client):
    answer = await followed(client, link("alice", exp=1_600_000_000))

    assert answer.status_code == 401
    assert "expired" in Html(answer).text


async def test_redis_away_signs_nobody_in_says_so_and_tries_again(parts, line_away):
    token = link("alice")

    async with client_of(app_with(parts, line=line_away)) as away:
        answer = await followed(away, token)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "set-cookie" not in answer.headers
    assert "tries again automatically" in Html(answer).text
    async with client_of(app_with(parts)) as back:
        await followed(back, token)
        assert await who(back) == "alice"


async def test_a_session_lasts_until_the_token_says(client):
    ends_s = int(time.time()) + 120

    kept = cookies_set(await followed(client, link("alice", session_until=ends_s)))

    assert set(kept["member_session"].split("; ")) & {"Max-Age=120", "Max-Age=119", "Max-Age=118"}
    assert "Max-Age=0" in kept["session"], "the form of the release before would last longer"


async def test_a_session_lasts_no_longer_than_ours_do(client):
    ends_s = int(time.time()) + 365 * 24 * 3600

    kept = cookies_set(await followed(client, link("alice", session_until=ends_s)))

    assert set(kept["member_session"].split("; ")) & {"Max-Age=604800", "Max-Age=604799"}


@pytest.mark.parametrize(
    "until", ["soon", True, 1.5, -1, 0, 1_600_000_000, 4_000_000_000_000, [], {}, float("nan")]
)
async def test_a_bad_session_until_names_the_claim(client, until):
    answer = await followed(client, link("alice", session_until=until))

    assert answer.status_code == 401
    assert "session_until" in Html(answer).text
    assert await who(client) is None
