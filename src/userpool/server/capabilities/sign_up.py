"""Signing up: a person makes an account and confirms it with a code, or an administrator confirms it.

Operations: SignUp, ConfirmSignUp, ResendConfirmationCode, AdminConfirmSignUp.

Sources: api:SignUp, api:ConfirmSignUp, api:ResendConfirmationCode, api:AdminConfirmSignUp,
guide:signing-up-users-in-your-app; recorded replies for the texts of SignUp and of unknown users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.codes import (
    attribute_to_verify,
    count_call,
    count_call_first,
    delivery_details,
    mismatch,
    redeem,
    send_code,
)
from userpool.server.credentials import keep_credential, make_credential
from userpool.server.finding import check_secret_hash, find_client, find_pool, find_user, user_again
from userpool.server.pending_sign_ins import open_sign_up_session, sign_up_session
from userpool.server.pretending import nobodys_sub, pretended_delivery
from userpool.server.roster import change, check_unclaimed, enrol
from userpool.server.rules.attributes import (
    applied,
    as_mapping,
    check_required,
    check_values,
    check_writable,
    medium_of,
)
from userpool.server.rules.identifiers import new_sub
from userpool.server.rules.new_users import (
    check_preferred_username,
    check_username_attribute,
    new_user,
    with_username,
)
from userpool.server.rules.password_policy import check_password
from userpool.server.rules.sign_in_names import VERIFIABLE, check_new_username
from userpool.server.rules.strangers import keeps_existence_secret, unknown_name
from userpool.server.triggers.configured import has
from userpool.server.triggers.sign_up import post_confirmation, pre_sign_up
from userpool.server.unbuilt import not_built
from userpool.server.wording import wording_for
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    InvalidParameterException,
    NotAuthorizedException,
)
from userpool.wire.sign_up import (
    AdminConfirmSignUpResponse,
    ConfirmSignUpResponse,
    ResendConfirmationCodeResponse,
    SignUpResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Message, MessageKind, Pool, User, UserStatus
    from userpool.server.wording import Wording
    from userpool.wire.sign_up import (
        AdminConfirmSignUpRequest,
        ConfirmSignUpRequest,
        ResendConfirmationCodeRequest,
        SignUpRequest,
    )

PURPOSE = "sign_up"
TAKEN = "User already exists"

# ---- rules ----


def _check_open(pool: Pool) -> None:
    config = pool.description.admin_create_user_config
    if config is not None and config.allow_admin_create_user_only:
        raise NotAuthorizedException("SignUp is not permitted for this user pool")


def _check_unconfirmed(user: User) -> None:
    if user.status != "UNCONFIRMED":
        raise NotAuthorizedException(f"User cannot be confirmed. Current status is {user.status}")


def _signs_in_by_itself(client: Client) -> bool:
    return "ALLOW_USER_AUTH" in (client.description.explicit_auth_flows or [])


# ---- operations ----


async def sign_up(context: Context, request: SignUpRequest) -> SignUpResponse:
    """Make an account that waits for its confirmation, and send the code."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    _check_open(pool)
    check_new_username(pool.description, request.username)
    given = as_mapping(request.user_attributes)
    check_username_attribute(pool.description, request.username, given)
    check_preferred_username(pool.description, given)
    check_writable(client.description, given)
    if request.password is None:
        raise not_built("Sign-up without a password")
    check_password(pool.description, request.password)
    attributes = with_username(pool.description, request.username, given)
    user = new_user(
        pool,
        request.username,
        # What can be verified and isn't yet says so from the beginning.
        attributes=applied({}, attributes),
        sub=new_sub(context.effects),
        status="UNCONFIRMED",
        now_ms=context.now_ms,
    )
    check_values(pool.description, attributes)
    check_required(pool.description, user.attributes)
    user, is_verified = await _decided_by_trigger(context, pool, client, user, request)
    credential = make_credential(context, pool, username=user.username, password=request.password)
    # Whom the trigger confirmed has nothing to confirm.
    attribute = attribute_to_verify(pool, user.attributes) if user.status == "UNCONFIRMED" else None
    wording = await _wording(context, pool, client, user, attribute, "SignUp", request.client_metadata)

    async def write(transaction: Transaction) -> Message | None:
        await enrol(transaction, pool, user, taken=TAKEN, steal=is_verified)
        await keep_credential(context, transaction, user, credential)
        if attribute is None:
            return None
        return await _send(context, transaction, pool, user, attribute, "SignUp", wording)

    message = await context.database.write(write)
    if message is not None:
        await context.outbox.hand_over(message)
    if user.status == "CONFIRMED":
        await _told_of_confirmation(context, pool, user, client.client_id, request.client_metadata)
    return SignUpResponse(
        user_confirmed=user.status == "CONFIRMED",
        user_sub=user.sub,
        code_delivery_details=delivery_details(attribute, user.attributes[attribute]) if attribute else None,
        session=sign_up_session(context, pool, client, user) if _signs_in_by_itself(client) else None,
    )


