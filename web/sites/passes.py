"""Passes of site rooms: signed for a visit, and verified when they come back."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request

from domain.refusals import Unavailable
from domain.sites.site_room import SiteRoom
from issuance.sites.errors import NoSecretsKey, SecretsUnreadable
from issuance.sites.secrets import read_pass_secrets
from passes.claims import PassClaims
from passes.signer import PassSigner
from waitroom.visits.visit import Visit
from web.container import WebContainer, get_container
from web.problems import Problem, sentence

NO_KEYS = "Passes can’t be signed: PASS_KEYS is not set. Set it, and restart web."
NO_KEY = "Passes can’t be signed: PASS_KEYS has no key for %(alg)s. Add one, and restart web."
NO_SECRET = "Passes can’t be signed: the site has no pass secret. Make one for it."  # noqa: S105


class RoomPasses:
    """Signs and verifies the passes of one room. secrets: its site's, the one that signs first."""

    def __init__(self, signer: PassSigner, room: SiteRoom, secrets: Sequence[str]) -> None:
        self._signer = signer
        self._room = room
        self._secrets = secrets

    def raise_if_unable(self) -> None:
        """Raise Problem unavailable where the key or secret of the room's algorithm is missing."""
        alg = self._room.settings.alg
        if alg == "HS256":
            if not self._secrets:
                raise Problem("unavailable", NO_SECRET, Unavailable().more)
        elif alg not in self._signer.keys.algorithms:
            raise Problem("unavailable", NO_KEY % {"alg": alg}, Unavailable().more)

    def sign(self, visit: Visit) -> str:
        """A pass that is valid until the visit ends."""
        alg = self._room.settings.alg
        secret = self._secrets[0] if alg == "HS256" else None
        began_at_s, ends_at_s = visit.claimed_at_us / 1_000_000, visit.ends_at_us / 1_000_000
        return self._signer.sign(
            self._room.code, visit.member_id, visit.visit_id, ends_at_s, alg, secret, began_at_s
        )

    def verify(self, token: str) -> PassClaims:
        """Raises BadPass."""
        return self._signer.verify(token, self._room.code, secrets=self._secrets)


def room_passes(parts: WebContainer, room: SiteRoom) -> RoomPasses:
    """Raises Problem unavailable where this process has no keys, or can't read a secret."""
    if parts.passes is None:
        raise Problem("unavailable", NO_KEYS, Unavailable().more)
    secrets: Sequence[str] = ()
    if any(one.purpose == "pass" for one in room.site.secrets):
        try:
            secrets = read_pass_secrets(room.site, parts.secret_encryption, parts.now())
        except (NoSecretsKey, SecretsUnreadable) as error:
            raise Problem("unavailable", sentence(error), Unavailable().more) from error
    return RoomPasses(parts.passes, room, secrets)


def get_room_passes(request: Request, room: SiteRoom) -> RoomPasses:
    return room_passes(get_container(request), room)
