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
    delivery_details,
    mismatch,
    redeem,
    send_code,
)
from userpool.server.credentials import keep_credential, make_credential
from userpool.server.finding import check_secret_hash, find_client, find_pool, find_user, user_again
from userpool.server.pretending import pretended_delivery
from userpool.server.roster import change, enrol
from userpool.server.rules.attributes import (
    applied,
    as_mapping,
    check_required,
    check_values,
    check_writable,
)
from userpool.server.rules.identifiers import new_sub
from userpool.server.rules.new_users import new_user, with_username
from userpool.server.rules.password_policy import check_password
from userpool.server.rules.sign_in_names import VERIFIABLE, check_new_username
from userpool.server.rules.strangers import keeps_existence_secret, unknown_name
from userpool.server.unbuilt import not_built
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException
from userpool.wire.sign_up import (
    AdminConfirmSignUpResponse,
    ConfirmSignUpResponse,
    ResendConfirmationCodeResponse,
    SignUpResponse,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Message, Pool, User
    from userpool.wire.sign_up import (
        AdminConfirmSignUpRequest,
        ConfirmSignUpRequest,
        ResendConfirmationCodeRequest,
        SignUpRequest,
    )

PURPOSE = "sign_up"

# ---- rules ----


def _check_open(pool: Pool) -> None:
    config = pool.description.admin_create_user_config
    if config is not None and config.allow_admin_create_user_only:
        raise NotAuthorizedException("SignUp is not permitted for this user pool")


def _check_unconfirmed(user: User) -> None:
    if user.status != "UNCONFIRMED":
        raise NotAuthorizedException(f"User cannot be confirmed. Current status is {user.status}")


# ---- operations ----


async def sign_up(context: Context, request: SignUpRequest) -> SignUpResponse:
    """Make an account that waits for its confirmation, and send the code."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    _check_open(pool)
    check_new_username(pool.description, request.username)
    attributes = as_mapping(request.user_attributes)
    check_writable(client.description, attributes)
    if request.password is None:
        raise not_built("Sign-up without a password")
    check_password(pool.description, request.password)
    user = new_user(
        pool,
        request.username,
        # What can be verified and isn't yet says so from the beginning.
        attributes=applied({}, with_username(pool.description, request.username, attributes)),
        sub=new_sub(context.effects),
        status="UNCONFIRMED",
        now_ms=context.now_ms,
    )
    check_values(pool.description, attributes)
    check_required(pool.description, user.attributes)
    credential = make_credential(context, pool, username=user.username, password=request.password)
    attribute = attribute_to_verify(pool, user.attributes)

    async def write(transaction: Transaction) -> Message | None:
        await enrol(transaction, pool, user, taken="User already exists")
        await keep_credential(context, transaction, user, credential)
        if attribute is None:
            return None
        value = user.attributes[attribute]
        return await send_code(
            context, transaction, pool, user, purpose=PURPOSE, attribute=attribute, kind="SignUp", value=value
        )

    message = await context.database.write(write)
    if message is not None:
        await context.outbox.hand_over(message)
    details = delivery_details(attribute, user.attributes[attribute]) if attribute is not None else None
    return SignUpResponse(user_confirmed=False, user_sub=user.sub, code_delivery_details=details)


async def confirm_sign_up(context: Context, request: ConfirmSignUpRequest) -> ConfirmSignUpResponse:
    """Redeem the code of a sign-up: the user is confirmed, and the address the code went to is verified."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    user = await context.directory.user(pool, request.username)
    if user is None:
        raise unknown_name(client.description)

    async def write(transaction: Transaction) -> bool:
        current = await user_again(transaction, user)
        _check_unconfirmed(current)
        await count_call(context, transaction, current.sub, "ConfirmSignUp")
        code = await redeem(context, transaction, current.sub, PURPOSE, code=request.confirmation_code)
        if code is None:
            return False
        attributes = dict(current.attributes)
        if code.attribute is not None and attributes.get(code.attribute) == code.value:
            attributes[f"{code.attribute}_verified"] = "true"
        confirmed = replace(current, status="CONFIRMED", attributes=attributes, modified_ms=context.now_ms)
        await change(transaction, pool, current, confirmed, steal=bool(request.force_alias_creation))
        return True

    if not await context.database.write(write):
        raise mismatch()
    return ConfirmSignUpResponse()


async def resend_confirmation_code(
    context: Context, request: ResendConfirmationCodeRequest
) -> ResendConfirmationCodeResponse:
    """Send the sign-up code again; the one before is void."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    user = await context.directory.user(pool, request.username)
    if user is None:
        return _pretended(context, pool, client, request.username)

    async def write(transaction: Transaction) -> tuple[Message, str]:
        current = await user_again(transaction, user)
        if current.status != "UNCONFIRMED":
            # Assumed: the text of ResendConfirmationCode for a user who is confirmed already.
            raise InvalidParameterException("User is already confirmed.")
        attribute = attribute_to_verify(pool, current.attributes)
        if attribute is None:
            # Assumed: the text of ResendConfirmationCode for a user whom no code can reach.
            raise InvalidParameterException("Cannot resend codes. Auto verification not turned on.")
        await count_call(context, transaction, current.sub, "ResendConfirmationCode")
        value = current.attributes[attribute]
        message = await send_code(
            context,
            transaction,
            pool,
            current,
            purpose=PURPOSE,
            attribute=attribute,
            kind="ResendCode",
            value=value,
        )
        return message, attribute

    message, attribute = await context.database.write(write)
    await context.outbox.hand_over(message)
    return ResendConfirmationCodeResponse(
        code_delivery_details=delivery_details(attribute, message.destination)
    )


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

    async def write(transaction: Transaction) -> None:
        user = await find_user(context, pool, request.username, within=transaction)
        _check_unconfirmed(user)
        await change(transaction, pool, user, replace(user, status="CONFIRMED", modified_ms=context.now_ms))

    await context.database.write(write)
    return AdminConfirmSignUpResponse()
