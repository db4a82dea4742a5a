"""Shop sign-in: the address of the shop's sign-in page, which sends the browser back to ours."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

# Where the address to return to goes.
NEXT = "{next}"


def check_signin_url(text: str) -> None:
    """Raises ValueError unless `text` is an address that contains NEXT once."""
    url = urlsplit(text.replace(NEXT, ""))
    is_address = url.scheme in ("http", "https") and bool(url.hostname)
    if not is_address or text.count(NEXT) != 1 or not text.isprintable() or " " in text:
        raise ValueError(f"must be an http:// or https:// address that contains {NEXT} once")


def fill_signin_url(text: str, here: str) -> str:
    """The shop's address, with `here` percent-encoded as the address to return to."""
    return text.replace(NEXT, quote(here, safe=""))
