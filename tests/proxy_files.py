"""The proxies' files of deploy/, with what only the operator's machine has replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DEPLOY = Path(__file__).parents[1] / "deploy"
NGINX_CONF, CADDYFILE = DEPLOY / "nginx.conf", DEPLOY / "Caddyfile"
SITE_NGINX_CONF, SITE_CADDYFILE = DEPLOY / "passes" / "nginx.conf", DEPLOY / "passes" / "Caddyfile"
HAPROXY_POSTGRES = DEPLOY / "haproxy-postgres.cfg"
# `sed` removes it, as the file says.
CACHING = "#cache "


def with_caching(nginx_conf: str) -> str:
    """The file with its optional lines for caching."""
    return nginx_conf.replace(CACHING, "")


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """Each old text is there once: otherwise the file has changed, and the test must too."""
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text
