"""The authenticator app of a user: associated, verified, and taken away.

A person who is signed in does it with the access token, and switches the factor on afterwards
(SetUserMFAPreference). A sign-in that has to set one up (MFA_SETUP) does it with its Session; what is verified
then is switched on at once.

Sources: api:AssociateSoftwareToken, api:VerifySoftwareToken, api:AdminDeleteSoftwareToken,
guide:user-pool-settings-mfa-totp; what is switched on when, as verified on AWS; texts as collected from public
reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from userpool.server.bearer import authorise
from userpool.server.credentials import credential_of
from userpool.server.database.users import user_by_sub
from userpool.server.finding import find_pool, find_user, user_again
from userpool.server.password_attempts import are_codes_locked_out, count_code
from userpool.server.pending_sign_ins import new_spent_id, open_session, seal_session
from userpool.server.roster import change
from userpool.server.rules.mfa import ORDER, pool_methods, usable_methods
from userpool.server.rules.mfa_preferences import without
from userpool.server.rules.strangers import refusal
from userpool.server.software_tokens import associate, forget, verify_pending
from userpool.wire.faults import (
    EnableSoftwareTokenMFAException,
    InvalidParameterException,
    NotAuthorizedException,
    SoftwareTokenMFANotFoundException,
)
from userpool.wire.mfa import (
    AdminDeleteSoftwareTokenResponse,
    AssociateSoftwareTokenResponse,
    VerifySoftwareTokenResponse,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Client, Pool, User
    from userpool.wire.fault import ServiceException
    from userpool.wire.mfa import (
        AdminDeleteSoftwareTokenRequest,
        AssociateSoftwareTokenRequest,
        VerifySoftwareTokenRequest,
    )


class _SettingUp(NamedTuple):
    """A sign-in that waits for a factor to be set up, and whose it is."""

    pool: Pool
    client: Client
    pending: Pending


# ---- rules ----


def _check_pool(pool: Pool) -> None:
    if "SOFTWARE_TOKEN_MFA" not in pool_methods(pool):
        raise SoftwareTokenMFANotFoundException("Software Token MFA has not been enabled by the userPool")


def _one_of_both() -> InvalidParameterException:
    # Assumed: the text when AssociateSoftwareToken or VerifySoftwareToken gets neither an access token nor a Session.
    return InvalidParameterException("Either AccessToken or Session has to be given.")


# ---- operations ----


async def associate_software_token(
    context: Context, request: AssociateSoftwareTokenRequest
) -> AssociateSoftwareTokenResponse:
    """Make a seed for an authenticator; it counts once a code of it was verified."""
    if request.access_token is not None:
        bearer = await authorise(context, request.access_token)
        _check_pool(bearer.pool)
        secret = await context.database.write(
            lambda transaction: associate(context, transaction, bearer.user.sub)
        )
        return AssociateSoftwareTokenResponse(secret_code=secret)
    setting_up = await _setting_up(context, request.session)
    pending = setting_up.pending

    async def write(transaction: Transaction) -> str:
        user = await _still_setting_up(context, transaction, setting_up)
        return await associate(context, transaction, user.sub)

    secret = await context.database.write(write)
    return AssociateSoftwareTokenResponse(secret_code=secret, session=_next_session(context, pending))


async def verify_software_token(
    context: Context, request: VerifySoftwareTokenRequest
) -> VerifySoftwareTokenResponse:
    """Verify an authenticator by one of its codes; a wrong code may be followed by another."""
    if request.access_token is not None:
        return await _verify_for_bearer(context, request, request.access_token)
    setting_up = await _setting_up(context, request.session)
    pending = setting_up.pending

    async def write(transaction: Transaction) -> User | ServiceException:
        user = await _still_setting_up(context, transaction, setting_up)
        if await are_codes_locked_out(context, transaction, user.sub):
            return refusal(setting_up.client.description, "locked")
        is_right = await _is_right(context, transaction, user, request)
        await count_code(context, transaction, user.sub, proved=is_right)
        if not is_right:
            # Returned, not raised: the count has to be committed.
            return _mismatch()
        methods = [method for method in ORDER if method in user.mfa_methods or method == "SOFTWARE_TOKEN_MFA"]
        after = replace(user, has_software_token=True, mfa_methods=methods, modified_ms=context.now_ms)
        return await change(transaction, setting_up.pool, user, after)

    saved = await context.database.write(write)
    if isinstance(saved, Exception):
        raise saved
    verified = replace(pending, version=saved.version, software_token_verified=True)
    return VerifySoftwareTokenResponse(status="SUCCESS", session=_next_session(context, verified))


async def _verify_for_bearer(
    context: Context, request: VerifySoftwareTokenRequest, access_token: str
) -> VerifySoftwareTokenResponse:
    bearer = await authorise(context, access_token)
    _check_pool(bearer.pool)

    async def write(transaction: Transaction) -> None:
        user = await user_again(transaction, bearer.user)
        if not await _is_right(context, transaction, user, request):
            # Not counted: whoever holds a stolen token must not lock its owner out of signing in.
            raise _mismatch()
        after = replace(user, has_software_token=True, modified_ms=context.now_ms)
        await change(transaction, bearer.pool, user, after)

    await context.database.write(write)
    return VerifySoftwareTokenResponse(status="SUCCESS")


async def _is_right(
    context: Context, transaction: Transaction, user: User, request: VerifySoftwareTokenRequest
) -> bool:
    name = request.friendly_device_name
    return await verify_pending(context, transaction, user.sub, code=request.user_code, friendly_name=name)


def _mismatch() -> EnableSoftwareTokenMFAException:
    return EnableSoftwareTokenMFAException("Code mismatch and fail enable Software Token MFA")


async def admin_delete_software_token(
    context: Context, request: AdminDeleteSoftwareTokenRequest
) -> AdminDeleteSoftwareTokenResponse:
    """Take a user's authenticator away, and switch the factor off."""
    # Assumed: AdminDeleteSoftwareToken for a user without an authenticator does nothing and succeeds.
    pool = await find_pool(context, request.user_pool_id)

    async def write(transaction: Transaction) -> None:
        user = await find_user(context, pool, request.username, within=transaction)
        await forget(transaction, user.sub)
        after = replace(without(user, "SOFTWARE_TOKEN_MFA"), has_software_token=False)
        if after != user:
            await change(transaction, pool, user, replace(after, modified_ms=context.now_ms))

    await context.database.write(write)
    return AdminDeleteSoftwareTokenResponse()


