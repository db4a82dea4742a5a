"""/openapi.json describes the whole interface: every call, every problem, nothing that dangles."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from tests.integration.web_cast import ADMIN, PLACE_KEYS, a_coupon_in, has_safe_headers
from web.problems import KINDS
from web.sites.checks import METHODS
from web.sites.checks import ROUTES as CHECKS

# As the interface names them.
CALLS = {
    ("get", "/api/coupons"),
    ("get", "/api/coupons/{code}"),
    ("post", "/api/rooms/{code}/enter"),
    ("get", "/api/rooms/{code}/place"),
    ("get", "/api/rooms/{code}/challenge"),
    ("delete", "/api/rooms/{code}/place"),
    ("get", "/api/rooms/{code}/live"),
    ("post", "/api/coupons/{code}/issue"),
    ("get", "/api/me/coupons"),
    ("post", "/api/me/coupons/{id}/use"),
    ("get", "/api/admin/rooms"),
    ("get", "/api/admin/rooms/{code}/plan"),
    ("post", "/api/admin/rooms/{code}/publish"),
    ("post", "/api/admin/rooms/{code}/clone"),
    ("post", "/api/admin/rooms/{code}/archive"),
    ("post", "/api/admin/rooms/{code}/unarchive"),
    ("put", "/api/admin/rooms/{code}/rate-steps"),
    ("post", "/api/admin/rooms/{code}/rehearsal"),
    ("delete", "/api/admin/rooms/{code}/rehearsal"),
    ("post", "/api/admin/rooms/{code}/preview-links"),
    ("post", "/api/admin/coupons"),
    ("patch", "/api/admin/coupons/{code}"),
    ("patch", "/api/admin/rooms/{code}"),
    ("get", "/api/admin/rooms/{code}"),
    ("get", "/api/admin/rooms/{code}/members/{member_id}"),
    ("get", "/api/admin/audit"),
    ("get", "/api/admin/rooms/{code}/autopilot"),
    ("get", "/api/admin/rooms/{code}/reconcile"),
    ("post", "/api/admin/rooms/{code}/reconcile"),
    ("get", "/api/admin/rooms/{code}/series"),
    ("get", "/api/admin/rooms/{code}/record"),
    ("get", "/api/admin/coupons/{code}/issued.csv"),
    ("get", "/api/rooms/{code}/draw"),
    ("get", "/api/rooms/{code}/draw/record"),
    ("get", "/api/admin/rooms/{code}/draw/record"),
    ("get", "/api/admin/rooms/{code}/branding"),
    ("patch", "/api/admin/rooms/{code}/branding"),
    ("put", "/api/admin/rooms/{code}/logo"),
    ("delete", "/api/admin/rooms/{code}/logo"),
    ("get", "/api/admin/sites"),
    ("post", "/api/admin/sites"),
    ("get", "/api/admin/sites/{code}"),
    ("patch", "/api/admin/sites/{code}"),
    ("post", "/api/admin/sites/{code}/api-key"),
    ("post", "/api/admin/sites/{code}/pass-secret"),
    ("get", "/api/admin/site-rooms"),
    ("post", "/api/admin/site-rooms"),
    ("get", "/api/admin/site-rooms/{code}"),
    ("patch", "/api/admin/site-rooms/{code}"),
    ("post", "/api/rooms/{code}/pass"),
    *(
        (method, f"/api/passes/{move}")
        for move in ("renew", "finish")
        for method in ("post", "options")
    ),
    ("get", "/api/admin/rooms/{code}/visits"),
    ("delete", "/api/admin/rooms/{code}/visits"),
    ("delete", "/api/admin/rooms/{code}/visits/{visit_id}"),
    *((method.lower(), path.replace(":path", "")) for path in CHECKS for method in METHODS),
    ("get", "/.well-known/jwks.json"),
    ("get", "/.well-known/openid-configuration"),
    ("get", "/healthz"),
    ("get", "/livez/line"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}
OPEN_TO_ALL = {
    "/api/coupons",
    "/api/coupons/{code}",
    "/api/rooms/{code}/challenge",
    "/api/rooms/{code}/draw",
    "/api/rooms/{code}/draw/record",
}
PROBLEMS = {
    "not_signed_in", "bad_token", "forbidden", "no_such_coupon", "no_such_room", "not_in_line",
    "not_open_yet", "already_used", "already_started", "closed", "sold_out", "expired",
    "challenge_required", "too_many_requests",
    "room_full", "bad_request", "unavailable", "bad_ticket", "code_taken", "not_direct",
    "no_such_issued_coupon", "body_too_large", "not_drawn", "draining", "no_such_site",
    "no_secrets_key",
    "bad_pass", "not_your_turn", "no_such_visit", "visit_over",
}  # fmt: skip


@pytest.fixture
async def schema(client) -> dict[str, Any]:
    answer = await client.get("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    has_safe_headers(answer)
    return answer.json()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, by_method in schema["paths"].items():
        for method, operation in by_method.items():
            yield method, path, operation


def problem_examples(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for status, response in operation["responses"].items():
        problem = response.get("content", {}).get("application/problem+json", {})
        for name, example in problem.get("examples", {}).items():
            yield status, name, example["value"]


def every(key: str, node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from every(key, value)
    elif isinstance(node, list):
        for value in node:
            yield from every(key, value)


async def test_every_call_of_the_interface_is_described_and_no_page_is(schema):
    assert schema["openapi"].startswith("3.1")
    assert schema["info"]["title"]
    assert schema["info"]["version"]
    assert {(method, path) for method, path, _ in operations(schema)} == CALLS


async def test_every_api_route_is_described(app, schema):
    routes = {
        (method.lower(), (context.path or "").replace(":path}", "}"))
        for context in iter_route_contexts(app.routes)
        if (context.path or "").startswith("/api/")
        for method in context.methods or ()
    }

    assert routes == {call for call in CALLS if call[1].startswith("/api/")}


async def test_every_reference_leads_somewhere(schema):
    references = set(every("$ref", schema))

    assert references
    for reference in references:
        node: Any = schema
        assert reference.startswith("#/")
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
        assert node


async def test_every_operation_says_what_it_does_under_a_name_of_its_own(schema):
    names = [operation["operationId"] for _, _, operation in operations(schema)]

    assert len(names) == len(set(names))
    for _, path, operation in operations(schema):
        assert operation["description"].endswith("."), path
        assert any(status.startswith("2") for status in operation["responses"]), path
        assert all(response["description"] for response in operation["responses"].values()), path


async def test_every_path_parameter_is_declared(schema):
    for _, path, operation in operations(schema):
        declared = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}

        assert declared == set(re.findall(r"{(\w+)}", path)), path


async def test_every_api_operation_has_its_errors_with_examples(schema):
    for method, path, operation in operations(schema):
        if not path.startswith("/api/"):
            continue
        found = list(problem_examples(operation))
        names = {name for _, name, _ in found}

        assert "unavailable" in names, path
        if path != "/api/coupons":
            assert any(status.startswith("4") for status, _, _ in found), path
        if "{" in path or "requestBody" in operation:
            assert "bad_request" in names, (method, path)
        if "requestBody" in operation:
            assert "body_too_large" in names, (method, path)
        if path.startswith("/api/passes/"):
            assert method == "options" or {"not_signed_in", "bad_pass"} <= names, path
        elif method != "get" and "admin" not in path:
            assert {"not_signed_in", "bad_token", "forbidden"} <= names, (method, path)
        for status, name, value in found:
            assert (value["type"], str(value["status"])) == (name, status)
            assert value == {**value, "title": KINDS[name].title}


async def test_problems_have_the_headers_they_are_sent_with(schema):
    for _, path, operation in operations(schema):
        for status, name in {("401", "WWW-Authenticate"), ("503", "Retry-After")}:
            response = operation["responses"].get(status, {})
            if "application/problem+json" in response.get("content", {}):
                assert response["headers"][name]["required"], (path, status)


async def test_bounds_are_told_of_what_may_be_left_out_too(schema):
    for name in ("RoomPatch", "CouponPatch", "BrandingPatch"):
        for field, told in schema["components"]["schemas"][name]["properties"].items():
            kinds = [
                one for one in told["anyOf"] if one.get("type") in ("integer", "number", "string")
            ]
            bounds = {"minimum", "exclusiveMinimum", "maxLength", "pattern", "enum"}
            assert all(bounds & one.keys() for one in kinds), (name, field)


async def test_every_problem_of_the_interface_appears(schema):
    named = {name for _, _, one in operations(schema) for _, name, _ in problem_examples(one)}

    assert named >= PROBLEMS
    assert named <= set(KINDS)


async def test_who_may_call_is_described(schema):
    schemes = schema["components"]["securitySchemes"]

    assert schemes["memberToken"]["scheme"] == schemes["adminToken"]["scheme"] == "bearer"
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "member_session")
    assert (schemes["ticket"]["in"], schemes["ticket"]["name"]) == ("header", "Waitroom-Ticket")
    for method, path, operation in operations(schema):
        wanted = {name for one in operation.get("security", []) for name in one}
        if path == "/metrics":
            assert wanted == {"metricsToken"}, "where there is one"
            continue
        open_to_all = path in OPEN_TO_ALL or "/api/" not in path or method == "options"
        assert bool(wanted) != open_to_all, path
        assert ("adminToken" in wanted) == ("/admin/" in path), path


async def test_the_shapes_name_what_the_interface_names(schema):
    shapes = schema["components"]["schemas"]

    assert shapes["PlaceOut"]["properties"].keys() >= PLACE_KEYS
    assert set(shapes["ProblemOut"]["required"]) == {
        "type", "title", "status", "detail", "request_id"
    }  # fmt: skip
    assert shapes["CouponIn"]["additionalProperties"] is False
    assert "HTTPValidationError" not in json.dumps(schema)


async def test_the_example_of_a_coupon_can_be_sent_as_it_is(client, schema, code):
    (example,) = schema["components"]["schemas"]["CouponIn"]["examples"]

    answer = await client.post("/api/admin/coupons", headers=ADMIN, json=example | {"code": code})

    assert answer.status_code == 201
    assert set(example) >= set(a_coupon_in(code)) - {"issuing", "room"}


async def test_no_viewer_is_served_that_would_load_scripts_from_elsewhere(client):
    for path in ("/docs", "/redoc"):
        assert (await client.get(path)).status_code == 404
