"""Port check: refuses a port on which another deployment's web command serves.

Two commands of one deployment share a port while one takes over from the other. The kernel would
also share it between two deployments, and send each visitor to either.
"""

from __future__ import annotations

import http.client

import structlog

from processes.settings.reader import BadSettings
from web.api.health import DEPLOYMENT_HEADER

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 2.0
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def local_address(host: str) -> str:
    """The address on this machine of a server bound to `host`."""
    return ANY_ADDRESS.get(host, host)


def refuse_foreign_port(host: str, port: int, deployment: str) -> None:
    """Raises BadSettings if a web command of another deployment serves there.

    deployment: our id; if it is empty (Postgres is unreachable), any web command there is refused.
    """
    connection = http.client.HTTPConnection(local_address(host), port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        found = connection.getresponse().getheader(DEPLOYMENT_HEADER)
    except (OSError, http.client.HTTPException):
        return  # the port is free, or its program will not share it
    finally:
        connection.close()
    if found is None:
        # An earlier release, or another program, which will not share its port.
        log.warning("a server without a deployment id has this port; taking over", port=port)
    elif not deployment:
        raise BadSettings(
            f"Another web command serves on port {port}. Whether it belongs to this deployment is "
            "unknown, since Postgres does not answer. Start again once it does, or choose another "
            "--port."
        )
    elif found != deployment:
        raise BadSettings(
            f"A web command of another deployment serves on port {port}: {found[:64]}; this one is "
            f"{deployment}. Each visitor would reach one of the two at random. Stop that command, "
            "or choose another --port."
        )
