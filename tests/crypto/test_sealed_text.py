"""Sealed texts: what opens, and everything that does not."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from userpool.crypto.sealed_text import open_text, seal_text

KEY, OTHER = bytes(range(32)), bytes(32)
NONCE = b"twelve bytes"
SEALED = seal_text("a token", key=KEY, nonce=NONCE, context="a name")


@given(st.text(), st.text())
def test_what_was_sealed_opens(text: str, context: str) -> None:
    sealed = seal_text(text, key=KEY, nonce=NONCE, context=context)

    assert open_text(sealed, keys=[OTHER, KEY], context=context) == text


def test_any_other_implementation_opens_it() -> None:
    # The format is told in the module, so that it can be read without it.
    data = urlsafe_b64decode(SEALED.removeprefix("1.") + "==")

    assert AESGCM(KEY).decrypt(data[:12], data[12:], b"a name") == b"a token"


def test_another_key_and_another_name_do_not_open_it() -> None:
    assert open_text(SEALED, keys=[OTHER], context="a name") is None
    assert open_text(SEALED, keys=[], context="a name") is None
    assert open_text(SEALED, keys=[KEY], context="another name") is None


@pytest.mark.parametrize(
    "text", ["", "1.", "1.AAAA", "1.ä", "a token", "2." + SEALED[2:], SEALED[:-1], SEALED + "A"]
)
def test_what_was_not_sealed_does_not_open(text: str) -> None:
    assert open_text(text, keys=[KEY], context="a name") is None


@given(st.integers(0, len(SEALED) - 3), st.sampled_from("ABCxyz019-_"))
def test_what_was_changed_does_not_open(place: int, letter: str) -> None:
    changed = SEALED[: 2 + place] + letter + SEALED[3 + place :]

    # The last letter of base64 has bits that mean nothing.
    assert open_text(changed, keys=[KEY], context="a name") is None or changed[:-1] == SEALED[:-1]