# ---- the sign-in under way ----


async def _still_setting_up(context: Context, transaction: Transaction, setting_up: _SettingUp) -> User:
    pending = setting_up.pending
    user = await user_by_sub(transaction, pending.sub)
    # Once there is a factor the password alone must neither replace it nor add another.
    if user is None or not user.enabled or user.has_software_token or usable_methods(setting_up.pool, user):
        raise NotAuthorizedException("Invalid session for the user.")
    credential = await credential_of(context, user, within=transaction)
    if pending.password_salt and (credential is None or credential.salt != pending.password_salt):
        raise NotAuthorizedException("Invalid session for the user.")
    return user


async def _setting_up(context: Context, session: str | None) -> _SettingUp:
    if session is None:
        raise _one_of_both()
    pending = open_session(context, session, state="MFA_SETUP", client=None)
    pool = await context.directory.pool(pending.pool_id)
    client = await context.directory.client(pending.client_id)
    if pool is None or client is None:
        raise NotAuthorizedException("Invalid session for the user.")
    _check_pool(pool)
    return _SettingUp(pool, client, pending)


def _next_session(context: Context, pending: Pending) -> str:
    # Another Session of the same sign-in, which has no more time for that.
    return seal_session(context, replace(pending, spent_id=new_spent_id(context)))
