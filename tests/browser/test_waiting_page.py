"""The waiting page by itself: the stream, the countdowns, and how somebody hears of their turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.rendered import EN, KO, address, opened
from tests.unit.place_template_cast import NOON, AnyPlace, admitted, in_lobby, issued, waiting
from tests.unit.template_cast import html_of
from web.i18n import Language

WAITING = "room waiting, likely"


@pytest.fixture
def no_complaints() -> None:
    """Streams end here on purpose."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, width=390) as made:
        made.clock.install(time=NOON)
        yield made


def fragment(place: AnyPlace, language: Language = EN) -> str:
    return html_of("_place.html", language, place=place.seen(language))


def tell(page: Page, path: str, *places: AnyPlace, language: Language = EN) -> list[str]:
    """Answer with these places, one a request, the last one for ever; a stream, or a fragment."""
    left, asked = list(places), []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if not left:
            route.fulfill(status=503)
            return
        html = fragment(left.pop(0) if len(left) > 1 or path == "live" else left[0], language)
        if path == "live":
            data = "".join(f"data: {line}\n" for line in html.splitlines())
            route.fulfill(content_type="text/event-stream", body=f"event: place\n{data}\n")
        else:
            route.fulfill(content_type="text/html; charset=utf-8", body=html)

    page.route(f"**/rooms/spring/{path}", answer)
    return asked


def test_what_the_stream_says_is_put_into_the_place_and_disturbs_nobody(page: Page):
    """The words change, what is read stays; then asking goes on where the stream ends."""
    tell(page, "live", waiting(230, remain_count=1_000, started_ahead=1_500))
    tell(page, "place", waiting(57, remain_count=1_000, started_ahead=1_500), issued())
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        " document.querySelector('#place .number').dataset.same = '1' })"
    )

    page.goto(address(WAITING, EN))
    expect(page.locator("#place .number")).to_have_text("230")
    assert page.locator("#place .number").get_attribute("data-same") == "1"
    assert page.title() == "230 · In line · Open Run"
    assert page.locator("#news").inner_text() == "", "from 241 to 230 is no step"

    page.clock.run_for(4_000)
    expect(page.locator("#place .number")).to_have_text("57")
    expect(page.locator("#news")).to_have_text(
        "Your place in line is 57. Estimated wait: about 2 to 5 minutes."
    )
    page.clock.run_for(4_000)
    expect(page.locator("#place.place-issued")).to_be_visible()
    expect(page.locator("#news")).to_have_text("You have your coupon.")


def test_where_no_stream_is_to_be_had_the_page_asks_and_tries_again_now_and_then(page: Page):
    dialled = tell(page, "live")
    asked = tell(page, "place", waiting(200, remain_count=1_000))

    page.goto(address(WAITING, EN))
    page.clock.run_for(10_000)
    expect(page.locator("#place .number")).to_have_text("200")
    # Once more where the window was out of sight in between.
    assert 1 <= len(dialled) <= 2
    assert len(asked) >= 1

    # The refusal comes in its own time, from when on the page's clock counts to the next attempt,
    # which is 30 to 90 s.
    first, passed_s = len(dialled), 0
    while len(dialled) < first + 2 and passed_s < 300:
        page.clock.run_for(5_000)
        page.wait_for_timeout(20)
        passed_s += 5
    assert len(dialled) == first + 2
    assert 50 <= passed_s <= 200


# A network that dies without a word: the first stream says the place, then what it is made to say.
SILENT = """
window.EventSource = class extends EventTarget {
  constructor() {
    super();
    if (window.stream) return;
    window.stream = this;
    setTimeout(() => this.say("place", PLACE), 100);
  }
  say(type, data) { this.dispatchEvent(new MessageEvent(type, { data })); }
  close() { this.isClosed = true; }
};
"""


def test_a_connection_that_dies_silently_is_noticed_within_25_s(page: Page):
    place = fragment(waiting(230, remain_count=1_000))
    page.add_init_script(SILENT.replace("PLACE", json.dumps(place)))
    asked: list[str] = []
    page.route("**/rooms/spring/place", lambda route: asked.append(route.request.url))
    page.goto(address(WAITING, EN))
    page.clock.run_for(1_000)
    expect(page.locator("#place .number")).to_have_text("230")

    for _ in range(6):
        page.clock.run_for(10_000)
        page.evaluate("stream.say('beat', '1')")
    assert asked == [], "it speaks, so there is nothing to ask"
    expect(page.locator("#trouble")).to_be_hidden()

    page.clock.run_for(25_000)
    expect(page.locator("#trouble")).to_be_visible()
    assert page.evaluate("stream.isClosed")
    assert len(asked) == 1, "by another connection, which does not answer either"


