"""Turns an error of a store's driver into one sentence that names the address and the cause.

The sentence never holds a password: drivers name hosts and ports in their messages, never a URL.
"""

from __future__ import annotations

import errno
import re

# The formats of libpq and of redis-py.
_ADDRESS = re.compile(
    r'connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port (?P<port>\d+)'
    r'|connection to server on socket "(?P<socket>[^"]+)"'
    r"|connecting to (?P<place>(?:\[[^\]]*\]|[^\s:,]+):\d+)"
    r"|(?:reading|writing|from|to) (?P<other>(?:\[[^\]]*\]|[^\s:,]+):\d+)"
    r"|connecting to (?P<path>/\S+?)\.(?:\s|$)"
    r"|resolve host '(?P<name>[^']+)'"
)
# redis-py prefixes errors of a pipeline with the command, whose arguments may hold member ids.
_COMMAND = re.compile(r"Command # \d+ \(.*\) of pipeline caused error: ", re.DOTALL)
# psycopg lists the attempts so, if a URL names several hosts.
_ATTEMPTS = "Multiple connection attempts failed. All failures were:\n"
_ATTEMPT = re.compile(
    r"^- host: '(?P<host>[^']*)', port: '(?P<port>\d*)', hostaddr: (?:None|'[^']*'): (?P<error>.*?)"
    r"(?=^- host: |\Z)",
    re.DOTALL | re.MULTILINE,
)
_CAUSES = (
    ("refused the connection", re.compile(rf"connection refused|Error {errno.ECONNREFUSED} ",
                                          re.IGNORECASE)),
    ("does not answer in time", re.compile(r"time(?:d )?out", re.IGNORECASE)),
    ("is an unknown host name", re.compile(r"name or service not known|could not translate|"
                                           r"name resolution|no address associated",
                                           re.IGNORECASE)),
    ("can't be reached: no route to host", re.compile(r"no route to host|network is unreachable",
                                                      re.IGNORECASE)),
    ("does not exist: no server listens there", re.compile(r"no such file or directory",
                                                           re.IGNORECASE)),
)  # fmt: skip


def describe_cause(error: BaseException, address: str = "") -> str:
    """The cause, such as `127.0.0.1:5432 refused the connection`; never empty.

    address: the store's, for messages that hold none. An unknown error gives its message's first
    line. An error about several hosts gives the cause of each.
    """
    message = _COMMAND.sub("", str(error)).strip()
    attempts = _ATTEMPT.finditer(message.partition(_ATTEMPTS)[2])
    if causes := [_describe(one["error"], f"{one['host']}:{one['port']}") for one in attempts]:
        return "; ".join(causes)
    return _describe(message, address, type(error).__name__)


def _describe(message: str, address: str, unnamed: str = "no cause") -> str:
    text = " ".join(message.split())
    address = _address_in(text) or address
    for cause, pattern in _CAUSES:
        if address and pattern.search(text):
            return f"{address} {cause}"
    if address and (fatal := re.search(r"FATAL: +(.*)", text)):
        return f"{address}: {fatal[1]}"
    first = message.partition("\n")[0].strip() or unnamed
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
