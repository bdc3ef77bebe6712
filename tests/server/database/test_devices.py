"""Devices in the database."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from userpool.server.database.devices import (
    add_device,
    delete_device,
    device_by_key,
    devices_after,
    save_device,
    sealed_verifier,
)
from userpool.server.database.query import Database
from userpool.server.records import Device

pytestmark = pytest.mark.anyio

ANN, BOB = "sub of ann", "sub of bob"


def device(key: str, sub: str = ANN) -> Device:
    """Return a device."""
    return Device(
        sub=sub,
        device_key=key,
        group_key="-group",
        name="Phone",
        created_ms=1,
        modified_ms=2,
        authenticated_ms=3,
    )


async def add(database: Database, *devices: Device, sealed: bytes | None = b"\x00sealed") -> None:
    """Keep devices."""
    for one in devices:
        await database.write(
            lambda transaction, one=one: add_device(transaction, one, verifier_sealed=sealed)
        )


async def test_a_device_is_found_by_its_owner_and_its_key(database: Database) -> None:
    await add(database, device("a"))

    assert await device_by_key(database.reader, ANN, "a") == device("a")
    assert await device_by_key(database.reader, BOB, "a") is None
    assert await device_by_key(database.reader, ANN, "b") is None


async def test_a_key_is_taken_once(database: Database) -> None:
    await add(database, device("a"))

    again = replace(device("a"), name="Other")
    assert not await database.write(lambda transaction: add_device(transaction, again, verifier_sealed=b"x"))

    assert await device_by_key(database.reader, ANN, "a") == device("a")
    assert await sealed_verifier(database.reader, ANN, "a") == b"\x00sealed"


async def test_a_changed_device_keeps_its_verifier(database: Database) -> None:
    await add(database, device("a"), device("b"))

    changed = replace(device("a"), is_remembered=True)
    await database.write(lambda transaction: save_device(transaction, changed))

    assert await device_by_key(database.reader, ANN, "a") == changed
    assert await device_by_key(database.reader, ANN, "b") == device("b")
    assert await sealed_verifier(database.reader, ANN, "a") == b"\x00sealed"


async def test_a_device_may_have_no_verifier(database: Database) -> None:
    await add(database, device("a"), sealed=None)

    assert await sealed_verifier(database.reader, ANN, "a") is None
    assert await sealed_verifier(database.reader, ANN, "b") is None


async def test_devices_are_listed_in_the_order_of_their_keys(database: Database) -> None:
    await add(database, device("c"), device("a"), device("b"), device("d", BOB))

    first = await devices_after(database.reader, ANN, "", most=2)
    rest = await devices_after(database.reader, ANN, "b", most=2)

    assert [one.device_key for one in first] == ["a", "b"]
    assert [one.device_key for one in rest] == ["c"]


async def test_a_forgotten_device_is_gone(database: Database) -> None:
    await add(database, device("a"), device("b"))

    assert await database.write(lambda transaction: delete_device(transaction, ANN, "a"))
    assert not await database.write(lambda transaction: delete_device(transaction, ANN, "a"))

    assert await devices_after(database.reader, ANN, "", most=5) == [device("b")]