@pytest.mark.parametrize(
    ("language", "before", "after", "spoken", "now"),
    [
        (EN, "Go to the lobby", "Get in line", "It opens in 5 minutes.", "It is open now."),
        (KO, "사전 대기실로 가기", "줄 서기", "오픈 5분 전이에요.", "지금 오픈했어요."),
    ],
)
def test_the_coupon_page_counts_down_and_wakes_by_itself(
    page: Page, language, before, after, spoken, now
):
    page.clock.set_system_time(NOON - timedelta(hours=1))
    page.clock.pause_at(NOON)  # what is shown stays, however slowly it is read
    page.goto(address("coupon scheduled, queue, no place", language))
    button, number = page.locator(".action button"), page.locator(".countdown .number")

    expect(number).to_have_text("01:00:00")
    expect(button).to_be_disabled()
    page.clock.fast_forward(45 * 60_000)
    expect(number).to_have_text("15:00")
    expect(button).to_be_enabled()
    expect(button).to_have_text(before, use_inner_text=True)
    page.clock.fast_forward("10:30")
    expect(page.locator("#news")).to_have_text(spoken)
    page.clock.fast_forward("05:00")
    expect(button).to_have_text(after, use_inner_text=True)
    expect(number).to_be_hidden()
    expect(page.locator("#news")).to_have_text(now)


def test_the_lobby_counts_down_and_goes_on_into_the_line(page: Page):
    # The server's clock and this one differ by three minutes: it is the server's that counts.
    page.clock.set_system_time(NOON)
    page.clock.pause_at(NOON + timedelta(minutes=3))
    tell(page, "place", in_lobby(7, opening="first_come"))
    page.goto(address("room lobby, first come", KO))
    expect(page.locator(".countdown .number")).to_have_text("10:00")
    page.unroute("**/rooms/spring/place")
    tell(page, "place", waiting(7, remain_count=100), language=KO)

    page.clock.fast_forward(10 * 60_000)
    page.clock.resume()  # the answer comes in its own time, and the page settles some time after

    expect(page.locator("#place.place-waiting .number")).to_have_text("7")
    expect(page.locator("#news")).to_contain_text("대기 순번은 7번이에요.")
    assert page.title() == "7 · 대기 중 · Open Run"


def test_who_looks_elsewhere_is_told_of_their_turn_by_whatever_they_chose(page: Page):
    """By the keyboard alone; nothing is asked for before it is chosen."""
    page.add_init_script(
        "window.shown = []; window.Notification = class extends EventTarget {"
        " static permission = 'default';"
        " static async requestPermission() { return Notification.permission = 'granted' }"
        " constructor(title, { body }) { super(); shown.push(`${title}: ${body}`) } };"
        "window.rung = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (at) { rung += 1; start.call(this, at) };"
    )
    tell(page, "place", waiting(1), waiting(1), admitted(), issued())
    page.goto(address(WAITING, KO))

    page.get_by_role("button", name="내 차례가 되면 알림 받기").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("차례가 되면 알려 드릴게요.")).to_be_visible()
    sound = page.get_by_role("switch", name="내 차례가 되면 소리로 알리기")
    expect(sound).to_be_focused()
    page.keyboard.press("Space")
    expect(sound).to_be_checked()
    assert page.evaluate("shown.length") == 0

    for _ in range(5):
        page.clock.run_for(3_000)
        page.wait_for_timeout(100)

    expect(page.locator("#place.place-issued")).to_be_visible()
    assert page.evaluate("shown") == [
        "회원님 차례예요: 봄맞이 할인",
        "쿠폰을 받았어요: 봄맞이 할인",
    ]
    assert page.evaluate("rung") == 4, "two notes when it was switched on, two at the turn"
    page.reload()
    expect(page.get_by_role("switch")).to_be_checked()


def test_the_whole_page_can_be_walked_by_keys_and_leaving_is_asked_about_first(page: Page):
    page.goto(address(WAITING, EN))
    walked = []
    for _ in range(14):
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or walked[-1] == "", walked
        if walked[-1] == "Leave the line":
            break

    assert walked[0] == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Yes, leave the line"
