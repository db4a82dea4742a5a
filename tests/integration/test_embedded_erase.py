"""An embedded server's folder is erased once its last process has ended."""

import fcntl
import os
import threading

import pytest

from processes.embedded import EmbeddedValkey, server


def test_erasing_waits_for_processes_that_end_slowly(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Postgres' do on a busy machine, after they were killed."""
    monkeypatch.setattr(server, "LEAVING_MAX_S", 0.0)
    folder = tmp_path / "valkey"
    with EmbeddedValkey(folder) as valkey:
        pass
    lock = os.open(folder / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    ends = threading.Timer(0.5, os.close, [lock])
    ends.start()

    valkey.erase()

    ends.join()
    assert not folder.exists()
