"""Member ids such as shops use; together they contain every allowed character."""

from __future__ import annotations

import string

SHOP_IDS = (
    "alice",
    "00042",
    "a+tag@x.com",
    "auth0|123",
    "gid://shopify/7",
    "../alice",
    "a%2Fb%00",
    "a&b=c?d#e",
    "{room}:waiting",
    "[red]a[/red]",
    "a,b;c",
    "=1+1",
    "-dash",
    "$HOME/*~^_!()",
    "a:heart:b",
    "x" * 128,
)
# Quotes, and characters that JSON or HTML escape.
NOT_ALLOWED = " \"'`<>\\"
ALLOWED = "".join(
    sign for sign in string.ascii_letters + string.digits + string.punctuation
    if sign not in NOT_ALLOWED
)  # fmt: skip
