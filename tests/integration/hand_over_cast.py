"""Hand-over links as shops make them, and the headers of who follows or previews them."""

from __future__ import annotations

import secrets
import time

import httpx

from tests.integration.web_cast import Html, signed

FORM = "/hand-over"
# A browser that follows a link, from the shop or from a chat.
FOLLOWS = {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
# Who looks at a link before, or instead of, the person it was sent to.
LOOKERS = {
    "Chrome's prefetch": FOLLOWS | {"Sec-Purpose": "prefetch"},
    "Chrome's prerender": FOLLOWS | {"Sec-Purpose": "prefetch;prerender"},
    "Chrome's private prefetch": FOLLOWS | {"Sec-Purpose": "prefetch;anonymous-client-ip"},
    "Safari's preview": {"Purpose": "prefetch"},
    "Safari's top sites": {"X-Purpose": "preview"},
    "Firefox's prefetch": {"X-Moz": "prefetch"},
    "an image": FOLLOWS | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "a frame": FOLLOWS | {"Sec-Fetch-Dest": "iframe"},
    "a script of a page": FOLLOWS | {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    "KakaoTalk": {"User-Agent": "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://x.test"},
    "Slack": {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    "WhatsApp": {"User-Agent": "WhatsApp/2.23.20.0"},
    "Telegram": {"User-Agent": "TelegramBot (like TwitterBot)"},
    "LINE": {"User-Agent": "facebookexternalhit/1.1;line-poker/1.0"},
    "Naver": {"User-Agent": "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)"},
}
# Programs and old browsers, which say nothing of what they do.
PLAIN = {
    "curl": {"User-Agent": "curl/8.5.0"},
    "Node's fetch": {"User-Agent": "node", "Sec-Fetch-Mode": "cors"},
    "Safari 15": {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0) Version/15.0 Safari/604"},
    "nothing": {},
}


def link(sub: str = "alice", **claims: object) -> str:
    """A token of its own, as a shop makes one for each hand-over."""
    made = {"sub": sub, "exp": int(time.time()) + 60, "jti": secrets.token_hex(8)}
    return signed(made | claims)


async def followed(client: httpx.AsyncClient, token: str, next_: str = "/me", **more: str):
    return await client.get(
        "/signin", params={"token": token, "next": next_}, headers=FOLLOWS | more
    )


async def who(client: httpx.AsyncClient) -> str | None:
    page = Html(await client.get("/"))
    return page.text.split("Sign out")[0].split()[-1] if "/signout" in page.forms else None