async def _decided_by_trigger(
    context: Context, pool: Pool, client: Client, user: User, request: SignUpRequest
) -> tuple[User, bool]:
    # Returns the user as PreSignUp wants it, and whether that has verified an address or a number.
    if not has(pool, "PreSignUp"):
        return user, False
    # A name that is taken is told before the trigger is asked.
    await check_unclaimed(context.database.reader, pool, user, taken=TAKEN)
    reply = await pre_sign_up(
        context,
        pool,
        client_id=client.client_id,
        source="PreSignUp_SignUp",
        username=user.username,
        # Assumed: PreSignUp sees the attributes as they were given, neither sub nor flags among them.
        attributes=with_username(pool.description, request.username, as_mapping(request.user_attributes)),
        validation_data=as_mapping(request.validation_data) if request.validation_data else None,
        client_metadata=request.client_metadata,
    )
    attributes = dict(user.attributes)
    verified = {"email": reply.verify_email, "phone_number": reply.verify_phone_number}
    for name in (name for name, is_verified in verified.items() if is_verified):
        if not attributes.get(name):
            # Assumed: the error for autoVerifyEmail and autoVerifyPhone where the user hasn't got the attribute.
            raise InvalidLambdaResponseException(f"The user has no {name} that could be verified.")
        attributes[f"{name}_verified"] = "true"
    status: UserStatus = "CONFIRMED" if reply.auto_confirm else "UNCONFIRMED"
    return replace(user, attributes=attributes, status=status), any(verified.values())


async def _wording(
    context: Context,
    pool: Pool,
    client: Client,
    user: User,
    attribute: str | None,
    kind: MessageKind,
    client_metadata: Mapping[str, str] | None,
) -> Wording:
    return await wording_for(
        context,
        pool,
        user,
        kind=kind,
        mediums=[medium_of(attribute)] if attribute is not None else [],
        client_id=client.client_id,
        client_metadata=client_metadata,
    )


async def _send(
    context: Context,
    transaction: Transaction,
    pool: Pool,
    user: User,
    attribute: str,
    kind: MessageKind,
    wording: Wording,
) -> Message:
    return await send_code(
        context,
        transaction,
        pool,
        user,
        purpose=PURPOSE,
        attribute=attribute,
        kind=kind,
        value=user.attributes[attribute],
        wording=wording,
    )


async def _told_of_confirmation(
    context: Context, pool: Pool, user: User, client_id: str | None, client_metadata: Mapping[str, str] | None
) -> None:
    await post_confirmation(
        context,
        pool,
        user,
        client_id=client_id,
        source="PostConfirmation_ConfirmSignUp",
        client_metadata=client_metadata,
    )


