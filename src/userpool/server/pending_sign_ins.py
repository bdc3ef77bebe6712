"""A sign-in under way lives in what the client holds: the Session, or the SECRET_BLOCK of an SRP exchange.

Both are sealed, bound to pool and client, and live for minutes; only their being used up is written down, so
any process can answer the next request.

Sources: api:RespondToAuthChallenge (Session), guide (AuthSessionValidity).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import msgspec

from userpool.effects import uuid4_text
from userpool.server.capabilities.sign_in.machine import State
from userpool.server.rules.token_validity import auth_session_ms
from userpool.server.sealing import UnsealError
from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.records import Client

SESSION = "sign-in session"
SECRET_BLOCK = "SRP secret block"  # The name of a purpose.
# Clients look at nothing in a Session, but the service's begin like this.
SESSION_MARK = "AYABe"


class Pending(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A sign-in that waits for the answer to a challenge."""

    spent_id: str
    sub: str
    username: str
    state: State
    expires_ms: int
    typed_name: str
    version: int
    """Of the user: a change made meanwhile, such as another password, ends the sign-in."""

    def __repr__(self) -> str:
        return f"Pending(state={self.state}, ***)"


class SrpBlock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What the server has to remember of an SRP exchange."""

    spent_id: str
    sub: str
    """Of the user, or one made up for nobody."""
    is_real: bool
    username: str
    typed_name: str
    client_public: bytes
    server_public: bytes
    server_secret: bytes
    expires_ms: int

    def __repr__(self) -> str:
        return "SrpBlock(***)"


def expiry_ms(context: Context, client: Client) -> int:
    """Return when a challenge that is given now stops being answerable."""
    return context.now_ms + auth_session_ms(client.description)


def new_spent_id(context: Context) -> str:
    """Return an id under which a sealed state is used up."""
    return uuid4_text(context.effects)


def seal_session(context: Context, client: Client, pending: Pending) -> str:
    """Return the Session string for a sign-in under way."""
    sealed = context.sealer.seal_text(SESSION, msgspec.msgpack.encode(pending), context=_owner(client))
    return SESSION_MARK + sealed


def open_session(context: Context, client: Client, session: str | None, *, state: State) -> Pending:
    """Return the sign-in that a Session stands for.

    Raises:
        NotAuthorizedException: it isn't one of this client's, waits for another answer, or is too old.
    """
    try:
        if session is None or not session.startswith(SESSION_MARK):
            raise UnsealError
        opened = context.sealer.open_text(SESSION, session[len(SESSION_MARK) :], context=_owner(client))
    except UnsealError:
        raise NotAuthorizedException(
            "Invalid session for the user."
        ) from None  # The cause says nothing more.
    pending = msgspec.msgpack.decode(opened, type=Pending)
    if pending.state is not state:
        raise NotAuthorizedException("Invalid session for the user.")
    if pending.expires_ms <= context.now_ms:
        raise NotAuthorizedException("Invalid session for the user, session is expired.")
    return pending


def seal_block(context: Context, client: Client, block: SrpBlock) -> str:
    """Return the SECRET_BLOCK of an SRP exchange, in base64."""
    sealed = context.sealer.seal(SECRET_BLOCK, msgspec.msgpack.encode(block), context=_owner(client))
    return b64encode(sealed).decode()


def open_block(context: Context, client: Client, text: str) -> tuple[SrpBlock, bytes] | None:
    """Return an SRP exchange and the raw block that its proof is about, or None for none of this client's."""
    try:
        raw = b64decode(text, validate=True)
        opened = context.sealer.open(SECRET_BLOCK, raw, context=_owner(client))
    except (UnsealError, ValueError):
        return None
    return msgspec.msgpack.decode(opened, type=SrpBlock), raw


def _owner(client: Client) -> str:
    return f"{client.pool_id} {client.client_id}"
