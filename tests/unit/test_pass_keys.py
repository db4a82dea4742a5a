"""Pass keys: which PEM bundles are read, what is published of them, and how a key is refused."""

import json
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.jwk import ECKey, RSAKey

from passes.errors import BadPassKeys, NoKeyForAlgorithm
from passes.keys import PassKeys
from passes.pem import KEYS_MAX, make_private_key

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
EC_PEM, RSA_PEM = make_private_key("ES256"), make_private_key("RS256")


def pem_of(key, form=PrivateFormat.PKCS8, encryption=None) -> str:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def test_the_first_key_of_an_algorithm_signs_and_all_are_published():
    second = make_private_key("ES256")

    keys = PassKeys.from_pem(EC_PEM + RSA_PEM + second)

    assert [key.alg for key in keys.keys] == ["ES256", "RS256", "ES256"]
    assert keys.signing("ES256") is keys.keys[0]
    assert keys.signing("RS256") is keys.keys[1]
    assert keys.algorithms == ("ES256", "RS256")
    assert [jwk["kid"] for jwk in keys.jwks()["keys"]] == [key.kid for key in keys.keys]


@pytest.mark.parametrize("pem", [EC_PEM, RSA_PEM])
def test_nothing_private_is_published_or_shown(pem):
    keys = PassKeys.from_pem(pem)

    (jwk,) = keys.jwks()["keys"]
    assert not PRIVATE_MEMBERS & jwk.keys()
    assert jwk.keys() == {"kty", "kid", "use", "alg"} | (
        {"crv", "x", "y"} if jwk["kty"] == "EC" else {"n", "e"}
    )
    assert "private" not in repr(keys.keys[0]).lower()


@pytest.mark.parametrize(("pem", "kind"), [(EC_PEM, ECKey), (RSA_PEM, RSAKey)])
def test_a_kid_is_the_thumbprint_that_others_compute(pem, kind):
    jwk = PassKeys.from_pem(pem).jwks()["keys"][0]

    assert jwk["kid"] == kind.import_key(pem).thumbprint()
    assert kind.import_key(jwk).as_pem(private=False) == kind.import_key(pem).as_pem(private=False)


@pytest.mark.parametrize(("number", "member"), [(379, "x"), (43, "y")])
def test_a_coordinate_with_leading_zeros_keeps_its_length(number, member):
    """RFC 7518, 6.2.1.2. One key in 128 has such a coordinate."""
    pem = pem_of(ec.derive_private_key(number, ec.SECP256R1()))

    (jwk,) = PassKeys.from_pem(pem).jwks()["keys"]

    assert jwk[member].startswith("A")
    assert (len(jwk["x"]), len(jwk["y"])) == (43, 43)
    assert jwk["kid"] == ECKey.import_key(pem).thumbprint()


@pytest.mark.parametrize(
    "changed",
    [
        lambda pem: pem.replace("\n", "\\n"),
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: pem.replace("\n", " "),
        lambda pem: "\n".join(f"    {line}" for line in pem.splitlines()),
        lambda pem: f"\ufeffBag Attributes\n    friendlyName: pass\n{pem}\n\n",
    ],
    ids=["written with backslashes", "CRLF", "in one line", "indented", "with other text"],
)
@pytest.mark.parametrize("pem", [EC_PEM, EC_PEM + RSA_PEM])
def test_keys_are_read_as_variables_and_editors_leave_them(pem, changed):
    assert PassKeys.from_pem(changed(pem)).jwks() == PassKeys.from_pem(pem).jwks()


@pytest.mark.parametrize(
    ("key", "label"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "EC PRIVATE KEY"),
        (rsa.generate_private_key(65_537, 2_048), "RSA PRIVATE KEY"),
    ],
)
def test_the_older_forms_of_openssl_are_read(key, label):
    pem = pem_of(key, PrivateFormat.TraditionalOpenSSL)

    assert label in pem
    assert PassKeys.from_pem(pem).jwks() == PassKeys.from_pem(pem_of(key)).jwks()


def test_what_openssl_writes_is_read():
    for words in (
        ["ecparam", "-name", "prime256v1", "-genkey"],
        ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ["genrsa", "2048"],
    ):
        made = subprocess.run(["openssl", *words], capture_output=True, text=True, check=True)

        assert len(PassKeys.from_pem(made.stdout).keys) == 1


REFUSED = {
    "empty": ("", "no PEM block"),
    "not PEM": ("hush-hush-hush", "no PEM block"),
    "a JWK": (json.dumps({"kty": "EC", "d": "hush"}), "no PEM block"),
    "cut off": (EC_PEM[:100] + EC_PEM[140:], "key 1 can't be read"),
    "not base64": ("-----BEGIN PRIVATE KEY-----\nhush!\n-----END PRIVATE KEY-----", "key 1 can't"),
    "a public key": (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        "key 1 is not a private key: its block is PUBLIC KEY",
    ),
    "a second one that is bad": (
        EC_PEM + "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----",
        "key 2 is not a private key: its block is CERTIFICATE",
    ),
    "another curve": (
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        "key 1 is on the curve secp384r1; only P-256",
    ),
    "few bits": (pem_of(rsa.generate_private_key(65_537, 1_024)), "key 1 has 1024 bits"),
    "Ed25519": (pem_of(ed25519.Ed25519PrivateKey.generate()), "key 1 is neither"),
    "a passphrase": (
        pem_of(
            ec.generate_private_key(ec.SECP256R1()), encryption=BestAvailableEncryption(b"hush")
        ),
        "key 1 has a passphrase",
    ),
    "a passphrase in the older form": (
        pem_of(
            ec.generate_private_key(ec.SECP256R1()),
            PrivateFormat.TraditionalOpenSSL,
            BestAvailableEncryption(b"hush"),
        ),
        "key 1 has a passphrase",
    ),
    "the same twice": (EC_PEM + RSA_PEM + EC_PEM, "key 3 is the same as key 1"),
    "too many": (EC_PEM * (KEYS_MAX + 1), f"has {KEYS_MAX + 1} keys, at most {KEYS_MAX}"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_can_not_be_used_is_refused_with_the_reason(name):
    text, why = REFUSED[name]

    with pytest.raises(BadPassKeys) as refused:
        PassKeys.from_pem(text)

    assert why in str(refused.value)
    assert "hush" not in str(refused.value)


def test_an_algorithm_without_a_key_is_named():
    with pytest.raises(NoKeyForAlgorithm, match="no key for RS256: add an RSA key"):
        PassKeys.from_pem(EC_PEM).signing("RS256")
    with pytest.raises(NoKeyForAlgorithm, match="no key for ES256: add an EC key on P-256"):
        PassKeys.from_pem(RSA_PEM).signing("ES256")
