"""Keys: every name the line uses in Redis."""

from __future__ import annotations

from dataclasses import dataclass

from waitroom.redis_io.scripts import key_names

ROOMS = "waitroom:rooms"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one room; the {tag} keeps them on one node of a cluster."""

    code: str

    def all(self) -> list[str]:
        return [getattr(self, name) for name in _NAMES]

    def for_script(self, name: str) -> list[str]:
        """What the script of this name looks at and writes, as its contract names them."""
        return [getattr(self, key) for key in key_names(name)]

    def _key(self, name: str) -> str:
        return f"waitroom:{{{self.code}}}:{name}"

    @property
    def room(self) -> str:
        """hash: settings, schedule, counts, version, last_arrival, draw_seed, is_drawn; when it
        was founded, front (the highest score let through), the last watermark, how many tickets are
        spent, the last loss that was found, and from when until when those who were lost have time
        to come back."""
        return self._key("room")

    @property
    def bucket(self) -> str:
        """hash: token bucket, steered rate, measured pace, lease, and when anybody was heard."""
        return self._key("bucket")

    @property
    def waiting(self) -> str:
        """zset: member, by arrival in microseconds or number drawn. The line itself."""
        return self._key("waiting")

    @property
    def admitted(self) -> str:
        """zset: who has left the line and has no outcome, by when one is due (microseconds)."""
        return self._key("admitted")

    @property
    def arrivals(self) -> str:
        """hash: admitted member, arrival in microseconds."""
        return self._key("arrivals")

    @property
    def outcomes(self) -> str:
        """hash: member, `i` or `r`, arrival, space, what became of them."""
        return self._key("outcomes")

    @property
    def meter(self) -> str:
        """hash: how many of each kind, and how long things took, in each of the last seconds.

        refused: after admission; turned_away: at the entrance.
        """
        return self._key("meter")

    @property
    def tally(self) -> str:
        """hash: entered, left, turned_away, admitted, issued, refused, passed_over, returned,
        restored; why somebody was refused or turned away; and how long things took: WHAT:STEP, how
        many, and WHAT, microseconds in all, of `enter_us`, `issue_us`, and `waited` from arrival to
        outcome.
        """
        return self._key("tally")

    @property
    def last_seen(self) -> str:
        """hash: member, second in which they were heard last, `h` or `e` for who came back."""
        return self._key("heard")

    @property
    def away(self) -> str:
        """hash: who was passed over, or told a final word in line: arrival, space, for the latter
        `told` and a space, when that was (microseconds)."""
        return self._key("away")

    @property
    def reports(self) -> str:
        """list: of the last batches, when it was told (us), how long it took (ms), how many."""
        return self._key("reports")

    @property
    def rate_controller(self) -> str:
        """hash: the autopilot's step, when it was taken (us), and what it goes on from."""
        return self._key("pilot")

    @property
    def decisions(self) -> str:
        """list: the autopilot's last decisions as JSON, the latest first."""
        return self._key("decisions")

    @property
    def admissions(self) -> str:
        """hash: admitted member, when they were let through (microseconds).

        Its name is that of earlier versions, which wrote it for the overdue alone: in a rolling
        upgrade theirs and ours read each other's.
        """
        return self._key("overdue")

    @property
    def spent(self) -> str:
        """hash: member who has left or was refused, arrival up to which their tickets are spent."""
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
        """string: there while somebody checks, and until the next check is due."""
        return self._key("checking")

    @property
    def origins(self) -> str:
        """hash: member, the request by which they entered; only where requests are logged."""
        return self._key("origins")

    @property
    def solved(self) -> str:
        """zset: solutions of challenges that were used, until when they would be good (s)."""
        return self._key("solved")


_NAMES = tuple(name for name, kept in vars(Keys).items() if isinstance(kept, property))
