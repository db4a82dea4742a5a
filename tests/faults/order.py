"""Order: checks that no member who kept polling was refused while a later one got a coupon."""

from __future__ import annotations

from itertools import pairwise, takewhile

from tests.faults.evidence import Evidence, Found, Row
from tests.faults.members import Answer, Record

# A member who polls at least so often, answered or not, has kept asking.
KEPT_ASKING_S = 10.0


def overtaken(seen: Evidence) -> Found:
    """Members who kept asking and were refused, while a later one got a coupon."""
    claims = {one.member_id: seen.claim(one) for one in seen.members}
    first_asked = {one.member_id: one.answers[0].asked_s for one in seen.members if one.answers}
    later_first = sorted(
        ((claims.get(row.member_id, 0), row) for row in seen.rows),
        key=lambda pair: pair[0],
        reverse=True,
    )
    holders = {row.member_id for row in seen.rows}
    not_later = {one.member_id for one in seen.members if _had_come_before(seen, one)}
    for member in seen.members:
        refused = member.last_word
        if member.member_id in holders or refused is None or refused.said == "issued":
            continue
        claim = claims[member.member_id]
        if claim and not _kept_asking(member):
            continue
        # Coupons issued after an admin reopened the room don't count.
        decided_s = decided_from_s(seen, member, refused)
        until_s = seen.reopened_s(refused.said, decided_s)
        for later, row in later_first:
            if claim and later <= claim:
                break
            if row.member_id in not_later:
                continue
            is_later = claim or first_asked.get(row.member_id, 0.0) > refused.at_s
            if is_later and row.committed_s < until_s and _counts(seen, member, refused, row):
                yield (
                    member.member_id,
                    _how(seen, member, refused, f"{row.member_id} of {later}", row),
                )
                break


def _how(seen: Evidence, member: Record, refused: Answer, holder: str, row: Row) -> str:
    claim, committed_s = seen.claim(member), seen.committed_s(member, refused)
    came = f"arrived at {claim}" if claim else f"was refused at {refused.at_s:.1f} s"
    by = "the line" if committed_s is None else f"a worker at {committed_s:.3f} s"
    return f"{came}, got {refused.said} by {by}, and {holder} got one at {row.committed_s:.3f} s"


def _had_come_before(seen: Evidence, holder: Record) -> bool:
    """Whether Redis may have admitted them and lost that before any answer reached them.

    The answer to their first request was lost, so their ticket has a later arrival.
    """
    before_ticket = takewhile(lambda one: not one.arrival_us, holder.answers)
    return seen.forgets and any(one.said.startswith("no answer") for one in before_ticket)


def _counts(seen: Evidence, member: Record, refused: Answer, row: Row) -> bool:
    """Whether this row counts as one that this member should have got."""
    if seen.forgets and refused.said == "closed":
        # They were admitted, Redis lost that, and the room closed before their turn came again.
        return False
    if refused.said != "sold_out":
        return True
    decided_s = seen.committed_s(member, refused)
    taken_by_s = refused.at_s if decided_s is None else decided_s
    if not any(one.asked_s <= taken_by_s for one in seen.made("less stock")):
        return True
    # An admin took away the stock for which they were admitted, and workers finish in any order:
    # until the stock was gone, which the refusal shows.
    return not seen.forgets and (decided_s is None or row.committed_s >= decided_s)


def decided_from_s(seen: Evidence, member: Record, refused: Answer) -> float:
    """The earliest time at which their refusal may have been decided.

    A waiting member is refused when they poll; that answer may have been lost before the one that
    they got. A worker refuses an admitted member between two polls.
    """
    committed_s = seen.committed_s(member, refused)
    if committed_s is not None:
        return committed_s
    before = member.answers[: member.answers.index(refused)]
    from_s = refused.asked_s
    while before and (before[-1].said == "unavailable" or before[-1].said.startswith("no answer")):
        from_s = min(from_s, before.pop().asked_s)
    return from_s


def issued_to_gone(seen: Evidence) -> Found:
    """A refusal is final: a refused member must enter again before they can get a coupon."""
    for member in seen.members:
        last = member.last_word
        if last and last.said != "issued" and member.member_id in seen.holders_before:
            yield member.member_id, f"got {last.said} at {last.at_s:.1f} s, and has a row"


def too_early(seen: Evidence) -> Found:
    """No member is admitted or issued to before the opening in force."""
    for row in seen.rows:
        if row.committed_s and not _has_opened(seen, row.committed_s):
            yield row.member_id, f"committed at {row.committed_s:.1f} s"
    for member in seen.members:
        for one in member.answers:
            if one.said in ("admitted", "issued") and not _has_opened(seen, one.at_s):
                yield member.member_id, f"{one.said} at {one.at_s:.1f} s"
                break


def _has_opened(seen: Evidence, at_s: float) -> bool:
    """Whether an opening that may have been in force by then had come."""
    return any(
        opens_s <= min(at_s, until_s) and from_s <= at_s
        for opens_s, from_s, until_s in seen.openings
    )


def turned_back(seen: Evidence) -> Found:
    """An admitted member is not refused for the time, which was checked at the admission."""
    for member in seen.members:
        admitted = any(one.said == "admitted" for one in member.answers)
        last = member.last_word
        if last is None or last.said == "issued":
            continue
        if last.said.startswith("refused: ") or (
            admitted and last.said == "closed" and not seen.forgets
        ):
            yield member.member_id, f"{'admitted, then ' if admitted else ''}{last.said}"


def _kept_asking(member: Record) -> bool:
    return all(
        after.asked_s - before.at_s <= KEPT_ASKING_S for before, after in pairwise(member.answers)
    )
