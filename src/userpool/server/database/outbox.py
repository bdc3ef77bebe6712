"""Messages that were promised in a transaction and have not left yet, and which server is delivering them.

A lease is an instant in a message's row: until then one server delivers it, or nobody is to try again. It is taken by
an update that counts only while there is no lease, or one that has run out, so of several servers one gets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, or_, select, update

from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.server.database.query import Transaction

FOR_EVER_MS = 2**62

_FREE = or_(messages.c.leased_until_ms.is_(None), messages.c.leased_until_ms < bindparam("now_ms"))

_ADD = insert_or_ignore(messages)
_WAITING = Query(
    select(messages.c.message_id, messages.c.body_sealed, messages.c.created_ms)
    .where(
        messages.c.created_ms >= bindparam("after_ms"),
        or_(messages.c.created_ms > bindparam("after_ms"), messages.c.message_id > bindparam("after_id")),
        _FREE,
    )
    .order_by(messages.c.created_ms, messages.c.message_id)
    .limit(bindparam("most"))
)
_CLAIM = Query(
    update(messages)
    .where(messages.c.message_id == bindparam("of_id"), _FREE)
    .values(leased_until_ms=bindparam("until_ms"))
)
_EXTEND = Query(
    update(messages)
    .where(messages.c.message_id == bindparam("of_id"), messages.c.leased_until_ms == bindparam("held_ms"))
    .values(leased_until_ms=bindparam("until_ms"))
)
_DELETE = Query(delete(messages).where(messages.c.message_id == bindparam("message_id")))


class WaitingMessage(NamedTuple):
    """A message that has not left yet."""

    message_id: str
    body_sealed: bytes
    created_ms: int


async def add_message(
    transaction: Transaction,
    message_id: str,
    *,
    created_ms: int,
    body_sealed: bytes,
    leased_until_ms: int | None = None,
) -> None:
    """Promise a message: it leaves after the transaction has been committed.

    Args:
        transaction: what to write in.
        message_id: the message's id.
        created_ms: when it was made.
        body_sealed: the message, sealed.
        leased_until_ms: until when the server that promises it delivers it; None where it can't.
    """
    await transaction.run(
        _ADD,
        message_id=message_id,
        created_ms=created_ms,
        body_sealed=body_sealed,
        leased_until_ms=leased_until_ms,
    )


async def waiting_messages(
    transaction: Transaction,
    most: int,
    *,
    after: WaitingMessage | None = None,
    free_at_ms: int | None = None,
) -> list[WaitingMessage]:
    """Return the oldest messages that have not left, or those that come next after one of them.

    Args:
        transaction: what to read with.
        most: how many at most.
        after: the message before the first one.
        free_at_ms: leave out those with a lease at this time; None returns them, too.
    """
    after_ms, after_id = (after.created_ms, after.message_id) if after else (0, "")
    now_ms = FOR_EVER_MS if free_at_ms is None else free_at_ms
    rows = await transaction.all(_WAITING, most=most, after_ms=after_ms, after_id=after_id, now_ms=now_ms)
    return [
        WaitingMessage(str(message_id), bytes(body), int(created_ms)) for message_id, body, created_ms in rows
    ]


async def claim_messages(
    transaction: Transaction, message_ids: Iterable[str], *, now_ms: int, until_ms: int
) -> list[str]:
    """Take a lease on messages until a time; return those on which nobody else has one."""
    return [
        message_id
        for message_id in message_ids
        if await transaction.run(_CLAIM, of_id=message_id, now_ms=now_ms, until_ms=until_ms)
    ]


async def extend_leases(
    transaction: Transaction, held: Mapping[str, int], *, until_ms: int | None
) -> list[str]:
    """Let leases end at another time (None: at once); return the messages on which they still counted.

    Args:
        transaction: what to write in.
        held: by message, when the lease ends that the caller has; another one isn't touched.
        until_ms: when they are to end.
    """
    return [
        message_id
        for message_id, held_ms in held.items()
        if await transaction.run(_EXTEND, of_id=message_id, held_ms=held_ms, until_ms=until_ms)
    ]


async def delete_messages(transaction: Transaction, message_ids: Iterable[str]) -> None:
    """Forget messages that have left."""
    for message_id in message_ids:
        await transaction.run(_DELETE, message_id=message_id)
