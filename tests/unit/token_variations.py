"""The variations of a member token: of its header, claims, encoding and key.

Each is a name, whether a token that has it can be good (None: where no audience is asked for), and
a claim's value by the clock's whole second, or what makes a part of the token.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

SECRET, OLD_SECRET = "the-first-secret-of-at-least-32-bytes", "the-second-secret-of-at-least-32-by"
AUDIENCE = "https://line.example.com"
LEEWAY_S = 10
# Of a clock on the second and of one between two: the edges of the leeway differ.
CLOCKS = (1_800_000_000.0, 1_800_000_000.5)
TEN_YEARS_S = 315_360_000
LEFT_OUT = object()  # a claim that is not there


def _times(claim: str) -> Iterator[tuple[str, bool, Any]]:
    """Of claims that must not be in the future: at `now` + offset."""
    yield from [
        (f"{claim}: left out", True, lambda _: LEFT_OUT),
        (f"{claim}: past", True, lambda now: now - 3_600),
        (f"{claim}: now", True, lambda now: now),
        (f"{claim}: 1 s ahead", True, lambda now: now + 1),
        (f"{claim}: at the edge of the leeway", True, lambda now: now + LEEWAY_S),
        (f"{claim}: a float at the edge", True, lambda now: now + LEEWAY_S + 0.9),
        (f"{claim}: beyond the leeway", False, lambda now: now + LEEWAY_S + 1),
        (f"{claim}: a float beyond", False, lambda now: now + LEEWAY_S + 1.5),
        (f"{claim}: far in the future", False, lambda now: now + 86_400),
        (f"{claim}: in milliseconds", False, lambda now: now * 1_000),
        (f"{claim}: huge", False, lambda _: 10**400),
        (f"{claim}: negative", True, lambda _: -1),
        (f"{claim}: digits in quotes", True, lambda now: str(now)),
        (f"{claim}: digits in quotes, beyond", False, lambda now: str(now + 86_400)),
        (f"{claim}: true", True, lambda _: True),
        (f"{claim}: false", True, lambda _: False),
        (f"{claim}: null", False, lambda _: None),
        (f"{claim}: a word", False, lambda _: "yesterday"),
        (f"{claim}: a list", False, lambda now: [now]),
        (f"{claim}: NaN", False, lambda _: float("nan")),
        (f"{claim}: infinite", False, lambda _: float("-inf")),
    ]


_EXP = [
    ("exp: soon", True, lambda now: now + 60),
    ("exp: past, within the leeway", True, lambda now: now - LEEWAY_S + 1),
    ("exp: a float", True, lambda now: now + 60.5),
    ("exp: digits in quotes", True, lambda now: f" {now + 60} "),
    ("exp: ten years away", True, lambda now: now + TEN_YEARS_S),
    ("exp: at the edge of the leeway", False, lambda now: now - LEEWAY_S),
    ("exp: past", False, lambda now: now - 3_600),
    ("exp: a float, past", False, lambda now: now - LEEWAY_S + 0.9),
    ("exp: more than ten years away", False, lambda now: now + TEN_YEARS_S + 1),
    ("exp: in milliseconds", False, lambda now: (now + 60) * 1_000),
    ("exp: huge", False, lambda _: 10**400),
    ("exp: negative", False, lambda _: -1),
    ("exp: true", False, lambda _: True),
    ("exp: null", False, lambda _: None),
    ("exp: left out", False, lambda _: LEFT_OUT),
    ("exp: a word", False, lambda _: "tomorrow"),
    ("exp: a decimal in quotes", False, lambda now: f"{now + 60}.0"),
    ("exp: a list", False, lambda now: [now + 60]),
    ("exp: NaN", False, lambda _: float("nan")),
    ("exp: infinite", False, lambda _: float("inf")),
]
# Good where no audience is asked for; the others say for themselves.
_AUD = [
    ("aud: ours", True, lambda _: AUDIENCE),
    ("aud: a list with ours", True, lambda _: ["https://api.example.com", AUDIENCE]),
    ("aud: left out", None, lambda _: LEFT_OUT),
    ("aud: another", None, lambda _: "https://elsewhere.example.com"),
    ("aud: begins as ours", None, lambda _: AUDIENCE + ".evil.example"),
    ("aud: a list of others", None, lambda _: ["https://elsewhere.example.com"]),
    ("aud: an empty list", None, lambda _: []),
    ("aud: empty", None, lambda _: ""),
    ("aud: a number", None, lambda _: 7),
    ("aud: an object", None, lambda _: {AUDIENCE: 1}),
    ("aud: a list with a number", None, lambda _: [AUDIENCE, 7]),
    ("aud: null", None, lambda _: None),
]
_SUB = [
    ("sub: a word", True, lambda _: "alice"),
    ("sub: as shops have it", True, lambda _: "auth0|a+b@x.com/7"),
    ("sub: digits", True, lambda _: "00042"),
    ("sub: a whole number", True, lambda _: 42),
    ("sub: zero", True, lambda _: 0),
    ("sub: a negative number", True, lambda _: -7),
    ("sub: as long as can be", True, lambda _: "x" * 128),
    ("sub: too long", False, lambda _: "x" * 129),
    ("sub: too long a number", False, lambda _: 10**128),
    ("sub: empty", False, lambda _: ""),
    ("sub: with a space", False, lambda _: "al ice"),
    ("sub: with a quote", False, lambda _: "al'ice"),
    ("sub: with a line feed", False, lambda _: "alice\n"),
    ("sub: Hangul", False, lambda _: "앨리스"),
    ("sub: half a letter", False, lambda _: "\ud800"),
    ("sub: a float", False, lambda _: 42.0),
    ("sub: true", False, lambda _: True),
    ("sub: null", False, lambda _: None),
    ("sub: left out", False, lambda _: LEFT_OUT),
    ("sub: a list", False, lambda _: ["alice"]),
]
_NAME = [
    ("name: left out", True, lambda _: LEFT_OUT),
    ("name: a word", True, lambda _: "Alice"),
    ("name: Hangul", True, lambda _: "앨리스"),
    ("name: too long", True, lambda _: "A" * 100),
    ("name: half a letter", True, lambda _: "\ud800lice"),
    ("name: empty", True, lambda _: ""),
    ("name: null", True, lambda _: None),
    ("name: a number", True, lambda _: 7),
    ("name: an object", True, lambda _: {"first": "Alice"}),
]
EXTRA = [
    ("extra: none", True, lambda _: {}),
    ("extra: an issuer", True, lambda _: {"iss": "https://shop.example.com"}),
    ("extra: an issuer that is a number", True, lambda _: {"iss": 7}),
    ("extra: an id", True, lambda _: {"jti": "6f0e1d5a"}),
    ("extra: an id that is a number", False, lambda _: {"jti": 7}),
    ("extra: an id that is null", False, lambda _: {"jti": None}),
    ("extra: roles", True, lambda _: {"roles": ["admin"], "admin": True, "alg": "none"}),
    ("extra: NaN", True, lambda _: {"x": float("nan"), "y": float("-inf")}),
    ("extra: huge numbers", True, lambda _: {"x": 10**300, "y": 1e308}),
    ("extra: deep", True, lambda _: {"x": json.loads("[" * 250 + "]" * 250)}),
]
CLAIMS: Mapping[str, list[tuple[str, bool | None, Any]]] = {
    "exp": _EXP,
    "iat": list(_times("iat")),
    "nbf": list(_times("nbf")),
    "aud": _AUD,
    "sub": _SUB,
    "name": _NAME,
}
_USUAL = b'{"alg":"HS256","typ":"JWT"}'
HEADERS = [
    ("header: as usual", True, _USUAL),
    ("header: typ first", True, b'{"typ":"JWT","alg":"HS256"}'),
    ("header: without typ", True, b'{"alg":"HS256"}'),
    ("header: another typ", True, b'{"alg":"HS256","typ":"at+jwt"}'),
    ("header: typ a number", True, b'{"alg":"HS256","typ":7}'),
    ("header: spaces", True, b'{ "alg" : "HS256",\n "typ" : "JWT" }'),
    ("header: kid", True, b'{"alg":"HS256","kid":"2026-11","typ":"JWT"}'),
    ("header: kid a number", False, b'{"alg":"HS256","kid":7,"typ":"JWT"}'),
    ("header: a key to fetch", True, b'{"alg":"HS256","jku":"http://evil.example","typ":"JWT"}'),
    ("header: alg twice, HS256 last", True, b'{"alg":"none","alg":"HS256","typ":"JWT"}'),
    ("header: alg twice, none last", False, b'{"alg":"HS256","alg":"none","typ":"JWT"}'),
    ("header: alg none", False, b'{"alg":"none","typ":"JWT"}'),
    ("header: alg in lower case", False, b'{"alg":"hs256","typ":"JWT"}'),
    ("header: HS384", False, b'{"alg":"HS384","typ":"JWT"}'),
    ("header: HS512", False, b'{"alg":"HS512","typ":"JWT"}'),
    ("header: RS256", False, b'{"alg":"RS256","typ":"JWT"}'),
    ("header: alg a list", False, b'{"alg":["HS256"],"typ":"JWT"}'),
    ("header: alg null", False, b'{"alg":null,"typ":"JWT"}'),
    ("header: without alg", False, b'{"typ":"JWT"}'),
    ("header: crit", False, b'{"alg":"HS256","crit":["exp"],"exp":1,"typ":"JWT"}'),
    ("header: crit empty", False, b'{"alg":"HS256","crit":[],"typ":"JWT"}'),
    ("header: b64 true, in crit", True, b'{"alg":"HS256","b64":true,"crit":["b64"]}'),
    ("header: b64 false", False, b'{"alg":"HS256","b64":false,"crit":["b64"]}'),
    ("header: b64 false, not in crit", False, b'{"alg":"HS256","b64":false}'),
    ("header: a list", False, b'["HS256"]'),
    ("header: a word", False, b'"HS256"'),
    ("header: half of it", False, b'{"alg":"HS256"'),
    ("header: in UTF-16", True, _USUAL.decode().encode("utf-16")),
    ("header: not UTF-8", False, b'{"alg":"HS256","kid":"\xff"}'),
]


def _in(raw: bytes, encoding: str) -> bytes:
    return raw.decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass")


PAYLOADS: list[tuple[str, bool, Callable[[bytes], bytes]]] = [
    ("payload: as usual", True, lambda raw: raw),
    ("payload: spaces", True, lambda raw: b" \n" + raw.replace(b'":', b'" : ') + b"\t"),
    ("payload: exp twice, the last one good", True, lambda raw: b'{"exp":1,' + raw[1:]),
    ("payload: exp twice, the last one bad", False, lambda raw: raw[:-1] + b',"exp":1}'),
    ("payload: in UTF-16", True, lambda raw: _in(raw, "utf-16")),
    ("payload: in UTF-16 from the big end", True, lambda raw: _in(raw, "utf-16-be")),
    ("payload: with a byte order mark", True, lambda raw: b"\xef\xbb\xbf" + raw),
    ("payload: CESU-8", True, lambda raw: raw[:-1] + b',"x":"\xed\xa0\x80"}'),
    ("payload: not UTF-8", False, lambda raw: raw[:-1] + b',"x":"\xff"}'),
    ("payload: a control character", False, lambda raw: raw[:-1] + b',"x":"\x01"}'),
    ("payload: a comma at the end", False, lambda raw: raw[:-1] + b",}"),
    ("payload: something behind it", False, lambda raw: raw + b"{}"),
    ("payload: half of it", False, lambda raw: raw[:-1]),
    ("payload: a list", False, lambda raw: b"[" + raw + b"]"),
    ("payload: a word", False, lambda _: b'"alice"'),
    ("payload: null", False, lambda _: b"null"),
    ("payload: an empty object", False, lambda _: b"{}"),
    ("payload: empty", False, lambda _: b""),
]


def b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _padded(text: bytes) -> bytes:
    return text + b"=" * (-len(text) % 4)


def _loose(text: bytes) -> bytes:
    """The same bytes, with a bit set that nobody reads; what has no such bit gets a stray sign."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if len(text) % 4 == 0:
        return text[:-1] + b"!" + text[-1:]
    return text[:-1] + bytes([letters[letters.index(text[-1]) ^ 1]])


