"""Only `topology/` makes connections to Redis: elsewhere one would miss a failover."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
)  # fmt: skip
CLASSES = {"Redis", "StrictRedis", "ConnectionPool", "BlockingConnectionPool", "Sentinel"}
MAKERS = {*CLASSES, "from_url"}


def makers(source: str) -> Iterator[str]:
    """The calls that make a client or a pool of redis-py."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in MAKERS:
                yield name


def test_no_other_package_makes_a_connection_to_redis():
    found = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if list(makers(path.read_text("utf-8")))
    }

    assert {file.partition("/")[0] for file in found} == {"topology"}


def test_each_way_to_make_one_is_found():
    for source in ("Redis.from_url(url)", "redis.Redis()", "BlockingConnectionPool(host='h')"):
        assert list(makers(source))
    assert not list(makers("open_line(url)"))
