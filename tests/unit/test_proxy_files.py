"""deploy/: what the proxies answer themselves is what `web` would, and they know our cookies."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.needs import needs
from tests.proxy_files import CADDYFILE, NGINX_CONF, SITE_NGINX_CONF, with_caching
from web.auth import admin_sessions, cookies, sessions
from web.cache.static_files import BUNDLES, FOR_EVER, list_files, static_address
from web.middleware.security import HEADERS, HSTS

NGINX, CADDY = NGINX_CONF.read_text("utf-8"), CADDYFILE.read_text("utf-8")
# The proxies name themselves.
OURS = {name: value for name, value in HEADERS.items() if name != "Server"} | {
    "Cache-Control": FOR_EVER,
    "Vary": "Accept-Encoding",
    HSTS[0].decode().title(): HSTS[1].decode(),
}


def quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


@pytest.mark.parametrize("name", OURS)
def test_static_files_have_the_headers_that_web_gives_them(name):
    assert f"add_header {name} {quoted(OURS[name])};" in NGINX
    assert re.search(rf"^\t+(header @tls )?{name} {re.escape(quoted(OURS[name]))}$", CADDY, re.M)


def test_the_proxies_know_the_addresses_of_all_static_files():
    (nginx,) = re.findall(r'"~(\^v=.+)" \$digest;', NGINX)
    (caddy,) = re.findall(r"~(\^v=\S+) \$\{1\}", CADDY)
    queries = [static_address(name).partition("?")[2] for name in (*list_files(), *BUNDLES)]
    others = ["", "v=", "v=../etc", "v=0/..", "v=0&bundle=../x.js", "v=0&w=1", "w=1&v=0", "v=%30"]

    for pattern in (nginx.replace("?<digest>", ""), caddy):
        assert [one for one in queries if not re.search(pattern, one)] == []
        assert [one for one in others if re.search(pattern, one)] == []


def test_whoever_has_a_cookie_of_ours_gets_a_page_of_their_own():
    (pattern,) = re.findall(r'"~(;.+=)" 1;', with_caching(NGINX))
    bases = [sessions.SESSION_COOKIE, admin_sessions.SESSION_COOKIE, "ticket-spring", "from-spring"]
    ours = [cookies.cookie_name(base, secure=secure) for base in bases for secure in (True, False)]

    for name in (*ours, sessions.OLD_COOKIE):
        assert re.search(pattern, f";{name}=1")
        assert re.search(pattern, f";lang=ko; {name}=1")
    for other in (";", ";lang=ko", ";_ga=session", ";my_session=1", ";lang=ko; not-a-ticket-x=1"):
        assert not re.search(pattern, other)


def test_caching_is_off_until_its_lines_are_taken_in():
    assert "proxy_cache" not in re.sub(r"#.*", "", NGINX)
    assert "#cache" not in with_caching(NGINX).split("worker_processes")[1]
    assert with_caching(NGINX).count("proxy_cache ") == 2


@needs("nginx")
@pytest.mark.parametrize("text", [NGINX, with_caching(NGINX), SITE_NGINX_CONF.read_text("utf-8")])
def test_nginx_accepts_its_file(text, tmp_path):
    # What only the machine has that runs it.
    text = re.sub(r"listen 443 ssl http2|ssl_certificate.*", "listen 127.0.0.1:1", text, count=1)
    text = re.sub(r"ssl_certificate.*;", "", text).replace("/var/", f"{tmp_path}/")
    (tmp_path / "log" / "nginx").mkdir(parents=True)
    (tmp_path / "cache" / "nginx").mkdir(parents=True)
    path = tmp_path / "nginx.conf"
    path.write_text(f"pid {tmp_path}/pid;\n{text}")

    argv = ["nginx", "-t", "-p", str(tmp_path), "-c", str(path), "-e", str(tmp_path / "errors")]
    done = subprocess.run(argv, capture_output=True, text=True)

    assert "syntax is ok" in done.stderr, done.stderr
