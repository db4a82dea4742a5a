"""The public keys of passes: what programs fetch to verify passes by themselves."""

import json
import time

import jwt
import pytest
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from passes.keys import PassKeys
from passes.pem import make_private_key
from passes.signer import PassSigner
from tests.bad_passes import ISSUER, ROOM, VISIT
from tests.integration.web_cast import app_with, checked_problem, client_of

JWKS, DISCOVERY = "/.well-known/jwks.json", "/.well-known/openid-configuration"
PEM = "".join(make_private_key(alg) for alg in ("ES256", "RS256", "ES256"))
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.fixture
def signer() -> PassSigner:
    return PassSigner(PassKeys.from_pem(PEM), issuer=ISSUER, now=time.time)


@pytest.fixture
async def client(parts, signer):
    async with client_of(app_with(parts, passes=signer)) as made:
        yield made


async def test_all_public_keys_and_no_private_part_are_published(client, signer):
    answer = await client.get(JWKS)

    assert answer.status_code == 200
    assert answer.json() == signer.keys.jwks()
    assert len(answer.json()["keys"]) == 3
    for key in answer.json()["keys"]:
        assert not PRIVATE_MEMBERS & key.keys()
        assert None not in key.values()


@pytest.mark.parametrize("path", [JWKS, DISCOVERY])
async def test_anybody_may_keep_them_for_five_minutes(client, path):
    answer = await client.get(path)
    head = await client.head(path)

    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers
    assert (head.status_code, head.headers["Cache-Control"]) == (200, "public, max-age=300")


async def test_discovery_leads_to_the_keys(client):
    found = (await client.get(DISCOVERY)).json()

    assert found["issuer"] == ISSUER
    assert found["jwks_uri"] == f"{ISSUER}{JWKS}"
    assert found["id_token_signing_alg_values_supported"] == ["ES256", "RS256"]


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
async def test_others_verify_a_pass_by_the_keys_that_they_fetch(client, signer, alg):
    token = signer.sign(ROOM, "alice", VISIT, time.time() + 60, alg)

    fetched = (await client.get(JWKS)).json()

    key = jwt.PyJWKSet.from_dict(fetched)[jwt.get_unverified_header(token)["kid"]]
    by_pyjwt = jwt.decode(token, key, algorithms=[alg], audience=ROOM, issuer=ISSUER)
    by_joserfc = joserfc_jwt.decode(token, KeySet.import_key_set(fetched), algorithms=[alg])
    assert by_pyjwt["sub"] == by_joserfc.claims["sub"] == "alice"


@pytest.mark.parametrize("path", [JWKS, DISCOVERY])
async def test_without_keys_it_is_said_that_no_passes_are_signed(app, path):
    async with client_of(app) as client:
        answer = await client.get(path)

    assert answer.status_code == 404
    assert checked_problem(answer, "not_found", 404)["detail"].startswith(
        "This server signs no passes"
    )
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_schemas_describe_every_member(client):
    document = (await client.get("/openapi.json")).json()

    for path, name in ((JWKS, "KeySet"), (DISCOVERY, "Discovery")):
        operation = document["paths"][path]["get"]
        assert "security" not in operation
        assert name in json.dumps(operation["responses"]["200"])
    answered = {member for key in (await client.get(JWKS)).json()["keys"] for member in key}
    assert answered == document["components"]["schemas"]["PublicKey"]["properties"].keys()
