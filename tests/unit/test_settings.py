import traceback
from itertools import combinations
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydantic import BaseModel, Field, ValidationError

from processes.settings.admitter import AdmitterSettings
from processes.settings.reader import BadSettings, read_settings
from processes.settings.registry import ALL_SETTINGS
from processes.settings.stores import StoreSettings
from processes.settings.web import WebSettings
from processes.settings.worker import WorkerSettings
from tests.unit.settings_cast import LONG, OTHER, environ
from web.auth.passwords import Passwords

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
NAMES = sorted({name for kind in ALL_SETTINGS for name in kind.model_fields})


SECRETS = (
    "MEMBER_TOKEN_SECRETS", "TICKET_SECRETS", "ADMIN_TOKEN", "METRICS_TOKEN", "SITE_SECRETS_KEYS",
)  # fmt: skip


WRONG = {
    "DRAIN_S": "-1",
    "DATABASE_URL": "mysql://db/waitroom",
    "REDIS_URL": "http://redis",
    "QUEUE_REDIS_URL": "redis",
    "QUEUE_NAME": "two words",
    "LOG_FORMAT": "xml",
    "LOG_REQUESTS": "perhaps",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
    "MEMBER_TOKEN_SECRETS": "short",
    "TICKET_SECRETS": f"{LONG},short",
    "ADMIN_TOKEN": "short",
    "METRICS_TOKEN": "short",
    "PASS_KEYS": "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----",
    "SITE_SECRETS_KEYS": f"{LONG},short",
    "ADMIN_PASSWORD_HASH": "correct horse battery staple",
    "WORKERS": "0",
    "WEB_DB_CONNECTIONS": "many",
    "LINE_REPLICAS": "6",
    "BASE_URL": "shop.example",
    "FORWARDED_ALLOW_IPS": "the proxy",
    "DEMO": "perhaps",
    "SIGNIN_URL": "https://shop.example/login",
    "SITE_NAME": "n" * 61,
    "SITE_TIME_ZONE": "Asia/Soul",
    "TEMPLATES_DIR": "/nowhere/at/all",
    "MEMBER_TOKEN_AUDIENCE": "a" * 257,
    "CLOCK_LEEWAY_S": "60.5",
    "TICKET_AGE_MAX_S": "59",
    "SESSION_AGE_MAX_S": "1.5",
    "BODY_BYTES_MAX": "-1",
    "LIVE_STREAMS_MAX": "0",
    "ADDRESS_REQUESTS_MAX": "-1",
    "MEMBER_REQUESTS_MAX": "many",
    "ADDRESS_STREAMS_MAX": "0.5",
    "MEMBER_STREAMS_MAX": "-1",
    "LIMITS_EXEMPT_IPS": "the office",
    "BATCH_MAX": "5001",
    "BACKLOG_MAX": "0",
    "JOB_TIMEOUT_S": "601",
    "LEASE_S": "nan",
    "RECONCILE_EVERY_S": "-1",
}


def kind_with(name: str) -> type[StoreSettings]:
    return next(kind for kind in ALL_SETTINGS if name in kind.model_fields)


def test_a_complete_environment_is_read():
    web = read_settings(WebSettings, environ | {"WORKERS": "3", "DEMO": "1"})

    assert environ["DATABASE_URL"] == web.DATABASE_URL
    assert (web.WORKERS, web.DEMO, web.MEMBER_TOKEN_SECRETS) == (3, True, (LONG,))


@pytest.mark.parametrize("name", environ)
def test_what_is_missing_is_said_with_what_it_is_for(name):
    without = {key: value for key, value in environ.items() if key != name}

    with pytest.raises(BadSettings, match=rf"^{name} is required: .+\.$") as told:
        read_settings(WebSettings, without)

    said = str(told.value)
    assert WebSettings.model_fields[name].description.partition(" ([")[0] in said
    assert "](" not in said, "a terminal can't follow the links of docs/configuration.md"


def test_everything_that_is_missing_is_said_at_once():
    with pytest.raises(BadSettings) as told:
        read_settings(WebSettings, {})

    assert {line.split()[0] for line in str(told.value).splitlines()} == set(environ)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wrong_is_said_by_name(name):
    with pytest.raises(BadSettings, match=rf"^{name}: .+\.$") as told:
        read_settings(kind_with(name), environ | {name: WRONG[name]})

    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["WORKERS", "LOG_FORMAT", "QUEUE_NAME", "LEASE_S", "DEMO"])
def test_a_wrong_value_that_is_no_secret_is_shown(name):
    with pytest.raises(BadSettings) as told:
        read_settings(kind_with(name), environ | {name: WRONG[name]})

    assert str(told.value).endswith(f', got "{WRONG[name]}".')


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_too_short_is_refused_and_never_shown(name):
    short = environ | {name: "hush" * 7}

    with pytest.raises(BadSettings, match="at least 32 bytes") as told:
        read_settings(WebSettings, short)

    assert "hush" not in "".join(traceback.format_exception(told.value))


def test_a_password_where_its_hash_belongs_is_refused_and_never_shown():
    for text in ("hush hush hush", "$argon2i$v=19$m=8,t=1,p=1$aHVzaGh1c2g$aHVzaGh1c2g", "$2b$hush"):
        with pytest.raises(BadSettings, match=r"^ADMIN_PASSWORD_HASH: must be an Arg") as told:
            read_settings(WebSettings, environ | {"ADMIN_PASSWORD_HASH": text})

        assert "hush" not in str(told.value)


