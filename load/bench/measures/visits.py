"""Visits: new members come as browsers do, from the coupon's page to a stream's first event."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from load.bench.context import Bench, members, run_baseline_server
from load.bench.http_load import LoadOptions
from load.bench.measures.line import RESTING
from load.bench.process_usage import watched
from load.bench.results import Row, Summary, rounds
from load.bench.visitors import Step, VisitPlan, VisitStats, run_visits
from load.page_visit import ACCEPT_ENCODING, BROWSER_HEADERS, visit_page

CONNECTIONS = 64
# More than can come in a round, so that nearly everybody is new.
VISITORS_PER_S = 6_000
# Members who reload are in line already.
RELOADERS = 2_000
FIRST = 1_000
BARE = "the same visits to a bare callable"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "0"}


@dataclass(frozen=True, slots=True)
class Mix:
    """What a row measures. reloads: half of the connections are people who reload their ticket."""

    name: str
    with_static: bool = False
    reloads: bool = False


MIXES = (
    Mix("visits, 4 requests each"),
    Mix("visits with static files", with_static=True),
    Mix("visits beside reloads", reloads=True),
)


def visit(bench: Bench) -> list[Summary]:
    """Requests of whole visits that are answered in a second, against a bare callable's."""
    found: list[Summary] = []
    with run_baseline_server(bench) as bare_url:
        for mix in MIXES:

            def one(_: int, mix: Mix = mix) -> list[Row]:
                return [_row(bench, mix, bare_url)]

            found += rounds(bench.rounds, one)
    return found


def _row(bench: Bench, mix: Mix, bare_url: str) -> Row:
    code = bench.new_code()
    bench.offer(code, 1_000_000, RESTING)
    in_line = members("reloads", bench.at_most(RELOADERS))
    bench.fill(code, in_line)
    plans = [_plan(bench, code, mix)]
    if mix.reloads:
        plans.append(VisitPlan(plans[0].steps[2:], _who(bench, in_line)))
    sizes = _sizes(bench, code, plans[0].steps)
    bare_plans = [replace(plan, steps=_bare(plan.steps, sizes)) for plan in plans]

    bare = _run(bench, bare_url, bare_plans)
    mean_bytes = sum(sizes.values()) // len(sizes)
    answers = bench.ask(LoadOptions(f"{bare_url}/{mean_bytes}/200", CONNECTIONS, bench.seconds))
    before = bench.figures(code).entered
    with watched(bench.pids) as cores:
        seen = _run(bench, bench.stage.base_url, plans)
    came = bench.figures(code).entered - before
    visits = seen[0]
    more = {
        "visits/s": visits.visits_per_s,
        "mean ms": visits.mean_ms,
        "p99 ms": visits.p99_ms,
        "kB a visit": sum(visits.step_bytes.values()) / 1_000,
        "errors": sum(one.errors for one in seen),
        "repeats": visits.repeats,
        # Exactly the visitors are in line.
        "wrong": abs(came - (visits.visits - visits.repeats)),
        "bare visits/s": bare[0].visits_per_s,
        "bare errors": sum(one.errors for one in bare),
        "bare answers/s": answers.per_s,
        "cores generator": sum(one.generator_cores for one in seen),
    }
    more |= {f"reloads {name}": value for one in seen[1:] for name, value in _felt(one).items()}
    more |= {f"cores {name}": used for name, used in cores.items()}
    return Row(mix.name, _per_s(seen), "requests/s", BARE, _per_s(bare), more)


def _per_s(seen: Sequence[VisitStats]) -> float:
    return sum(one.requests_per_s for one in seen)


def _felt(reloads: VisitStats) -> dict[str, float]:
    return {"/s": reloads.visits_per_s, "p99 ms": reloads.p99_ms}


