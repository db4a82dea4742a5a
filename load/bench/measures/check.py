"""Check: what a site's proxy asks about each request, against a bare answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.room_settings import RoomSettings
from domain.sites.site_room import SiteRoom
from domain.sites.site_settings import SiteSettings
from domain.sites.target_urls import pass_cookie
from issuance.sites.site_rooms import create_site_room
from issuance.sites.sites import create_site
from load.bench.context import Bench, members, run_baseline_server
from load.bench.http_load import LoadOptions, write_tokens
from load.bench.process_usage import watched
from load.bench.results import Row, Summary, rounds
from load.page_visit import fetch
from passes.keys import PassKeys
from passes.signer import PassSigner
from waitroom.line import Line

CONNECTIONS = 64
VISITORS = 2_000
ALL_AT_ONCE = RoomSettings(rate_per_s=100_000, burst=100_000, seats=100_000)
HOST = "shop.example"
# As Caddy sends them.
FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": HOST,
    "X-Forwarded-Uri": "/cart?item=7",
    "X-Forwarded-Method": "GET",
}


def check(bench: Bench) -> list[Summary]:
    """Visitors with passes in their cookies, each of a living visit."""
    code = bench.new_code()
    room = _site_room(bench, code)
    passes = _passes(bench, room)
    cookie = f"Cookie: {pass_cookie(code, is_tls=True)}="
    tokens = write_tokens(bench.folder / "passes", passes)
    url = f"{bench.stage.base_url}/check/{code}"
    answer = fetch(
        bench.stage.base_url,
        f"/check/{code}",
        FORWARDED | {"Cookie": f"{pass_cookie(code, is_tls=True)}={passes[0]}"},
    )
    with run_baseline_server(bench) as bare_url:

        def one(_: int) -> list[Row]:
            bare = bench.ask(
                _load_options(f"{bare_url}/{answer.wire_bytes}/{answer.status}", bench)
            )
            with watched(bench.pids) as cores:
                seen = bench.ask(_load_options(url, bench))
            more = {
                "mean ms": seen.mean_ms,
                "p99 ms": seen.p99_ms,
                "errors": seen.errors,
                "bare errors": bare.errors,
                # 200 where the visits live; any other answer is not what is measured.
                "status": answer.status,
                **{f"cores {name}": used for name, used in cores.items()},
            }
            against = f"bare answers of {answer.wire_bytes:,} bytes"
            return [Row("check", seen.per_s, "/s", against, bare.per_s, more)]

        def _load_options(url: str, bench: Bench) -> LoadOptions:
            return LoadOptions(
                url, CONNECTIONS, bench.seconds, "GET", tokens, credential=cookie, headers=FORWARDED
            )

        return rounds(bench.rounds, one)


def _site_room(bench: Bench, code: str) -> SiteRoom:
    """A room of a site, in Postgres and in the line."""
    now = datetime.now(UTC)
    with bench.stage.postgres() as engine:
        create_site(engine, code, "Bench", [HOST], who="bench", now=now)
        room = create_site_room(
            engine,
            code,
            code,
            title="Bench",
            opens_at=now - timedelta(minutes=1),
            room_settings=ALL_AT_ONCE,
            settings=SiteSettings(),
            who="bench",
            now=now,
        )

    async def apply(line: Line) -> None:
        await line.apply_settings(room.room)

    bench.with_line(apply)
    return room


def _passes(bench: Bench, room: SiteRoom) -> list[str]:
    """A pass of each visitor, who has walked in."""
    environ = bench.stage.environ
    visitors = members("v", bench.at_most(VISITORS))
    bench.fill(room.code, visitors)

    async def claim(line: Line) -> list[str]:
        await line.measure_clock()
        keys = PassKeys.from_pem(environ["PASS_KEYS"])
        signer = PassSigner(keys, issuer=environ["BASE_URL"], now=line.clock.now_s)
        visits = [await line.visits.claim(room.code, one) for one in visitors]
        return [
            signer.sign(room.code, one.member_id, one.visit_id, one.ends_at_us / 1_000_000)
            for one in visits
        ]

    return bench.with_line(claim)
