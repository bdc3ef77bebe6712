"""The keys of a pool: made on first need, sealed at rest, published as a JWKS, and kept for as long as the pool lives.

Id and access tokens are signed by different keys, as the service's are.

Sources: guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt, rfc7517.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from userpool.errors import SettingsError
from userpool.server.database.keys import SealedSigningKey, add_fact, add_signing_key, fact, signing_keys_of
from userpool.server.sealing import ROOT_KEY_BYTES, Sealer
from userpool.tokens.jwk import public_jwk
from userpool.tokens.jwt import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from userpool.effects import Effects
    from userpool.server.database.query import Database, Transaction

RSA_BITS = 2048
PrivateKey = rsa.RSAPrivateKey
PURPOSE = "signing key"
TOKEN_USES = ("id", "access")
IDENTITIES = "cognito-identity"
"""Whose keys sign the tokens of identities: all identity pools have one issuer, as at the service."""
SEAL_FACT = "seal_key"
"""Name of the fact that tells which root key a database was begun with."""


def make_private_key() -> rsa.RSAPrivateKey:
    """Return a new RSA key for RS256; takes some tens of milliseconds."""
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)


@dataclass(frozen=True)
class PoolKeys:
    """The signing keys of one pool."""

    signing: Mapping[str, SigningKey]
    """By token use: `id` and `access`."""
    public: Mapping[str, rsa.RSAPublicKey]
    """By kid."""

    @cached_property
    def jwks(self) -> bytes:
        """The JWKS document, as bytes of JSON."""
        return msgspec.json.encode({"keys": [public_jwk(key, kid) for kid, key in self.public.items()]})


class KeyRing:
    """Finds the keys of a pool, and makes them when there are none."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        effects: Effects,
        *,
        make: Callable[[], PrivateKey] = make_private_key,
    ) -> None:
        """Take where keys are kept and how new ones are made."""
        self._database = database
        self._sealer = sealer
        self._effects = effects
        self._make = make
        self._found: dict[str, PoolKeys] = {}
        self._making: dict[str, asyncio.Lock] = {}

    async def of_identities(self) -> PoolKeys:
        """Return the keys that tokens of identities are signed by; the use of the one for signing is `identity`."""
        return await self.of_pool(IDENTITIES, uses=("identity",))

    async def of_pool(self, pool_id: str, *, uses: tuple[str, ...] = TOKEN_USES) -> PoolKeys:
        """Return the keys of an existing pool, making one for each use when there are none."""
        found = self._found.get(pool_id)
        if found is not None:
            return found
        async with self._making.setdefault(pool_id, asyncio.Lock()):
            found = self._found.get(pool_id)
            if found is not None:
                return found  # Whoever held the lock before has found them.
            kept = await signing_keys_of(self._database.reader, pool_id)
            if not kept:
                kept = await self._make_keys(pool_id, uses)
            found = self._found[pool_id] = self._opened(pool_id, kept)
        return found

    def forget(self, pool_id: str) -> None:
        """Drop what is remembered of a pool that was deleted."""
        self._found.pop(pool_id, None)
        self._making.pop(pool_id, None)

    async def _make_keys(self, pool_id: str, uses: tuple[str, ...]) -> list[SealedSigningKey]:
        # Making a key takes long enough to be felt by everybody else on the event loop.
        made = [self._sealed(pool_id, use, await asyncio.to_thread(self._make)) for use in uses]

        async def keep_unless_another_did(transaction: Transaction) -> list[SealedSigningKey]:
            if not await signing_keys_of(transaction, pool_id):
                for key in made:
                    await add_signing_key(transaction, pool_id, key)
            # In the order in which every server finds them.
            return await signing_keys_of(transaction, pool_id)

        return await self._database.write(keep_unless_another_did)

    def _sealed(self, pool_id: str, token_use: str, key: rsa.RSAPrivateKey) -> SealedSigningKey:
        private = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        # 32 bytes in base64 make the 44 characters that the service's key ids have.
        kid = b64encode(hashlib.sha256(public + token_use.encode() + pool_id.encode()).digest()).decode()
        sealed = self._sealer.seal(PURPOSE, private, context=f"{pool_id} {kid}")
        return SealedSigningKey(kid, token_use, sealed, int(self._effects.now() * 1000))

    def _opened(self, pool_id: str, kept: list[SealedSigningKey]) -> PoolKeys:
        signing: dict[str, SigningKey] = {}
        public: dict[str, rsa.RSAPublicKey] = {}
        for key in kept:
            private_bytes = self._sealer.open(PURPOSE, key.private_sealed, context=f"{pool_id} {key.kid}")
            # Checking the primes takes as long as making a key. That nobody changed it is what the seal is for.
            private = serialization.load_der_private_key(
                private_bytes, password=None, unsafe_skip_rsa_key_validation=True
            )
            assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101  # _sealed writes nothing else.
            signing[key.token_use] = SigningKey(key.kid, private)
            public[key.kid] = private.public_key()
        return PoolKeys(signing, public)


def load_root_key(path: Path, effects: Effects, *, make: bool = True) -> bytes:
    """Return the root key that seals secrets, from its file.

    Args:
        path: the file.
        effects: where a new key comes from.
        make: whether a missing file is made; not for a database whose secrets are sealed already.

    Raises:
        SettingsError: there is no such file and none can be made, others may read it, or it holds something else.
    """
    try:
        if make and not path.exists():
            _write_root_key(path, effects)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise SettingsError(f"Others may read the key file {path.name}: chmod 600 it.")
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise SettingsError(f"The key file {path} can't be used: {error.strerror}.") from error
    except ValueError:
        key = b""
    if len(key) != ROOT_KEY_BYTES:
        raise SettingsError(f"The key file {path.name} has to hold {ROOT_KEY_BYTES * 2} hex digits.")
    return key


def _write_root_key(path: Path, effects: Effects) -> None:
    # Written whole under another name first, and linked, which fails when the name is taken: of two servers that start
    # together one makes the key, and the other never reads half of it.
    unfinished = path.with_name(f"{path.name}.{effects.random_bytes(8).hex()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(effects.random_bytes(ROOT_KEY_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()
    if os.name == "posix":
        # What is sealed from now on is lost with the key, so its name has to be on disk, too.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


async def is_sealed(database: Database) -> bool:
    """Return whether a database was begun with a root key."""
    return await fact(database.reader, SEAL_FACT) is not None


async def check_root_key(database: Database, sealer: Sealer) -> None:
    """Refuse a root key other than the one the database was begun with.

    Raises:
        SettingsError: the secrets in this database are sealed under another key.
    """
    known = await fact(database.reader, SEAL_FACT)
    if known is None:
        await database.write(lambda transaction: add_fact(transaction, SEAL_FACT, sealer.fingerprint()))
        known = await fact(database.reader, SEAL_FACT)
    if known != sealer.fingerprint():
        raise SettingsError("The secrets in this database are sealed under another key: check seal_key_file.")
