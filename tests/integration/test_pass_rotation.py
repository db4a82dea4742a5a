"""Pass keys are rotated while passes are verified: no good pass is refused."""

import random
import time
from collections import Counter

import pytest

from passes.keys import PassKeys
from passes.pem import make_private_key
from passes.signer import PassSigner
from tests.bad_passes import MEMBER, ROOM, VISIT
from tests.house import WITHIN_S, eventually
from tests.key_caches import JoserfcCache, PyJwtCache, stream_of_verifications
from tests.rolling_restart import hang_up

ISSUER = "https://line.example.com"
KEPT_S = 1.0
PROCESSES = 2
OLD, NEW = make_private_key("ES256"), make_private_key("ES256")
(OLD_KID,), (NEW_KID,) = ([key.kid for key in PassKeys.from_pem(pem).keys] for pem in (OLD, NEW))


class Rotation:
    """A `web` with its file of keys, and what its processes sign with."""

    def __init__(self, house, folder) -> None:
        self._file = folder / "pass-keys.pem"
        house.environ |= {"BASE_URL": ISSUER, "PASS_KEYS_FILE": str(self._file)}
        self._signers = [self._write(OLD)]
        self._web = house.start("web", "--port", str(house.port), "--processes", str(PROCESSES))
        house.until_ready()
        url = f"{house.base_url}/.well-known/jwks.json"
        self.caches = [
            kind(url, ROOM, ISSUER, kept_s=KEPT_S) for kind in (PyJwtCache, JoserfcCache)
        ]

    def _write(self, pem: str) -> PassSigner:
        self._file.write_text(pem)
        return PassSigner(PassKeys.from_pem(pem), issuer=ISSUER, now=time.time)

    def sign(self) -> str:
        """By any of the processes: while they are replaced, old ones and new ones sign."""
        return random.choice(self._signers).sign(ROOM, MEMBER, VISIT, time.time() + 600)

    def turn_to(self, pem: str) -> None:
        """Write the file, and replace all processes."""
        self._signers = [*self._signers, self._write(pem)]
        hang_up(self._web, PROCESSES)
        self._signers = self._signers[-1:]

    def all_know(self, kid: str) -> bool:
        return all(cache.knows(kid) for cache in self.caches)


@pytest.fixture
def rotation(house, tmp_path) -> Rotation:
    return Rotation(house, tmp_path)


def test_a_key_that_is_published_before_it_signs_is_never_refused(rotation):
    with stream_of_verifications(rotation.caches, rotation.sign) as seen:
        eventually(lambda: rotation.all_know(OLD_KID), within_s=WITHIN_S)
        rotation.turn_to(OLD + NEW)
        eventually(lambda: rotation.all_know(NEW_KID), within_s=WITHIN_S)
        rotation.turn_to(NEW + OLD)
        rotation.turn_to(NEW)
        eventually(
            lambda: not any(cache.knows(OLD_KID) for cache in rotation.caches), within_s=WITHIN_S
        )

    print(seen)
    assert {name: set(counts) for name, counts in seen.items()} == {
        "PyJwtCache": {"accepted"},
        "JoserfcCache": {"accepted"},
    }


def test_a_key_that_signs_at_once_is_refused_by_verifiers_that_keep_the_keys(rotation):
    """Why a rotation has three steps; and that the test above can see a refusal."""
    with stream_of_verifications(rotation.caches, rotation.sign) as seen:
        eventually(lambda: rotation.all_know(OLD_KID), within_s=WITHIN_S)
        rotation.turn_to(NEW)

    refused: Counter[str] = sum(seen.values(), Counter())
    del refused["accepted"]
    assert refused.total() > 0
