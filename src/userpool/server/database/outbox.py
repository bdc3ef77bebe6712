"""Messages that were promised in a transaction and have not left yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, or_, select

from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import messages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from userpool.server.database.query import Transaction

_ADD = insert_or_ignore(messages)
_WAITING = Query(
    select(messages.c.message_id, messages.c.body_sealed, messages.c.created_ms)
    .where(
        messages.c.created_ms >= bindparam("after_ms"),
        or_(messages.c.created_ms > bindparam("after_ms"), messages.c.message_id > bindparam("after_id")),
    )
    .order_by(messages.c.created_ms, messages.c.message_id)
    .limit(bindparam("most"))
)
_DELETE = Query(delete(messages).where(messages.c.message_id == bindparam("message_id")))


class WaitingMessage(NamedTuple):
    """A message that has not left yet."""

    message_id: str
    body_sealed: bytes
    created_ms: int


async def add_message(
    transaction: Transaction, message_id: str, *, created_ms: int, body_sealed: bytes
) -> None:
    """Promise a message: it leaves after the transaction has been committed."""
    await transaction.run(_ADD, message_id=message_id, created_ms=created_ms, body_sealed=body_sealed)


async def waiting_messages(
    transaction: Transaction, most: int, *, after: WaitingMessage | None = None
) -> list[WaitingMessage]:
    """Return the oldest messages that have not left, or those that come next after one of them."""
    after_ms, after_id = (after.created_ms, after.message_id) if after else (0, "")
    rows = await transaction.all(_WAITING, most=most, after_ms=after_ms, after_id=after_id)
    return [
        WaitingMessage(str(message_id), bytes(body), int(created_ms)) for message_id, body, created_ms in rows
    ]


async def delete_messages(transaction: Transaction, message_ids: Iterable[str]) -> None:
    """Forget messages that have left."""
    for message_id in message_ids:
        await transaction.run(_DELETE, message_id=message_id)
