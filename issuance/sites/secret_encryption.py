"""SecretEncryption: encrypts the secrets of sites that must be readable again."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from issuance.sites.errors import NoSecretsKey, SecretsUnreadable

_PURPOSE = b"waitroom: secrets of sites"


class SecretEncryption:
    """Encrypts with the first key and decrypts with any. keys: at least 32 bytes of text each."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_derive(key)) for key in keys]) if keys else None

    def encrypt(self, secret: str) -> bytes:
        """Raises NoSecretsKey."""
        return self._keyed().encrypt(secret.encode())

    def decrypt(self, encrypted: bytes) -> str:
        """Raises NoSecretsKey, SecretsUnreadable."""
        try:
            return self._keyed().decrypt(encrypted).decode()
        except InvalidToken as error:
            raise SecretsUnreadable from error

    def encrypt_again(self, encrypted: bytes) -> bytes:
        """The same secret under the first key. Raises NoSecretsKey, SecretsUnreadable."""
        try:
            return self._keyed().rotate(encrypted)
        except InvalidToken as error:
            raise SecretsUnreadable from error

    def _keyed(self) -> MultiFernet:
        if self._fernet is None:
            raise NoSecretsKey
        return self._fernet


def _derive(key: str) -> bytes:
    """A Fernet key of a text of any length."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
