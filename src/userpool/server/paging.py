"""Page tokens: where a listing stands, sealed, so that a client can hand it back and do nothing else with it.

A token is bound to the operation and to what is listed (the pool, the filter): one that was changed, comes
from another listing or is older than an hour is refused in one and the same way.

Sources: guide:limits (pagination tokens live for an hour); the text as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.sealing import UnsealError
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from userpool.server.context import Context

TOKEN_LIFE_MS = 3_600_000
_PURPOSE = "page token"


def seal_place(context: Context, place: str, *, operation: str, scope: str) -> str:
    """Return a page token.

    Args:
        context: the request's surroundings.
        place: what the listing needs to go on, in whatever form it likes; the client can't read it.
        operation: the wire's name of the operation, such as `ListUsers`.
        scope: what is listed: the pool's id, with the filter where there is one.
    """
    expires_ms = context.now_ms + TOKEN_LIFE_MS
    bound_to = f"{operation}\0{scope}"
    return context.sealer.seal_text(_PURPOSE, f"{expires_ms} {place}".encode(), context=bound_to)


def open_place(context: Context, token: str | None, *, operation: str, scope: str) -> str | None:
    """Return the place that was sealed for this operation and scope; None for a first page without a token.

    Raises:
        InvalidParameterException: the token isn't one of this listing, or is too old.
    """
    if token is None:
        return None
    try:
        opened = context.sealer.open_text(_PURPOSE, token, context=f"{operation}\0{scope}").decode()
    except UnsealError:
        raise _refused() from None  # The cause would tell a stranger nothing that may be told.
    expires_ms, _, place = opened.partition(" ")
    if int(expires_ms) <= context.now_ms:
        raise _refused()
    return place


def _refused() -> InvalidParameterException:
    return InvalidParameterException("Invalid pagination token given.")