async def confirm_sign_up(context: Context, request: ConfirmSignUpRequest) -> ConfirmSignUpResponse:
    """Redeem the code of a sign-up: the user is confirmed, and the address the code went to is verified."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    user = await context.directory.user(pool, request.username)
    if user is None:
        await _count_stranger(context, pool, client, request.username, "ConfirmSignUp")
        raise unknown_name(client.description)

    async def write(transaction: Transaction) -> User | None:
        current = await user_again(transaction, user)
        _check_unconfirmed(current)
        await count_call(context, transaction, current.sub, "ConfirmSignUp")
        code = await redeem(context, transaction, current.sub, PURPOSE, code=request.confirmation_code)
        if code is None:
            return None
        attributes = dict(current.attributes)
        if code.attribute is not None and attributes.get(code.attribute) == code.value:
            attributes[f"{code.attribute}_verified"] = "true"
        confirmed = replace(current, status="CONFIRMED", attributes=attributes, modified_ms=context.now_ms)
        return await change(transaction, pool, current, confirmed, steal=bool(request.force_alias_creation))

    confirmed = await context.database.write(write)
    if confirmed is None:
        raise mismatch()
    await _told_of_confirmation(context, pool, confirmed, client.client_id, request.client_metadata)
    return ConfirmSignUpResponse(session=_next_session(context, pool, client, confirmed, request.session))


async def _count_stranger(context: Context, pool: Pool, client: Client, name: str, operation: str) -> None:
    # Nobody's calls are counted as a user's are: otherwise the limit of the hour would tell who exists.
    if keeps_existence_secret(client.description):
        await count_call_first(context, nobodys_sub(context, pool, name), operation)


def _next_session(
    context: Context, pool: Pool, client: Client, user: User, session: str | None
) -> str | None:
    if session is None or not _signs_in_by_itself(client):
        return None
    try:
        pending = open_sign_up_session(context, session, client=client)
    except NotAuthorizedException:
        # Assumed: a Session that is too old, or none of this client's, doesn't keep a sign-up from being confirmed.
        return None
    return sign_up_session(context, pool, client, user) if pending.sub == user.sub else None


async def resend_confirmation_code(
    context: Context, request: ResendConfirmationCodeRequest
) -> ResendConfirmationCodeResponse:
    """Send the sign-up code again; the one before is void."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    user = await context.directory.user(pool, request.username)
    if user is None:
        await _count_stranger(context, pool, client, request.username, "ResendConfirmationCode")
        return _pretended(context, pool, client, request.username)

    reachable = _attribute_to_resend(pool, user)
    await count_call_first(context, user.sub, "ResendConfirmationCode")
    wording = await _wording(context, pool, client, user, reachable, "ResendCode", request.client_metadata)

    async def write(transaction: Transaction) -> tuple[Message, str]:
        current = await user_again(transaction, user)
        attribute = _attribute_to_resend(pool, current)
        message = await _send(context, transaction, pool, current, attribute, "ResendCode", wording)
        return message, attribute

    message, attribute = await context.database.write(write)
    await context.outbox.hand_over(message)
    return ResendConfirmationCodeResponse(
        code_delivery_details=delivery_details(attribute, message.destination)
    )


def _attribute_to_resend(pool: Pool, user: User) -> str:
    if user.status != "UNCONFIRMED":
        # Assumed: the text of ResendConfirmationCode for a user who is confirmed already.
        raise InvalidParameterException("User is already confirmed.")
    attribute = attribute_to_verify(pool, user.attributes)
    if attribute is None:
        # Assumed: the text of ResendConfirmationCode for a user whom no code can reach.
        raise InvalidParameterException("Cannot resend codes. Auto verification not turned on.")
    return attribute


def _pretended(context: Context, pool: Pool, client: Client, name: str) -> ResendConfirmationCodeResponse:
    if not keeps_existence_secret(client.description):
        raise unknown_name(client.description)
    # A stranger who asks for somebody's code again can't tell whether there is such a person.
    return ResendConfirmationCodeResponse(
        code_delivery_details=pretended_delivery(context, pool, name, attributes=VERIFIABLE)
    )


async def admin_confirm_sign_up(
    context: Context, request: AdminConfirmSignUpRequest
) -> AdminConfirmSignUpResponse:
    """Confirm a user without a code; no address is verified by that."""
    pool = await find_pool(context, request.user_pool_id)

    async def write(transaction: Transaction) -> User:
        user = await find_user(context, pool, request.username, within=transaction)
        _check_unconfirmed(user)
        confirmed = replace(user, status="CONFIRMED", modified_ms=context.now_ms)
        return await change(transaction, pool, user, confirmed)

    confirmed = await context.database.write(write)
    await _told_of_confirmation(context, pool, confirmed, None, request.client_metadata)
    return AdminConfirmSignUpResponse()
