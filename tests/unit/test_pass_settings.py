"""PASS_KEYS: from a variable or a file, refused with its reason, and never shown."""

import traceback

import pytest

from passes.pem import make_private_key
from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from tests.unit.settings_cast import environ

PEM = make_private_key("ES256")
WITH_BASE_URL = environ | {"BASE_URL": "https://line.example.com"}


def test_without_keys_there_are_none():
    assert read_settings(WebSettings, environ).pass_keys is None


def test_keys_are_read_from_a_file(tmp_path):
    file = tmp_path / "pass-keys.pem"
    file.write_text(PEM + make_private_key("ES256"))

    settings = read_settings(WebSettings, WITH_BASE_URL | {"PASS_KEYS_FILE": str(file)})

    assert len(settings.pass_keys.keys) == 2


def test_keys_are_read_from_a_variable_with_one_line():
    settings = read_settings(WebSettings, WITH_BASE_URL | {"PASS_KEYS": PEM.replace("\n", "\\n")})

    assert len(settings.pass_keys.keys) == 1


def test_passes_need_an_issuer():
    with pytest.raises(BadSettings, match="PASS_KEYS needs BASE_URL"):
        read_settings(WebSettings, environ | {"PASS_KEYS": PEM})


@pytest.mark.parametrize("pem", ["hush-hush", PEM[:-60], PEM + PEM])
def test_bad_keys_are_refused_and_never_shown(pem):
    with pytest.raises(BadSettings, match=r"^PASS_KEYS: .+\.$") as told:
        read_settings(WebSettings, WITH_BASE_URL | {"PASS_KEYS": pem})

    shown = "".join(traceback.format_exception(told.value))
    assert "hush" not in shown
    assert PEM.splitlines()[1] not in shown
