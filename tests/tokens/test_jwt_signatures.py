"""What a signature holds, made by hand, before us and before OpenSSL.

Sources: rfc8017 §8.2.2 and §9.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from userpool.errors import BadSignatureError
from userpool.tokens.jwt import SigningKey, sign, verify
from userpool.tokens.segments import encode_segment

Keys = dict[str, RSAPublicKey]
SHA256_NAME = bytes.fromhex("3031300d060960864801650304020105000420")


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (lambda digest, size: b"\0\1" + b"\xff" * (size - 54) + b"\0" + SHA256_NAME + digest, True),
        # Without the name of the hash; with it, but without the NULL of its parameters; behind less padding than there
        # is room for, with something after it or within; for encryption; in short padding.
        (lambda digest, size: b"\0\1" + b"\xff" * (size - 35) + b"\0" + digest, False),
        (
            lambda digest, size: (
                b"\0\1"
                + b"\xff" * (size - 52)
                + b"\0"
                + bytes.fromhex("302f300b0609608648016503040201" + "0420")
                + digest
            ),
            False,
        ),
        (
            lambda digest, size: (b"\0\1" + b"\xff" * 8 + b"\0" + SHA256_NAME + digest).ljust(size, b"\x55"),
            False,
        ),
        (
            lambda digest, size: (
                (b"\0\1" + b"\xff" * 8 + b"\0").ljust(size - 51, b"\x55") + SHA256_NAME + digest
            ),
            False,
        ),
        (lambda digest, size: b"\0\2" + b"\xff" * (size - 54) + b"\0" + SHA256_NAME + digest, False),
        (lambda digest, size: b"\0\0" + b"\0" * (size - 54) + b"\0" + SHA256_NAME + digest, False),
        (lambda digest, size: b"\0\1" + b"\xff" * (size - 54) + b"\0" + SHA256_NAME + digest[::-1], False),
    ],
)
def test_a_signature_holds_exactly_what_it_has_to_hold(
    key: SigningKey,
    keys: Keys,
    held: Callable[[bytes, int], bytes],
    expected: bool,  # noqa: FBT001  # From the table.
) -> None:
    message = sign({"sub": "me"}, key).rpartition(".")[0]
    private, size = key.private_key.private_numbers(), key.private_key.key_size // 8
    block = held(hashlib.sha256(message.encode()).digest(), size)
    assert len(block) == size
    proof = pow(int.from_bytes(block, "big"), private.d, private.public_numbers.n).to_bytes(size, "big")
    token = f"{message}.{encode_segment(proof)}"

    believed = []
    for judge in (
        lambda: key.public_key.verify(proof, message.encode(), PKCS1v15(), SHA256()),
        lambda: verify(token, keys),
    ):
        try:
            judge()
            believed.append(True)
        except (InvalidSignature, BadSignatureError):
            believed.append(False)

    assert believed == [expected, expected]


@pytest.mark.parametrize("length", [0, 1, 255, 257, 512])
def test_a_signature_of_another_length_is_refused(key: SigningKey, keys: Keys, length: int) -> None:
    message = sign({"sub": "me"}, key).rpartition(".")[0]

    with pytest.raises(BadSignatureError):
        verify(f"{message}.{encode_segment(bytes([1]) * length)}", keys)
