"""Passwords after sign-up: changed by their owner, forgotten and reset with a code, set by an administrator.

Operations: ChangePassword, ForgotPassword, ConfirmForgotPassword, AdminSetUserPassword,
AdminResetUserPassword.

With PreventUserExistenceErrors ENABLED a name that nobody has, a disabled user and one whom no code can reach
are answered alike, counted alike, and cost the same work.

Sources: api:ChangePassword, api:ForgotPassword, api:ConfirmForgotPassword, api:AdminSetUserPassword,
api:AdminResetUserPassword, guide:managing-users-passwords, guide:cognito-user-pool-managing-errors; recorded
replies for unknown users, other texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.bearer import authorise
from userpool.server.codes import (
    count_call,
    count_call_first,
    delivery_details,
    mismatch,
    no_such_code,
    pretend_code,
    redeem,
    send_code,
)
from userpool.server.credentials import (
    credential_of,
    keep_credential,
    make_credential,
    proves,
)
from userpool.server.database.credentials import delete_code
from userpool.server.finding import check_secret_hash, find_client, find_pool, find_user, user_again
from userpool.server.migrating_users import migrate_user
from userpool.server.password_attempts import forget_failures
from userpool.server.pretending import nobodys_sub, pretended_delivery
from userpool.server.roster import change
from userpool.server.rules.account_recovery import (
    attribute_for_reset,
    check_resettable,
    check_self_service,
    recovery_attributes,
)
from userpool.server.rules.attributes import medium_of
from userpool.server.rules.password_policy import check_password, temporary_password_expiry_ms
from userpool.server.rules.strangers import keeps_existence_secret, refusal, unknown_name
from userpool.server.triggers.configured import has
from userpool.server.triggers.sign_up import post_confirmation
from userpool.server.wording import Wording, wording_for
from userpool.wire.fault import ServiceException
from userpool.wire.passwords import (
    AdminResetUserPasswordResponse,
    AdminSetUserPasswordResponse,
    ChangePasswordResponse,
    ConfirmForgotPasswordResponse,
    ForgotPasswordResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Code, Message, PasswordCredential, Pool, User
    from userpool.wire.passwords import (
        AdminResetUserPasswordRequest,
        AdminSetUserPasswordRequest,
        ChangePasswordRequest,
        ConfirmForgotPasswordRequest,
        ForgotPasswordRequest,
    )

PURPOSE = "forgot_password"

# ---- rules ----


def _reachable(pool: Pool, client: Client, user: User | None) -> User:
    if user is None:
        raise unknown_name(client.description)
    if not user.enabled:
        # Assumed: in LEGACY mode ForgotPassword answers a disabled user with "User is disabled."
        raise refusal(client.description, "disabled")
    attribute_for_reset(pool, user)
    return user


def _with_own_password(user: User, *, now_ms: int) -> User:
    return replace(user, status="CONFIRMED", temporary_password_expires_ms=None, modified_ms=now_ms)


# ---- operations ----


async def change_password(context: Context, request: ChangePasswordRequest) -> ChangePasswordResponse:
    """Set the bearer's password, who proves the one before."""
    bearer = await authorise(context, request.access_token)
    pool, user = bearer.pool, bearer.user
    # Assumed: the password policy is looked at before the previous password, and before a code.
    check_password(pool.description, request.proposed_password)
    # Assumed: ChangePassword with a wrong previous password counts as one of the five changes that an hour has, and not
    # as a failed sign-in.
    # Whoever holds a stolen token must not lock its owner out. Counted first: of guesses sent together five are judged.
    await count_call_first(context, user.sub, "ChangePassword")
    credential = await credential_of(context, user)
    if not _proves(context, pool, user, credential, request.previous_password):
        raise refusal(bearer.client.description, "wrong password")
    chosen = make_credential(context, pool, username=user.username, password=request.proposed_password)

    async def write(transaction: Transaction) -> None:
        current = await user_again(transaction, user)
        # A password that was set since it was proved has made the proof worthless.
        if await credential_of(context, user, within=transaction) != credential:
            raise refusal(bearer.client.description, "wrong password")
        if not current.enabled:
            raise refusal(bearer.client.description, "disabled")
        if current.status == "RESET_REQUIRED":
            raise refusal(bearer.client.description, "reset required")
        await keep_credential(context, transaction, current, chosen)
        await change(transaction, pool, current, replace(current, modified_ms=context.now_ms))
        await _forget_before(transaction, current)

    await context.database.write(write)
    return ChangePasswordResponse()