def test_a_password_hash_is_taken():
    hashed = CHEAP.hashed("correct horse battery staple")

    assert (
        hashed
        == read_settings(WebSettings, environ | {"ADMIN_PASSWORD_HASH": hashed}).ADMIN_PASSWORD_HASH
    )


def test_several_secrets_are_separated_by_commas_and_all_must_be_long():
    both = read_settings(WebSettings, environ | {"MEMBER_TOKEN_SECRETS": f"{LONG} , {OTHER}"})

    assert both.MEMBER_TOKEN_SECRETS == (LONG, OTHER)
    for broken in (f"{LONG},", f",{LONG}", f"{LONG},,{OTHER}"):
        with pytest.raises(BadSettings, match="TICKET_SECRETS"):
            read_settings(WebSettings, environ | {"TICKET_SECRETS": broken})


@pytest.mark.parametrize(("one", "other"), list(combinations(SECRETS, 2)))
@pytest.mark.parametrize("text", ["{}", OTHER + ",{}", "{} , " + OTHER])
def test_one_secret_for_two_purposes_is_refused(one, other, text):
    many = text if one.endswith("_SECRETS") else "{}"
    twice = environ | {one: many.format("hush" * 8), other: "hush" * 8}

    with pytest.raises(BadSettings, match=rf"^{one} and {other} hold the same secret") as told:
        read_settings(WebSettings, twice)

    assert "secrets.token_urlsafe(32)" in str(told.value)
    assert "hush" not in "".join(traceback.format_exception(told.value))


def test_a_shared_secret_is_found_in_a_file_too(tmp_path):
    """As whoever mounts one file for both would give it."""
    secret = tmp_path / "secret"
    secret.write_text(f"{environ['TICKET_SECRETS']}\n")

    with pytest.raises(BadSettings, match="hold the same secret"):
        read_settings(WebSettings, environ | {"MEMBER_TOKEN_SECRETS_FILE": str(secret)})


def test_the_length_of_a_secret_is_in_bytes():
    korean = "대기실" * 4

    assert korean == read_settings(WebSettings, environ | {"ADMIN_TOKEN": korean}).ADMIN_TOKEN


@pytest.mark.parametrize("name", environ)
def test_any_value_may_come_from_a_file(name, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(environ[name] + "\n")
    without = {key: value for key, value in environ.items() if key != name}

    given = read_settings(WebSettings, without | {f"{name}_FILE": str(secret)})

    assert given == read_settings(WebSettings, environ)


def test_a_file_that_is_not_there_is_said_by_name_and_path(tmp_path):
    path = str(tmp_path / "nothing")

    with pytest.raises(BadSettings, match=rf"^ADMIN_TOKEN_FILE can't be read: .*{path}$"):
        read_settings(WebSettings, environ | {"ADMIN_TOKEN_FILE": path})


def test_a_file_that_is_no_text_is_said_by_name_and_not_shown(tmp_path):
    (tmp_path / "secret").write_bytes(b"hush" * 8 + b"\xff")

    with pytest.raises(
        BadSettings, match=r"^ADMIN_TOKEN_FILE can't be read: it is not text"
    ) as told:
        read_settings(WebSettings, environ | {"ADMIN_TOKEN_FILE": str(tmp_path / "secret")})

    assert "hush" not in str(told.value)


def test_an_empty_value_is_as_good_as_none():
    empty = read_settings(WebSettings, environ | {"WORKERS": "", "QUEUE_REDIS_URL": ""})

    assert WebSettings.model_fields["WORKERS"].default == empty.WORKERS
    with pytest.raises(BadSettings, match=r"^ADMIN_TOKEN is required"):
        read_settings(WebSettings, environ | {"ADMIN_TOKEN": ""})


def test_the_queue_is_on_the_lines_redis_where_nothing_else_is_said():
    alone = read_settings(WorkerSettings, environ)
    apart = read_settings(WorkerSettings, environ | {"QUEUE_REDIS_URL": "redis://queue"})

    assert alone.queue_redis_url == environ["REDIS_URL"]
    assert apart.queue_redis_url == "redis://queue"


def test_each_process_needs_only_its_own():
    stores = {name: environ[name] for name in ("DATABASE_URL", "REDIS_URL")}

    assert read_settings(AdmitterSettings, stores | {"WORKERS": "none of ours"}).BATCH_MAX == 500
    assert read_settings(WorkerSettings, stores | {"BATCH_MAX": "none of ours"}).WORKERS == 2


def test_settings_do_not_change():
    settings = read_settings(WorkerSettings, environ)

    with pytest.raises(ValidationError):
        settings.WORKERS = 9


def test_every_variable_is_documented():
    documented = DOCS.read_text("utf-8") if DOCS.exists() else ""

    missing = [name for name in NAMES if f"`{name}`" not in documented]

    assert missing == [], f"docs/configuration.md does not say what {', '.join(missing)} means"


def test_a_missing_setting_is_described_without_links():
    class Linked(BaseModel):
        COLOUR: str = Field(description="a [colour](pages.md) ([all](#colours)). Not black")

    with pytest.raises(BadSettings, match=r"^COLOUR is required: a colour\. Not black\.$"):
        read_settings(Linked, {})
