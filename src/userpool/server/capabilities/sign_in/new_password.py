"""The NEW_PASSWORD_REQUIRED challenge: whoever signs in with a password given by an administrator chooses another.

Sources: api:RespondToAuthChallenge (NEW_PASSWORD_REQUIRED); texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.capabilities.sign_in.machine import Event, State
from userpool.server.capabilities.sign_in.onward import go_on, stand
from userpool.server.capabilities.sign_in.parameters import check_name, needed
from userpool.server.capabilities.sign_in.subjects import LONGEST_PASSWORD
from userpool.server.credentials import keep_credential, make_credential
from userpool.server.database.sessions import spend
from userpool.server.database.users import user_by_sub
from userpool.server.pending_sign_ins import open_session
from userpool.server.roster import change
from userpool.server.rules.attributes import applied, check_mutable, check_values, check_writable
from userpool.server.rules.password_policy import check_password
from userpool.server.rules.schema import required_names
from userpool.server.rules.sign_in_names import VERIFIABLE
from userpool.wire.faults import (
    InvalidParameterException,
    InvalidPasswordException,
    NotAuthorizedException,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.capabilities.sign_in.onward import Standing
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Client, Pool, User

PREFIX = "userAttributes."
STATE = State.NEW_PASSWORD_REQUIRED


async def answer_new_password_required(context: Context, asked: Asked) -> Outcome:
    """Set the chosen password and the attributes that were missing, and answer with what follows."""
    pool, responses = asked.pool, asked.parameters
    pending = open_session(context, asked.session, state=STATE.value, client=asked.client)
    check_name(context, asked, pending)
    password = needed(responses, "NEW_PASSWORD")
    given = {key.removeprefix(PREFIX): value for key, value in responses.items() if key.startswith(PREFIX)}
    user = _still_waiting(await user_by_sub(context.database.reader, pending.sub), pending)
    _check_form(password)
    check_password(pool.description, password)
    _check_attributes(pool, asked.client, user, given)
    credential = make_credential(context, pool, username=user.username, password=password)
    going = replace(pending, source="TokenGeneration_NewPasswordChallenge", password_salt=credential.salt)

    async def settle(transaction: Transaction) -> Standing:
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
        return await stand(
            context, transaction, asked, saved, going, before=STATE, event=Event.PASSWORD_CHOSEN
        )

    return await go_on(context, asked, await context.database.write(settle))


def _still_waiting(user: User | None, pending: Pending) -> User:
    if user is None or not user.enabled or user.status != "FORCE_CHANGE_PASSWORD":
        raise NotAuthorizedException("Invalid session for the user.")
    # Whoever knew a temporary password that was replaced since must not choose the next one.
    if user.version != pending.version:
        raise NotAuthorizedException("Invalid session for the user.")
    return user


def _check_form(password: str) -> None:
    # Other operations have passwords in members of their own, whose form the model gives (api: PasswordType).
    if len(password) > LONGEST_PASSWORD:
        # Assumed: the text when NEW_PASSWORD_REQUIRED is answered with a password of more than 256 characters.
        raise InvalidPasswordException("Password did not conform with policy: Password too long")
    if any(character.isspace() for character in password):
        # Assumed: the text when NEW_PASSWORD_REQUIRED is answered with a password that has white space in it.
        raise InvalidPasswordException(
            "Password did not conform with policy: Password must not have white space"
        )


def _check_attributes(pool: Pool, client: Client, user: User, given: Mapping[str, str]) -> None:
    required = required_names(pool.description)
    changed = {name: value for name, value in given.items() if value != user.attributes.get(name, value)}
    for name in given:
        # Assumed: an answer to NEW_PASSWORD_REQUIRED replaces no address or number, be it required or not.
        if user.attributes.get(name) and (name in required or (name in changed and name in VERIFIABLE)):
            raise NotAuthorizedException(f"Cannot modify an already provided {name}")
    check_writable(client.description, given)
    check_values(pool.description, given)
    check_mutable(pool.description, user.attributes, changed)
    for name in required:
        if not (user.attributes.get(name) or given.get(name)):
            raise InvalidParameterException(f"Invalid attributes given, {name} is missing")
