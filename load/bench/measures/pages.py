"""Pages by themselves: each against a bare callable's answers of the same size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from load.bench.context import Bench, members, run_baseline_server
from load.bench.http_load import LoadOptions, write_tokens
from load.bench.measures.line import ENTRANTS_PER_S, RESTING
from load.bench.measures.visits import FORM
from load.bench.process_usage import watched
from load.bench.results import Row, Summary, rounds
from load.page_visit import ACCEPT_ENCODING, BROWSER_HEADERS, fetch

CONNECTIONS = 64
ASKERS = 5_000
HEADERS = BROWSER_HEADERS | {"Accept-Encoding": ACCEPT_ENCODING}
CREDENTIAL = "Cookie: "


@dataclass(frozen=True, slots=True)
class PagePart:
    """What is asked for. says: what it must contain, `{code}` being the room's."""

    name: str
    path: str
    says: str
    is_form: bool = False


PARTS = (
    PagePart("coupon page", "/coupons/{code}", 'action="/rooms/{code}/enter"'),
    PagePart("form", "/rooms/{code}/enter", "", is_form=True),
    PagePart("ticket page", "/rooms/{code}", 'data-state="waiting"'),
    PagePart("fragment", "/rooms/{code}/place", 'data-state="waiting"'),
)


def page(bench: Bench) -> list[Summary]:
    """Many signed-in members request a page: members in line, or new ones."""
    with run_baseline_server(bench) as bare_url:
        return [
            summary
            for part in PARTS
            for summary in rounds(bench.rounds, _measure(bench, part, bare_url))
        ]


def _measure(bench: Bench, part: PagePart, bare_url: str) -> Callable[[int], list[Row]]:
    in_line = members("page", bench.at_most(ASKERS))
    new = members("new", int(ENTRANTS_PER_S * bench.seconds) if part.is_form else len(in_line))
    is_new = part.is_form or part.path.startswith("/coupons/")
    cookies = bench.stage.session_cookies(new if is_new else in_line)
    crowd = write_tokens(bench.folder / f"cookies-{part.name.replace(' ', '-')}", cookies)

    def one(_: int) -> list[Row]:
        code = bench.new_code()
        bench.offer(code, 1_000_000, RESTING)
        bench.fill(code, in_line)
        url = bench.stage.base_url + part.path.format(code=code)
        size, status = _size(bench, part, code, cookies[-1])
        bare = bench.ask(_load_options(f"{bare_url}/{size}/{status}", bench, part))
        before = bench.figures(code).entered
        with watched(bench.pids) as cores:
            seen = bench.ask(_load_options(url, bench, part))
        came = bench.figures(code).entered - before
        more: Mapping[str, float] = {
            "mean ms": seen.mean_ms,
            "p99 ms": seen.p99_ms,
            "wire bytes": size,
            "errors": seen.errors,
            "bare errors": bare.errors,
            # Each member who got an answer is in line, once.
            "wrong": max(0, min(seen.answered, len(cookies)) - came) if part.is_form else came,
            **{f"cores {name}": used for name, used in cores.items()},
        }
        against = f"bare answers of {size:,} bytes"
        return [Row(part.name, seen.per_s, "/s", against, bare.per_s, more)]

    def _load_options(url: str, bench: Bench, part: PagePart) -> LoadOptions:
        method = "POST" if part.is_form else "GET"
        headers = HEADERS | (FORM | {"Origin": bench.stage.base_url} if part.is_form else {})
        return LoadOptions(
            url, CONNECTIONS, bench.seconds, method, crowd, credential=CREDENTIAL, headers=headers
        )

    return one


def _size(bench: Bench, part: PagePart, code: str, cookie: str) -> tuple[int, int]:
    """Bytes of one answer on the wire, and its status. Raises RuntimeError where it is another."""
    headers = HEADERS | {"Cookie": cookie}
    if part.is_form:
        headers |= FORM | {"Origin": bench.stage.base_url}
    path = part.path.format(code=code)
    method = "POST" if part.is_form else "GET"
    answer = fetch(bench.stage.base_url, path, headers, method=method)
    says = part.says.format(code=code)
    expected = 303 if part.is_form else 200
    if answer.status != expected or says not in answer.body.decode():
        raise RuntimeError(f"{path} was answered {answer.status} without {says!r}.")
    return answer.wire_bytes, answer.status