# Of the three parts before they are signed, and of the signature.
PARTS: list[tuple[str, bool, int, Callable[[bytes], bytes]]] = [
    ("base64: without padding", True, 1, lambda text: text),
    ("base64: header padded", True, 0, _padded),
    ("base64: payload padded", True, 1, _padded),
    ("base64: signature padded", True, 2, _padded),
    ("base64: header with too much padding", False, 0, lambda text: text + b"==="),
    ("base64: payload with too much padding", False, 1, lambda text: text + b"==="),
    ("base64: signature with too much padding", False, 2, lambda text: text + b"==="),
    ("base64: payload with loose ends", False, 1, _loose),
    ("base64: signature with loose ends", False, 2, _loose),
    ("base64: payload with a line feed", False, 1, lambda text: text[:8] + b"\n" + text[8:]),
    ("base64: payload with a stray sign", False, 1, lambda text: text[:8] + b"!" + text[8:]),
    ("base64: payload with +", False, 1, lambda text: text[:-1] + b"+"),
    ("base64: payload with a dot", False, 1, lambda text: text[:8] + b"." + text[8:]),
    ("base64: payload cut off", False, 1, lambda text: text[:-8]),
    ("base64: signature one letter short", False, 2, lambda text: text[:-1]),
    ("base64: signature empty", False, 2, lambda _: b""),
    ("base64: signature of zeros", False, 2, lambda text: b"A" * len(text)),
    ("base64: header empty", False, 0, lambda _: b""),
]
KEYS = [
    ("key: the first", True, SECRET),
    ("key: the second", True, OLD_SECRET),
    ("key: nobody's", False, "somebody-elses-secret-of-32-bytes-or-more"),
    ("key: the first, in part", False, SECRET[:-1]),
    ("key: empty", False, ""),
]
