"""Texts that are kept by somebody who must neither read nor change them, such as a browser.

A sealed text is ``1.`` and then, in URL-safe base64 without padding, a nonce and what AES-256-GCM made of the text. The
context, such as the name under which it is kept, is bound to it: sealed for one, it does not open for another.

Sources: nist-sp800-38d (AES-GCM with random 96-bit nonces), rfc4648 §5 (URL-safe base64).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KEY_BYTES", "NONCE_BYTES", "open_text", "seal_text"]

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_FORMAT: Final = "1."


def seal_text(text: str, *, key: bytes, nonce: bytes, context: str) -> str:
    """Seal a text under a key of 32 bytes; ``nonce`` are 12 random bytes that are never used again."""
    sealed = AESGCM(key).encrypt(nonce, text.encode(), context.encode())
    return _FORMAT + urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def open_text(sealed: str, *, keys: Sequence[bytes], context: str) -> str | None:
    """Open a sealed text with whichever of the keys it was sealed; None if with none of them, or it was changed."""
    if not sealed.startswith(_FORMAT):
        return None
    body = sealed[len(_FORMAT) :]
    try:
        data = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except ValueError:
        return None
    nonce, rest = data[:NONCE_BYTES], data[NONCE_BYTES:]
    if len(rest) < 16:
        return None
    for key in keys:
        try:
            return AESGCM(key).decrypt(nonce, rest, context.encode()).decode()
        except InvalidTag:
            continue
    return None
