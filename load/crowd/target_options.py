"""The options of each command that sends people to a server."""

from __future__ import annotations

from typing import Annotated

import typer

Url = Annotated[str | None, typer.Option(help="The server's URL; default: BASE_URL.")]
Anywhere = Annotated[bool, typer.Option(help="Allow a server that is not on this machine.")]
