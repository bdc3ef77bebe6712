"""Devices: the keys that a sign-in offers, what is remembered of a device, and what proves it.

A sign-in without a device gets the keys of a new one; they are the session's until ConfirmDevice makes a device
of them. A device that is remembered may stand in for the second factor.

Sources: guide:amazon-cognito-user-pools-device-tracking, api:ConfirmDevice, api:DeviceConfigurationType.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from userpool.effects import token_text, uuid4_text
from userpool.server.database.devices import (
    add_device,
    delete_device,
    device_by_key,
    devices_after,
    save_device,
    sealed_verifier,
)
from userpool.server.database.sessions import delete_session, sessions_of
from userpool.server.records import DeviceVerifier
from userpool.server.rules.identifiers import LETTERS_AND_DIGITS

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Device, Pool

PURPOSE = "device verifier"
# Assumed: a user has at most 100 devices, and another one takes the place of one that isn't remembered, or of the one
# that was longest away.
# A refusal would keep people with many browsers from signing in by clients that confirm each of them.
MOST_DEVICES = 100
SPARE = 10


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    salt: bytes
    verifier: bytes


def remembers_devices(pool: Pool) -> bool:
    """Return whether a pool offers keys to new devices."""
    return pool.description.device_configuration is not None


def remembers_unasked(pool: Pool) -> bool:
    """Return whether a confirmed device is remembered without the person being asked."""
    configuration = pool.description.device_configuration
    return configuration is not None and not configuration.device_only_remembered_on_user_prompt


def suppresses_mfa(pool: Pool, device: Device) -> bool:
    """Return whether a device, once it has proved itself, stands in for the second factor."""
    configuration = pool.description.device_configuration
    if configuration is None or not configuration.challenge_required_on_new_device:
        return False
    return device.is_remembered


def new_device_keys(context: Context, pool: Pool) -> tuple[str, str]:
    """Return the key of a new device, such as `eu-west-1_` and a UUID, and its group key."""
    device_key = f"{pool.region}_{uuid4_text(context.effects)}"
    return device_key, f"-{token_text(context.effects, LETTERS_AND_DIGITS, count=8)}"


async def find_device(
    context: Context,  # noqa: ARG001 - as its neighbours, which open what is sealed
    transaction: Transaction,
    sub: str,
    device_key: str,
) -> Device | None:
    """Return a confirmed device of a user, or None."""
    return await device_by_key(transaction, sub, device_key)


async def device_verifier(
    context: Context, transaction: Transaction, device: Device
) -> DeviceVerifier | None:
    """Return what proves a device, or None for one that was confirmed without a secret."""
    sealed = await sealed_verifier(transaction, device.sub, device.device_key)
    if sealed is None:
        return None
    kept = msgspec.msgpack.decode(context.sealer.open(PURPOSE, sealed, context=_owner(device)), type=_Kept)
    return DeviceVerifier(salt=kept.salt, verifier=kept.verifier)


async def keep_device(
    context: Context, transaction: Transaction, device: Device, *, verifier: DeviceVerifier | None
) -> bool:
    """Write a new device and seal what proves it; return False when the user has one of that key."""
    sealed = None
    if verifier is not None:
        kept = msgspec.msgpack.encode(_Kept(verifier.salt, verifier.verifier))
        sealed = context.sealer.seal(PURPOSE, kept, context=_owner(device))
    return await add_device(transaction, device, verifier_sealed=sealed)


async def make_room(transaction: Transaction, sub: str) -> None:
    """Forget devices of a user until another one may be kept: what isn't remembered, and was longest away, first."""
    # A few more than there can be, for those that were confirmed at the same moment.
    known = await devices_after(transaction, sub, "", most=MOST_DEVICES + SPARE)
    by_worth = sorted(known, key=lambda device: (device.is_remembered, device.authenticated_ms))
    for device in by_worth[: max(0, len(known) - MOST_DEVICES + 1)]:
        await forget_device(transaction, sub, device.device_key)


async def touch(context: Context, transaction: Transaction, device: Device) -> Device:
    """Write down that a device has just taken part in a sign-in; return it as it is now."""
    touched = replace(device, authenticated_ms=context.now_ms)
    await save_device(transaction, touched)
    return touched


async def forget_device(transaction: Transaction, sub: str, device_key: str) -> bool:
    """Forget a device and revoke the sessions bound to it; return False when there is none."""
    if not await delete_device(transaction, sub, device_key):
        return False
    for session in await sessions_of(transaction, sub):
        if session.device_key == device_key:
            await delete_session(transaction, sub, session.session_id)
    return True


def _owner(device: Device) -> str:
    return f"{device.sub} {device.device_key}"
