"""Sealing: authenticated encryption of what must not be read or changed outside this server.

Secrets at rest (SRP verifiers, client secrets, signing keys) and values handed to clients (sessions, refresh
tokens, page tokens) are sealed under keys derived from one root key that lies outside the database.

Rules of the room: a sealed value is bound to its purpose and its context (whose it is); opening it under any other pair
fails. A value that doesn't open tells nothing about why.

Sources: rfc5869 (HKDF), nist-sp800-38d (AES-GCM, random 96-bit nonces).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from userpool.errors import UserPoolError

if TYPE_CHECKING:
    from userpool.effects import Effects

ROOT_KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = b"\x01"


class UnsealError(UserPoolError):
    """Raised when a value was not sealed here, for this purpose and context, or was changed since."""

    def __init__(self) -> None:
        super().__init__("The sealed value can't be opened.")


class Sealer:
    """Seals and opens bytes under keys derived from one root key."""

    def __init__(self, root_key: bytes, effects: Effects) -> None:
        """Take the root key, exactly 32 bytes."""
        if len(root_key) != ROOT_KEY_BYTES:
            raise ValueError("The root key has to be 32 bytes.")
        self._root_key = root_key
        self._effects = effects
        self._keys: dict[str, bytes] = {}
        self._ciphers: dict[str, AESGCM] = {}

    def __repr__(self) -> str:
        return "Sealer(***)"

    def derived_key(self, purpose: str) -> bytes:
        """Return 32 bytes that belong to one purpose (HKDF-SHA256 expand; the root key is uniform already)."""
        key = self._keys.get(purpose)
        if key is None:
            info = b"userpool " + purpose.encode() + b"\x01"
            key = self._keys[purpose] = hmac.digest(self._root_key, info, hashlib.sha256)
        return key

    def fingerprint(self) -> str:
        """Return a public name of the root key, to notice that a database is opened with another one."""
        return self.derived_key("fingerprint").hex()[:16]

    def seal(self, purpose: str, plaintext: bytes, *, context: str) -> bytes:
        """Encrypt bytes for a purpose and a context; the result is 29 bytes longer."""
        nonce = self._effects.random_bytes(NONCE_BYTES)
        return FORMAT + nonce + self._cipher(purpose).encrypt(nonce, plaintext, context.encode())

    def open(self, purpose: str, sealed: bytes, *, context: str) -> bytes:
        """Return what was sealed.

        Raises:
            UnsealError: it wasn't sealed here for this purpose and context, or was altered.
        """
        if len(sealed) < 1 + NONCE_BYTES + 16 or sealed[:1] != FORMAT:
            raise UnsealError
        nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._cipher(purpose).decrypt(nonce, ciphertext, context.encode())
        except InvalidTag:
            raise UnsealError from None  # The cause would say nothing that a caller may know.

    def seal_text(self, purpose: str, plaintext: bytes, *, context: str) -> str:
        """Like `seal`, as unpadded base64url text."""
        return urlsafe_b64encode(self.seal(purpose, plaintext, context=context)).rstrip(b"=").decode()

    def open_text(self, purpose: str, sealed: str, *, context: str) -> bytes:
        """Like `open`, from unpadded base64url text.

        Raises:
            UnsealError: as `open`, or the text isn't base64url.
        """
        try:
            data = urlsafe_b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4))
        except ValueError:
            raise UnsealError from None  # The cause quotes the value.
        return self.open(purpose, data, context=context)

    def _cipher(self, purpose: str) -> AESGCM:
        cipher = self._ciphers.get(purpose)
        if cipher is None:
            cipher = self._ciphers[purpose] = AESGCM(self.derived_key(purpose))
        return cipher