def _run(bench: Bench, base_url: str, plans: list[VisitPlan]) -> list[VisitStats]:
    """All plans beside each other; they share the connections. Raises RuntimeError."""
    port = urlsplit(base_url).port
    assert port is not None
    connections = CONNECTIONS // len(plans)
    with ThreadPoolExecutor(len(plans)) as beside:
        running = [
            beside.submit(run_visits, port, connections, bench.seconds, plan, bench.folder)
            for plan in plans
        ]
        seen = [one.result() for one in running]
    for one in seen:
        if one.errors:
            bench.console.print(f"[red]{one.errors:,} visits failed, first: {one.first_error}")
        if not one.visits:
            raise RuntimeError(f"No visit came to its end: {one.first_error}")
    return seen


def _who(bench: Bench, people: list[str]) -> tuple[str, ...]:
    return tuple(f"Cookie: {cookie}" for cookie in bench.stage.session_cookies(people))


def _plan(bench: Bench, code: str, mix: Mix) -> VisitPlan:
    steps = visit_steps(bench.stage.base_url, code)
    if mix.with_static:
        steps = _with_static(bench, code, steps)
    everybody = members("visit", int(VISITORS_PER_S * bench.seconds))
    return VisitPlan(tuple(steps), _who(bench, everybody))


def visit_steps(base_url: str, code: str) -> list[Step]:
    """The requests of a visit: coupon page, form, ticket page, and the stream's first event."""
    room = f"/rooms/{code}"
    stream = _step(base_url, "stream", "GET", f"{room}/live", 200, 'data-state="waiting"')
    return [
        _step(base_url, "coupon page", "GET", f"/coupons/{code}", 200, f"{room}/enter"),
        _step(base_url, "form", "POST", f"{room}/enter", 303, **FORM, Origin=base_url),
        _step(base_url, "ticket page", "GET", room, 200, 'data-state="waiting"'),
        replace(stream, is_stream=True),
    ]


def _step(
    base_url: str, name: str, method: str, path: str, status: int, says: str = "", **more: str
) -> Step:
    headers = {"Host": urlsplit(base_url).netloc, **BROWSER_HEADERS}
    headers |= {"Accept-Encoding": ACCEPT_ENCODING, **more}
    lines = [f"{method} {path} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items())]
    return Step(name, "\r\n".join(lines), status, says)


def _with_static(bench: Bench, code: str, steps: list[Step]) -> list[Step]:
    """Each page's own after it: what the page before has loaded is not asked for again."""
    base_url = bench.stage.base_url
    someone = f"visit-static-{code}"
    bench.fill(code, [someone])
    cookie = bench.stage.session_cookies([someone])[0]
    had: set[str] = set()
    made: list[Step] = []
    for step in steps:
        made.append(step)
        if not step.name.endswith("page"):
            continue
        path = f"/coupons/{code}" if step.name == "coupon page" else f"/rooms/{code}"
        for one in visit_page(base_url, path, {"Cookie": cookie}).fetched[1:]:
            if one.path not in had:
                made.append(_step(base_url, one.path, "GET", one.path, 200))
            had.add(one.path)
    return made


def _sizes(bench: Bench, code: str, steps: tuple[Step, ...]) -> dict[str, int]:
    """Of each step's answer on the wire; also the first of each, which compiles the templates."""
    # More than can come so soon: a second visit would find a place instead of the form.
    plan = VisitPlan(steps, _who(bench, members(f"first-{code}", FIRST)))
    port = urlsplit(bench.stage.base_url).port
    assert port is not None
    seen = run_visits(port, 4, 0.1, plan, bench.folder)
    if seen.errors or not seen.visits:
        raise RuntimeError(f"A visit failed: {seen.first_error}")
    return {name: round(size) for name, size in seen.step_bytes.items()}


def _bare(steps: tuple[Step, ...], sizes: dict[str, int]) -> tuple[Step, ...]:
    """The same requests, but for their paths, which say how they are to be answered."""
    made = []
    for step in steps:
        method, _, rest = step.head.split(" ", 2)
        size = sizes[step.name]
        path = f"/event/{size}" if step.is_stream else f"/{size}/{step.status}"
        made.append(replace(step, head=f"{method} {path} {rest}", says=""))
    return tuple(made)
