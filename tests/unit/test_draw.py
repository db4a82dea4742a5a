"""The draw: each number follows from the seed, and whatever was changed afterwards is found."""

import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.main import app
from domain.draw import NUMBERS, draw_number, seed_commitment
from domain.draw_record import BadRecord, DrawRecord, find_faults
from domain.room_settings import RoomSettings

SEED = bytes(range(32))
MEMBERS = [f"member-{n}" for n in range(10_000)]


def drawn(seed: bytes = SEED, members: list[str] = MEMBERS) -> DrawRecord:
    order = sorted(members, key=lambda member: (draw_number(seed, member), member))
    return DrawRecord.from_members("spring", "2026-05-01T01:00:00+00:00", seed, order)


def swapped(record: DrawRecord, here: int, there: int) -> DrawRecord:
    numbers, members = list(record.numbers), list(record.members or ())
    for row in (numbers, members):
        row[here], row[there] = row[there], row[here]
    return replace(record, numbers=tuple(numbers), members=tuple(members))


def verify(record: DrawRecord, *options: str, with_members: bool = True) -> tuple[int, str]:
    done = CliRunner().invoke(
        app, ["draw", "verify", "-", *options], input=record.as_json(with_members=with_members)
    )
    return done.exit_code, " ".join(done.output.split())


def test_a_number_is_the_first_fifty_bits_of_the_mac():
    mac = hmac.new(SEED, b"alice", hashlib.sha256).hexdigest()

    assert draw_number(SEED, "alice") == int(mac, 16) >> (256 - 50)
    assert draw_number(SEED, "alice") < NUMBERS
    assert seed_commitment(SEED) == hashlib.sha256(SEED).hexdigest()


def test_coming_early_neither_helps_nor_harms():
    """Chi-square over tenths of the line, for the first tenth of those who came."""
    place = {member: place for place, member in enumerate(drawn().members or ())}
    seen = [0] * 10
    for member in MEMBERS[:1_000]:
        seen[place[member] * 10 // len(MEMBERS)] += 1

    chi_square = sum((count - 100) ** 2 / 100 for count in seen)

    assert chi_square < 27.9  # 9 degrees of freedom: one fair draw in a thousand lies above


def test_a_draw_as_it_was_published_is_as_promised():
    record = drawn()

    for with_members in (True, False):
        read = DrawRecord.from_json(record.as_json(with_members=with_members))
        assert find_faults(read) == []
        assert read.find_place("member-7") == (record.members or ()).index("member-7") + 1
        assert read.find_place("somebody-else") is None


def test_the_public_record_names_nobody():
    assert "member-" not in drawn().as_json(with_members=False)


@pytest.mark.parametrize("with_members", [True, False])
def test_a_changed_seed_is_found(with_members):
    noted = drawn().commitment
    another = drawn(seed=bytes(32))

    kept = replace(another, commitment=noted)
    code, said = verify(kept, with_members=with_members)
    rewritten, said_then = verify(another, "--commitment", noted, with_members=with_members)

    assert (code, rewritten) == (1, 1)
    assert "The seed was changed" in said
    assert "you noted says" in said_then


@pytest.mark.parametrize("with_members", [True, False])
def test_a_member_added_afterwards_is_found(with_members):
    before, after = drawn(), drawn(members=[*MEMBERS, "a-friend"])

    kept = replace(after, entrants_sha256=before.entrants_sha256)
    code, said = verify(kept, with_members=with_members)
    rewritten, _ = verify(
        after, "--entrants-sha256", before.entrants_sha256, with_members=with_members
    )

    assert (code, rewritten) == (1, 1)
    assert "Participants were added, removed or moved" in said


@pytest.mark.parametrize("with_members", [True, False])
def test_a_swapped_pair_is_found_and_named(with_members):
    record = swapped(drawn(), 41, 42)
    rewritten = DrawRecord.from_json(record.as_json(with_members=True))

    code, said = verify(record, with_members=with_members)

    assert code == 1
    assert "Place 42 comes before place 43" in said
    assert find_faults(rewritten) != []


def test_a_member_who_took_a_better_number_is_found():
    record = drawn()
    members = list(record.members or ())
    members[0], members[9_000] = members[9_000], members[0]

    faults = find_faults(replace(record, members=tuple(members)))

    assert len(faults) == 2
    assert all("but the record says" in fault for fault in faults)


def test_somebody_who_stands_twice_is_found():
    record = drawn(members=["alice", "bob"])
    twice = DrawRecord.from_members(record.room, record.opens_at, SEED, ["alice", "alice"])

    assert find_faults(twice) == ["alice has two places, 1 and 2."]


def test_verifying_says_where_a_member_stands():
    record = drawn(members=["alice", "bob"])
    place = (record.members or ()).index("alice") + 1

    assert f"alice drew place {place}." in verify(record, "--member", "alice")[1]
    assert "eve was not in the lobby." in verify(record, "--member", "eve")[1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nothing", "not the JSON object"),
        ("[]", "not the JSON object"),
        (json.dumps({"room": "spring"}), "has no opens_at"),
    ],
)
def test_what_is_no_record_is_refused_with_a_sentence(text, why):
    with pytest.raises(BadRecord, match=why):
        DrawRecord.from_json(text)


def test_numbers_that_are_none_are_refused():
    good = json.loads(drawn(members=["a"]).as_json(with_members=True))

    for wrong in ({"numbers": ["1"]}, {"numbers": [True]}, {"members": [3]}, {"seed": "zz"}):
        with pytest.raises(BadRecord):
            DrawRecord.from_json(json.dumps(good | wrong))


@pytest.mark.parametrize(
    "wrong", [{"lobby_s": -1}, {"grace_s": 1}, {"return_s": 90_000}, {"opening": "lottery"}]
)
def test_a_room_refuses_settings_out_of_bounds(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"^{name} must be"):
        RoomSettings(**wrong)
