"""Places as server-sent events to many at once, while the line moves."""

from __future__ import annotations

from urllib.parse import urlsplit

from domain.room_settings import RoomSettings
from load.bench.context import Bench, members, run_baseline_server
from load.bench.process_usage import cpu_s, memory_mb
from load.bench.results import Row, Summary, rounds
from load.bench.sse_clients import StreamStats, follow
from load.bench.tokens import tokens

ADMITTED_PER_S = 100.0
# Ahead of those who follow, so that they still wait at the end: also while streams are opened.
OPENING_S = 25.0


def live(bench: Bench) -> list[Summary]:
    """Events that come in a second, how old they are, and what a stream costs the web processes."""
    return rounds(bench.rounds, lambda _round: [_json(bench)])


def pages(bench: Bench) -> list[Summary]:
    """The same, of the ticket page's own stream."""
    return rounds(bench.rounds, lambda _round: [_html(bench)])


def _json(bench: Bench) -> Row:
    pids: list[int] = []
    with run_baseline_server(bench, pids.append) as url:
        bare = _seen(bench, pids[0], url, "/live", [""] * bench.streams)
    code, following = _line(bench)
    made = tokens(bench.stage.environ["MEMBER_TOKEN_SECRETS"], following)
    headers = [f"Authorization: Bearer {token}" for token in made]
    seen = _seen(bench, bench.pids["web"], bench.stage.base_url, f"/api/rooms/{code}/live", headers)
    more = seen | {f"bare {name}": value for name, value in bare.items()}
    return Row(
        f"events to {bench.streams:,} streams",
        seen["events/s"],
        "/s",
        "bare streams, one event a second each",
        bare["events/s"],
        more,
    )


def _html(bench: Bench) -> Row:
    code, following = _line(bench)
    headers = [f"Cookie: {cookie}" for cookie in bench.stage.session_cookies(following)]
    seen = _seen(bench, bench.pids["web"], bench.stage.base_url, f"/rooms/{code}/live", headers)
    return Row(f"fragments to {bench.streams:,} pages", seen["events/s"], "/s", seen=seen)


def _line(bench: Bench) -> tuple[str, list[str]]:
    """A room that admits members, with enough of them ahead of those with a stream."""
    code = bench.new_code()
    room = RoomSettings(rate_per_s=ADMITTED_PER_S, burst=1, seats=10_000)
    bench.stage.offer(code, 1_000_000, room=room)
    ahead = members("ahead", int(ADMITTED_PER_S * (bench.seconds + OPENING_S)))
    following = members("follows", bench.streams)
    bench.fill(code, ahead + following)
    return code, following


def _seen(bench: Bench, pid: int, url: str, path: str, headers: list[str]) -> dict[str, float]:
    memory_before, cpu_before, memory_open = memory_mb(pid), 0.0, 0.0

    def opened() -> None:
        nonlocal cpu_before, memory_open
        cpu_before, memory_open = cpu_s(pid), memory_mb(pid)

    port = urlsplit(url).port
    assert port is not None
    seen = follow(port, path, bench.seconds, headers, bench.folder, opened)
    memory = max(memory_open, memory_mb(pid))
    cores = (cpu_s(pid) - cpu_before) / seen.seconds
    return _named(seen) | {
        "kB a stream": (memory - memory_before) * 1_000 / max(seen.streams, 1),
        "web cores": cores,
    }


def _named(seen: StreamStats) -> dict[str, float]:
    return {
        "events/s": seen.events_per_s,
        "streams": seen.streams,
        "age p50 s": seen.age_p50_s,
        "age p99 s": seen.age_p99_s,
        "age max s": seen.age_max_s,
        "opened in s": seen.opened_s,
        "bytes an event": seen.bytes_an_event,
        "ended": seen.ended,
        "errors": seen.errors,
        "generator cores": seen.generator_cores,
    }
