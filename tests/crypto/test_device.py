"""The secret of a remembered device."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from userpool.crypto import srp
from userpool.crypto.device import (
    DEVICE_RANDOM_BYTES,
    device_password,
    device_verifier,
    new_device_secret,
)
from userpool.crypto.modular import Arithmetic
from userpool.crypto.srp import SrpIdentity

GROUP, DEVICE = "-grpKey1", "us-east-1_11111111-2222-3333-4444-555555555555"


def test_the_secret_agrees_with_the_javascript_sdk(
    arithmetic: Arithmetic, vectors: Callable[[str], Any]
) -> None:
    vector = vectors("device_srp")
    random = bytes.fromhex(vector["password_random"] + vector["salt"])

    secret = new_device_secret(vector["group_key"], vector["device_key"], random=random)

    assert secret.password == vector["password"] == device_password(random[:40])
    assert secret.salt_b64 == vector["salt_b64"]
    verifier = b64decode(secret.verifier_b64)
    assert len(verifier) == vector["verifier_bytes"]
    assert sha256(verifier).hexdigest() == vector["sha256_of_verifier"]


@pytest.mark.parametrize("salt", [bytes(3) + b"\x7f" * 13, b"\xff" * 16])
def test_a_device_signs_in_with_what_it_registered(arithmetic: Arithmetic, salt: bytes) -> None:
    secret = new_device_secret(GROUP, DEVICE, random=bytes(range(40)) + salt)
    stored_salt = b64decode(secret.salt_b64)
    verifier = srp.parse_verifier(b64decode(secret.verifier_b64))
    identity = SrpIdentity(GROUP, DEVICE)
    client = srp.client_ephemeral(b"c" * 32)
    server = srp.server_ephemeral(verifier, b"s" * 32)

    key = srp.client_key(
        client,
        server.public,
        identity=identity,
        password=secret.password,
        salt=srp.parse_hex(stored_salt.hex()),
    )

    assert key == srp.server_key(server, client.public, verifier=verifier)


def test_the_salt_travels_as_a_number() -> None:
    low = new_device_secret(GROUP, DEVICE, random=bytes(40) + bytes(2) + b"\x01" * 14)
    high = new_device_secret(GROUP, DEVICE, random=bytes(40) + b"\xff" * 16)

    assert b64decode(low.salt_b64) == b"\x01" * 14
    assert b64decode(high.salt_b64) == b"\x00" + b"\xff" * 16


def test_the_verifier_depends_on_group_device_and_password() -> None:
    verifiers = {
        device_verifier(GROUP, DEVICE, password="p", salt=b"s" * 16),
        device_verifier("-grpKey2", DEVICE, password="p", salt=b"s" * 16),
        device_verifier(GROUP, DEVICE + "0", password="p", salt=b"s" * 16),
        device_verifier(GROUP, DEVICE, password="q", salt=b"s" * 16),
        device_verifier(GROUP, DEVICE, password="p", salt=b"t" * 16),
    }

    assert len(verifiers) == 5


def test_the_password_is_56_characters_and_not_shown() -> None:
    secret = new_device_secret(GROUP, DEVICE, random=bytes(DEVICE_RANDOM_BYTES))

    assert len(secret.password) == 56
    assert secret.password not in repr(secret)
    assert str(secret.verifier) not in repr(secret)


def test_the_wrong_amount_of_entropy_is_refused() -> None:
    with pytest.raises(ValueError, match="56 random bytes"):
        new_device_secret(GROUP, DEVICE, random=bytes(40))
    with pytest.raises(ValueError, match="40 random bytes"):
        device_password(bytes(41))
