"""Target URLs: which addresses belong to a site, so that a redirect never leaves it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote_plus

URL_LENGTH_MAX = 4_096
HOST_LENGTH_MAX = 253
# The query parameter by which a pass comes to the site.
PASS_PARAMETER = "waitroom_pass"  # noqa: S105
_PORTS = {"http": 80, "https": 443}
# Strict on purpose: what a browser might read as another host does not match at all.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(
    rf"(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{{1,5}}))?", re.IGNORECASE
)
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#\\]*)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?P<rest>#.*)?",
    re.IGNORECASE,
)
# What an address may hold as it is; everything else is percent-encoded, as browsers do.
_KEPT = "%:/?#[]@!$&'()*+,;=-._~"


def pass_cookie(code: str, *, is_tls: bool) -> str:
    """The name of the site's cookie that keeps the pass of the room with this code.

    The verifiers in deploy/passes use the same. With TLS, no other host of the domain can set it.
    """
    return f"{'__Host-' if is_tls else ''}waitroom_{code}"


def site_origin(host: str) -> str | None:
    """The origin of a site's host as an admin writes it; None where it is no host.

    `shop.example` and `shop.example:8443` mean https; `http://localhost:8080` is without TLS.
    """
    scheme, separator, rest = host.strip().rpartition("://")
    try:
        return _origin(scheme if separator else "https", rest.encode("idna").decode())
    except UnicodeError:
        return None


def target_in(site_hosts: Iterable[str], raw: str) -> str | None:
    """`raw` as an absolute URL in one of the site's hosts; None for any other address.

    It must say http or https and the host: a relative address belongs to no site. A host without a
    scheme means https, so its pass never travels without TLS.
    """
    found = _URL.fullmatch(raw) if len(raw) <= URL_LENGTH_MAX and raw.isprintable() else None
    if found is None:
        return None
    origin = _origin(found["scheme"], found["host"])
    if origin is None or origin not in {site_origin(host) for host in site_hosts}:
        return None
    rest = f"{found['query'] or ''}{found['rest'] or ''}"
    try:
        return origin + quote((found["path"] or "/") + rest, safe=_KEPT)
    except UnicodeEncodeError:  # a lone surrogate
        return None


def with_pass(url: str, token: str) -> str:
    """The URL with this pass as a parameter; the rest stays as it is."""
    before, mark, fragment = without_pass(url)[0].partition("#")
    return f"{before}{'&' if '?' in before else '?'}{PASS_PARAMETER}={token}{mark}{fragment}"


def without_pass(url: str) -> tuple[str, str]:
    """The URL without its pass, and the pass; "" without one. The rest stays as it is."""
    before, mark, fragment = url.partition("#")
    path, _, query = before.partition("?")
    kept, token = [], ""
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) == PASS_PARAMETER:
            token = token or unquote_plus(value)
        else:
            kept.append(part)
    if len(kept) == query.count("&") + 1:
        return url, ""
    return f"{path}{'?' if kept else ''}{'&'.join(kept)}{mark}{fragment}", token


def _origin(scheme: str, host: str) -> str | None:
    """As browsers write it: in lower case, without the scheme's own port."""
    scheme = scheme.lower()
    found = _HOST.fullmatch(host)
    if scheme not in _PORTS or found is None or len(host) > HOST_LENGTH_MAX:
        return None
    name, port = found["host"].lower(), int(found["port"] or _PORTS[scheme])
    if not 0 < port < 65_536 or not _is_host(name):
        return None
    return f"{scheme}://{name}" + ("" if port == _PORTS[scheme] else f":{port}")


def _is_host(name: str) -> bool:
    """Whether it is a name, or an address as it is usually written.

    Browsers read `2130706433` and `0x7f.1` as addresses, so a name must not end in a number.
    """
    is_address = name.startswith("[") or name.rpartition(".")[2][:1].isdigit()
    if not is_address:
        return True
    try:
        return str(ipaddress.ip_address(name.strip("[]"))) == name.strip("[]")
    except ValueError:
        return False
