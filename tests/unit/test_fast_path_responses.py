"""A place is written once, and read back as its schema says; cookies are the framework's."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from starlette.responses import Response

from application.report_outcomes import issued_json
from domain.draw import NUMBERS
from domain.issued_coupon import IssuedCoupon, Status
from domain.rfc3339 import rfc3339
from domain.unix_time import from_us
from issuance.locking.direct_issue import DirectIssue
from tests.member_ids import ALLOWED
from waitroom.member_status import MemberStatus, RoomFacts
from waitroom.tokens.ticket import TicketSigner
from web.enter_line import set_ticket_cookie
from web.fast_path.calls import issued_response
from web.middleware.security import HEADERS
from web.place_response import PlaceWriter, make_place, place_json, rfc3339_us
from web.schemas.public import IssuedCouponOut, PlaceOut
from web.sse.json_events import JsonEvents

NOON_US = 1_795_600_800_000_000
# Of a number drawn the ticket also says when it was signed: no second may pass between two.
OFFICE = TicketSigner(["a-secret-of-the-tickets-of-32-bytes!"], now=lambda: NOON_US / 1_000_000)
PLACE = TypeAdapter(PlaceOut)

members = st.text(ALLOWED, min_size=1, max_size=128)
rooms = st.from_regex(r"[a-z0-9][a-z0-9_\-]{0,39}", fullmatch=True)
counts = st.integers(0, 10_000_000)
times_us = st.integers(NOON_US - 10**15, NOON_US + 10**15)
facts = st.builds(
    RoomFacts,
    now_us=times_us,
    state=st.sampled_from(["open", "paused", "draining", "closed"]),
    opens_at_us=times_us,
    closes_at_us=times_us,
    remain_count=counts,
    waiting=counts,
    pace_per_s=st.floats(0, 100_000),
    pace_at_us=times_us,
    opening=st.sampled_from(["first_come", "draw"]),
    restoring_until_us=st.just(0) | times_us,
    is_drawn=st.booleans(),
)
issued = IssuedCouponOut(
    id=UUID(int=7),
    coupon_code="spring",
    member_id="alice",
    status=Status.UNUSED,
    issued_at=from_us(NOON_US),
    used_at=None,
    expire_date=from_us(NOON_US + 10**9),
)
numbers = st.integers(-1_000, -1) | st.integers(1, NUMBERS - 1) | times_us
waiting = st.builds(
    MemberStatus,
    st.just("waiting"),
    facts,
    arrival_us=numbers,
    ahead=counts,
    text=st.sampled_from(["", "h", "e"]),
)
final = st.builds(
    MemberStatus,
    st.sampled_from(["admitted", "closed", "sold_out", "draining"]),
    facts,
    arrival_us=times_us,
) | st.builds(
    MemberStatus,
    st.just("issued"),
    facts,
    arrival_us=times_us,
    text=st.just(issued.model_dump_json()),
)
standings = waiting | final


def writer(*, secure: bool = False) -> PlaceWriter:
    return PlaceWriter(OFFICE, secure=secure, cookie_age_max_s=604_800)


@settings(max_examples=200, deadline=None)
@given(standings, rooms, members, st.booleans())
def test_a_place_is_written_as_the_schema_and_the_cookie_would_be(standing, room, member, secure):
    place = make_place(standing, room=room, member_id=member, tickets=OFFICE)
    expected = Response()
    set_ticket_cookie(expected, place, secure=secure, age_max_s=604_800)

    status, headers, body = writer(secure=secure).place(standing, room, member)

    assert status == 200
    assert PLACE.validate_json(body) == place
    assert list(json.loads(body)) == [field.name for field in fields(PlaceOut)]
    assert body == place_json(place)
    got = dict(headers)
    assert cookies_in(headers) == cookies_in(expected.raw_headers)
    assert got[b"content-length"] == str(len(body)).encode()
    assert got[b"cache-control"] == b"no-store"
    for name, value in HEADERS.items():
        assert got[name.lower().encode()] == value.encode()


def cookies_in(headers) -> list[set[bytes]]:
    """All of them: by https a cookie is deleted by two names."""
    return [parts_of(value) for name, value in headers if name == b"set-cookie"]


@settings(max_examples=50, deadline=None)
@given(waiting, rooms, members)
def test_who_enters_gets_the_same_place_with_another_status(standing, room, member):
    status, _, body = writer().entered(standing, room, member)

    assert (status, body) == (202, writer().place(standing, room, member)[2])


@settings(max_examples=100, deadline=None)
@given(standings, rooms, members)
def test_an_event_holds_the_place_as_the_answer_does(standing, room, member):
    _, _, body = writer().place(standing, room, member)

    message = JsonEvents(room, OFFICE).message(standing, member)

    assert message.endswith(b"\nevent: place\ndata: " + body + b"\n\n")


# Of a room that a ticket is still good for.
arrivals = st.integers(1, NUMBERS - 1) | st.integers(NOON_US - 10**9, NOON_US + 10**9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(rooms, members, arrivals), min_size=1, max_size=4), st.booleans())
def test_a_page_sets_the_ticket_of_its_place_however_often(places, secure):
    pages = writer(secure=secure)

    for room, member, arrival_us in places * 2:
        name, value = pages.ticket_header(room, member, arrival_us)
        text = value.decode().partition(";")[0].partition("=")[2]
        ticket = OFFICE.verify(text, room=room)
        assert (ticket.room, ticket.member_id, ticket.arrival_us) == (room, member, arrival_us)
        assert (name, value) == (b"set-cookie", pages.ticket_cookie(room, text))


def test_a_page_signs_a_ticket_once_unless_it_holds_its_time_of_signing():
    clock_s = [NOON_US / 1_000_000]
    tickets = TicketSigner(["a-secret-of-the-tickets-of-32-bytes!"], now=lambda: clock_s[0])
    pages = PlaceWriter(tickets, secure=False, cookie_age_max_s=604_800)
    arrived, drawn = (pages.ticket_header("spring", "alice", at) for at in (NOON_US, 7))

    clock_s[0] += 60

    assert pages.ticket_header("spring", "alice", NOON_US) is arrived
    assert pages.ticket_header("spring", "alice", 7) != drawn


def test_a_stream_signs_anew_whoever_stands_elsewhere():
    facts = RoomFacts(NOON_US, "open", 0, NOON_US * 2, 10, 10, 1.0, NOON_US)
    events = JsonEvents("spring", OFFICE)

    told = [
        events.message(MemberStatus("waiting", facts, arrival_us, 3), "alice")
        for arrival_us in (NOON_US - 9, NOON_US - 9, NOON_US - 5)
    ]

    places = [json.loads(message.partition(b"data: ")[2]) for message in told]
    tickets = [OFFICE.verify(place["ticket"], room="spring") for place in places]
    assert [ticket.arrival_us for ticket in tickets] == [NOON_US - 9, NOON_US - 9, NOON_US - 5]


def parts_of(cookie: bytes) -> set[bytes]:
    """Without the second in which a deleted cookie expires: that of its answer."""
    parts = cookie.replace(b"samesite", b"SameSite").split(b"; ")
    return {part for part in parts if not part.startswith(b"expires=")}


@settings(max_examples=100, deadline=None)
@given(times_us)
def test_times_are_written_as_ever(time_us):
    assert rfc3339_us(time_us) == rfc3339(from_us(time_us))


@settings(max_examples=100, deadline=None)
@given(rooms, members, times_us, st.booleans())
def test_an_issued_coupon_is_written_as_its_shape_would_be(code, member, time_us, used):
    issued = IssuedCoupon(
        id=uuid4(),
        coupon_id=UUID(int=1),
        member_id=member,
        issued_at=from_us(time_us),
        expire_date=from_us(time_us) + timedelta(days=1),
    )
    if used:
        issued.use(from_us(time_us))

    assert issued_json(issued, code) == IssuedCouponOut.from_issued(issued, code).model_dump_json()


def test_a_direct_answer_says_whether_it_is_new_and_how_often_it_was_tried():
    at = datetime(2027, 3, 1, tzinfo=UTC)
    issued = IssuedCoupon(uuid4(), uuid4(), "alice", at, at + timedelta(days=1))

    status, headers, body = issued_response(DirectIssue(issued, is_new=True, retries=3), "spring")
    again, _, _ = issued_response(DirectIssue(issued, is_new=False), "spring")

    assert (status, again) == (201, 200)
    assert dict(headers)[b"waitroom-retries"] == b"3"
    assert json.loads(body)["member_id"] == "alice"


def test_a_pace_too_slow_for_any_clock_is_not_known():
    facts = RoomFacts(NOON_US, "open", 0, NOON_US * 2, 10, 10, 5e-324, NOON_US)

    _, _, body = writer().place(MemberStatus("waiting", facts, NOON_US, 3), "spring", "alice")

    assert json.loads(body)["eta_s"] is None
