"""`waitroom web` where nobody may filter a socket, as some systems let only root. For a test."""

import sys

from cli import listening
from cli.main import run

NO_OPTION = 9_999  # so the kernel itself refuses

if __name__ == "__main__":
    listening.SO_ATTACH_FILTER = NO_OPTION
    sys.argv[1:1] = ["web"]
    run()
