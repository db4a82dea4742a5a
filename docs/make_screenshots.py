"""Takes the screenshots of the members' pages from the running product.

    .venv/bin/python -m docs.make_screenshots
    .venv/bin/python -m docs.make_screenshots --all FOLDER

Run it in the checkout, after `python3 run.py test` has prepared `.venv`. With --all every
state is taken wide and narrow, light and dark, in Korean and English, into FOLDER, for review.
Korean needs a font with Hangul (Debian: fonts-noto-cjk).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from redis import Redis

from docs.studio import FOLDER, IN_SEOUL, MEMBER, Studio, browser_and_stores
from issuance.offers import get_offer
from issuance.postgres.engine import open_engine
from tests.house import eventually, open_house
from tests.tcp_proxy import Proxy, proxied
from waitroom.redis_io.keys import Keys

# The screenshots that the docs show.
SHOWN = {
    "coupons-wide.png", "coupons-phone.png", "coupon-wide.png", "coupon-phone.png",
    "countdown-wide.png", "countdown-phone-ko.png",
    "lobby-wide.png", "lobby-phone-dark-ko.png", "lobby-draw-phone.png", "draw-wide.png",
    "waiting-wide.png", "waiting-phone.png", "waiting-phone-dark-ko.png",
    "near-phone-ko.png", "unlikely-phone.png", "unlikely-wide-ko.png", "paused-phone.png",
    "admitted-wide.png", "admitted-phone.png", "issued-wide.png", "issued-phone.png",
    "issued-phone-dark-ko.png", "my-coupons-wide.png", "my-coupons-phone.png",
    "restoring-wide.png", "restoring-phone-ko.png",
    "sold-out-wide.png", "sold-out-phone-ko.png", "closed-phone.png", "unreachable-phone.png",
    "branded-phone.png",
}  # fmt: skip
PEOPLE_AHEAD = 1_240
AMOUNT: dict[str, object] = {"kind": "amount", "value": 5_000}
PERCENT: dict[str, object] = {"kind": "percent", "value": 20, "cap": 8_000}
WAITS = "#place.place-waiting"


def take_all(studio: Studio, redis: Proxy) -> None:
    house = studio.house
    house.start_web()
    house.start("admitter")
    before_the_opening(studio)
    # Without a worker, admitted members stay admitted long enough for a screenshot.
    studio.offer("early", "For early birds", PERCENT, 300, opens_in=timedelta(hours=-2))
    studio.enter("early")
    eventually(lambda: studio.state("early") == "admitted")
    studio.take("admitted", "/rooms/early", "#place.place-admitted")
    house.start("worker")
    eventually(lambda: studio.state("early") == "issued")
    studio.take("issued", "/rooms/early", "#place.place-issued")
    in_line(studio)
    afterwards(studio)
    after_a_loss(studio)
    redis.cut()
    studio.take("unreachable", "/rooms/spring", "#place.place-unreachable")
    redis.mend()


def before_the_opening(studio: Studio) -> None:
    studio.offer(
        "night", "Night market", AMOUNT | {"value": 3_000}, 500, opens_in=timedelta(hours=20)
    )
    studio.take("countdown", "/coupons/night", ".action button:disabled", member="bob")
    soon = timedelta(minutes=9)
    studio.offer("morning", "Morning sale", AMOUNT, 800, opens_in=soon)
    studio.crowd("morning", 40)
    studio.enter("morning")
    studio.take("lobby", "/rooms/morning", "#place.place-lobby")
    studio.offer("lottery", "Birthday lottery", PERCENT, 200, opens_in=soon, opening="draw")
    studio.crowd("lottery", 40)
    studio.enter("lottery")
    studio.take("lobby-draw", "/rooms/lottery", "#place.place-lobby")
    studio.take("draw", "/rooms/lottery/draw", ".code")


def in_line(studio: Studio) -> None:
    slow = {"rate_per_s": 10, "burst": 1}
    studio.offer("spring", "Spring sale", AMOUNT, 2_000, opens_in=timedelta(hours=-3), **slow)
    studio.crowd("spring", PEOPLE_AHEAD)
    studio.enter("spring")
    studio.offer("few", "Last pieces", PERCENT, 312, **slow)
    studio.crowd("few", PEOPLE_AHEAD)
    studio.enter("few")
    studio.offer("near", "Small sale", AMOUNT, 100, rate_per_s=0.02, burst=1)
    studio.crowd("near", 7)
    studio.enter("near")
    studio.started = {"spring": PEOPLE_AHEAD + 600, "few": PEOPLE_AHEAD + 200, "near": 11}
    known = ":has(.wait b:has-text('1'))"
    studio.take("waiting", "/rooms/spring", WAITS + known)
    studio.take("unlikely", "/rooms/few", WAITS + ":has(.outlook-unlikely)")
    studio.take("near", "/rooms/near", WAITS)
    studio.turn("near", state="paused")
    studio.take("paused", "/rooms/near", WAITS + ":has(.outlook-resting)")
    look = {"name": "Blossom Shop", "colour": "#b3246b", "message": "Pick-up starts on Monday."}
    studio.house.admin("PATCH", "/rooms/spring/branding", look)
    eventually(lambda: b"Blossom" in _page(studio, "/coupons/spring"))
    studio.take("branded", "/rooms/spring", WAITS)
    studio.house.admin("PATCH", "/rooms/spring/branding", dict.fromkeys(look, ""))
    eventually(lambda: b"Blossom" not in _page(studio, "/coupons/spring"))


def after_a_loss(studio: Studio) -> None:
    """Lose one room's keys only: the Redis may not be ours to flush."""
    house = studio.house
    studio.offer("tea", "Tea tasting", AMOUNT, 100, rate_per_s=0.1, burst=1, restore_s=3_600)
    studio.crowd("tea", 12)
    studio.enter("tea")
    # Wait until the admitter has saved a watermark.
    engine = open_engine(house.environ["DATABASE_URL"], connections_max=1, name="pictures")
    eventually(lambda: get_offer(engine, "tea").room.watermark)
    engine.dispose()
    with Redis.from_url(house.redis_url) as redis:
        redis.delete(*Keys("tea").all())
    of_room = partial(house.call, "GET", "/api/admin/rooms/tea", token=house.admin_token)
    eventually(lambda: of_room()[1].get("is_restoring"))
    studio.take("restoring", "/rooms/tea", "#place.place-restoring")


