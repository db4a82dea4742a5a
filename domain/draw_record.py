"""DrawRecord: the published result of a draw, and the checks by which anybody can verify it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from domain.draw import draw_number, seed_commitment
from domain.member import is_member_id

ALGORITHM = "number = first 50 bits of HMAC-SHA256(seed, member id); smallest number first"


class BadRecord(ValueError):
    """This is not a draw record."""


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """The order of a lobby: `numbers`, and `members` of the same length, in order of place.

    The public record has numbers only. With the seed, a member can find their own number; it does
    not reveal who else took part.
    """

    room: str
    opens_at: str
    seed: bytes
    commitment: str
    numbers: tuple[int, ...]
    entrants_sha256: str
    members: tuple[str, ...] | None = None

    @classmethod
    def from_members(
        cls, room: str, opens_at: str, seed: bytes, members: Sequence[str]
    ) -> DrawRecord:
        """The record of these members, given in the order drawn."""
        numbers = tuple(draw_number(seed, member) for member in members)
        digest = entrants_digest(numbers)
        commitment = seed_commitment(seed)
        return cls(room, opens_at, seed, commitment, numbers, digest, tuple(members))

    def as_json(self, *, with_members: bool) -> str:
        """One JSON object, with the members' ids or without."""
        fields: dict[str, Any] = {
            "room": self.room,
            "opens_at": self.opens_at,
            "algorithm": ALGORITHM,
            "commitment": self.commitment,
            "seed": self.seed.hex(),
            "entrants_count": len(self.numbers),
            "entrants_sha256": self.entrants_sha256,
            "numbers": self.numbers,
        }
        if with_members:
            fields["members"] = self.members
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> DrawRecord:
        """Raises BadRecord, whose text names the field that is missing or wrong."""
        try:
            fields = json.loads(text)
            members = fields.get("members")
            record = cls(
                room=str(fields["room"]),
                opens_at=str(fields["opens_at"]),
                seed=bytes.fromhex(fields["seed"]),
                commitment=str(fields["commitment"]),
                numbers=tuple(fields["numbers"]),
                entrants_sha256=str(fields["entrants_sha256"]),
                members=None if members is None else tuple(members),
            )
        except KeyError as error:
            raise BadRecord(f"the record has no {error.args[0]}") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise BadRecord("this is not the JSON object of a draw record") from error
        if not all(type(number) is int for number in record.numbers):
            raise BadRecord("numbers must be whole numbers")
        if any(not isinstance(one, str) or not is_member_id(one) for one in record.members or ()):
            raise BadRecord("members must be member ids")
        return record

    def find_place(self, member_id: str) -> int | None:
        """The place that this member drew, from 1; None if they were not in the draw."""
        number = draw_number(self.seed, member_id)
        return self.numbers.index(number) + 1 if number in self.numbers else None


def entrants_digest(numbers: Sequence[int]) -> str:
    """SHA-256 in hex over the numbers in order of place, each followed by a line feed."""
    return hashlib.sha256("".join(f"{number}\n" for number in numbers).encode()).hexdigest()


def find_faults(
    record: DrawRecord, *, commitment: str | None = None, entrants_sha256: str | None = None
) -> list[str]:
    """One sentence for each fault of the record; empty if the order is correct.

    commitment, entrants_sha256: as a witness noted them before the opening and right after it.
    Without them this only checks that the record is consistent.
    """
    faults = []
    committed = seed_commitment(record.seed)
    for name, shown in (("the record", record.commitment), ("you noted", commitment)):
        if shown is not None and shown != committed:
            faults.append(
                f"The seed was changed: its SHA-256 is {committed}, but {name} says {shown}."
            )
    digest = entrants_digest(record.numbers)
    for name, shown in (("the record", record.entrants_sha256), ("you noted", entrants_sha256)):
        if shown is not None and shown != digest:
            faults.append(
                "Participants were added, removed or moved after the draw: the SHA-256 over their "
                f"numbers is {digest}, but {name} says {shown}."
            )
    return faults + _order_faults(record.numbers) + _member_faults(record)


def _order_faults(numbers: Sequence[int]) -> list[str]:
    return [
        f"Place {place} comes before place {place + 1}, but its number {before} is larger than "
        f"{after}."
        for place, (before, after) in enumerate(pairwise(numbers), 1)
        if before > after
    ]


def _member_faults(record: DrawRecord) -> list[str]:
    """Members with another number than the seed gives them, or with two places."""
    if record.members is None:
        return []
    faults = []
    if len(record.members) != len(record.numbers):
        faults.append(f"There are {len(record.members)} members for {len(record.numbers)} numbers.")
    seen: dict[str, int] = {}
    for place, (member, number) in enumerate(zip(record.members, record.numbers, strict=False), 1):
        if member in seen:
            faults.append(f"{member} has two places, {seen[member]} and {place}.")
        seen[member] = place
        drew = draw_number(record.seed, member)
        if drew != number:
            faults.append(f"Place {place}: {member} drew {drew}, but the record says {number}.")
    return faults
