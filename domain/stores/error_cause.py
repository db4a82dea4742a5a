"""One sentence that names why a store could not be used, from what its driver raised.

It names an address where one is known, never a password: drivers name hosts and ports in their
messages, and a URL is never part of one.
"""

from __future__ import annotations

import errno
import re

# libpq and redis-py, each in its own words.
_ADDRESS = re.compile(
    r'connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port (?P<port>\d+)'
    r'|connection to server on socket "(?P<socket>[^"]+)"'
    r"|connecting to (?P<place>(?:\[[^\]]*\]|[^\s:,]+):\d+)"
    r"|(?:reading|writing|from|to) (?P<other>(?:\[[^\]]*\]|[^\s:,]+):\d+)"
    r"|connecting to (?P<path>/\S+?)\.(?:\s|$)"
    r"|resolve host '(?P<name>[^']+)'"
)
# What redis-py puts before an error of a pipeline: the command, whose words may name people.
_COMMAND = re.compile(r"Command # \d+ \(.*\) of pipeline caused error: ", re.DOTALL)
_WORDS = (
    ("refused the connection", re.compile(rf"connection refused|Error {errno.ECONNREFUSED} ",
                                          re.IGNORECASE)),
    ("does not answer in time", re.compile(r"time(?:d )?out", re.IGNORECASE)),
    ("is a name that nobody knows", re.compile(r"name or service not known|could not translate|"
                                               r"name resolution|no address associated",
                                               re.IGNORECASE)),
    ("can't be reached: no route to it", re.compile(r"no route to host|network is unreachable",
                                                    re.IGNORECASE)),
    ("has nobody listening there", re.compile(r"no such file or directory", re.IGNORECASE)),
)  # fmt: skip


def describe_cause(error: BaseException, address: str = "") -> str:
    """What went wrong, as `127.0.0.1:5432 refused the connection`.

    address: of the store, for errors whose message has none. The first line of the message where
    nothing better is known; never empty.
    """
    message = _COMMAND.sub("", str(error)).strip()
    text = " ".join(message.split())
    address = _address_in(text) or address
    for words, pattern in _WORDS:
        if address and pattern.search(text):
            return f"{address} {words}"
    if address and (fatal := re.search(r"FATAL: +(.*)", text)):
        return f"{address}: {fatal[1]}"
    first = message.partition("\n")[0].strip() or type(error).__name__
    return f"{address}: {first}" if address and address not in first else first


def _address_in(text: str) -> str:
    found = _ADDRESS.search(text)
    if found is None:
        return ""
    if found["host"]:
        host = found["host"]
        return f"[{host}]:{found['port']}" if ":" in host else f"{host}:{found['port']}"
    return next(
        text for name in ("socket", "place", "other", "path", "name") if (text := found[name])
    )
