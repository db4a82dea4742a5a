"""What the checks behind nginx begin with."""

from __future__ import annotations

import pytest

from processes.child_process import free_port
from tests.witnesses.nginx_checks import Front


@pytest.fixture
def front() -> Front:
    return Front(free_port(), free_port())
