"""The keys of passes in tests, made once: making an RSA key takes a while."""

from __future__ import annotations

from passes.keys import PassKeys
from passes.pem import make_private_key

ISSUER = "https://line.example"
PASS_PEM = make_private_key("ES256")
PASS_KEYS = PassKeys.from_pem(PASS_PEM)
