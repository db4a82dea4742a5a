"""The whole way without JavaScript: from the sign-in form to a used coupon, by links and forms."""

import httpx
import pytest

from issuance.issued_coupons import list_holders
from tests.integration.web_cast import Html, app_with, client_of, in_line, serve


class Browser:
    """Follows what pages say: redirects as browsers do, forms as they stand."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        client.headers["Sec-Fetch-Site"] = "same-origin"
        self.path = ""

    async def open(self, path: str) -> Html:
        return await self._follow(await self._client.get(path))

    async def send(self, page: Html, action: str, **fields: str) -> Html:
        answer = await self._client.post(action, data=page.forms[action] | fields)
        return await self._follow(answer)

    async def _follow(self, answer: httpx.Response) -> Html:
        while answer.is_redirect:
            assert answer.status_code == 303
            answer = await self._client.get(answer.headers["location"])
        self.path = answer.request.url.path
        assert answer.status_code == 200
        return Html(answer)


@pytest.fixture
async def browser(parts):
    async with client_of(app_with(parts, demo=True)) as client:
        yield Browser(client)


async def test_from_the_list_to_a_coupon_that_is_used(browser, line, engine, code):
    await in_line(line, engine, code, total=5)
    await line.enter(code, "bob")
    enter, leave = f"/rooms/{code}/enter", f"/rooms/{code}/leave"

    coupons = await browser.open("/")
    assert "Spring sale" in coupons.text
    coupon = await browser.open(f"/coupons/{code}")
    signin = await browser.send(coupon, enter)
    assert browser.path == "/signin"
    ticket = await browser.send(signin, "/signin", name="alice")
    assert browser.path == f"/rooms/{code}"
    assert "1 person is ahead of you." in ticket.text
    assert leave in ticket.forms

    await serve(line, engine, code, at_most=1)
    assert "You are next." in (await browser.open(f"/rooms/{code}")).text
    await serve(line, engine, code, at_most=1)
    assert "You have your coupon" in (await browser.open(f"/rooms/{code}")).text
    assert list_holders(engine, code) == ["bob", "alice"]

    mine = await browser.open("/me")
    (use,) = (action for action in mine.forms if action.endswith("/use"))
    used = await browser.send(mine, use)
    assert browser.path == "/me"
    assert use not in used.forms
    ticket = await browser.open(f"/rooms/{code}")
    assert "Coupon used" in ticket.text


async def test_leaving_and_coming_back_starts_at_the_end(browser, line, engine, code):
    await in_line(line, engine, code)
    signin = await browser.open(f"/signin?next=/rooms/{code}")
    absent = await browser.send(signin, "/signin", name="alice")
    assert absent.place["data-state"] == "absent"
    ticket = await browser.send(absent, f"/rooms/{code}/enter")
    assert ticket.title.startswith("1 · In line")
    await line.enter(code, "bob")

    coupon = await browser.send(ticket, f"/rooms/{code}/leave")
    assert browser.path == f"/coupons/{code}"
    ticket = await browser.send(coupon, f"/rooms/{code}/enter")

    assert ticket.title.startswith("2 · In line")


async def test_a_second_person_in_the_same_browser_has_a_place_of_their_own(
    browser, line, engine, code
):
    await in_line(line, engine, code)
    for name, place in (("alice", 1), ("bob", 2), ("alice", 1)):
        signin = await browser.open(f"/signin?next=/coupons/{code}")
        await browser.send(signin, "/signin", name=name)
        absent_or_waiting = await browser.open(f"/rooms/{code}")
        if absent_or_waiting.place["data-state"] == "absent":
            await browser.send(absent_or_waiting, f"/rooms/{code}/enter")

        ticket = await browser.open(f"/rooms/{code}")

        assert ticket.title.startswith(f"{place} · In line")
