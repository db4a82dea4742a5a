"""A solution is good for its room, in its time, and only where it is one."""

import base64
import json

import pytest

from waitroom.tokens.challenge import (
    CHALLENGE_AGE_MAX_S,
    SOLUTION_LENGTH_MAX,
    BadSolution,
    Challenges,
    ExpiredSolution,
    solve,
)

OLD, NEW = "o" * 40, "n" * 40


@pytest.fixture(scope="module")
def solution() -> str:
    return solve(Challenges([OLD]).make("spring"))


def changed(solution: str, **parameters: object) -> str:
    payload = json.loads(base64.b64decode(solution))
    payload["challenge"]["parameters"] |= parameters
    return base64.b64encode(json.dumps(payload).encode()).decode()


def test_a_solution_is_read_the_same_each_time(solution):
    challenges = Challenges([OLD])

    assert challenges.verify(solution, room="spring") == challenges.verify(solution, room="spring")


def test_a_solution_is_for_its_room_alone(solution):
    with pytest.raises(BadSolution):
        Challenges([OLD]).verify(solution, room="summer")
    with pytest.raises(BadSolution):
        Challenges([OLD]).verify(changed(solution, data={"room": "summer"}), room="summer")


def test_a_solution_is_too_old_one_day(solution, monkeypatch):
    import time

    later = time.time() + CHALLENGE_AGE_MAX_S + 5
    monkeypatch.setattr(time, "time", lambda: later)

    with pytest.raises(ExpiredSolution):
        Challenges([OLD]).verify(solution, room="spring")


def test_its_time_can_not_be_stretched(solution):
    with pytest.raises(BadSolution):
        Challenges([OLD]).verify(changed(solution, expiresAt=4_000_000_000), room="spring")


def test_a_number_that_was_not_found_is_refused(solution):
    payload = json.loads(base64.b64decode(solution))
    payload["solution"]["derivedKey"] = "0" * 64
    wrong = base64.b64encode(json.dumps(payload).encode()).decode()

    with pytest.raises(BadSolution):
        Challenges([OLD]).verify(wrong, room="spring")


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "e30=", "bnVsbA==", "W10=", "é", "a" * (SOLUTION_LENGTH_MAX + 1), "eyJhIjo="],
)
def test_what_is_no_solution_is_refused(text):
    with pytest.raises(BadSolution):
        Challenges([OLD]).verify(text, room="spring")


@pytest.mark.parametrize(
    "parameters",
    [
        {"keySignature": None},
        {"cost": 10**9},
        {"cost": 1},
        {"algorithm": "SHA-256"},
        {"keyPrefix": ""},
        {"nonce": "zz"},
        {"expiresAt": "soon"},
        {"data": None},
    ],
)
def test_nobody_makes_it_easier_or_dearer_for_us(solution, parameters):
    with pytest.raises(BadSolution):
        Challenges([OLD]).verify(changed(solution, **parameters), room="spring")


def test_secrets_can_be_rotated(solution):
    assert Challenges([NEW, OLD]).verify(solution, room="spring")
    with pytest.raises(BadSolution):
        Challenges([NEW]).verify(solution, room="spring")
