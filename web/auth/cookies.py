"""Cookies: their names, and how they are set and deleted.

Over TLS a name begins with `__Host-`: then neither another host of the same domain nor an attacker
without TLS can set it (RFC 6265bis, 4.1.3.2). The prefix requires `Secure` and the path `/`. Names
without it, from the previous release, are still read for one release, and replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from starlette.responses import Response

HOST_PREFIX = "__Host-"


def cookie_name(base: str, *, secure: bool) -> str:
    return HOST_PREFIX + base if secure else base


def kept(found: Mapping[str, str], base: str) -> str | None:
    """The cookie's value, by its name with the prefix, else without."""
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
    """path: of a cookie without the prefix; one with it has the path `/`.

    found: the request's cookies, to replace one without the prefix. by_both_names: also set the
    name without the prefix, for processes of the previous release beside this one.
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


def raw_cookie(base: str, value: str, *, secure: bool, age_max_s: int, path: str) -> bytes:
    """The header's value as `set_cookie` writes it, in a tenth of the time.

    value: letters, digits, and what else a cookie may hold unquoted.
    """
    name, path, tls = cookie_name(base, secure=secure), "/" if secure else path, "; Secure" * secure
    return f"{name}={value}; HttpOnly; Max-Age={age_max_s}; Path={path}; SameSite=lax{tls}".encode()


def delete_cookie(response: Response, base: str, *, secure: bool, path: str = "/") -> None:
    """Delete both names. A browser deletes a `__Host-` cookie only by one with `Secure`."""
    response.delete_cookie(base, path=path, httponly=True)
    if secure:
        response.delete_cookie(HOST_PREFIX + base, path="/", secure=True, httponly=True)
