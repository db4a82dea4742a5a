"""`python -m tests.nursery DESCRIPTOR`: serves whoever has the other end of that socket."""

import socket
import sys

# What the commands import only once they run: here, and so once for all of them.
import cli.admitter
import cli.web
import cli.worker  # noqa: F401
from tests.nursery import serve

serve(socket.socket(fileno=int(sys.argv[1])))
