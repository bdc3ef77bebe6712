"""Passwords: turned into an SRP salt and verifier, sealed, and proved against them.

A password itself is never kept. A password that arrives in the clear (USER_PASSWORD_AUTH) is proved by the
same verifier that SRP uses, so there is one secret at rest and no weaker one beside it.

Sources: rfc5054 §2.4, rfc2945; service arithmetic as in `userpool.crypto.srp`.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from userpool.crypto.modular import MASK_BYTES
from userpool.crypto.srp import MODULUS_BYTES, SrpIdentity, make_verifier
from userpool.server.database.credentials import put_credential, sealed_credential
from userpool.server.records import PasswordCredential
from userpool.server.rules.sign_in_names import normalised
from userpool.server.rules.strangers import SALT_BYTES, simulated_bytes

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Pool, User

KIND = "password"


def make_credential(context: Context, pool: Pool, *, username: str, password: str) -> PasswordCredential:
    """Return what will prove a password. Takes a modular power: do it before a transaction, not within."""
    salt = context.effects.random_bytes(SALT_BYTES)
    return _credential(pool, username, password, salt, mask=None)


async def keep_credential(
    context: Context, transaction: Transaction, user: User, credential: PasswordCredential
) -> None:
    """Seal a user's new password and keep it in place of the old one."""
    sealed = context.sealer.seal(
        KIND, credential.salt + credential.verifier, context=_owner(user.pool_id, user.sub)
    )
    await put_credential(transaction, user.sub, KIND, sealed=sealed)


async def credential_of(
    context: Context, user: User, *, within: Transaction | None = None
) -> PasswordCredential | None:
    """Return what proves a user's password, or None for a user without one."""
    return await credential_under(context, user.pool_id, user.sub, within=within)


async def credential_under(
    context: Context, pool_id: str, sub: str, *, within: Transaction | None = None
) -> PasswordCredential | None:
    """Return what proves the password kept under a `sub`, or None where there is none, as for nobody's."""
    sealed = await sealed_credential(within or context.database.reader, sub, KIND)
    if sealed is None:
        return None
    opened = context.sealer.open(KIND, sealed, context=_owner(pool_id, sub))
    return PasswordCredential(salt=opened[:SALT_BYTES], verifier=opened[SALT_BYTES:])


def nobodys_credential(context: Context, pool: Pool, name: str) -> PasswordCredential:
    """Return a credential that stays the same for a name, and that no password proves."""
    key = context.sealer.derived_key("simulated user")
    # `Ann` and `ann` are one name where a user's would be.
    name = normalised(pool.description, name)
    salt = simulated_bytes(key, pool.pool_id, name, what="salt", size=SALT_BYTES)
    verifier = simulated_bytes(key, pool.pool_id, name, what="verifier", size=MODULUS_BYTES)
    # The top bit is cleared so that the number is below N, as a real verifier is.
    return PasswordCredential(salt=salt, verifier=bytes([verifier[0] & 0x7F]) + verifier[1:])


def proves(
    context: Context, pool: Pool, credential: PasswordCredential, *, username: str, password: str
) -> bool:
    """Return whether a password is the one; takes the same time for every answer."""
    # The same power is computed at every sign-in of a person, so its time is masked.
    mask = context.effects.random_bytes(MASK_BYTES)
    offered = _credential(pool, username, password, credential.salt, mask=mask)
    return hmac.compare_digest(offered.verifier, credential.verifier)


def _credential(
    pool: Pool, username: str, password: str, salt: bytes, *, mask: bytes | None
) -> PasswordCredential:
    identity = SrpIdentity(pool.short_name, username)
    verifier = make_verifier(identity, password, salt=salt, mask=mask)
    return PasswordCredential(salt=salt, verifier=verifier.to_bytes(MODULUS_BYTES, "big"))


def _owner(pool_id: str, sub: str) -> str:
    return f"{pool_id} {sub}"
