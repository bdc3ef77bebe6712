"""Passwords after sign-up: changed by their owner, forgotten and reset with a code, set by an administrator.

Operations: ChangePassword, ForgotPassword, ConfirmForgotPassword, AdminSetUserPassword, AdminResetUserPassword.

With PreventUserExistenceErrors ENABLED a name that nobody has, a disabled user and one whom no code can reach are answered
alike, counted alike, and cost the same work.

Sources: api:ChangePassword, api:ForgotPassword, api:ConfirmForgotPassword, api:AdminSetUserPassword,
api:AdminResetUserPassword, guide:managing-users-passwords, guide:cognito-user-pool-managing-errors; recorded replies for
unknown users, other texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.bearer import authorise
from userpool.server.codes import count_call, delivery_details, mismatch, pretend_code, redeem, send_code
from userpool.server.credentials import (
    credential_of,
    keep_credential,
    make_credential,
    nobodys_credential,
    proves,
)
from userpool.server.finding import check_secret_hash, find_client, find_pool, find_user, user_again
from userpool.server.password_attempts import forget_failures, is_locked_out, judge_attempt
from userpool.server.pretending import nobodys_sub, pretended_delivery
from userpool.server.roster import change
from userpool.server.rules.account_recovery import (
    check_self_service,
    obstacle,
    recovery_attribute,
    recovery_attributes,
)
from userpool.server.rules.password_policy import check_password, temporary_password_expiry_ms
from userpool.server.rules.strangers import keeps_existence_secret, refusal, unknown_name
from userpool.wire.faults import InvalidParameterException
from userpool.wire.passwords import (
    AdminResetUserPasswordResponse,
    AdminSetUserPasswordResponse,
    ChangePasswordResponse,
    ConfirmForgotPasswordResponse,
    ForgotPasswordResponse,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Code, Message, PasswordCredential, Pool, User
    from userpool.server.rules.strangers import Reason
    from userpool.wire.fault import ServiceException
    from userpool.wire.passwords import (
        AdminResetUserPasswordRequest,
        AdminSetUserPasswordRequest,
        ChangePasswordRequest,
        ConfirmForgotPasswordRequest,
        ForgotPasswordRequest,
    )

PURPOSE = "forgot_password"

# ---- rules ----


def _hindrance(pool: Pool, client: Client, user: User | None) -> ServiceException | None:
    if user is None:
        return unknown_name(client.description)
    if not user.enabled:
        return refusal(client.description, "disabled")
    return obstacle(pool.description, user)


def _with_own_password(user: User, *, now_ms: int) -> User:
    return replace(user, status="CONFIRMED", temporary_password_expires_ms=None, modified_ms=now_ms)


def _with_verified(user: User, code: Code) -> User:
    if code.attribute is None or user.attributes.get(code.attribute) != code.value:
        return user
    # Who could read the code has the address, whatever was known about it before.
    return replace(user, attributes={**user.attributes, f"{code.attribute}_verified": "true"})


# ---- operations ----


async def change_password(context: Context, request: ChangePasswordRequest) -> ChangePasswordResponse:
    """Set the bearer's password, who proves the one before."""
    bearer = await authorise(context, request.access_token)
    pool, user = bearer.pool, bearer.user
    check_password(pool.description, request.proposed_password)
    if await is_locked_out(context, user.sub):
        raise refusal(bearer.client.description, "locked")
    credential = await credential_of(context, user)
    proved = _proves(context, pool, user, credential, request.previous_password)
    chosen = make_credential(context, pool, username=user.username, password=request.proposed_password)

    async def write(transaction: Transaction) -> Reason | None:
        await count_call(context, transaction, user.sub, "ChangePassword")
        # A password that was set since it was proved has made the proof worthless.
        is_same = await credential_of(context, user, within=transaction) == credential
        judged = await judge_attempt(context, transaction, user.sub, exists=True, proved=proved and is_same)
        if judged.user is None:
            return judged.refused
        if judged.user.status == "RESET_REQUIRED":
            return "reset required"
        await keep_credential(context, transaction, judged.user, chosen)
        await change(transaction, pool, judged.user, replace(judged.user, modified_ms=context.now_ms))
        return None

    refused = await context.database.write(write)
    if refused is not None:
        raise refusal(bearer.client.description, refused)
    return ChangePasswordResponse()


def _proves(
    context: Context, pool: Pool, user: User, credential: PasswordCredential | None, previous: str | None
) -> bool:
    if credential is None:
        # Sources: api:ChangePassword. Only a user without a password has no previous one.
        return previous is None
    if previous is None:
        return False
    return proves(context, pool, credential, username=user.username, password=previous)


async def forgot_password(context: Context, request: ForgotPasswordRequest) -> ForgotPasswordResponse:
    """Send a code that sets a new password; the old one works until then."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    check_self_service(pool.description)
    user = await context.directory.user(pool, request.username)
    hindrance = _hindrance(pool, client, user)
    if user is None or hindrance is not None:
        return await _pretend(context, pool, client, request.username, user, hindrance)

    async def write(transaction: Transaction) -> tuple[str, Message]:
        current = await user_again(transaction, user)
        await count_call(context, transaction, user.sub, "ForgotPassword")
        return await _send_code(context, transaction, pool, current)

    attribute, message = await context.database.write(write)
    await context.outbox.hand_over(message)
    return ForgotPasswordResponse(code_delivery_details=delivery_details(attribute, message.destination))


async def _send_code(
    context: Context, transaction: Transaction, pool: Pool, user: User
) -> tuple[str, Message]:
    refused = obstacle(pool.description, user)
    attribute = recovery_attribute(pool.description, user)
    if refused is not None or attribute is None:
        raise refused or InvalidParameterException("")
    message = await send_code(
        context,
        transaction,
        pool,
        user,
        purpose=PURPOSE,
        attribute=attribute,
        kind="ForgotPassword",
        value=user.attributes[attribute],
    )
    return attribute, message
