"""Capture what a release writes: run with the code of that release, on servers of its own.

    git archive REVISION | tar -x -C /tmp/before
    cd /tmp/before && PYTHONPATH=/tmp/before PYTHON tests/release_before/capture.py written.json

(A release that has no such file yet is given this one.) The tests read `written.json` beside it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import Engine

from application.apply_settings import apply_settings
from application.destinations.coupon.rooms import CouponRooms
from application.recover_line import recover_line
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.admins import AdminAccount
from issuance.draws import save_draw
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from issuance.queue.redis_connection import open_queue_redis
from tests.integration.line_cast import admit, enter, places, refuse
from tests.integration.web_cast import in_line, serve
from tests.servers import Servers, fresh_database
from tests.signed_in import session_of
from waitroom.line import Line, open_line
from waitroom.tokens.ticket import Ticket, TicketSigner
from web.auth.admin_sessions import AdminSessions
from web.auth.member_tokens import MemberTokens
from web.auth.sessions import Sessions

ROOM, DRAW, QUEUE = "release-before", "release-before-draw", "release-before-queue"
MEMBER_SECRET = "the-member-secret-of-the-release-before"
TICKET_SECRET = "the-ticket-secret-of-the-release-before"
FAR = datetime(2100, 1, 1, tzinfo=UTC)
OPENS_AFTER = timedelta(seconds=2)
MEMBERS = ["alice", "bob", "erin", "carol", "dave", "frank"]
DRAWN = [f"drawn-{number}" for number in range(8)]


def text(raw: Any) -> Any:
    """Bytes as a string of as many letters, so that JSON keeps them."""
    if isinstance(raw, bytes):
        return raw.decode("latin-1")
    if isinstance(raw, Mapping):
        return {text(key): text(value) for key, value in raw.items()}
    return [text(one) for one in raw] if isinstance(raw, list | tuple | set) else raw


def keys_of(redis: Redis, *patterns: str) -> dict[str, Any]:
    """Each key that fits: its type and all of its value."""
    ways = {
        b"hash": redis.hgetall,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"string": redis.get,
    }
    found: dict[str, Any] = {}
    for key in sorted(key for pattern in patterns for key in redis.scan_iter(pattern)):
        kind = redis.type(key)
        found[text(key)] = {"type": text(kind), "value": text(ways[kind](key))}
    return found


async def write_line(line: Line, engine: Engine, desk: JobQueue) -> dict[str, Any]:
    """A room with a member of each kind, and a job that waits."""
    room = RoomSettings(rate_per_s=10_000, burst=10_000, lobby_s=60)
    offer = await in_line(line, engine, ROOM, total=4, room=room, expire_date=FAR)
    await enter(line, ROOM, MEMBERS)
    await serve(line, engine, ROOM, at_most=1)
    under_way = (await admit(line, ROOM, 1)).members
    desk.enqueue(ROOM, under_way)
    refused = (await admit(line, ROOM, 1)).members
    await refuse(line, ROOM, 1, refused)
    await line.leave(ROOM, "frank")
    assert offer.room is not None, "its line is what is captured"
    await recover_line(line, engine, offer.room, CouponRooms(engine, line))
    await apply_settings(line, offers.get_offer(engine, ROOM))
    standings = dict(zip(MEMBERS, await places(line, ROOM, MEMBERS), strict=True))
    return {
        "coupon_id": str(offer.coupon.id),
        "kinds": {member: one.kind for member, one in standings.items()},
        "arrivals_us": {member: one.arrival_us for member, one in standings.items()},
    }


async def write_draw(line: Line, engine: Engine) -> dict[str, Any]:
    """A room whose lobby was drawn, and the tickets that were given before."""
    opens_at = datetime.now(UTC) + OPENS_AFTER
    room = RoomSettings(rate_per_s=10_000, burst=10_000, opening="draw")
    offer = await in_line(
        line, engine, DRAW, total=4, room=room, opens_at=opens_at, expire_date=FAR
    )
    lobby = dict(zip(DRAWN, await enter(line, DRAW, DRAWN), strict=True))
    await asyncio.sleep(OPENS_AFTER.total_seconds() + 0.1)
    order = await line.lobby(DRAW)
    assert order is not None, "the room has opened"
    await apply_settings(line, save_draw(engine, offer.coupon.code, order, datetime.now(UTC)))
    return {
        "order": order,
        "arrivals_us": {member: one.arrival_us for member, one in lobby.items()},
    }


def signed(arrivals_us: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Tickets, tokens and sessions."""
    tickets, identity = TicketSigner([TICKET_SECRET]), MemberTokens([MEMBER_SECRET], "")
    account = AdminAccount("ada", "operator", "a hash")
    return {
        "tickets": {
            room: {
                member: tickets.sign(Ticket(room, member, arrival_us))
                for member, arrival_us in members.items()
                if arrival_us
            }
            for room, members in arrivals_us.items()
        },
        "token": identity.sign("alice", valid_s=9 * 365 * 24 * 3600, name="Alice"),
        "member_session": session_of(Sessions([TICKET_SECRET]), "alice", "Alice"),
        "admin_session": AdminSessions([TICKET_SECRET]).session_for(account),
    }


async def write(redis_url: str, engine: Engine) -> dict[str, Any]:
    line, conveyor = open_line(redis_url), open_queue_redis(redis_url, timeout_s=5)
    desk = JobQueue(conveyor, queue=QUEUE, limits=JobQueueLimits())
    rooms = {ROOM: await write_line(line, engine, desk), DRAW: await write_draw(line, engine)}
    await line.aclose()
    return {
        "captured_at": datetime.now(UTC).isoformat(),
        "rooms": rooms,
        "signed": signed({code: room["arrivals_us"] for code, room in rooms.items()}),
        "redis": keys_of(conveyor, "waitroom:{release-before*", "rq:*"),
    }


def main(path: Path) -> None:
    with Servers(environ={}) as servers:
        engine = open_engine(
            fresh_database(servers.database_url, "before"), connections_max=2, name="capture"
        )
        migrate(engine)
        written = asyncio.run(write(servers.redis_url, engine))
        engine.dispose()
    path.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
