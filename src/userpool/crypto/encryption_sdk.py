"""A message in the format of the AWS Encryption SDK, under a raw AES key: what a custom sender is given a code in.

Version 1 of the format, algorithm suite AES-256-GCM with HKDF-SHA256 and no signature (0x0178), one body without
frames. Any implementation of the Encryption SDK opens it with a raw AES keyring of the same namespace, name and key,
and the commitment policy `RequireEncryptAllowDecrypt`, which messages of the service need, too.

Sources: AWS Encryption SDK, message format reference; rfc5869.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KEY_BYTES", "encrypt_message"]

KEY_BYTES: Final = 32
_VERSION_1: Final = 0x01
_CUSTOMER_AUTHENTICATED: Final = 0x80
_SUITE: Final = 0x0178
_WITHOUT_FRAMES: Final = 0x01
_IV_BYTES: Final = 12
_TAG_BYTES: Final = 16
_MESSAGE_ID_BYTES: Final = 16
_SINGLE_BLOCK: Final = b"AWSKMSEncryptionClient Single Block"


def encrypt_message(
    plaintext: bytes,
    key: bytes,
    *,
    namespace: str,
    name: str,
    context: Mapping[str, str],
    random_bytes: Callable[[int], bytes],
) -> bytes:
    """Return a message that whoever has the key can open.

    Args:
        plaintext: what it says.
        key: 32 bytes.
        namespace: of the raw AES keyring that opens it.
        name: of the key in that keyring.
        context: the encryption context, which is authenticated and stands in the message for all to read.
        random_bytes: where the data key, the message's id and the nonce come from.
    """
    data_key = random_bytes(KEY_BYTES)
    message_id = random_bytes(_MESSAGE_ID_BYTES)
    aad = _serialised(context)
    nonce = random_bytes(_IV_BYTES)
    # The key's name, the length of the tag in bits, the nonce's length, the nonce.
    provider_info = name.encode() + struct.pack(">II", _TAG_BYTES * 8, _IV_BYTES) + nonce
    encrypted_key = AESGCM(key).encrypt(nonce, data_key, aad)
    header = b"".join(
        [
            struct.pack(">BBH", _VERSION_1, _CUSTOMER_AUTHENTICATED, _SUITE),
            message_id,
            _with_length(aad),
            struct.pack(">H", 1),
            _with_length(namespace.encode()),
            _with_length(provider_info),
            _with_length(encrypted_key),
            struct.pack(">BIBI", _WITHOUT_FRAMES, 0, _IV_BYTES, 0),
        ]
    )
    derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=struct.pack(">H", _SUITE) + message_id)
    cipher = AESGCM(derived.derive(data_key))
    # A data key serves one message: the header's nonce is zero, the body's its sequence number.
    header_nonce, body_nonce = bytes(_IV_BYTES), (1).to_bytes(_IV_BYTES, "big")
    length = struct.pack(">Q", len(plaintext))
    body_aad = message_id + _SINGLE_BLOCK + struct.pack(">I", 1) + length
    return b"".join(
        [
            header,
            header_nonce,
            cipher.encrypt(header_nonce, b"", header),
            body_nonce,
            length,
            cipher.encrypt(body_nonce, plaintext, body_aad),
        ]
    )


def _serialised(context: Mapping[str, str]) -> bytes:
    if not context:
        return b""
    pairs = sorted((name.encode(), value.encode()) for name, value in context.items())
    return struct.pack(">H", len(pairs)) + b"".join(
        _with_length(name) + _with_length(value) for name, value in pairs
    )


def _with_length(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data