async def _forget_before(transaction: Transaction, user: User) -> None:
    await forget_failures(transaction, user.sub)
    # Whoever had a reset code sent before must not undo this password with it.
    # Assumed: a password that is changed, or set by an administrator, voids the reset code that was sent before.
    await delete_code(transaction, user.sub, PURPOSE)


def _proves(
    context: Context, pool: Pool, user: User, credential: PasswordCredential | None, previous: str | None
) -> bool:
    if credential is None:
        # Sources: api:ChangePassword. Only a user without a password has no previous one.
        return previous is None
    # Assumed: ChangePassword without PreviousPassword, by a user who has a password, is a wrong password.
    if previous is None:
        return False
    return proves(context, pool, credential, username=user.username, password=previous)


async def forgot_password(context: Context, request: ForgotPasswordRequest) -> ForgotPasswordResponse:
    """Send a code that sets a new password; the old one works until then."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    check_self_service(pool.description)
    user = await context.directory.user(pool, request.username)
    if not keeps_existence_secret(client.description) and (user or not has(pool, "UserMigration")):
        _reachable(pool, client, user)
    sub = user.sub if user is not None else nobodys_sub(context, pool, request.username)
    # Before any function is asked: whoever is nobody is looked for no oftener than a user is written to.
    await count_call_first(context, sub, "ForgotPassword")
    if user is None:
        user = await migrate_user(
            context,
            pool,
            client,
            name=request.username,
            password=None,
            source="UserMigration_ForgotPassword",
            validation_data=None,
            client_metadata=request.client_metadata,
        )
    try:
        found = _reachable(pool, client, user)
    except ServiceException:
        if not keeps_existence_secret(client.description):
            raise
        return await _pretend(context, pool, request.username, user)

    wording = await _wording(context, pool, found, client.client_id, request.client_metadata)

    async def write(transaction: Transaction) -> tuple[str, Message]:
        current = _reachable(pool, client, await user_again(transaction, found))
        attribute = attribute_for_reset(pool, current)
        return attribute, await _send(context, transaction, pool, current, attribute, wording)

    attribute, message = await context.database.write(write)
    await context.outbox.hand_over(message)
    return ForgotPasswordResponse(code_delivery_details=delivery_details(attribute, message.destination))


async def _wording(
    context: Context, pool: Pool, user: User, client_id: str | None, client_metadata: Mapping[str, str] | None
) -> Wording:
    return await wording_for(
        context,
        pool,
        user,
        kind="ForgotPassword",
        mediums=[medium_of(attribute_for_reset(pool, user))],
        client_id=client_id,
        client_metadata=client_metadata,
    )


async def _send(
    context: Context, transaction: Transaction, pool: Pool, user: User, attribute: str, wording: Wording
) -> Message:
    return await send_code(
        context,
        transaction,
        pool,
        user,
        purpose=PURPOSE,
        attribute=attribute,
        kind="ForgotPassword",
        value=user.attributes[attribute],
        wording=wording,
    )


async def _pretend(context: Context, pool: Pool, name: str, user: User | None) -> ForgotPasswordResponse:
    # Assumed: where strangers mustn't learn who exists, every user who can't be sent a code looks like
    # nobody, also one who has to choose a first password.
    sub = user.sub if user is not None else nobodys_sub(context, pool, name)
    await context.database.write(lambda transaction: pretend_code(context, transaction, sub, PURPOSE))
    attributes = recovery_attributes(pool.description)
    return ForgotPasswordResponse(
        code_delivery_details=pretended_delivery(context, pool, name, attributes=attributes)
    )


async def confirm_forgot_password(
    context: Context, request: ConfirmForgotPasswordRequest
) -> ConfirmForgotPasswordResponse:
    """Set a new password with the code that was sent; whoever is signed in stays so."""
    pool, client = await find_client(context, request.client_id)
    check_secret_hash(context, client, [request.username], given=request.secret_hash)
    check_password(pool.description, request.password)
    user = await context.directory.user(pool, request.username)
    if user is None and not keeps_existence_secret(client.description):
        raise unknown_name(client.description)
    sub = user.sub if user is not None else nobodys_sub(context, pool, request.username)
    # The same work is done for nobody, so that the time doesn't tell who exists.
    username = user.username if user is not None else sub
    credential = make_credential(context, pool, username=username, password=request.password)

    async def write(transaction: Transaction) -> User | None:
        await count_call(context, transaction, sub, "ConfirmForgotPassword")
        code = await redeem(context, transaction, sub, PURPOSE, code=request.confirmation_code)
        if code is None or user is None:
            return None
        return await _reset(context, transaction, pool, client, user, code, credential)

    reset = await context.database.write(write)
    if reset is None:
        raise mismatch()
    await post_confirmation(
        context,
        pool,
        reset,
        client_id=client.client_id,
        source="PostConfirmation_ConfirmForgotPassword",
        client_metadata=request.client_metadata,
    )
    return ConfirmForgotPasswordResponse()


async def _reset(
    context: Context,
    transaction: Transaction,
    pool: Pool,
    client: Client,
    user: User,
    code: Code,
    credential: PasswordCredential,
) -> User | None:
    current = await user_again(transaction, user)
    if not current.enabled:
        if keeps_existence_secret(client.description):
            return None
        raise refusal(client.description, "disabled")
    check_resettable(current)
    if current.attributes.get(code.attribute or "") != code.value:
        # Whoever reads the mail of an address that the user has given up must not get in by it.
        # Assumed: a reset code is void when the address or number it went to isn't the user's any more.
        raise no_such_code()
    # Assumed: a user who resets the password before confirming the sign-up is confirmed by that.
    own = _with_own_password(current, now_ms=context.now_ms)
    # Who could read the code has the address, whatever was known about it before.
    reset = replace(own, attributes={**own.attributes, f"{code.attribute}_verified": "true"})
    saved = await change(transaction, pool, current, reset)
    await keep_credential(context, transaction, current, credential)
    await forget_failures(transaction, current.sub)
    return saved


async def admin_set_user_password(
    context: Context, request: AdminSetUserPasswordRequest
) -> AdminSetUserPasswordResponse:
    """Set a user's password: one to keep, or one to replace at the next sign-in."""
    pool = await find_pool(context, request.user_pool_id)
    user = await find_user(context, pool, request.username)
    check_password(pool.description, request.password)
    credential = make_credential(context, pool, username=user.username, password=request.password)

    async def write(transaction: Transaction) -> None:
        current = await user_again(transaction, user)
        now_ms = context.now_ms
        if request.permanent:
            after = _with_own_password(current, now_ms=now_ms)
        else:
            expires_ms = temporary_password_expiry_ms(pool.description, now_ms=now_ms)
            after = replace(
                current,
                status="FORCE_CHANGE_PASSWORD",
                temporary_password_expires_ms=expires_ms,
                modified_ms=now_ms,
            )
        await change(transaction, pool, current, after)
        await keep_credential(context, transaction, current, credential)
        await _forget_before(transaction, current)

    await context.database.write(write)
    return AdminSetUserPasswordResponse()


async def admin_reset_user_password(
    context: Context, request: AdminResetUserPasswordRequest
) -> AdminResetUserPasswordResponse:
    """Void a user's password and send the code that sets a new one."""
    pool = await find_pool(context, request.user_pool_id)
    wording = Wording(client_metadata=request.client_metadata)
    if has(pool, "CustomMessage"):
        found = await find_user(context, pool, request.username)
        wording = await _wording(context, pool, found, None, request.client_metadata)

    async def write(transaction: Transaction) -> Message:
        user = await find_user(context, pool, request.username, within=transaction)
        attribute = attribute_for_reset(pool, user)
        after = replace(user, status="RESET_REQUIRED", modified_ms=context.now_ms)
        await change(transaction, pool, user, after)
        return await _send(context, transaction, pool, user, attribute, wording)

    await context.outbox.hand_over(await context.database.write(write))
    return AdminResetUserPasswordResponse()
