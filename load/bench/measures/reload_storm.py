"""Reload storm: members in line reload their ticket pages again and again while others enter."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean

from load.bench.context import Bench, members
from load.bench.http_load import LoadOptions, LoadResult, write_tokens
from load.bench.measures.line import RESTING
from load.bench.measures.pages import CREDENTIAL, HEADERS
from load.bench.measures.visits import FORM
from load.bench.process_usage import watched
from load.bench.results import Row, Summary, rounds
from load.page_visit import fetch
from waitroom.line import Line

IN_LINE, RELOAD_EVERY_S = 2_000, 2.0
ENTER_PER_S, ENTER_CONNECTIONS = 500, 50
ENTERING_AT_ONCE = 8
# After the storm, this many members' ticket pages are compared with the line.
PAGES_READ = 20
# Sizes of ticket pages differ by digits and cookies.
SIZE_TOLERANCE = 0.1
NUMBER = re.compile(r'<span class="number[^"]*">([\d,]+)</span>')
# Where a member stands, by their id: the number of members ahead, and the arrival in microseconds.
Places = Mapping[str, tuple[int, int]]


def reload_storm(bench: Bench) -> list[Summary]:
    """p99 of entering by form beside the storm, against the same without it."""
    return rounds(bench.rounds, lambda _round: [_measure(bench)])


def _measure(bench: Bench) -> Row:
    code = bench.new_code()
    bench.offer(code, 1_000_000, RESTING)
    in_line = members(f"{code}-in-line", bench.at_most(IN_LINE))
    cookies = _enter_as_browsers(bench, code, in_line)
    before = _places(bench, code, in_line)

    quiet = bench.ask(_entering(bench, code, "quiet"))
    entering = _entering(bench, code, "storm")
    with watched(bench.pids) as cores, ThreadPoolExecutor(1) as beside:
        storm = beside.submit(bench.ask, _reloading(bench, code, cookies))
        time.sleep(RELOAD_EVERY_S)  # until each has reloaded once
        seen = bench.ask(entering)
        reloads = storm.result()

    after = _places(bench, code, in_line)
    lost = count_lost(before, after)
    wrong, page_bytes = _read_pages(bench, code, after, dict(zip(in_line, cookies, strict=True)))
    if abs(reloads.mean_bytes / page_bytes - 1) > SIZE_TOLERANCE:
        wrong += reloads.answered  # these were other pages
    missing = len(in_line) + quiet.answered + seen.answered - bench.figures(code).entered
    more = {
        "in line": len(before),
        "lost places": lost,
        "wrong": lost + max(0, missing) + wrong,
        "errors": quiet.errors + seen.errors + reloads.errors,
        "reloads": reloads.answered,
        "reloads/s": reloads.per_s,
        "reload p99 ms": reloads.p99_ms,
        "bytes a reload": reloads.mean_bytes,
        **_felt("quiet", quiet),
        **_felt("storm", seen),
        **{f"cores {name}": used for name, used in cores.items()},
    }
    name = f"p99 of entering while {len(in_line):,} reload every {RELOAD_EVERY_S:g} s"
    return Row(name, seen.p99_ms, "ms", "without reloads", quiet.p99_ms, more)


def count_lost(before: Places, after: Places) -> int:
    """Members who have another place than before, another arrival, or none."""
    return sum(after.get(member) != place for member, place in before.items())


def _read_pages(
    bench: Bench, code: str, places: Places, cookies: Mapping[str, str]
) -> tuple[int, float]:
    """Read some ticket pages: how many do not show the place in line, and their mean bytes."""
    wrong, sizes = 0, []
    for member in list(cookies)[:: max(1, len(cookies) // PAGES_READ)]:
        cookie = {"Cookie": cookies[member]}
        page = fetch(bench.stage.base_url, f"/rooms/{code}", HEADERS | cookie)
        sizes.append(page.wire_bytes)
        shown = NUMBER.search(page.body.decode())
        number = int(shown[1].replace(",", "")) if shown else 0
        wrong += member not in places or number != places[member][0] + 1
    return wrong, fmean(sizes)


def _felt(when: str, entering: LoadResult) -> dict[str, float]:
    return {f"{when} enters/s": entering.per_s, f"{when} p50 ms": entering.p50_ms}


def _enter_as_browsers(bench: Bench, code: str, people: Sequence[str]) -> list[str]:
    """Let them enter by form, in any order. Returns the cookies that each browser has then."""
    form = HEADERS | FORM | {"Origin": bench.stage.base_url}

    def enter(session: str) -> str:
        path = f"/rooms/{code}/enter"
        answer = fetch(bench.stage.base_url, path, form | {"Cookie": session}, method="POST")
        if answer.status != 303 or not any(one.startswith("ticket-") for one in answer.cookies):
            raise RuntimeError(f"{path} was answered {answer.status} without a ticket.")
        return "; ".join([session, *answer.cookies])

    with ThreadPoolExecutor(ENTERING_AT_ONCE) as pool:
        return list(pool.map(enter, bench.stage.session_cookies(people)))


def _places(bench: Bench, code: str, people: Sequence[str]) -> Places:
    async def read(line: Line) -> Places:
        statuses = await line.statuses(code, people)
        return {
            member: (status.ahead, status.arrival_us)
            for member, status in zip(people, statuses, strict=True)
            if status.kind == "waiting"
        }

    return bench.with_line(read)


def _entering(bench: Bench, code: str, when: str) -> LoadOptions:
    """New members enter at a steady rate, each with a session of their own."""
    # More than come in whole seconds.
    people = members(f"{code}-{when}", int(ENTER_PER_S * (bench.seconds + 2)))
    crowd = write_tokens(bench.folder / f"{code}-{when}", bench.stage.session_cookies(people))
    return LoadOptions(
        f"{bench.stage.base_url}/rooms/{code}/enter",
        ENTER_CONNECTIONS,
        bench.seconds,
        "POST",
        crowd,
        ENTER_PER_S,
        CREDENTIAL,
        HEADERS | FORM | {"Origin": bench.stage.base_url},
    )


def _reloading(bench: Bench, code: str, cookies: Sequence[str]) -> LoadOptions:
    """Each member reloads on a connection of their own, also before and after others enter."""
    crowd = write_tokens(bench.folder / f"{code}-reloading", list(cookies))
    return LoadOptions(
        f"{bench.stage.base_url}/rooms/{code}",
        len(cookies),
        bench.seconds + 2 * RELOAD_EVERY_S,
        tokens=crowd,
        per_s=len(cookies) / RELOAD_EVERY_S,
        credential=CREDENTIAL,
        headers=HEADERS,
    )
