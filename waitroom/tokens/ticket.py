"""Ticket: a signed proof of a place, which the member keeps."""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Sequence
from hmac import compare_digest
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, ClassVar, NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from domain.draw import NUMBERS

SALT = "waitroom.ticket"
TICKET_LENGTH_MAX = 512
BLOCK_BYTES = 64
_TO_BASE64URL = bytes.maketrans(b"+/", b"-_")
_FROM_BASE64URL = bytes.maketrans(b"-_", b"+/")


class BadTicket(Exception):
    """This ticket can’t be accepted."""

    reason: ClassVar[str] = "bad"

    def __str__(self) -> str:
        return self.__doc__ or ""


class ForgedTicket(BadTicket):
    """This ticket was changed, or not signed here. Get in line without it for a new one."""

    reason = "forged"


class ExpiredTicket(BadTicket):
    """This ticket is too old. Get in line again for a new one."""

    reason = "expired"


class OtherRoomsTicket(BadTicket):
    """This ticket is for another room. Each room has its own tickets."""

    reason = "other_room"


class OtherMembersTicket(BadTicket):
    """This ticket belongs to another member. Sign in as that member, or get in line yourself."""

    reason = "other_member"


class Ticket(NamedTuple):
    """Room, member, and arrival in microseconds since 1970, as the line gave it.

    In a draw the arrival is the number drawn, and before the draw a negative mark, which reveals
    nothing: restoring computes the number from the seed. Both kinds hold the time of signing, which
    an arrival would otherwise show.
    """

    room: str
    member_id: str
    arrival_us: int
    signed_at_s: int | None = None


class TicketSigner:
    """Signs tickets with the first secret and accepts those of all.

    A ticket expires after `age_max_s`. now: seconds since 1970 by the line's clock, which arrivals
    come from. A signed ticket from the future is valid: that clock was set back or replaced, and
    the member keeps their place.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        age_max_s: float = 7 * 24 * 3600,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._age_max_s = age_max_s
        self._now = now
        self._serializer = URLSafeSerializer(
            list(reversed(secrets)),  # itsdangerous signs with the last of its keys
            salt=SALT,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
        # Each answer has a ticket, so this must be fast: `dumps` would derive the key and try to
        # compress each time, with the same result.
        key = self._serializer.make_signer(SALT).derive_key()
        self._mac = HmacKey(key)
        self._fast = SignedFields(secrets, salt=SALT)

    def sign(self, ticket: Ticket) -> str:
        signed_at = "" if ticket.arrival_us >= NUMBERS else f",{int(self._now())}"
        fields = (
            f"[{quoted(ticket.room)},{quoted(ticket.member_id)},{ticket.arrival_us}{signed_at}]"
        )
        text = to_base64url(fields.encode())
        return f"{text.decode()}.{to_base64url(self._mac.digest(text)).decode()}"

    def verify(self, text: str, *, room: str) -> Ticket:
        """The ticket, if it is valid for `room`. Raises a subclass of BadTicket for each fault."""
        if len(text) > TICKET_LENGTH_MAX:
            raise ForgedTicket
        try:
            fields = self._fast.loads(text)
            ticket = Ticket(*(self._serializer.loads(text) if fields is None else fields))
        except (BadData, TypeError, ValueError) as error:
            raise ForgedTicket from error
        if ticket.room != room:
            raise OtherRoomsTicket
        signed_at_s = ticket.signed_at_s
        age_s = self._now() - (
            ticket.arrival_us / 1_000_000 if signed_at_s is None else signed_at_s
        )
        if age_s > self._age_max_s:
            raise ExpiredTicket
        return ticket


class SignedFields:
    """Reads what `URLSafeSerializer` signs, which derives a key for each: four times the work."""

    def __init__(self, secrets: Sequence[str], *, salt: str) -> None:
        self._macs = [HmacKey(HmacKey(secret.encode()).digest(salt.encode())) for secret in secrets]

    def loads(self, text: str) -> Any:
        """The signed fields; None where itsdangerous must decide. Raises UnicodeEncodeError."""
        payload, _, signature = text.encode().rpartition(b".")
        for mac in self._macs:
            if compare_digest(to_base64url(mac.digest(payload)), signature):
                try:
                    return _parse_fields(payload)
                except (ValueError, zlib.error):
                    return None
        return None


def _parse_fields(payload: bytes) -> Any:
    """The fields of a payload with a valid signature, compressed where it begins with a dot."""
    if payload.startswith(b"."):
        return json.loads(zlib.decompress(from_base64url(payload[1:])).decode())
    return json.loads(from_base64url(payload).decode())


def to_base64url(data: bytes) -> bytes:
    """base64url without padding (RFC 7515, 2); `base64` goes through several layers."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_BASE64URL)


def from_base64url(text: bytes) -> bytes:
    """The bytes of base64url without padding; other characters are skipped. Raises ValueError."""
    return a2b_base64(text.translate(_FROM_BASE64URL) + b"==")


class HmacKey:
    """HMAC-SHA256 (RFC 2104) with a prepared key, for code that computes one for each request.

    The standard library's `hmac` prepares the key each time, or copies the prepared state through
    several layers, which takes three times as long. As the RFC allows, this keeps both hashes after
    their first block, which depends on the key only.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        short = hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key
        block = short.ljust(BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        """32 bytes. Compare them with `hmac.compare_digest` only."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()
