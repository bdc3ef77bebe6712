"""Signed-in sessions, and the ids of sealed values that were used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from userpool.server.database.documents import from_document, to_document
from userpool.server.database.query import Query, insert_or_ignore, insert_or_replace
from userpool.server.database.tables import sessions, spent
from userpool.server.records import Session

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction

_SESSION = Query(
    select(sessions.c.document).where(
        sessions.c.sub == bindparam("sub"), sessions.c.session_id == bindparam("session_id")
    )
)
_SESSIONS = Query(select(sessions.c.document).where(sessions.c.sub == bindparam("sub")))
_PUT_SESSION = insert_or_replace(sessions)
_DELETE_SESSION = Query(
    delete(sessions).where(
        sessions.c.sub == bindparam("sub"), sessions.c.session_id == bindparam("session_id")
    )
)
_DELETE_SESSIONS = Query(delete(sessions).where(sessions.c.sub == bindparam("sub")))
_SPEND = insert_or_ignore(spent)
_IS_SPENT = Query(select(spent.c.spent_id).where(spent.c.spent_id == bindparam("spent_id")))


async def session_by_id(transaction: Transaction, sub: str, session_id: str) -> Session | None:
    """Return a user's session, or None when there is none or it was revoked."""
    row = await transaction.one(_SESSION, sub=sub, session_id=session_id)
    return None if row is None else from_document(Session, row[0])


async def sessions_of(transaction: Transaction, sub: str) -> list[Session]:
    """Return all sessions of a user, expired ones that haven't been swept among them."""
    rows = await transaction.all(_SESSIONS, sub=sub)
    return [from_document(Session, row[0]) for row in rows]


async def put_session(transaction: Transaction, session: Session) -> None:
    """Keep a session."""
    await transaction.run(
        _PUT_SESSION,
        sub=session.sub,
        session_id=session.session_id,
        client_id=session.client_id,
        document=to_document(session),
        expires_ms=session.expires_ms,
    )


async def delete_session(transaction: Transaction, sub: str, session_id: str) -> None:
    """Revoke one session."""
    await transaction.run(_DELETE_SESSION, sub=sub, session_id=session_id)


async def delete_sessions(transaction: Transaction, sub: str) -> None:
    """Revoke all sessions of a user."""
    await transaction.run(_DELETE_SESSIONS, sub=sub)


async def spend(transaction: Transaction, spent_id: str, *, expires_ms: int) -> bool:
    """Use up a sealed value that may be answered once; return False when it was used before."""
    return await transaction.run(_SPEND, spent_id=spent_id, expires_ms=expires_ms) == 1


async def is_spent(transaction: Transaction, spent_id: str) -> bool:
    """Return whether a sealed value was used up, without using it up."""
    return await transaction.one(_IS_SPENT, spent_id=spent_id) is not None
