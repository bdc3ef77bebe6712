"""Messages that were promised in a transaction and have not left yet, and the sweeping of what has expired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import messages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from userpool.server.database.query import Transaction

_ADD = insert_or_ignore(messages)
_WAITING = Query(
    select(messages.c.message_id, messages.c.body_sealed)
    .order_by(messages.c.created_ms)
    .limit(bindparam("most"))
)
_DELETE = Query(delete(messages).where(messages.c.message_id == bindparam("message_id")))


async def add_message(
    transaction: Transaction, message_id: str, *, created_ms: int, body_sealed: bytes
) -> None:
    """Promise a message: it leaves after the transaction has been committed."""
    await transaction.run(_ADD, message_id=message_id, created_ms=created_ms, body_sealed=body_sealed)


async def waiting_messages(transaction: Transaction, most: int) -> list[tuple[str, bytes]]:
    """Return the oldest messages that have not left: id and sealed body."""
    return [(str(message_id), bytes(body)) for message_id, body in await transaction.all(_WAITING, most=most)]


async def delete_messages(transaction: Transaction, message_ids: Iterable[str]) -> None:
    """Forget messages that have left."""
    for message_id in message_ids:
        await transaction.run(_DELETE, message_id=message_id)
