"""The NEW_PASSWORD_REQUIRED challenge: whoever signs in with a password given by an administrator chooses another.

Sources: api:RespondToAuthChallenge (NEW_PASSWORD_REQUIRED); texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.capabilities.sign_in.attempt import Outcome
from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.parameters import check_hash, needed
from userpool.server.capabilities.sign_in.sealed_state import open_session
from userpool.server.credentials import keep_credential, make_credential
from userpool.server.database.sessions import put_session, spend
from userpool.server.database.users import user_by_sub
from userpool.server.issuing import new_session, tokens_for
from userpool.server.roster import change
from userpool.server.rules.attributes import applied, check_values, check_writable
from userpool.server.rules.password_policy import check_password
from userpool.server.rules.schema import required_names
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.capabilities.sign_in.sealed_state import Pending
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Pool, Session, User

PREFIX = "userAttributes."


async def answer_new_password_required(
    context: Context, pool: Pool, client: Client, session: str | None, responses: Mapping[str, str]
) -> Outcome:
    """Set the chosen password and the attributes that were missing, and answer with tokens."""
    pending = open_session(context, client, session, state=State.NEW_PASSWORD_REQUIRED)
    name = needed(responses, "USERNAME")
    check_hash(context, client, responses, names=[name])
    if name not in {pending.username, pending.typed_name, pending.sub}:
        raise NotAuthorizedException("Invalid session for the user.")
    password = needed(responses, "NEW_PASSWORD")
    given = {key.removeprefix(PREFIX): value for key, value in responses.items() if key.startswith(PREFIX)}
    user = _still_waiting(await user_by_sub(context.database.reader, pending.sub), pending)
    check_password(pool.description, password)
    _check_attributes(pool, client, user, given)
    credential = make_credential(context, pool, username=user.username, password=password)

    async def settle(transaction: Transaction) -> tuple[User, Session, str]:
        current = _still_waiting(await user_by_sub(transaction, pending.sub), pending)
        if not await spend(transaction, pending.spent_id, expires_ms=pending.expires_ms):
            raise NotAuthorizedException("Invalid session for the user.")
        chosen = replace(
            current,
            status="CONFIRMED",
            attributes=applied(current.attributes, given),
            temporary_password_expires_ms=None,
            modified_ms=context.now_ms,
        )
        saved = await change(transaction, pool, current, chosen)
        await keep_credential(context, transaction, saved, credential)
        began, refresh_token = new_session(context, client, saved)
        await put_session(transaction, began)
        return saved, began, refresh_token

    turn(pending.state, Event.PASSWORD_CHOSEN)
    saved, began, refresh_token = await context.database.write(settle)
    tokens = await tokens_for(context, pool, client, saved, began, refresh_token=refresh_token)
    return Outcome(parameters={}, result=tokens)


def _still_waiting(user: User | None, pending: Pending) -> User:
    if user is None or not user.enabled or user.status != "FORCE_CHANGE_PASSWORD":
        raise NotAuthorizedException("Invalid session for the user.")
    # Whoever knew a temporary password that was replaced since must not choose the next one.
    if user.version != pending.version:
        raise NotAuthorizedException("Invalid session for the user.")
    return user


def _check_attributes(pool: Pool, client: Client, user: User, given: Mapping[str, str]) -> None:
    for name in given:
        if user.attributes.get(name):
            raise NotAuthorizedException(f"Cannot modify an already provided {name}")
    check_writable(client.description, given)
    check_values(pool.description, given)
    for name in required_names(pool.description):
        if not (user.attributes.get(name) or given.get(name)):
            raise InvalidParameterException(f"Invalid attributes given, {name} is missing")
