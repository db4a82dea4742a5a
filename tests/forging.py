"""Forging: Hypothesis strategies for forged tickets, tokens and sessions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from hypothesis import strategies as st

# Characters that parsers may trip over: separators, padding, other alphabets, a lone surrogate.
LETTERS = "AZaz09-_.=+/ \n\x00é한\udc80"

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
texts = st.text(max_size=60) | st.text(LETTERS, max_size=60)
# Very deep and very long texts.
absurd = st.builds(
    lambda piece, count: piece * count,
    st.sampled_from(["[", '{"a":', "A", ".", "é", "\x00", base64.b64encode(b"[" * 99).decode()]),
    st.sampled_from([100, 3_000, 50_000]),
)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@st.composite
def mangled(draw: st.DrawFn, text: str) -> str:
    """`text` with some change; never equal to it."""
    at = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(at, len(text)))
    more = draw(st.text(LETTERS, max_size=8))
    parts = text.split(".")
    made = draw(
        st.sampled_from(
            [
                text[:at] + more + text[at:],
                text[:at] + more + text[end:],
                text[:at],
                text[at:],
                text[:end] + text[at:],
                text.swapcase(),
                ".".join(reversed(parts)),
                ".".join(parts[:-1]),
                ".".join([*parts, parts[-1]]),
                text + "." * (at + 1),
            ]
        )
    )
    return made if made != text else text[:-1]


def jwt_of(header: object, claims: object, secret: str | None, digest: Any = hashlib.sha256) -> str:
    """A token with these claims, signed, or with an empty signature."""
    said = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    if secret is None:
        return said + "."
    return f"{said}.{b64(hmac.digest(secret.encode(), said.encode(), digest))}"


def with_the_signature_of(text: str, other: str) -> str:
    """The payload of `text` with the signature of `other`."""
    return text.rpartition(".")[0] + "." + other.rpartition(".")[2]
