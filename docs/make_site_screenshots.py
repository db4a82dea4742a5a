"""Takes the screenshots of visitors' pages in front of a site from the running product.

.venv/bin/python -m docs.make_site_screenshots
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from docs.studio import FOLDER, IN_SEOUL, MEMBER, Studio, browser_and_stores
from domain.room_settings import RoomSettings
from domain.sites.site_settings import SiteSettings
from issuance.postgres.engine import open_engine
from issuance.sites.site_rooms import create_site_room
from issuance.sites.sites import create_site
from passes.pem import make_private_key
from tests.house import eventually, open_house

SHOWN = {
    "site-waiting-wide.png", "site-waiting-phone-ko.png", "site-called-wide.png",
    "site-called-phone-ko.png", "site-inside-phone.png", "site-over-phone.png",
}  # fmt: skip
PEOPLE_AHEAD = 36
QUEUES, CALLS = "tea", "cups"


def take_all(studio: Studio) -> None:
    house = studio.house
    house.start_web()
    house.start("admitter")
    eventually(lambda: studio.state(QUEUES) == "not_in_line")
    studio.crowd(QUEUES, PEOPLE_AHEAD)
    studio.enter(QUEUES)
    studio.take("site-waiting", f"/rooms/{QUEUES}", ".place-waiting")
    studio.enter(CALLS)
    eventually(lambda: studio.state(CALLS) == "called")
    studio.take("site-called", f"/rooms/{CALLS}?stay=1", ".place-called")
    house.member("POST", f"/api/rooms/{CALLS}/pass", MEMBER)
    studio.take("site-inside", f"/rooms/{CALLS}", ".place-inside")
    house.admin("DELETE", f"/rooms/{CALLS}/visits")
    studio.take("site-over", f"/rooms/{CALLS}", ".place-revoked")


def set_up(database_url: str) -> None:
    """A site with two rooms: in one nobody is called, in the other anybody at once."""
    now = datetime.now(UTC)
    engine = open_engine(database_url, connections_max=1, name="pictures")
    create_site(engine, "shop", "Tea shop", ["shop.example"], who="docs", now=now)
    for code, title, rate_per_s in ((QUEUES, "Spring tea", 0.001), (CALLS, "Tea cups", 100)):
        create_site_room(
            engine,
            "shop",
            code,
            title=title,
            opens_at=now - timedelta(hours=1),
            room_settings=RoomSettings(rate_per_s=rate_per_s, burst=1),
            settings=SiteSettings(passthrough="off", claim_s=1_200),
            who="docs",
            now=now,
        )
    engine.dispose()


def main() -> None:
    with (
        browser_and_stores() as (browser, database_url, redis_url),
        tempfile.TemporaryDirectory() as folder,
    ):
        set_up(database_url)
        environ = {
            **IN_SEOUL,
            "PASS_KEYS": make_private_key("ES256"),
            "BASE_URL": "http://127.0.0.1",
        }
        with open_house(database_url, redis_url, Path(folder), **environ) as house:
            take_all(Studio(browser, house, FOLDER, SHOWN.__contains__))


if __name__ == "__main__":
    main()
