"""What nobody expected: told as such, without a word of what it was."""

import pytest
import structlog

from application.offer_cache import OfferCache
from tests.integration.web_cast import Html, by, checked_problem, has_safe_headers, in_line, token
from waitroom.line import Line

SECRET = "postgresql://waitroom:hunter2@10.0.0.7/waitroom"


@pytest.fixture
def broken(monkeypatch):
    async def explode(*_: object) -> None:
        raise RuntimeError(SECRET)

    for kind, name in ((Line, "enter"), (Line, "place"), (OfferCache, "offers")):
        monkeypatch.setattr(kind, name, explode)


async def test_an_unexpected_error_of_the_api_is_a_problem_that_tells_nothing(
    client, line, engine, code, broken
):
    await in_line(line, engine, code)

    with structlog.testing.capture_logs() as logs:
        answers = [
            await client.post(f"/api/rooms/{code}/enter", headers=by("alice")),
            await client.get(f"/api/rooms/{code}/place", headers=by("alice")),
            await client.get("/api/coupons"),
        ]

    for answer, line_ in zip(answers, logs, strict=True):
        problem = checked_problem(answer, "internal", 500)
        assert problem["request_id"] == line_["request_id"], "so that it can be found"
        assert "hunter2" not in answer.text + str(answer.headers)
        assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert [one["event"] for one in logs] == ["unexpected error"] * 3
    assert str(logs[0]["exc_info"]) == SECRET


async def test_an_unexpected_error_of_a_page_is_a_page_that_tells_nothing(client, broken):
    with structlog.testing.capture_logs():
        answer = await client.get("/")

    assert answer.status_code == 500
    assert "Internal error" in Html(answer).text
    assert "hunter2" not in answer.text


async def test_the_log_names_the_path_but_not_who_asked(client, line, engine, code, broken):
    await client.get("/signin", params={"token": token("alice")})

    with structlog.testing.capture_logs() as logs:
        await client.post(f"/api/rooms/{code}/enter?token=alice")

    assert logs[0]["path"] == f"/api/rooms/{code}/enter"
    assert "alice" not in str({k: v for k, v in logs[0].items() if k != "exc_info"})


@pytest.mark.parametrize(
    "path", ["/", "/me", "/signin", "/nothing", "/api/coupons", "/api/nothing", "/healthz",
             "/livez/line", "/readyz", "/metrics", "/openapi.json", "/static/app.css",
             "/static/nothing"],
)  # fmt: skip
async def test_every_answer_has_the_headers_that_keep_browsers_safe(client, path):
    answer = await client.get(path)

    has_safe_headers(answer)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
