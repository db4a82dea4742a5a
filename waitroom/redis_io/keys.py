"""Keys: every name the line uses in Redis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from domain.room import RoomKind
from waitroom.redis_io.scripts import key_names

# Codes of the rooms in service that lead to coupons. An admitter of a release that knows no other
# kind admits all that are in it.
ROOMS = "waitroom:rooms"


def rooms_key(kind: RoomKind) -> str:
    """The set of codes of the rooms of this kind that are in service."""
    return ROOMS if kind == "coupon" else f"{ROOMS}:{kind}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one room; the {tag} keeps them on one node of a cluster."""

    code: str

    def all(self) -> list[str]:
        return [getattr(self, name) for name in _NAMES]

    def for_script(self, name: str) -> list[str]:
        """The keys that the script of this name uses, in the order of its contract."""
        return list(_script_keys(self.code, name))

    def _key(self, name: str) -> str:
        return f"waitroom:{{{self.code}}}:{name}"

    @property
    def room(self) -> str:
        """hash: settings, schedule, counts, version, last_arrival, draw_seed, is_drawn, founded_at,
        front (the highest score admitted), the last watermark, spent_count, the last loss found,
        the period of restoring, run_id of the Redis that served it, and after a failover held_from
        (the last arrival that is not held), failed_over_at and told_until;
        line_end, left_count and keeps_fields, by which a lost key is noticed; kind, and for a site
        the rules of visits, keeps_visits and relinks_visits."""
        return self._key("room")

    @property
    def bucket(self) -> str:
        """hash: token bucket, autopilot rate, measured pace, lease, times of the last requests."""
        return self._key("bucket")

    @property
    def waiting(self) -> str:
        """zset: member, by arrival in microseconds or number drawn. The line itself."""
        return self._key("waiting")

    @property
    def admitted(self) -> str:
        """zset: admitted member without an outcome, by when it is due (microseconds)."""
        return self._key("admitted")

    @property
    def arrivals(self) -> str:
        """hash: admitted member, arrival in microseconds."""
        return self._key("arrivals")

    @property
    def outcomes(self) -> str:
        """hash: member, `i` or `r`, arrival, space, the coupon or the refusal's slug; for a site
        `v`, arrival, space, the id of the member's last visit."""
        return self._key("outcomes")

    @property
    def meter(self) -> str:
        """hash: counts and latencies of each of the last seconds.

        refused: after admission; turned_away: refused at entry.
        """
        return self._key("meter")

    @property
    def tally(self) -> str:
        """hash: totals of entered, left, turned_away (refused at entry), admitted, issued, refused,
        passed_over, returned, restored; for a site of claimed, walked_in, missed, finished, ended,
        revoked, restored_visits; refusals by reason; and latencies of `enter_us`,
        `issue_us` and `waited` (arrival to outcome): WHAT:STEP a count, WHAT the sum (us).
        """
        return self._key("tally")

    @property
    def last_seen(self) -> str:
        """hash: member, second of their last request, `h` or `e` for a member who returned."""
        return self._key("heard")

    @property
    def away(self) -> str:
        """hash: member who was skipped, missed their turn, or learned in line that the room is
        over: arrival, space, `missed` or `told` for the latter two and a space, when that was
        (microseconds)."""
        return self._key("away")

    @property
    def reports(self) -> str:
        """list: the last batches: time of the report (us), duration (ms), members."""
        return self._key("reports")

    @property
    def rate_controller(self) -> str:
        """hash: the autopilot's step number, its time (us), and the controller's state."""
        return self._key("pilot")

    @property
    def decisions(self) -> str:
        """list: the autopilot's last decisions as JSON, the latest first."""
        return self._key("decisions")

    @property
    def admissions(self) -> str:
        """hash: admitted member, time of admission (microseconds).

        Earlier versions wrote it for overdue members only. It keeps their name, so that both
        versions can read it during a rolling upgrade.
        """
        return self._key("overdue")

    @property
    def spent(self) -> str:
        """hash: member who left or was refused, arrival up to which their tickets are spent."""
        return self._key("spent")

    @property
    def spent_unsaved(self) -> str:
        """zset: member whose entry in `spent` Postgres may not have, since when (microseconds)."""
        return self._key("spent_unsaved")

    @property
    def differences(self) -> str:
        """hash: kind of difference, how many the last check found; `checked_at` (microseconds)."""
        return self._key("differences")

    @property
    def checking(self) -> str:
        """string: exists while a process checks the room, and until the next check is due."""
        return self._key("checking")

    @property
    def origins(self) -> str:
        """hash: member, id of the request that entered; only where requests are logged."""
        return self._key("origins")

    @property
    def solved(self) -> str:
        """zset: used solutions of challenges, by expiry (s)."""
        return self._key("solved")

    @property
    def visits(self) -> str:
        """hash: visit, its record (`include/visit.lua`), until no pass of it is valid any more."""
        return self._key("visits")

    @property
    def inside(self) -> str:
        """zset: living visit, by its end (microseconds). Each takes a seat."""
        return self._key("inside")

    @property
    def claims(self) -> str:
        """zset: visit, by when it began (microseconds)."""
        return self._key("claims")

    @property
    def ended(self) -> str:
        """zset: visit that is over, by when its record is dropped (microseconds)."""
        return self._key("ended")


_NAMES = tuple(name for name, kept in vars(Keys).items() if isinstance(kept, property))


@lru_cache(maxsize=1_024)
def _script_keys(code: str, name: str) -> tuple[str, ...]:
    """Cached, as a crowd's scripts run hundreds of times a second for few rooms."""
    keys = Keys(code)
    return tuple(getattr(keys, key) for key in key_names(name))
