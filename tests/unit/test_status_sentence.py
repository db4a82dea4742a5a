"""One sentence says how it goes: in each case, and in both languages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.board_template_cast import some_figures
from tests.unit.place_template_cast import EN, KO, NOON
from web.pages.admin.status_sentence import RoomStatus, rate, status_sentence

KEPT_EN = "3,204 members are waiting and keep their places."
KEPT_KO = "3,204명이 기다리고 있고, 순번은 그대로예요."
busy = some_figures()
nobody = replace(busy, in_line=0, seats_in_use=0, admitted_per_s=0)
LATER_S = (NOON + timedelta(minutes=5)).timestamp()

CASES = [
    (
        RoomStatus(busy, NOON),
        "well",
        "Admitting 118/s (target 120/s). 412 left for 3,204 waiting: sold out in about 3 seconds.",
        (
            "입장 속도는 초당 118명이에요(목표 120명). "
            "3,204명이 대기 중이고 쿠폰은 412장 남았어요. "
            "약 3초 뒤면 쿠폰이 모두 소진돼요."
        ),
    ),
    (
        RoomStatus(replace(busy, used_count=0, total_count=10_000), NOON),
        "well",
        (
            "Admitting 118/s (target 120/s). 10,000 left for 3,204 waiting: "
            "everyone is admitted in about 27 seconds."
        ),
        (
            "입장 속도는 초당 118명이에요(목표 120명). "
            "3,204명이 대기 중이고 쿠폰은 10,000장 남았어요. "
            "약 27초 뒤면 모두 입장해요."
        ),
    ),
    (
        RoomStatus(replace(busy, rate_per_s=0.1, admitted_per_s=0.0, total_count=9_999), NOON),
        "well",
        (
            "Admitting 0/s (target 0.1/s). 9,411 left for 3,204 waiting: "
            "everyone is admitted in about 9 hours."
        ),
        (
            "입장 속도는 초당 0명이에요(목표 0.1명). "
            "3,204명이 대기 중이고 쿠폰은 9,411장 남았어요. "
            "약 9시간 뒤면 모두 입장해요."
        ),
    ),
    (
        RoomStatus(replace(busy, state="paused"), NOON),
        "still",
        f"Paused. {KEPT_EN}",
        f"일시 정지했어요. {KEPT_KO}",
    ),
    (
        RoomStatus(replace(nobody, state="paused"), NOON),
        "still",
        "Paused. Nobody is waiting.",
        "일시 정지했어요. 대기 중인 인원이 없어요.",
    ),
    (
        RoomStatus(replace(busy, state="draining", used_count=0, total_count=10_000), NOON),
        "well",
        (
            "Draining: no new entries. 3,204 members are still in line. "
            "Admitting 118/s (target 120/s). "
            "10,000 left for 3,204 waiting: everyone is admitted in about 27 seconds."
        ),
        (
            "줄 서기를 마감했어요. 새로 줄을 설 수 없어요. 줄에 3,204명 남았어요. "
            "입장 속도는 초당 118명이에요(목표 120명). "
            "3,204명이 대기 중이고 쿠폰은 10,000장 남았어요. "
            "약 27초 뒤면 모두 입장해요."
        ),
    ),
    (
        RoomStatus(replace(nobody, state="draining"), NOON),
        "over",
        "Drained: the line is empty.",
        "줄 서기를 마감했고, 대기열이 비었어요.",
    ),
    (
        RoomStatus(replace(nobody, state="draining", away=2), NOON),
        "still",
        ("Draining: no new entries. 2 were skipped and may still return. Nobody is waiting."),
        (
            "줄 서기를 마감했어요. 새로 줄을 설 수 없어요. 순서가 넘어간 2명은 아직 돌아올 수 "
            "있어요. 대기 중인 인원이 없어요."
        ),
    ),
    (
        RoomStatus(replace(busy, rate_mode="autopilot", steered_rate_per_s=300.0), NOON),
        "well",
        "Admitting 118/s (target 300/s). 412 left for 3,204 waiting: sold out in about 3 seconds.",
        (
            "입장 속도는 초당 118명이에요(목표 300명). "
            "3,204명이 대기 중이고 쿠폰은 412장 남았어요. "
            "약 3초 뒤면 쿠폰이 모두 소진돼요."
        ),
    ),
    (RoomStatus(replace(busy, used_count=1_000), NOON), "over", "Sold out.", "모두 소진됐어요."),
    (
        RoomStatus(replace(busy, state="closed"), NOON),
        "over",
        "Closed. Nobody is admitted any more.",
        "대기열을 종료했어요. 더 이상 아무도 입장할 수 없어요.",
    ),
    (
        RoomStatus(replace(busy, closes_at_s=0), NOON),
        "over",
        "This coupon has ended.",
        "쿠폰 기간이 끝났어요.",
    ),
    (RoomStatus(nobody, NOON), "still", "Nobody is waiting.", "대기 중인 인원이 없어요."),
    (
        RoomStatus(replace(nobody, seats_in_use=12), NOON),
        "well",
        "Nobody is waiting. 12 coupons are being issued.",
        "대기 중인 인원이 없어요. 쿠폰 12장을 발급하고 있어요.",
    ),
    (
        RoomStatus(replace(busy, opens_at_s=LATER_S, admitted_per_s=0), NOON),
        "still",
        f"Opens in about 5 minutes. {KEPT_EN}",
        f"약 5분 뒤에 오픈해요. {KEPT_KO}",
    ),
    (
        RoomStatus(busy, NOON, postgres_away=True),
        "trouble",
        f"Admission has stopped: Postgres is unreachable. {KEPT_EN}",
        f"Postgres에 연결할 수 없어 입장이 멈췄어요. {KEPT_KO}",
    ),
    (
        RoomStatus(busy, NOON, workers=0),
        "trouble",
        f"Nothing is issued: no worker is running. {KEPT_EN}",
        f"실행 중인 워커가 없어 발급이 멈췄어요. {KEPT_KO}",
    ),
    (
        RoomStatus(replace(busy, admitted_per_s=0, seats_in_use=100, seats=100), NOON),
        "trouble",
        f"All 100 seats are in use. {KEPT_EN}",
        f"좌석 100석이 모두 사용 중이에요. {KEPT_KO}",
    ),
    (
        RoomStatus(replace(busy, admitted_per_s=0, seats_in_use=412), NOON),
        "well",
        f"The last 412 coupons are being issued. {KEPT_EN}",
        f"마지막 쿠폰 412장을 발급하고 있어요. {KEPT_KO}",
    ),
    (
        RoomStatus(replace(busy, admitted_per_s=0), NOON),
        "trouble",
        f"Nobody was admitted in the last few seconds. {KEPT_EN}",
        f"최근 몇 초 동안 아무도 입장하지 못했어요. {KEPT_KO}",
    ),
    (
        RoomStatus(None, NOON),
        "trouble",
        (
            "Redis is unreachable: nobody is admitted. Places are kept, and this page reconnects "
            "automatically."
        ),
        (
            "Redis에 연결할 수 없어 아무도 입장하지 못해요. "
            "순번은 그대로이고, 이 화면은 자동으로 다시 연결해요."
        ),
    ),
]


@pytest.mark.parametrize(("going", "tone", "english", "korean"), CASES)
def test_one_sentence_says_how_it_goes(going, tone, english, korean):
    assert status_sentence(going, EN) == (tone, english)
    assert status_sentence(going, KO) == (tone, korean)


def test_one_who_waits_is_one():
    _, sentence = status_sentence(RoomStatus(replace(busy, state="paused", in_line=1), NOON), EN)

    assert sentence == "Paused. One member is waiting and keeps their place."


def test_rates_are_whole_from_ten_on_and_else_to_a_tenth():
    assert [rate(EN, one) for one in (1_234.4, 12.5, 9.96, 0.25, 3)] == [
        "1,234", "12", "10", "0.2", "3",
    ]  # fmt: skip
