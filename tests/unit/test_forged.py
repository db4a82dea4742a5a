"""Whatever is sent in place of a ticket, a token or a session: nobody is taken for somebody else.

None of it is accepted, and none of it raises anything but the refusal that is meant for it.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode

from domain.draw import NUMBERS
from issuance.admins import AdminAccount
from tests.forging import absurd, json_values, jwt_of, mangled, texts, with_the_signature_of
from tests.member_ids import ALLOWED
from waitroom.tokens.challenge import BadSolution, Challenges, solve
from waitroom.tokens.ticket import BadTicket, ForgedTicket, OtherRoomsTicket, Ticket, TicketSigner
from web.auth.admin_sessions import AdminSessions
from web.auth.member_tokens import BadToken, FastJwt, MemberTokens, Visitor
from web.auth.sessions import Sessions

OURS, OTHER = (
    "our own secret, longer than 32 bytes. " * 2,
    "somebody else's secret, just as long. " * 2,
)
NOW = time.time()
SOON = int(NOW) + 600
AS_HERE = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
HS256 = {"alg": "HS256", "typ": "JWT"}

office, others_office = TicketSigner([OURS], now=lambda: NOW), TicketSigner([OTHER])
identity, others_identity = (
    MemberTokens([OURS], "admin token"),
    MemberTokens([OTHER], "admin token"),
)
usual = FastJwt([OURS])
challenges = Challenges([OURS])
sessions, others_sessions = Sessions([OURS], now=lambda: NOW), Sessions([OTHER])
door, others_door = AdminSessions([OURS]), AdminSessions([OTHER])

alices = Ticket("spring", "alice", int(NOW * 1_000_000))
bobs = Ticket("summer", "bob", alices.arrival_us - 5)
alice_token, bob_token = identity.sign("alice"), identity.sign("bob")
NOW_US = int(NOW * 1_000_000)
alice, admin = Visitor("alice", "Alice", NOW_US, SOON), AdminAccount("alice", "operator", "a hash")
# As the release before signed them.
old_sessions = URLSafeTimedSerializer(OURS, salt="waitroom.session", signer_kwargs=AS_HERE)
alices_session, admins_session = sessions.sign(alice), door.session_for(admin)

codes = st.text("abcz09_-", min_size=1, max_size=40)
members = st.text(ALLOWED, min_size=1, max_size=128)
tickets = st.builds(Ticket, codes, members, st.integers(0, alices.arrival_us))
quickly = settings(max_examples=60, deadline=None)


def read_as(text: str) -> tuple[str, bytes]:
    """What was signed, and the signature: its bytes can be written in several ways."""
    said, _, signature = text.rpartition(".")
    return said, base64_decode(signature)


forged_tickets = st.one_of(
    tickets.map(others_office.sign),
    mangled(office.sign(alices)),
    st.just(with_the_signature_of(office.sign(bobs), office.sign(alices))),
    st.builds(with_the_signature_of, tickets.map(office.sign), st.just(office.sign(alices))),
    json_values.map(URLSafeSerializer(OTHER, salt="waitroom.ticket", signer_kwargs=AS_HERE).dumps),
    tickets.map(URLSafeSerializer(OURS, salt="ticket", signer_kwargs=AS_HERE).dumps),
    tickets.map(URLSafeSerializer(OURS, salt="waitroom.ticket").dumps),  # with SHA-1
    texts,
    absurd,
)


# The plainest forgeries are tried in every run; what is drawn comes on top.
@quickly
@given(forged_tickets, st.sampled_from(["spring", "summer", ""]))
@example(others_office.sign(alices), "spring")
@example(others_office.sign(bobs), "summer")
@example(with_the_signature_of(office.sign(alices), office.sign(bobs)), "spring")
def test_no_ticket_that_we_did_not_sign_is_accepted(text, room):
    try:
        read = office.verify(text, room=room)
    except BadTicket:
        return
    assert (read, room) == (alices, "spring")
    assert read_as(text) == read_as(office.sign(alices))


@quickly
@given(tickets, codes)
def test_a_ticket_opens_its_own_room_alone_and_says_whose_it_is(ticket, other):
    text = office.sign(ticket)

    if other != ticket.room:
        with pytest.raises(OtherRoomsTicket):
            office.verify(text, room=other)
    if ticket.arrival_us < NUMBERS or NOW - ticket.arrival_us / 1e6 < 7 * 24 * 3600:
        assert office.verify(text, room=ticket.room)[:3] == ticket[:3]


@quickly
@given(json_values)
def test_something_else_that_we_signed_is_no_ticket_and_harms_nobody(value):
    """We sign nothing of the kind: but a reader must not depend on that."""
    text = office._serializer.dumps(value)

    with pytest.raises(BadTicket):
        office.verify(text, room="spring")


claims = st.fixed_dictionaries(
    {"sub": members, "exp": st.just(SOON)}, optional={"name": texts, "x": json_values}
)
forged_tokens = st.one_of(
    claims.map(lambda said: jwt_of(HS256, said, OTHER)),
    claims.map(lambda said: jwt_of(HS256, said, "")),
    claims.map(lambda said: jwt_of(HS256, said, None)),
    st.builds(
        lambda alg, said, secret: jwt_of({"alg": alg, "typ": "JWT"}, said, secret),
        st.sampled_from(["none", "None", "nOnE", "", "HS384", "HS512", "RS256", "ES256", None]),
        claims,
        st.sampled_from([None, OURS, OTHER]),
    ),
    claims.map(lambda said: jwt_of({"alg": "HS512", "typ": "JWT"}, said, OURS, hashlib.sha512)),
    st.builds(lambda head, said: jwt_of(head, said, OURS), json_values, claims),
    st.builds(lambda head, said: jwt_of(head, said, OTHER), json_values, json_values),
    mangled(alice_token),
    st.just(with_the_signature_of(bob_token, alice_token)),
    claims.map(lambda said: with_the_signature_of(jwt_of(HS256, said, OURS), alice_token)),
    texts,
    absurd,
)


@quickly
@given(forged_tokens)
@example(jwt_of(HS256, {"sub": "bob", "exp": SOON}, OTHER))
@example(jwt_of(HS256, {"sub": "bob", "exp": SOON}, None))
@example(jwt_of({"alg": "none", "typ": "JWT"}, {"sub": "bob", "exp": SOON}, None))
@example(jwt_of({"alg": "HS512", "typ": "JWT"}, {"sub": "bob", "exp": SOON}, OURS, hashlib.sha512))
@example(with_the_signature_of(bob_token, alice_token))
def test_no_token_that_nobody_here_signed_is_accepted(token):
    for read in (identity.verify, identity.find_member):
        try:
            who = read(token)
        except BadToken:
            continue
        assert who in (Visitor("alice", "alice"), "alice")
        assert read_as(token) == read_as(alice_token)
    if token.isascii():
        assert usual.verify(token) is None


@quickly
@given(json_values, st.sampled_from([HS256, {"alg": "HS256"}]))
def test_whatever_a_shop_has_signed_is_a_member_or_a_bad_token(said, header):
    token = jwt_of(header, said, OURS)

    with pytest.raises(BadToken):
        identity.verify(token)


@quickly
@given(st.dictionaries(st.sampled_from(["sub", "exp", "name", "nbf", "aud"]), json_values))
@example({"sub": 7})
@example({"sub": True})
def test_absurd_claims_that_a_shop_has_signed_make_nobody_of_somebody_else(said):
    token = jwt_of(HS256, {"sub": "alice", "exp": SOON} | said, OURS)
    try:
        who = identity.verify(token)
    except BadToken:
        return
    named = said.get("sub", "alice")
    assert type(named) in (str, int)
    assert who.id == str(named)


forged_sessions = st.one_of(
    st.builds(Visitor, members, st.text(max_size=60), st.just(NOW_US), st.just(SOON)).map(
        others_sessions.sign
    ),
    mangled(alices_session),
    mangled(admins_session),
    json_values.map(URLSafeSerializer(OTHER, salt="waitroom.member-session").dumps),
    json_values.map(URLSafeSerializer(OURS, salt="session", signer_kwargs=AS_HERE).dumps),
    st.just(others_door.session_for(admin)),
    texts,
    absurd,
)


@quickly
@given(forged_sessions)
@example(others_sessions.sign(alice))
@example(others_door.session_for(admin))
def test_no_session_that_we_did_not_sign_is_anybodys(cookie):
    visitor, name = sessions.verify(cookie), door.name_in(cookie)

    assert visitor is None or read_as(cookie) == read_as(alices_session)
    assert name is None or read_as(cookie) == read_as(admins_session)


def test_what_was_signed_for_one_purpose_serves_no_other():
    """Under one secret, as a careless operator might set it for all."""
    readers: dict[str, Any] = {
        "ticket": lambda text: office.verify(text, room="spring"),
        "token": identity.verify,
        "session": sessions.verify,
        "old session": Sessions([OTHER], old_secrets=[OURS]).verify_old,
        "admin session": door.name_in,
        "solution": lambda text: challenges.verify(text, room="spring"),
    }
    signed = {
        "ticket": office.sign(alices),
        "token": alice_token,
        "session": alices_session,
        "old session": old_sessions.dumps([alice.id, alice.name]),
        "admin session": door.session_for(admin),
        "solution": solve(challenges.make("spring")),
    }

    for kind, text in signed.items():
        for purpose, read in readers.items():
            try:
                accepted = read(text) is not None
            except (ForgedTicket, BadToken, BadSolution):
                accepted = False
            assert accepted == (kind == purpose), (kind, purpose)


@quickly
@given(texts | absurd)
def test_only_the_admin_token_is_the_admins(token):
    assert not identity.is_admin(token)
    assert identity.is_admin("admin token")
