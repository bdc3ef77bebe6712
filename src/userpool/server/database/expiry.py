"""Forgetting what has expired, a slice of a table at a time.

A slice is the next rows in the order of their key, whatever has become of them, so no table needs an index by time, no
statement is long, and a table of any size is worked through in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, and_, bindparam, delete, or_, select

from userpool.server.database.query import Query
from userpool.server.database.tables import attempts, codes, messages, sessions, spent

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from userpool.server.database.query import Transaction

SLICE_ROWS = 500
DAY_MS = 86_400_000


class Expiring:
    """A table whose rows are worth nothing after a time."""

    def __init__(self, table: Table, instant: Column[Any], *, kept_ms: int = 0) -> None:
        """Take the table, the column that says when, and for how many milliseconds after that a row is kept."""
        self.name = table.name
        self.kept_ms = kept_ms
        keys: list[Column[Any]] = list(table.primary_key)
        self.keys = tuple(key.name for key in keys)
        # The first bound says nothing new; it is what lets a database begin at the key instead of at the front.
        first = keys[0] >= bindparam(f"after_{keys[0].name}")
        self.slice = Query(
            select(*keys, instant).where(first, _comes_after(keys)).order_by(*keys).limit(bindparam("most"))
        )
        # The instant is looked at again: a row may have been written anew since its slice was read.
        same = [key == bindparam(key.name) for key in keys]
        self.forget = Query(delete(table).where(*same, instant < bindparam("before")))


def _comes_after(keys: list[Column[Any]]) -> ColumnElement[bool]:
    # (a, b) > (x, y), spelled out: not every database compares rows.
    return or_(
        *(
            and_(
                *(key == bindparam(f"after_{key.name}") for key in keys[:count]),
                last > bindparam(f"after_{last.name}"),
            )
            for count, last in enumerate(keys)
        )
    )


EXPIRING = (
    Expiring(codes, codes.c.expires_ms),
    Expiring(sessions, sessions.c.expires_ms),
    Expiring(spent, spent.c.expires_ms),
    # The longest that a count matters is an hour; a day is kept for whoever looks into an attack.
    Expiring(attempts, attempts.c.since_ms, kept_ms=DAY_MS),
    # What lasts longest of what messages carry is a temporary password: seven days, if a pool doesn't say otherwise.
    Expiring(messages, messages.c.created_ms, kept_ms=7 * DAY_MS),
)


async def expired_in_slice(
    transaction: Transaction, table: Expiring, *, after: tuple[str, ...] | None, now_ms: int
) -> tuple[list[dict[str, Any]], tuple[str, ...] | None]:
    """Return the keys of the rows of a slice that have expired, and the key of its last row (None at the end).

    Args:
        transaction: what to read with.
        table: which table.
        after: the key after which the slice begins; None for the beginning.
        now_ms: the time in epoch milliseconds.
    """
    place = after or ("",) * len(table.keys)
    begin = {f"after_{key}": value for key, value in zip(table.keys, place, strict=True)}
    rows = await transaction.all(table.slice, most=SLICE_ROWS, **begin)
    before = now_ms - table.kept_ms
    expired = [
        {**dict(zip(table.keys, row[:-1], strict=True)), "before": before} for row in rows if row[-1] < before
    ]
    return expired, tuple(rows[-1][:-1]) if len(rows) == SLICE_ROWS else None


async def forget_expired(transaction: Transaction, table: Expiring, expired: list[dict[str, Any]]) -> None:
    """Delete rows that have expired, by the keys that `expired_in_slice` returned."""
    await transaction.run_for_each(table.forget, expired)
