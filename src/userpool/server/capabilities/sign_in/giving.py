"""The challenges that follow a proof: what each of them tells, and the codes that leave with some.

Sources: api:InitiateAuth, api:AdminInitiateAuth (ChallengeParameters), guide:user-pool-settings-mfa.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.capabilities.sign_in.machine import State
from userpool.server.capabilities.sign_in.outcomes import challenge
from userpool.server.codes import count_call_first
from userpool.server.mfa_messages import compose_mfa_code
from userpool.server.pending_sign_ins import SentCode, code_digest
from userpool.server.pretending import pretended_delivery
from userpool.server.rules.attributes import medium_of, readable
from userpool.server.rules.destinations import masked
from userpool.server.rules.schema import required_names
from userpool.server.rules.strangers import keeps_existence_secret
from userpool.server.software_tokens import friendly_name
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import User

ATTRIBUTE_OF: Mapping[State, str] = {State.SMS_MFA: "phone_number", State.EMAIL_OTP: "email"}
"""Where the code of a challenge goes."""


def give_new_password(context: Context, asked: Asked, user: User, pending: Pending) -> Outcome:
    """Ask for a password of the user's own, and for the required attributes that are missing."""
    required = required_names(asked.pool.description)
    missing = [f"userAttributes.{name}" for name in required if not user.attributes.get(name)]
    # Assumed: NEW_PASSWORD_REQUIRED tells the attributes that the client may read, as the id token does.
    told = readable(asked.client.description, user.attributes)
    # The lists travel as JSON within a string, and the names of missing attributes with their prefix.
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": _listed(missing),
        "userAttributes": json.dumps(told, separators=(",", ":")),
    }
    return challenge(context, asked, pending, state=State.NEW_PASSWORD_REQUIRED, parameters=parameters)


async def give_code(
    context: Context,
    asked: Asked,
    user: User | None,
    pending: Pending,
    *,
    state: State,
    new_address: str | None = None,
) -> Outcome:
    """Send a code and ask for it (SMS_MFA, EMAIL_OTP).

    Args:
        context: the request's surroundings.
        asked: the request.
        user: whom it is for; None for nobody, who is told of a code and sent none, as is whoever lacks an address
            where strangers mustn't learn that.
        pending: the sign-in.
        state: the challenge.
        new_address: an e-mail address that becomes the user's with the code (MFA_SETUP).

    Raises:
        InvalidParameterException: the user has no number or address for it, and the client lets strangers know that.
        LimitExceededException: too many codes were sent within this hour.
        UserLambdaValidationException: CustomMessage refuses. As `pre_authentication` besides.
    """
    attribute = ATTRIBUTE_OF[state]
    value = new_address or (user.attributes.get(attribute) if user is not None else None)
    if user is not None and not value and not keeps_existence_secret(asked.client.description):
        # Assumed: the text when DefineAuthChallenge asks for the code of a factor that the user doesn't have.
        raise InvalidParameterException(f"User does not have delivery config set to turn on {state.value}")
    # Before CustomMessage is asked. Whoever is sent none is counted, too: the limit mustn't tell who exists.
    await count_call_first(context, pending.sub, "SendMfaCode")
    if user is None or not value:
        sent = SentCode(digest="", attribute=attribute, value="")
        told = pretended_delivery(context, asked.pool, pending.typed_name, attributes=[attribute])
        return _code_challenge(context, asked, pending, state, sent, told.destination or "")
    code, message = await compose_mfa_code(
        context,
        asked.pool,
        user,
        client_id=asked.client.client_id,
        attribute=attribute,
        value=value,
        client_metadata=asked.client_metadata,
    )
    await context.database.write(lambda transaction: context.outbox.promise(transaction, message))
    await context.outbox.hand_over(message)
    sent = SentCode(
        digest=code_digest(context, user.sub, code),
        attribute=attribute,
        value=value,
        sets_up=new_address is not None,
    )
    return _code_challenge(context, asked, pending, state, sent, masked(medium_of(attribute), value))


async def give_software_token(context: Context, asked: Asked, pending: Pending) -> Outcome:
    """Ask for the code of an authenticator."""
    parameters = {"USER_ID_FOR_SRP": pending.username}
    name = await friendly_name(context, context.database.reader, pending.sub)
    # A custom sign-in may ask before anything was proved, and nobody's authenticator has no name.
    is_for_strangers = pending.custom is not None and not pending.password_salt
    if name is not None and not (is_for_strangers and keeps_existence_secret(asked.client.description)):
        parameters["FRIENDLY_DEVICE_NAME"] = name
    return challenge(context, asked, pending, state=State.SOFTWARE_TOKEN_MFA, parameters=parameters)


def give_mfa_choice(context: Context, asked: Asked, pending: Pending, *, methods: Sequence[str]) -> Outcome:
    """Ask which second factor it is to be."""
    parameters = {"MFAS_CAN_CHOOSE": _listed(methods), "USER_ID_FOR_SRP": pending.username}
    offering = replace(pending, choices=list(methods))
    return challenge(context, asked, offering, state=State.SELECT_MFA_TYPE, parameters=parameters)


def give_mfa_setup(context: Context, asked: Asked, pending: Pending, *, methods: Sequence[str]) -> Outcome:
    """Ask for a second factor to be set up."""
    parameters = {"MFAS_CAN_SETUP": _listed(methods), "USER_ID_FOR_SRP": pending.username}
    offering = replace(pending, choices=list(methods))
    return challenge(context, asked, offering, state=State.MFA_SETUP, parameters=parameters)


def give_device_srp(context: Context, asked: Asked, pending: Pending) -> Outcome:
    """Ask the device for its SRP_A."""
    parameters = {"USERNAME": pending.username, "USER_ID_FOR_SRP": pending.username}
    return challenge(context, asked, pending, state=State.DEVICE_SRP_AUTH, parameters=parameters)


def _code_challenge(
    context: Context, asked: Asked, pending: Pending, state: State, sent: SentCode, destination: str
) -> Outcome:
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium_of(sent.attribute),
        "CODE_DELIVERY_DESTINATION": destination,
    }
    if state is State.SMS_MFA:
        parameters["USER_ID_FOR_SRP"] = pending.username
    return challenge(context, asked, replace(pending, code=sent), state=state, parameters=parameters)


def _listed(names: Sequence[str]) -> str:
    return json.dumps(list(names), separators=(",", ":"))
