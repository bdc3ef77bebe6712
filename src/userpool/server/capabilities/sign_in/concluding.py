"""The end of a sign-in: a session, the triggers that are told of it, and tokens.

Where triggers are to be asked, the session is written last: no tokens without their consent, and nothing to take back.
Where there are none, it is written in the transaction that judged the last proof.

Sources: guide:user-pool-lambda-post-authentication, guide:amazon-cognito-user-pools-device-tracking
(NewDeviceMetadata).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from userpool.server.capabilities.sign_in.outcomes import Outcome
from userpool.server.database.sessions import put_session
from userpool.server.database.users import user_by_sub
from userpool.server.devices import find_device, new_device_keys, remembers_devices, touch
from userpool.server.issuing import new_session, tokens_for
from userpool.server.triggers.authentication import post_authentication
from userpool.server.triggers.configured import has
from userpool.wire.faults import NotAuthorizedException
from userpool.wire.shapes import NewDeviceMetadataType

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Device, Pool, Session, User


class Ending(NamedTuple):
    """A sign-in with nothing left to prove."""

    user: User
    pending: Pending
    device: Device | None
    session: Session
    refresh_token: str
    is_written: bool

    def __repr__(self) -> str:
        return "Ending(***)"


async def end(
    context: Context,
    transaction: Transaction,
    asked: Asked,
    user: User,
    pending: Pending,
    *,
    device: Device | None,
) -> Ending:
    """Begin the session of a user who has proved everything; write it, unless somebody is to be asked first."""
    session, refresh_token = new_session(context, asked.client, user)
    if device is not None:
        session = replace(session, device_key=device.device_key)
    elif remembers_devices(asked.pool):
        device_key, group_key = new_device_keys(context, asked.pool)
        session = replace(session, device_key=device_key, device_group_key=group_key)
    is_written = not _asks(asked.pool)
    ending = Ending(user, pending, device, session, refresh_token, is_written)
    if is_written:
        await _write(context, transaction, ending)
    return ending


async def conclude(context: Context, asked: Asked, ending: Ending) -> Outcome:
    """Ask the triggers, write the session if it isn't, and answer with tokens.

    Raises:
        NotAuthorizedException: the user was disabled or deleted, or the device forgotten, meanwhile.
        UserLambdaValidationException: a trigger refuses. As `pre_authentication` besides.
    """
    session = ending.session
    await post_authentication(
        context,
        asked.pool,
        asked.client,
        ending.user,
        new_device_used=session.device_group_key is not None,
        client_metadata=asked.client_metadata,
    )
    tokens = await tokens_for(
        context,
        asked.pool,
        asked.client,
        ending.user,
        session,
        refresh_token=ending.refresh_token,
        source=ending.pending.source,
        client_metadata=asked.client_metadata,
    )
    if not ending.is_written:
        await context.database.write(lambda transaction: _write_later(context, transaction, ending))
    if session.device_group_key is not None:
        offered = NewDeviceMetadataType(
            device_key=session.device_key, device_group_key=session.device_group_key
        )
        tokens = replace(tokens, new_device_metadata=offered)
    return Outcome(parameters={}, result=tokens)


def _asks(pool: Pool) -> bool:
    return has(pool, "PostAuthentication") or has(pool, "PreTokenGeneration")


async def _write(context: Context, transaction: Transaction, ending: Ending) -> None:
    await put_session(transaction, ending.session)
    if ending.device is not None:
        await touch(context, transaction, ending.device)


async def _write_later(context: Context, transaction: Transaction, ending: Ending) -> None:
    # The functions took their time.
    user = await user_by_sub(transaction, ending.user.sub)
    device = ending.device
    if device is not None:
        device = await find_device(context, transaction, device.sub, device.device_key)
    is_forgotten = device is None and ending.device is not None
    if user is None or not user.enabled or user.signed_out_ms > ending.session.auth_time_ms or is_forgotten:
        raise NotAuthorizedException("Invalid session for the user.")
    await _write(context, transaction, ending._replace(device=device))
