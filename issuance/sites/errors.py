"""Errors of sites, by what the caller can do about them."""

from __future__ import annotations

from issuance.errors import OfficeError


class NoSuchSite(OfficeError):
    """There is no such site."""


class NoSuchSiteRoom(OfficeError):
    """There is no such room of a site."""


class SiteCodeTaken(OfficeError):
    """A site with this code already exists. Choose another code."""


class SecretsUnreadable(OfficeError):
    """A stored pass secret can’t be decrypted: SITE_SECRETS_KEYS lacks the key that encrypted it.

    Add that key, or make a new pass secret.
    """


class NoSecretsKey(OfficeError):
    """SITE_SECRETS_KEYS is not set: it encrypts the pass secrets of sites. Set it first."""
