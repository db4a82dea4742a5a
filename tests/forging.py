"""Forging: what somebody might send in place of a ticket, a token or a session of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from hypothesis import strategies as st

# What the readers must not stumble over: separators, padding, other alphabets, half a letter.
LETTERS = "AZaz09-_.=+/ \n\x00é한\udc80"

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
texts = st.text(max_size=60) | st.text(LETTERS, max_size=60)
# Deeper and longer than any reader's patience.
absurd = st.builds(
    lambda piece, count: piece * count,
    st.sampled_from(["[", '{"a":', "A", ".", "é", "\x00", base64.b64encode(b"[" * 99).decode()]),
    st.sampled_from([100, 3_000, 50_000]),
)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@st.composite
def mangled(draw: st.DrawFn, text: str) -> str:
    """`text` with something changed; never as it was."""
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
    """A token that says this; signed, or with an empty signature."""
    said = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    if secret is None:
        return said + "."
    return f"{said}.{b64(hmac.digest(secret.encode(), said.encode(), digest))}"


def with_the_signature_of(text: str, other: str) -> str:
    """What one says, under what another was signed with."""
    return text.rpartition(".")[0] + "." + other.rpartition(".")[2]
