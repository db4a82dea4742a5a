"""Fixtures of the witnesses: ports for the checks behind nginx."""

from __future__ import annotations

import pytest

from processes.child_process import free_port
from tests.witnesses.nginx_checks import Front


@pytest.fixture
def front() -> Front:
    return Front(free_port(), free_port())
