"""Cookies: how they are called, kept and forgotten.

Where browsers come by TLS, a name begins with `__Host-`: then no other host, not even one of the
same domain, and nobody who answers in our place without TLS can set it (RFC 6265bis, 4.1.3.2). That
takes `Secure` and the path `/`. Names without the prefix, which the release before has set, are
still read for one release, and replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from starlette.responses import Response

HOST_PREFIX = "__Host-"


def cookie_name(base: str, *, secure: bool) -> str:
    return HOST_PREFIX + base if secure else base


def kept(found: Mapping[str, str], base: str) -> str | None:
    """The cookie's value: by the name with the prefix, else by the one without."""
    value = found.get(HOST_PREFIX + base)
    return found.get(base) if value is None else value


def set_cookie(
    response: Response,
    base: str,
    value: str,
    *,
    secure: bool,
    age_max_s: int,
    path: str = "/",
    samesite: Literal["lax", "strict"] = "lax",
    found: Mapping[str, str] | None = None,
    by_both_names: bool = False,
) -> None:
    """path: of a cookie without the prefix; one that has it goes to every path.

    found: the browser's cookies, where one without the prefix is to be replaced. by_both_names: for
    processes of the release before, which may serve beside ours.
    """
    for name in [cookie_name(base, secure=secure), *([base] if secure and by_both_names else [])]:
        response.set_cookie(
            name,
            value,
            max_age=age_max_s,
            path="/" if secure else path,
            secure=secure,
            httponly=True,
            samesite=samesite,
        )
    if secure and found and base in found:
        response.delete_cookie(base, path=path, httponly=True)


def delete_cookie(response: Response, base: str, *, secure: bool, path: str = "/") -> None:
    """By both names. For `__Host-` a browser obeys only what could have set it: with `Secure`."""
    response.delete_cookie(base, path=path, httponly=True)
    if secure:
        response.delete_cookie(HOST_PREFIX + base, path="/", secure=True, httponly=True)
