"""Errors of passes: keys that can't be used, and one class for each reason to refuse a pass."""

from __future__ import annotations

from passes.claims import PassClaims


class BadPassKeys(ValueError):
    """The keys that sign passes can't be used; the text says which one, and why."""


class NoKeyForAlgorithm(Exception):
    """PASS_KEYS has no key for this algorithm; the text says which kind of key to add."""


class BadPassSecret(ValueError):
    """A site's secret can't sign passes."""


class BadPass(Exception):
    """This pass can’t be accepted."""


class MalformedPass(BadPass):
    """This is not a pass: it is not a JWT with three parts."""


class UnsignedPass(BadPass):
    """The pass is not signed."""


class WrongAlgorithm(BadPass):
    """The pass is signed with an algorithm that its key does not have."""


class UnknownKey(BadPass):
    """The pass is signed with a key that is not one of this site’s."""


class BadSignature(BadPass):
    """The pass was changed, or somebody else has signed it."""


class BadClaims(BadPass):
    """The pass lacks a claim, or one has the wrong form."""


class WrongIssuer(BadPass):
    """The pass was issued by another site."""


class WrongRoom(BadPass):
    """The pass is for another room."""


class PassNotYetValid(BadPass):
    """The pass is not valid yet."""


class ExpiredPass(BadPass):
    """The pass has expired.

    claims: of a pass that is good otherwise, so that its visit can be found.
    """

    def __init__(self, claims: PassClaims) -> None:
        super().__init__()
        self.claims = claims
