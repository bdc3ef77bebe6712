"""Messages in the format of the AWS Encryption SDK, which reads them."""

from __future__ import annotations

import pytest
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from cryptography.exceptions import InvalidTag
from encryption_sdk_reader import read_message

from userpool.crypto.encryption_sdk import encrypt_message
from userpool.effects import FixedEffects

KEY = bytes(range(32))


def message(plaintext: bytes = b"481516", context: dict[str, str] | None = None) -> bytes:
    return encrypt_message(
        plaintext,
        KEY,
        namespace="userpool",
        name="custom-sender",
        context={"userpool-id": "us-east-1_a"} if context is None else context,
        random_bytes=FixedEffects().random_bytes,
    )


@pytest.mark.parametrize("plaintext", [b"", b"481516", "pässwörd".encode(), b"x" * 5000])
def test_whoever_has_the_key_reads_it(plaintext: bytes) -> None:
    assert read_message(message(plaintext), KEY, "userpool", "custom-sender") == (
        plaintext,
        {"userpool-id": "us-east-1_a"},
    )


def test_a_message_may_have_no_context() -> None:
    assert read_message(message(context={}), KEY, "userpool", "custom-sender") == (b"481516", {})


def test_pairs_of_the_context_are_in_order() -> None:
    written = message(context={"b": "2", "a": "1"})

    assert written == message(context={"a": "1", "b": "2"})
    assert read_message(written, KEY, "userpool", "custom-sender")[1] == {"a": "1", "b": "2"}


def test_nobody_else_reads_it() -> None:
    with pytest.raises((InvalidTag, AWSEncryptionSDKClientError)):
        read_message(message(), bytes(32), "userpool", "custom-sender")


@pytest.mark.parametrize("position", [30, -1, -20])
def test_a_changed_message_is_refused(position: int) -> None:
    changed = bytearray(message())
    changed[position] ^= 1

    with pytest.raises((InvalidTag, AWSEncryptionSDKClientError)):
        read_message(bytes(changed), KEY, "userpool", "custom-sender")


def test_it_does_not_say_what_it_says() -> None:
    assert b"481516" not in message()
