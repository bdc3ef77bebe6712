"""The AWS Encryption SDK reads what a custom sender is given: a stranger on the other side of the format."""

from __future__ import annotations

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider


def read_message(message: bytes, key: bytes, namespace: str, name: str) -> tuple[bytes, dict[str, str]]:
    """Return the plaintext of a message and its encryption context."""

    class Keys(RawMasterKeyProvider):
        provider_id = namespace

        def _get_raw_key(self, key_id: bytes) -> WrappingKey:
            algorithm = WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING
            return WrappingKey(algorithm, key, EncryptionKeyType.SYMMETRIC)

    keys = Keys()
    keys.add_master_key(name.encode())
    # Messages of the service are written without a key commitment, too.
    policy = CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=policy)
    plaintext, header = client.decrypt(source=message, key_provider=keys)
    return plaintext, header.encryption_context
