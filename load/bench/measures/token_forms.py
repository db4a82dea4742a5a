"""Token forms: entering with tokens as other libraries write them, each beside the plain form."""

from __future__ import annotations

from collections.abc import Callable

from load.bench.context import Bench, members
from load.bench.http_load import LoadOptions, LoadResult
from load.bench.measures.line import ENTRANTS_PER_S, RESTING
from load.bench.results import Row, Summary, rounds
from load.bench.tokens import OTHER_FORMS, PLAIN, TokenForm

CONNECTIONS = 64


def token_forms(bench: Bench) -> list[Summary]:
    """New members enter. Each sends a token of their own, which no process has verified before."""
    return [
        summary for form in OTHER_FORMS for summary in rounds(bench.rounds, _measure(bench, form))
    ]


def _measure(bench: Bench, form: TokenForm) -> Callable[[int], list[Row]]:
    def one(number: int) -> list[Row]:
        # Each goes first in every second round, as a server may become faster or slower.
        order = (PLAIN, form) if number % 2 == 0 else (form, PLAIN)
        seen = {one: _enter(bench, one) for one in order}
        (answers, wrong, repeats), (plain, plain_wrong, plain_repeats) = seen[form], seen[PLAIN]
        more = {
            "mean ms": answers.mean_ms,
            "p99 ms": answers.p99_ms,
            "plain p99 ms": plain.p99_ms,
            "errors": answers.errors + plain.errors,
            "wrong": wrong + plain_wrong,
            "repeats": repeats + plain_repeats,
        }
        name = f"enter, token with {form.name}"
        return [Row(name, answers.per_s, "/s", "plain tokens", plain.per_s, more)]

    return one


def _enter(bench: Bench, form: TokenForm) -> tuple[LoadResult, int, int]:
    """The answers, how many members they did not put in line, and how many tokens came again."""
    code = bench.new_code()
    bench.stage.offer(code, 1_000_000, room=RESTING)
    people = members(code, int(ENTRANTS_PER_S * bench.seconds))
    url = f"{bench.stage.base_url}/api/rooms/{code}/enter"
    crowd = bench.tokens(people, form=form)
    seen = bench.ask(LoadOptions(url, CONNECTIONS, bench.seconds, "POST", crowd))
    missing = min(seen.answered, len(people)) - bench.figures(code).entered
    return seen, max(0, missing), max(0, seen.answered - len(people))
