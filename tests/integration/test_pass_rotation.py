"""Pass keys are rotated while passes are verified: no good pass is refused."""

from collections import Counter

import jwt
import pytest

from passes.keys import PassKeys
from passes.pem import make_private_key
from tests.house import WITHIN_S, eventually
from tests.key_caches import JoserfcCache, PyJwtCache, WebCheck, stream_of_verifications
from tests.rolling_restart import hang_up

ISSUER = "https://line.example.com"
KEPT_S = 1.0
PROCESSES = 2
OLD, NEW = make_private_key("ES256"), make_private_key("ES256")
(OLD_KID,), (NEW_KID,) = ([key.kid for key in PassKeys.from_pem(pem).keys] for pem in (OLD, NEW))


class Rotation:
    """A `web` with its file of keys, and the room of a site in which Alice has a visit."""

    def __init__(self, house, folder, code: str) -> None:
        self._house = house
        self._file = folder / "pass-keys.pem"
        self._file.write_text(OLD)
        house.environ |= {"BASE_URL": ISSUER, "PASS_KEYS_FILE": str(self._file)}
        house.start("admitter")
        self._web = house.start("web", "--port", str(house.port), "--processes", str(PROCESSES))
        house.until_ready()
        house.admin("POST", "/sites", {"code": code, "name": "Tea", "hosts": ["shop.example"]})
        house.admin("POST", "/site-rooms", {"code": code, "site": code, "title": "Tea sale"})
        self._path = f"/api/rooms/{code}/pass"
        house.member("POST", f"/api/rooms/{code}/enter", "alice")
        eventually(lambda: house.member("POST", self._path, "alice")[0] == 200)
        url = f"{house.base_url}/.well-known/jwks.json"
        self.caches = [
            kind(url, code, ISSUER, kept_s=KEPT_S) for kind in (PyJwtCache, JoserfcCache)
        ]
        self.verifiers = [*self.caches, WebCheck(house.base_url, code)]

    def sign(self) -> str:
        """A new pass of the visit, by any of the web processes. OSError from one that ends."""
        status, answer = self._house.member("POST", self._path, "alice")
        assert status == 200, answer
        return str(answer["pass"])

    def turn_to(self, pem: str) -> None:
        """Write the file, and replace all processes."""
        self._file.write_text(pem)
        hang_up(self._web, PROCESSES)

    def all_know(self, kid: str) -> bool:
        return all(cache.knows(kid) for cache in self.caches)


@pytest.fixture
def rotation(house, tmp_path, code) -> Rotation:
    return Rotation(house, tmp_path, code)


def test_a_key_that_is_published_before_it_signs_is_never_refused(rotation):
    with stream_of_verifications(rotation.verifiers, rotation.sign) as seen:
        eventually(lambda: rotation.all_know(OLD_KID), within_s=WITHIN_S)
        rotation.turn_to(OLD + NEW)
        eventually(lambda: rotation.all_know(NEW_KID), within_s=WITHIN_S)
        rotation.turn_to(NEW + OLD)
        signed_with = jwt.get_unverified_header(rotation.sign())["kid"]
        rotation.turn_to(NEW)
        eventually(
            lambda: not any(cache.knows(OLD_KID) for cache in rotation.caches), within_s=WITHIN_S
        )

    print(seen)
    assert signed_with == NEW_KID
    assert {name: set(counts) for name, counts in seen.items()} == {
        "PyJwtCache": {"accepted"},
        "JoserfcCache": {"accepted"},
        "WebCheck": {"accepted"},
    }


def test_a_key_that_signs_at_once_is_refused_by_verifiers_that_keep_the_keys(rotation):
    """Why a rotation has three steps; and that the test above can see a refusal."""
    with stream_of_verifications(rotation.verifiers, rotation.sign) as seen:
        eventually(lambda: rotation.all_know(OLD_KID), within_s=WITHIN_S)
        rotation.turn_to(NEW)

    refused: Counter[str] = sum(seen.values(), Counter())
    del refused["accepted"]
    assert refused.total() > 0
