"""Devices: their keys, what is remembered of them, what proves them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server import devices
from userpool.server.context import Context
from userpool.server.database.devices import add_device, sealed_verifier
from userpool.server.database.sessions import put_session, session_by_id
from userpool.server.devices import (
    device_verifier,
    find_device,
    forget_device,
    keep_device,
    make_room,
    new_device_keys,
    remembers_devices,
    remembers_unasked,
    suppresses_mfa,
    touch,
)
from userpool.server.records import Device, DeviceVerifier, Pool, Session
from userpool.server.sealing import UnsealError
from userpool.wire.user_pools import DeviceConfigurationType

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Pool]]
ANN = "sub of ann"
PHONE = Device(
    sub=ANN, device_key="us-east-1_a", group_key="-group", created_ms=1, modified_ms=2, authenticated_ms=3
)
SECRET = DeviceVerifier(salt=b"salt", verifier=b"\x00verifier")


async def keep(context: Context, device: Device = PHONE, verifier: DeviceVerifier | None = SECRET) -> bool:
    """Keep a device."""
    return await context.database.write(
        lambda transaction: keep_device(context, transaction, device, verifier=verifier)
    )


def configured(pool: Pool, *, challenge: bool | None = None, ask: bool | None = None) -> Pool:
    """Return a pool that tracks devices."""
    configuration = DeviceConfigurationType(
        challenge_required_on_new_device=challenge, device_only_remembered_on_user_prompt=ask
    )
    return replace(pool, description=replace(pool.description, device_configuration=configuration))


async def test_a_pool_tracks_devices_when_it_is_told_to(make_pool: Make) -> None:
    pool = await make_pool()
    tracking = await make_pool(
        device_configuration=DeviceConfigurationType(device_only_remembered_on_user_prompt=False)
    )

    assert not remembers_devices(pool)
    assert not remembers_unasked(pool)
    assert remembers_devices(tracking)


@pytest.mark.parametrize(("ask", "unasked"), [(True, False), (False, True), (None, True)])
async def test_a_device_is_remembered_unasked_or_not(make_pool: Make, ask: Any, unasked: Any) -> None:
    assert remembers_unasked(configured(await make_pool(), ask=ask)) is unasked


@pytest.mark.parametrize(
    ("challenge", "remembered", "suppresses"),
    [(True, True, True), (True, False, False), (False, True, False), (None, True, False)],
)
async def test_a_remembered_device_stands_in_for_mfa_where_new_ones_are_challenged(
    make_pool: Make, challenge: Any, remembered: Any, suppresses: Any
) -> None:
    pool = configured(await make_pool(), challenge=challenge)

    assert suppresses_mfa(pool, replace(PHONE, is_remembered=remembered)) is suppresses


async def test_without_tracking_no_device_stands_in(make_pool: Make) -> None:
    assert not suppresses_mfa(await make_pool(), replace(PHONE, is_remembered=True))


async def test_keys_are_in_the_shape_of_the_service(context: Context, make_pool: Make) -> None:
    pool = await make_pool()

    device_key, group_key = new_device_keys(context, pool)

    assert re.fullmatch(r"us-east-1_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", device_key)
    assert re.fullmatch(r"-[0-9A-Za-z]{8}", group_key)
    assert new_device_keys(context, pool) != (device_key, group_key)


async def test_a_device_is_kept_with_what_proves_it(context: Context) -> None:
    assert await keep(context)

    reader = context.database.reader
    assert await find_device(context, reader, ANN, PHONE.device_key) == PHONE
    assert await device_verifier(context, reader, PHONE) == SECRET
    assert await find_device(context, reader, "sub of bob", PHONE.device_key) is None


async def test_what_proves_a_device_is_sealed_and_bound_to_it(context: Context) -> None:
    await keep(context)

    sealed = await sealed_verifier(context.database.reader, ANN, PHONE.device_key)

    assert sealed is not None
    assert SECRET.verifier not in sealed
    assert repr(SECRET) == "DeviceVerifier(***)"
    for other in (replace(PHONE, device_key="us-east-1_b"), replace(PHONE, sub="sub of bob")):
        await context.database.write(
            lambda transaction, other=other: add_device(transaction, other, verifier_sealed=sealed)
        )
        with pytest.raises(UnsealError):
            await device_verifier(context, context.database.reader, other)


async def test_a_device_may_have_nothing_that_proves_it(context: Context) -> None:
    await keep(context, verifier=None)

    assert await device_verifier(context, context.database.reader, PHONE) is None


async def test_a_key_is_kept_once(context: Context) -> None:
    assert await keep(context)
    assert not await keep(context, verifier=None)

    assert await device_verifier(context, context.database.reader, PHONE) == SECRET


async def test_taking_part_in_a_sign_in_is_written_down(context: Context, effects: FixedEffects) -> None:
    await keep(context)

    touched = await context.database.write(lambda transaction: touch(context, transaction, PHONE))

    assert touched == replace(PHONE, authenticated_ms=int(effects.now() * 1000))
    assert await find_device(context, context.database.reader, ANN, PHONE.device_key) == touched


async def test_what_was_signed_in_on_a_forgotten_device_is_signed_out(context: Context) -> None:
    await keep(context)

    async def sign_in(transaction: Any) -> None:
        for name, key in (("a", PHONE.device_key), ("b", "us-east-1_b"), ("c", None)):
            session = Session(
                session_id=name,
                sub=ANN,
                client_id="web",
                auth_time_ms=0,
                expires_ms=2**41,
                refresh_digest="",
                device_key=key,
            )
            await put_session(transaction, session)

    await context.database.write(sign_in)

    assert await context.database.write(lambda transaction: forget_device(transaction, ANN, PHONE.device_key))

    reader = context.database.reader
    assert [name for name in "abc" if await session_by_id(reader, ANN, name)] == ["b", "c"]


async def test_there_is_room_for_so_many_devices_and_no_more(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MOST_DEVICES", 3)
    for key, when, is_remembered in [("a", 9, False), ("b", 1, True), ("c", 5, True), ("d", 7, False)]:
        device = replace(PHONE, device_key=key, authenticated_ms=when, is_remembered=is_remembered)
        await keep(context, device)
    await keep(context, replace(PHONE, sub="sub of bob"))

    await context.database.write(lambda transaction: make_room(transaction, ANN))

    reader = context.database.reader
    assert [key for key in "abcd" if await find_device(context, reader, ANN, key)] == ["b", "c"]
    assert await find_device(context, reader, "sub of bob", PHONE.device_key)


async def test_of_remembered_devices_the_one_that_was_longest_away_makes_room(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MOST_DEVICES", 3)
    for key, when in [("a", 9), ("b", 1), ("c", 5)]:
        await keep(context, replace(PHONE, device_key=key, authenticated_ms=when, is_remembered=True))

    await context.database.write(lambda transaction: make_room(transaction, ANN))

    reader = context.database.reader
    assert [key for key in "abc" if await find_device(context, reader, ANN, key)] == ["a", "c"]


async def test_where_there_is_room_no_device_is_forgotten(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "MOST_DEVICES", 2)
    await keep(context)

    await context.database.write(lambda transaction: make_room(transaction, ANN))

    assert await find_device(context, context.database.reader, ANN, PHONE.device_key)


async def test_nobodys_device_cannot_be_forgotten(context: Context) -> None:
    assert not await context.database.write(
        lambda transaction: forget_device(transaction, ANN, "us-east-1_b")
    )
