"""Whether another deployment's web command serves on a port that we are given.

Two commands of one deployment may share a port, while one takes over from the other. The kernel
would share it between those of two deployments as well, and spread visitors over both.
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
    """Where what is bound to `host` answers on this machine."""
    return ANY_ADDRESS.get(host, host)


def refuse_foreign_port(host: str, port: int, deployment: str) -> None:
    """Raises BadSettings where a web command of another deployment answers there.

    deployment: our id; empty where Postgres has not said it, and then nobody else may be there.
    """
    connection = http.client.HTTPConnection(local_address(host), port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        found = connection.getresponse().getheader(DEPLOYMENT_HEADER)
    except (OSError, http.client.HTTPException):
        return  # nobody is there; or it is something that will not share it
    finally:
        connection.close()
    if found is None:
        # A release before this one, or no program of ours: that one does not share its port.
        log.warning("somebody serves on this port and does not say who; taking over", port=port)
    elif not deployment:
        raise BadSettings(
            f"Port {port} is served by a web command already, and Postgres does not answer, which "
            "knows whether that is of this deployment. Start again once it does, or choose another "
            "--port."
        )
    elif found != deployment:
        raise BadSettings(
            f"Port {port} is served by the web command of another deployment: {found[:64]}, and "
            f"this one is {deployment}. Visitors would get the answers of one or the other. Stop "
            "that command, or choose another --port."
        )