def afterwards(studio: Studio) -> None:
    house = studio.house
    studio.turn("near", state="closed")
    studio.take("closed", "/rooms/near", "#place.place-refused")
    studio.turn("early", state="paused")
    studio.crowd("early", 299)
    studio.enter("early", "bob")
    studio.turn("early", state="open")
    eventually(lambda: house.call("GET", "/api/coupons/early")[1]["state"] == "sold_out")
    studio.started = {"early": 299}
    studio.take("sold-out", "/rooms/early", "#place.place-refused", member="bob")
    studio.take("coupons", "/", ".tickets", member="bob")
    studio.take("coupon", "/coupons/spring", ".action button", member="bob")
    used = house.member("GET", "/api/me/coupons", MEMBER)[1][0]["id"]  # type: ignore[index]
    house.member("POST", f"/api/me/coupons/{used}/use", MEMBER)
    studio.offer("hello", "Welcome", AMOUNT | {"value": 2_000}, 100)
    studio.enter("hello")
    eventually(lambda: studio.state("hello") == "issued")
    studio.take("my-coupons", "/me", ".tickets")


def _page(studio: Studio, path: str) -> bytes:
    with urlopen(studio.house.base_url + path, timeout=5) as answer:  # noqa: S310
        return bytes(answer.read())


def main(folder: Path, wants: Callable[[str], bool]) -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        browser_and_stores() as (browser, database_url, redis_url),
        proxied(redis_url) as (redis, by_proxy),
        open_house(database_url, redis_url, Path(scratch), REDIS_URL=by_proxy, **IN_SEOUL) as house,
    ):
        take_all(Studio(browser, house, folder, wants), redis)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--all":
        main(Path(sys.argv[2]), lambda _name: True)
    elif len(sys.argv) == 1:
        main(FOLDER, SHOWN.__contains__)
    else:
        sys.exit(__doc__)
