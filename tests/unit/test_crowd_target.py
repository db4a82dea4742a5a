"""Where a crowd may be sent: to this machine, and elsewhere only when asked to."""

import pytest

from load.crowd.target import find_target
from processes.settings.reader import BadSettings


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no demo runs here
    for name in ("BASE_URL", "DATABASE_URL", "REDIS_URL", "DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MEMBER_TOKEN_SECRETS", "m" * 32)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:8000"])
def test_this_machine_is_sent_to_without_being_asked(url):
    assert find_target(url, anywhere=False).base_url == url


@pytest.mark.parametrize("url", ["http://192.0.2.1", "https://line.example.com", "localhost:80"])
def test_another_machine_is_not(url):
    with pytest.raises(BadSettings, match="is not on this machine") as refused:
        find_target(url, anywhere=False)

    assert "--url http://127.0.0.1:8000" in str(refused.value)
    assert "--anywhere" in str(refused.value)


def test_another_machine_is_where_somebody_says_so(monkeypatch):
    monkeypatch.setenv("BASE_URL", "https://line.example.com")

    assert find_target(None, anywhere=True).base_url == "https://line.example.com"


def test_where_postgres_is_not_known_nobody_looks():
    assert find_target(None, anywhere=False).rows("spring") is None
