"""A sign-in under way lives in what the client holds: the Session, or the SECRET_BLOCK of an SRP exchange.

Both are sealed, bound to pool and client, and live for minutes; only their being used up is written down, so
any process can answer the next request. A sign-up hands out Sessions, too: whoever confirms it with one may sign in
with the next.

Sources: api:RespondToAuthChallenge (Session), api:ConfirmSignUp (Session), guide (AuthSessionValidity).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import msgspec

from userpool.effects import uuid4_text
from userpool.server.rules.token_validity import auth_session_ms
from userpool.server.sealing import UnsealError
from userpool.server.triggers.custom_auth import ChallengeResult
from userpool.server.triggers.token_generation import TokenSource
from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.records import Client, Pool, User

SESSION = "sign-in session"
SECRET_BLOCK = "SRP secret block"  # The name of a purpose.
# Clients look at nothing in a Session, but the service's begin like this.
SESSION_MARK = "AYABe"

SIGN_UP = "SIGN_UP"
"""State of the Session that SignUp hands out: its holder may confirm."""
CONFIRMED_SIGN_UP = "CONFIRMED_SIGN_UP"
"""State of the Session that ConfirmSignUp hands out for it: its holder may sign in with USER_AUTH."""


class SentCode(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A code of a second factor that is under way."""

    digest: str
    """Keyed; empty for one that nothing matches, which nobody was sent."""
    attribute: str
    value: str
    """Where it went. Another number or address by the time it comes back makes it worthless."""
    sets_up: bool = False
    """Whether the address becomes the user's, and a second factor, with it (MFA_SETUP)."""

    def __repr__(self) -> str:
        return "SentCode(***)"


class Custom(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How far a custom sign-in has come."""

    results: list[ChallengeResult] = []
    private: dict[str, str] = {}
    """privateChallengeParameters of the challenge that waits."""
    metadata: str | None = None
    """challengeMetadata of it."""
    client_public: str = ""
    """SRP_A, where the sign-in began with one, until the password is asked for."""

    def __repr__(self) -> str:
        return "Custom(***)"


class Pending(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A sign-in that waits for the answer to a challenge."""

    pool_id: str
    client_id: str
    spent_id: str
    sub: str
    username: str
    state: str
    """The challenge that is to be answered, by its name."""
    expires_ms: int
    typed_name: str
    version: int
    """Of the user: a change made meanwhile, such as another password, ends a sign-in with a temporary one."""
    is_real: bool = True
    """Whether `sub` is a user's; nobody has one, too, that all may look alike."""
    device_key: str | None = None
    """A device that the client named before; it may have been forgotten since."""
    password_salt: bytes = b""
    """Of the password that was proved: another one meanwhile ends the sign-in."""
    source: TokenSource = "TokenGeneration_Authentication"
    """What the tokens will be made for."""
    choices: list[str] = []
    """What SELECT_MFA_TYPE or MFA_SETUP offered."""
    code: SentCode | None = None
    software_token_verified: bool = False
    """Whether VerifySoftwareToken was called with this sign-in."""
    custom: Custom | None = None
    """None in every other flow."""

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
    device_key: str | None = None
    """A device that the client named at the beginning."""
    has_session: bool = False
    """Whether a Session with the same id belongs to it and has to come with the answer."""

    def __repr__(self) -> str:
        return "SrpBlock(***)"


def expiry_ms(context: Context, client: Client) -> int:
    """Return when a challenge that is given now stops being answerable."""
    return context.now_ms + auth_session_ms(client.description)


def new_spent_id(context: Context) -> str:
    """Return an id under which a sealed state is used up."""
    return uuid4_text(context.effects)


def seal_session(context: Context, pending: Pending) -> str:
    """Return the Session string for a sign-in under way."""
    # Whose it is stands inside: AssociateSoftwareToken brings a Session and names no client.
    return SESSION_MARK + context.sealer.seal_text(SESSION, msgspec.msgpack.encode(pending), context="")


def open_session(context: Context, session: str | None, *, state: str, client: Client | None) -> Pending:
    """Return the sign-in that a Session stands for.

    Args:
        context: the request's surroundings.
        session: as the client sent it.
        state: the challenge that is being answered.
        client: the app client that answers, where the operation names one.

    Raises:
        NotAuthorizedException: it isn't one of this client's, waits for another answer, or is too old.
    """
    try:
        if session is None or not session.startswith(SESSION_MARK):
            raise UnsealError
        opened = context.sealer.open_text(SESSION, session[len(SESSION_MARK) :], context="")
    except UnsealError:
        # The cause says nothing more.
        raise NotAuthorizedException("Invalid session for the user.") from None
    pending = msgspec.msgpack.decode(opened, type=Pending)
    is_theirs = client is None or (client.pool_id, client.client_id) == (pending.pool_id, pending.client_id)
    if pending.state != state or not is_theirs:
        raise NotAuthorizedException("Invalid session for the user.")
    if pending.expires_ms <= context.now_ms:
        raise NotAuthorizedException("Invalid session for the user, session is expired.")
    return pending


def sign_up_session(context: Context, pool: Pool, client: Client, user: User) -> str:
    """Return the Session of a sign-up, for a client that may sign in with USER_AUTH.

    For a user who isn't confirmed yet it is what ConfirmSignUp takes (`SIGN_UP`), for one who is, what
    InitiateAuth takes (`CONFIRMED_SIGN_UP`). ConfirmSignUp gives the second one only to whoever shows the first: who
    knows the code alone has proved no password.
    """
    return seal_session(
        context,
        Pending(
            pool_id=pool.pool_id,
            client_id=client.client_id,
            spent_id=new_spent_id(context),
            sub=user.sub,
            username=user.username,
            state=CONFIRMED_SIGN_UP if user.status == "CONFIRMED" else SIGN_UP,
            expires_ms=expiry_ms(context, client),
            typed_name=user.username,
            version=user.version,
        ),
    )


def open_sign_up_session(
    context: Context, session: str, *, client: Client, is_confirmed: bool = False
) -> Pending:
    """Return the sign-up that a Session stands for; whether it is the expected user's is for the caller to see.

    Args:
        context: the request's surroundings.
        session: as the client sent it.
        client: the app client.
        is_confirmed: False for the Session of SignUp, True for the one of ConfirmSignUp.

    Raises:
        NotAuthorizedException: as `open_session`.
    """
    state = CONFIRMED_SIGN_UP if is_confirmed else SIGN_UP
    return open_session(context, session, state=state, client=client)


def code_digest(context: Context, sub: str, code: str) -> str:
    """Return what a Session keeps of the code of a second factor."""
    key = context.sealer.derived_key("second factor code")
    return hmac.new(key, f"{sub}\0{code}".encode(), hashlib.sha256).hexdigest()


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
