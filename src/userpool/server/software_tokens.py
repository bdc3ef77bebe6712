"""Software tokens: the authenticator app of a user, associated, verified and proved.

A new seed waits until a code of it has been seen; until then the authenticator before it stays good. A code
counts once: its step is written down with the seed, whether it was shown to verify the authenticator or to
sign in.

Rules of the room: functions run within a transaction; seeds are sealed and leave only in the answer to
AssociateSoftwareToken. The user's record (`has_software_token`) is written by the caller.

Sources: rfc6238 §5.2 (one use), guide:user-pool-settings-mfa-totp, api:AssociateSoftwareToken,
api:VerifySoftwareToken; single use across verification and sign-in as verified on AWS.
"""

from __future__ import annotations

from base64 import b32encode
from typing import TYPE_CHECKING, Literal

import msgspec

from userpool.crypto.totp import SEED_BYTES, matching_step
from userpool.server.database.credentials import delete_credential, put_credential, sealed_credential
from userpool.wire.faults import SoftwareTokenMFANotFoundException

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction

ACTIVE, PENDING = "totp", "totp_pending"
NO_STEP = -1

Proof = Literal["proved", "wrong", "used", "none"]
"""What a code comes to; `used`: it was right, and has been used; `none`: the user has no authenticator."""


class SoftwareToken(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An authenticator. Sealed at rest."""

    seed: bytes
    last_step: int = NO_STEP
    """The last step whose code was used."""
    friendly_name: str | None = None

    def __repr__(self) -> str:
        return "SoftwareToken(***)"


async def associate(context: Context, transaction: Transaction, sub: str) -> str:
    """Make a new seed that waits to be verified, in place of the one that waited before.

    Returns:
        The seed as authenticators take it: 52 characters of base32.
    """
    seed = context.effects.random_bytes(SEED_BYTES)
    await _keep(context, transaction, sub, PENDING, SoftwareToken(seed=seed))
    return b32encode(seed).rstrip(b"=").decode()


async def is_pending(context: Context, transaction: Transaction, sub: str) -> bool:
    """Return whether a seed waits to be verified."""
    return await _token(context, transaction, sub, PENDING) is not None


async def verify_pending(
    context: Context, transaction: Transaction, sub: str, *, code: str, friendly_name: str | None
) -> bool:
    """Make the authenticator whose seed waits the user's, if the code is one of it; the code is used then.

    Returns:
        Whether the code was right; a wrong one leaves everything as it was.

    Raises:
        SoftwareTokenMFANotFoundException: no seed waits.
    """
    token = await _token(context, transaction, sub, PENDING)
    if token is None:
        raise SoftwareTokenMFANotFoundException("Software Token MFA does not exist for the user.")
    step = matching_step(token.seed, code, now=context.effects.now(), after_step=token.last_step)
    if step is None:
        return False
    verified = SoftwareToken(seed=token.seed, last_step=step, friendly_name=friendly_name)
    await _keep(context, transaction, sub, ACTIVE, verified)
    await delete_credential(transaction, sub, PENDING)
    return True


async def prove(context: Context, transaction: Transaction, sub: str, *, code: str) -> Proof:
    """Check a code of the user's authenticator; one that proves is used from now on."""
    token = await _token(context, transaction, sub, ACTIVE)
    if token is None:
        return "none"
    now = context.effects.now()
    step = matching_step(token.seed, code, now=now, after_step=token.last_step)
    if step is None:
        seen = matching_step(token.seed, code, now=now, after_step=NO_STEP)
        return "wrong" if seen is None else "used"
    await _keep(context, transaction, sub, ACTIVE, msgspec.structs.replace(token, last_step=step))
    return "proved"


async def friendly_name(context: Context, transaction: Transaction, sub: str) -> str | None:
    """Return the name that was given to the user's authenticator, if any."""
    token = await _token(context, transaction, sub, ACTIVE)
    return None if token is None else token.friendly_name


async def forget(transaction: Transaction, sub: str) -> None:
    """Forget the user's authenticator and the one that waits to be verified."""
    await delete_credential(transaction, sub, ACTIVE)
    await delete_credential(transaction, sub, PENDING)


async def _token(context: Context, transaction: Transaction, sub: str, kind: str) -> SoftwareToken | None:
    sealed = await sealed_credential(transaction, sub, kind)
    if sealed is None:
        return None
    return msgspec.msgpack.decode(context.sealer.open(kind, sealed, context=sub), type=SoftwareToken)


async def _keep(
    context: Context, transaction: Transaction, sub: str, kind: str, token: SoftwareToken
) -> None:
    sealed = context.sealer.seal(kind, msgspec.msgpack.encode(token), context=sub)
    await put_credential(transaction, sub, kind, sealed=sealed)
