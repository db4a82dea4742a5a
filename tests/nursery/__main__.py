"""`python -m tests.nursery DESCRIPTOR`: serves whoever has the other end of that socket."""

import socket
import sys

from cli.importing import no_garbage

with no_garbage():
    from tests.nursery import import_commands, serve

    import_commands()

serve(socket.socket(fileno=int(sys.argv[1])))
