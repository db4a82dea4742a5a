"""Member tokens of every variation, each known good or bad.

Only one variation of a bad token is bad: nothing else can be the reason.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from tests.unit.token_variations import (
    AUDIENCE,
    CLAIMS,
    CLOCKS,
    EXTRA,
    HEADERS,
    KEYS,
    LEFT_OUT,
    PARTS,
    PAYLOADS,
    b64,
)

# The first variation of these is what most tokens have.
USUALLY = ("header", "payload", "part", "key")


class Variation(NamedTuple):
    name: str
    is_good: bool
    value: Any


@dataclass(frozen=True)
class Case:
    """A token, the clock and the audience under which it is read, and what it is made of."""

    token: str
    now: float
    audience: str
    is_good: bool
    variations: tuple[str, ...]


def dimensions(audience: str) -> dict[str, list[Variation]]:
    """Of which each token has one variation each; `aud` may be good or bad."""
    made = {
        name: [
            Variation(one, not audience if good is None else good, value)
            for one, good, value in those
        ]
        for name, those in CLAIMS.items()
    }
    made["extra"] = [Variation(*one) for one in EXTRA]
    made["header"] = [Variation(*one) for one in HEADERS]
    made["payload"] = [Variation(*one) for one in PAYLOADS]
    made["part"] = [Variation(name, good, (at, change)) for name, good, at, change in PARTS]
    made["key"] = [Variation(*one) for one in KEYS]
    return made


def token_of(chosen: Mapping[str, Variation], now_s: int, random: Random) -> str:
    claims = {name: chosen[name].value(now_s) for name in CLAIMS} | chosen["extra"].value(now_s)
    items = [(name, value) for name, value in claims.items() if value is not LEFT_OUT]
    random.shuffle(items)
    separators = random.choice([(",", ":"), (", ", ": ")])
    said = json.dumps(dict(items), separators=separators, ensure_ascii=random.random() < 0.5)
    raw = chosen["payload"].value(said.encode("utf-8", "surrogatepass"))
    parts = [b64(chosen["header"].value), b64(raw)]
    at, change = chosen["part"].value
    if at < 2:
        parts[at] = change(parts[at])
    signed = b".".join(parts)
    mac = b64(hmac.digest(chosen["key"].value.encode(), signed, hashlib.sha256))
    return (signed + b"." + (change(mac) if at == 2 else mac)).decode()


def cases(random: Random, *, each: int) -> Iterator[Case]:
    """`each` tokens of every bad variation, and as many good ones in all."""
    for audience in ("", AUDIENCE):
        every = dimensions(audience)
        good = {name: [one for one in those if one.is_good] for name, those in every.items()}
        bad = [(name, one) for name, those in every.items() for one in those if not one.is_good]
        for name, one in (*bad, *[("", None)] * len(bad)):
            for _ in range(each):
                chosen = {
                    which: those[0]
                    if which in USUALLY and random.random() < 0.6
                    else random.choice(those)
                    for which, those in good.items()
                }
                if one is not None:
                    chosen[name] = one
                yield _case(chosen, audience, random, is_good=one is None)


def _case(chosen: Mapping[str, Variation], audience: str, random: Random, *, is_good: bool) -> Case:
    now = random.choice(CLOCKS)
    names = tuple(one.name for one in chosen.values())
    return Case(token_of(chosen, int(now), random), now, audience, is_good, names)
