"""What belongs to one user besides its record: sealed credentials, codes under way, and counted failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from userpool.server.database.documents import from_document, to_document
from userpool.server.database.query import Query, insert_or_replace
from userpool.server.database.tables import attempts, codes, credentials
from userpool.server.records import Attempts, Code

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction

_CREDENTIAL = Query(
    select(credentials.c.sealed).where(
        credentials.c.sub == bindparam("sub"), credentials.c.kind == bindparam("kind")
    )
)
_PUT_CREDENTIAL = insert_or_replace(credentials)
_DELETE_CREDENTIAL = Query(
    delete(credentials).where(credentials.c.sub == bindparam("sub"), credentials.c.kind == bindparam("kind"))
)
_CODE = Query(
    select(codes.c.document, codes.c.expires_ms).where(
        codes.c.sub == bindparam("sub"), codes.c.purpose == bindparam("purpose")
    )
)
_PUT_CODE = insert_or_replace(codes)
_DELETE_CODE = Query(
    delete(codes).where(codes.c.sub == bindparam("sub"), codes.c.purpose == bindparam("purpose"))
)
_ATTEMPTS = Query(
    select(attempts.c.failures, attempts.c.since_ms, attempts.c.locked_until_ms).where(
        attempts.c.sub == bindparam("sub"), attempts.c.kind == bindparam("kind")
    )
)
_PUT_ATTEMPTS = insert_or_replace(attempts)
_DELETE_ATTEMPTS = Query(
    delete(attempts).where(attempts.c.sub == bindparam("sub"), attempts.c.kind == bindparam("kind"))
)


async def sealed_credential(transaction: Transaction, sub: str, kind: str) -> bytes | None:
    """Return a user's sealed credential of a kind (`password`, `totp`, ...), or None."""
    row = await transaction.one(_CREDENTIAL, sub=sub, kind=kind)
    return None if row is None else bytes(row[0])


async def put_credential(transaction: Transaction, sub: str, kind: str, *, sealed: bytes) -> None:
    """Keep a user's sealed credential in place of the one before."""
    await transaction.run(_PUT_CREDENTIAL, sub=sub, kind=kind, sealed=sealed)


async def delete_credential(transaction: Transaction, sub: str, kind: str) -> None:
    """Forget a user's credential of a kind."""
    await transaction.run(_DELETE_CREDENTIAL, sub=sub, kind=kind)


async def code_of(transaction: Transaction, sub: str, purpose: str) -> tuple[Code, int] | None:
    """Return the code under way for a purpose and when it expires (epoch milliseconds), or None."""
    row = await transaction.one(_CODE, sub=sub, purpose=purpose)
    return None if row is None else (from_document(Code, row[0]), int(row[1]))


async def put_code(transaction: Transaction, sub: str, purpose: str, *, code: Code, expires_ms: int) -> None:
    """Keep a code in place of the one before, which is void from now on."""
    await transaction.run(
        _PUT_CODE, sub=sub, purpose=purpose, document=to_document(code), expires_ms=expires_ms
    )


async def delete_code(transaction: Transaction, sub: str, purpose: str) -> None:
    """Forget a code: it was redeemed."""
    await transaction.run(_DELETE_CODE, sub=sub, purpose=purpose)


async def attempts_of(transaction: Transaction, sub: str, kind: str) -> Attempts | None:
    """Return the counted failures of a kind, or None when there are none."""
    row = await transaction.one(_ATTEMPTS, sub=sub, kind=kind)
    return None if row is None else Attempts(failures=row[0], since_ms=row[1], locked_until_ms=row[2])


async def put_attempts(transaction: Transaction, sub: str, kind: str, *, counted: Attempts) -> None:
    """Keep the counted failures of a kind."""
    await transaction.run(
        _PUT_ATTEMPTS,
        sub=sub,
        kind=kind,
        failures=counted.failures,
        since_ms=counted.since_ms,
        locked_until_ms=counted.locked_until_ms,
    )


async def delete_attempts(transaction: Transaction, sub: str, kind: str) -> None:
    """Start to count anew."""
    await transaction.run(_DELETE_ATTEMPTS, sub=sub, kind=kind)
