"""Devices of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from userpool.server.database.documents import from_document, to_document
from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import devices
from userpool.server.records import Device

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction

_THIS = (devices.c.sub == bindparam("key_sub"), devices.c.device_key == bindparam("key"))
_DEVICE = Query(select(devices.c.document).where(*_THIS))
_DEVICES_AFTER = Query(
    select(devices.c.document)
    .where(devices.c.sub == bindparam("key_sub"), devices.c.device_key > bindparam("after"))
    .order_by(devices.c.device_key)
    .limit(bindparam("most"))
)
_VERIFIER = Query(select(devices.c.verifier_sealed).where(*_THIS))
_ADD_DEVICE = insert_or_ignore(devices)
_SAVE_DEVICE = Query(update(devices).where(*_THIS).values(document=bindparam("new_document")))
_DELETE_DEVICE = Query(delete(devices).where(*_THIS))


async def device_by_key(transaction: Transaction, sub: str, device_key: str) -> Device | None:
    """Return a user's device, or None."""
    row = await transaction.one(_DEVICE, key_sub=sub, key=device_key)
    return None if row is None else from_document(Device, row[0])


async def devices_after(transaction: Transaction, sub: str, after: str, *, most: int) -> list[Device]:
    """Return at most `most` devices of a user whose keys come after `after`, in the order of their keys."""
    rows = await transaction.all(_DEVICES_AFTER, key_sub=sub, after=after, most=most)
    return [from_document(Device, row[0]) for row in rows]


async def sealed_verifier(transaction: Transaction, sub: str, device_key: str) -> bytes | None:
    """Return the sealed verifier of a user's device; None for one without, or for no device."""
    row = await transaction.one(_VERIFIER, key_sub=sub, key=device_key)
    return None if row is None or row[0] is None else bytes(row[0])


async def add_device(transaction: Transaction, device: Device, *, verifier_sealed: bytes | None) -> bool:
    """Keep a new device; return False when the user has one of that key."""
    row = {
        "sub": device.sub,
        "device_key": device.device_key,
        "document": to_document(device),
        "verifier_sealed": verifier_sealed,
    }
    return await transaction.run(_ADD_DEVICE, **row) == 1


async def save_device(transaction: Transaction, device: Device) -> None:
    """Write a changed device; its verifier stays."""
    document = to_document(device)
    await transaction.run(_SAVE_DEVICE, key_sub=device.sub, key=device.device_key, new_document=document)


async def delete_device(transaction: Transaction, sub: str, device_key: str) -> bool:
    """Forget a device; return False when there was none."""
    return await transaction.run(_DELETE_DEVICE, key_sub=sub, key=device_key) == 1
