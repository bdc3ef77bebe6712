"""What follows a proved factor: another factor, a device in its place, or the end.

It is decided in two halves. `stand` looks, within the transaction that judged the proof; `go_on` acts after the
commit, when triggers may run and messages may leave.

Sources: guide:user-pool-settings-mfa (which second factor), guide:amazon-cognito-user-pools-device-tracking;
a remembered device stands in for the second factor and never for the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from userpool.server.capabilities.sign_in.concluding import conclude, end
from userpool.server.capabilities.sign_in.giving import (
    give_code,
    give_device_srp,
    give_mfa_choice,
    give_mfa_setup,
    give_new_password,
    give_software_token,
)
from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.devices import device_verifier, find_device, remembers_devices, suppresses_mfa
from userpool.server.rules.mfa import decide
from userpool.wire.faults import ResourceNotFoundException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from userpool.server.capabilities.sign_in.concluding import Ending
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Device, User
    from userpool.server.rules.strangers import Reason

DUE: Mapping[str, Event] = {
    "SMS_MFA": Event.SMS_CODE_DUE,
    "EMAIL_OTP": Event.EMAIL_CODE_DUE,
    "SOFTWARE_TOKEN_MFA": Event.SOFTWARE_TOKEN_DUE,
    "SELECT_MFA_TYPE": Event.MFA_CHOICE_DUE,
    "MFA_SETUP": Event.MFA_SETUP_DUE,
}
"""What has happened when a second factor, by its name, is the next to be asked for."""


class Standing(NamedTuple):
    """Where a sign-in stands after a proof."""

    state: State
    user: User
    pending: Pending
    methods: Sequence[str] = ()
    ending: Ending | None = None


def status_refusal(user: User, now_ms: int) -> Reason | None:
    """Return why a user who has proved to be who it is may not come in, or None."""
    # Assumed: status is told only after the right password, also in LEGACY mode.
    if user.status == "UNCONFIRMED":
        return "unconfirmed"
    if user.status == "RESET_REQUIRED":
        return "reset required"
    if user.status == "FORCE_CHANGE_PASSWORD":
        expires_ms = user.temporary_password_expires_ms
        return "expired" if expires_ms is not None and expires_ms <= now_ms else None
    return None if user.status == "CONFIRMED" else "wrong password"


async def stand(
    context: Context,
    transaction: Transaction,
    asked: Asked,
    user: User,
    pending: Pending,
    *,
    before: State,
    event: Event,
) -> Standing:
    """Decide what follows a proof, and begin the session if that is nothing.

    Args:
        context: the request's surroundings.
        transaction: the one that judged the proof.
        asked: the request.
        user: as it is within the transaction.
        pending: the sign-in.
        before: where it stood.
        event: what was proved.

    Raises:
        ResourceNotFoundException: the request names a device that the user doesn't have; nothing is written
            then, so that the proof may be shown again without it.
    """
    device = await _known_device(context, transaction, asked, pending)
    if device is not None:
        # It may have been named just now; the device that proves itself later is this one.
        pending = replace(pending, device_key=device.device_key)
    state = turn(before, event)
    methods: Sequence[str] = ()
    if state is State.PROVED:
        event, methods = await _second(context, transaction, asked, user, pending, device)
        state = turn(state, event)
    ending = None
    if state is State.SIGNED_IN:
        ending = await end(context, transaction, asked, user, pending, device=device)
    return Standing(state, user, pending, methods, ending)


async def check_device(context: Context, asked: Asked, sub: str) -> str | None:
    """Return the key of the device that a request names.

    Raises:
        ResourceNotFoundException: the user has no such device.
    """
    named = asked.parameters.get("DEVICE_KEY")
    if not named or not remembers_devices(asked.pool):
        return None
    if await find_device(context, context.database.reader, sub, named) is None:
        raise _no_device()
    return named


async def go_on(context: Context, asked: Asked, standing: Standing) -> Outcome:
    """Answer with what follows: the next challenge, or tokens."""
    user, pending = standing.user, standing.pending
    if standing.ending is not None:
        return await conclude(context, asked, standing.ending)
    match standing.state:
        case State.NEW_PASSWORD_REQUIRED:
            return give_new_password(context, asked, user, pending)
        case State.DEVICE_SRP_AUTH:
            return give_device_srp(context, asked, pending)
        case State.SOFTWARE_TOKEN_MFA:
            return await give_software_token(context, asked, pending)
        case State.SELECT_MFA_TYPE:
            return give_mfa_choice(context, asked, pending, methods=standing.methods)
        case State.MFA_SETUP:
            return give_mfa_setup(context, asked, pending, methods=standing.methods)
        case state:
            return await give_code(context, asked, user, pending, state=state)


async def _known_device(
    context: Context, transaction: Transaction, asked: Asked, pending: Pending
) -> Device | None:
    if not remembers_devices(asked.pool):
        return None
    named = asked.parameters.get("DEVICE_KEY")
    key = named or pending.device_key
    device = await find_device(context, transaction, pending.sub, key) if key else None
    if device is None and named:
        # A device that was named earlier and is unknown makes this a sign-in from a new one. Some clients take
        # DEVICE_KEY out of their answer after this error, and can't take it out of what they began with.
        raise _no_device()
    return device


async def _second(
    context: Context,
    transaction: Transaction,
    asked: Asked,
    user: User,
    pending: Pending,
    device: Device | None,
) -> tuple[Event, Sequence[str]]:
    pool = asked.pool
    # DefineAuthChallenge asks for second factors itself; it doesn't know of devices.
    is_custom = pending.custom is not None
    if not is_custom and pool.description.mfa_configuration in {None, "OFF"}:
        return Event.NOTHING_MORE, ()
    # Assumed: a device that was confirmed without a secret proves nothing and replaces no factor.
    if (
        device is not None
        and (is_custom or suppresses_mfa(pool, device))
        and await device_verifier(context, transaction, device) is not None
    ):
        return Event.DEVICE_DUE, ()
    if is_custom:
        return Event.NOTHING_MORE, ()
    decision = decide(pool, user)
    if decision.challenge is None:
        return Event.NOTHING_MORE, ()
    return DUE[decision.challenge], decision.methods


def _no_device() -> ResourceNotFoundException:
    return ResourceNotFoundException("Device does not exist.")
