"""The line as one would describe it in plain Python, and a Postgres beside it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Room:
    """What was settled last."""

    total: int
    seats: int
    size_max: int
    state: str = "open"
    version: int = 1


@dataclass
class Model:
    """The line as one would describe it. Dicts keep the order in which things were put in."""

    room: Room
    used_count: int = 0
    waiting: list[str] = field(default_factory=list)
    # Who was given a final answer while the room was over, and has not asked since.
    told: set[str] = field(default_factory=set)
    arrivals: dict[str, int] = field(default_factory=dict)
    admitted: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def shut(self) -> str | None:
        if self.room.state == "closed":
            return "closed"
        return "sold_out" if self.used_count >= self.room.total else None

    def standing(self, member: str) -> tuple[str, int]:
        """They ask: a final answer takes them out of the line; with more to give, they are back."""
        if member in self.outcomes:
            return self.outcomes[member], 0
        if member in self.admitted:
            return "admitted", 0
        if member not in self.waiting and member not in self.told:
            return "absent", 0
        if self.shut:
            self.told.add(member)
            self.waiting = [one for one in self.waiting if one != member]
            return self.shut, 0
        if member in self.told:
            self.told.remove(member)
            self.waiting = sorted([*self.waiting, member], key=self.arrivals.__getitem__)
        return "waiting", self.waiting.index(member)

    def leave(self, member: str) -> bool:
        if member not in self.waiting and member not in self.told:
            return False
        self.told.discard(member)
        self.waiting = [one for one in self.waiting if one != member]
        return True

    def enter(self, member: str) -> tuple[str, int]:
        if self.outcomes.get(member) == "refused" and not self.shut:
            if self.room.state == "draining":
                return "draining", 0
            del self.outcomes[member]
        standing = self.standing(member)
        if standing[0] != "absent":
            return standing
        if self.shut:
            return self.shut, 0
        if self.room.state == "draining":
            return "draining", 0
        if len(self.waiting) >= self.room.size_max:
            return "room_full", 0
        self.waiting.append(member)
        self.arrivals[member] = 1 + max(self.arrivals.values(), default=0)
        return self.standing(member)

    def admit(self, at_most: int) -> tuple[tuple[str, ...], str]:
        if self.shut or self.room.state == "paused":
            return (), self.shut or "paused"
        count, held_back_by = len(self.waiting), "empty"
        for limit, name in (
            (self.room.total - self.used_count - len(self.admitted), "stock"),
            (self.room.seats - len(self.admitted), "seats"),
            (at_most, "destination"),
        ):
            if limit < count:
                count, held_back_by = max(0, limit), name
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        self.admitted += taken
        return tuple(taken), held_back_by

    def report(self, used_count: int, outcomes: dict[str, str]) -> int:
        self.used_count = max(self.used_count, used_count)
        new = 0
        for member, kind in outcomes.items():
            before = self.outcomes.get(member)
            if kind == "refused" and (before == "issued" or member not in self.admitted):
                continue
            new += kind == "refused" or before != "issued"
            self.outcomes[member] = kind
            self.told.discard(member)
            for place in (self.admitted, self.waiting):
                if member in place:
                    place.remove(member)
        return new


@dataclass
class Office:
    """Postgres: who holds one. A batch may be fed twice; a report is what was so at its time."""

    holders: list[str] = field(default_factory=list)

    def issue(self, batch: list[str], total: int) -> tuple[int, dict[str, str]]:
        told = {}
        for member in batch:
            if member not in self.holders and len(self.holders) < total:
                self.holders.append(member)
            told[member] = "issued" if member in self.holders else "refused"
        return len(self.holders), told
