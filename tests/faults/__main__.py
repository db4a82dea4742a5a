"""Runs the fault trials as `python -m tests.faults`."""

import sys

from tests.faults import skewed_clock

skewed_clock.install()  # before anything below binds `time.time`

from tests.faults.run import main  # noqa: E402

sys.exit(main())
