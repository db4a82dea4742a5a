"""`python -m tests.nursery DESCRIPTOR`: serves whoever has the other end of that socket."""

import socket
import sys

from tests.nursery import import_commands, serve

import_commands()
serve(socket.socket(fileno=int(sys.argv[1])))
