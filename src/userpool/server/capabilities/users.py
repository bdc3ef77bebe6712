"""Users, as an administrator sees them: made, described, listed, changed, disabled and deleted.

Operations: AdminCreateUser, AdminGetUser, AdminDeleteUser, AdminDisableUser, AdminEnableUser, ListUsers,
AdminUpdateUserAttributes, AdminDeleteUserAttributes.

Sources: api:AdminCreateUser, api:AdminGetUser, api:AdminDisableUser, api:ListUsers,
api:AdminUpdateUserAttributes, guide:how-to-create-user-accounts, guide:how-to-manage-user-accounts; texts as
collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.attribute_changes import change_attributes, wording_of_changes
from userpool.server.credentials import keep_credential, make_credential
from userpool.server.database.sessions import delete_sessions
from userpool.server.database.users import Place, users_by_sub, users_by_value, users_in_order
from userpool.server.finding import find_pool, find_user, user_again
from userpool.server.invitations import promise_invitations, wording_of_invitations
from userpool.server.paging import open_place, seal_place
from userpool.server.password_attempts import forget_failures
from userpool.server.roster import change, check_unclaimed, enrol, strike
from userpool.server.rules.attributes import (
    VERIFIED_NAMES,
    as_mapping,
    attribute_list,
    check_known,
    check_values,
)
from userpool.server.rules.identifiers import new_sub
from userpool.server.rules.mfa_preferences import told_methods, told_options
from userpool.server.rules.new_users import check_username_attribute, new_user, with_username
from userpool.server.rules.password_policy import (
    check_password,
    make_temporary_password,
    temporary_password_expiry_ms,
)
from userpool.server.rules.sign_in_names import check_new_username
from userpool.server.rules.user_filter import SEARCHED, matches, parse_filter
from userpool.server.triggers.configured import has
from userpool.server.triggers.sign_up import pre_sign_up
from userpool.server.wording import PLAIN, Wording
from userpool.wire.faults import InvalidParameterException, UnsupportedUserStateException
from userpool.wire.shapes import UserType
from userpool.wire.users import (
    AdminCreateUserResponse,
    AdminDeleteUserAttributesResponse,
    AdminDisableUserResponse,
    AdminEnableUserResponse,
    AdminGetUserResponse,
    AdminUpdateUserAttributesResponse,
    ListUsersResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Message, Pool, User
    from userpool.server.rules.user_filter import UserFilter
    from userpool.wire.users import (
        AdminCreateUserRequest,
        AdminDeleteUserAttributesRequest,
        AdminDeleteUserRequest,
        AdminDisableUserRequest,
        AdminEnableUserRequest,
        AdminGetUserRequest,
        AdminUpdateUserAttributesRequest,
        ListUsersRequest,
    )

MOST_LISTED = 60
TAKEN = "User account already exists"

# ---- rules ----


def _described(user: User, attributes: Mapping[str, str]) -> UserType:
    return UserType(
        username=user.username,
        attributes=attribute_list(user.sub, attributes),
        user_create_date=user.created_ms / 1000,
        user_last_modified_date=user.modified_ms / 1000,
        enabled=user.enabled,
        user_status=user.status,
    )


def _temporary_password(context: Context, pool: Pool, given: str | None) -> str:
    if given is not None:
        check_password(pool.description, given)
        return given
    return make_temporary_password(pool.description, context.effects)


def _attributes_of_new_user(pool: Pool, request: AdminCreateUserRequest) -> dict[str, str]:
    given = as_mapping(request.user_attributes)
    check_username_attribute(pool.description, request.username, given)
    attributes = with_username(pool.description, request.username, given)
    if "sub" in attributes:
        raise InvalidParameterException("Cannot modify the non-mutable attribute sub")
    check_values(pool.description, attributes)
    # Sources: guide (CLI example of admin-create-user): an address without a flag has none, unlike after SignUp.
    return {
        name: value.lower() if name in VERIFIED_NAMES else value
        for name, value in attributes.items()
        if value
    }


def _check_waits_for_first_sign_in(user: User) -> None:
    if user.status != "FORCE_CHANGE_PASSWORD":
        raise UnsupportedUserStateException(
            f"Resend not possible. {user.username} status is not FORCE_CHANGE_PASSWORD"
        )


def _shown(users: Sequence[User], names: Sequence[str] | None) -> list[UserType]:
    if names is None:
        return [_described(user, user.attributes) for user in users]
    # An attribute that can't be searched has to be there for every user (api:ListUsers, AttributesToGet).
    if any(name not in SEARCHED and name not in user.attributes for name in names for user in users):
        raise InvalidParameterException("Input fails to satisfy the constraints.")
    shown: list[UserType] = []
    for user in users:
        described = _described(
            user, {name: user.attributes[name] for name in names if name in user.attributes}
        )
        if "sub" not in names and described.attributes:
            described.attributes = described.attributes[1:]
        shown.append(described)
    return shown


# ---- operations ----


async def admin_create_user(context: Context, request: AdminCreateUserRequest) -> AdminCreateUserResponse:
    """Make a user who chooses a password at the first sign-in, and send the temporary one."""
    pool = await find_pool(context, request.user_pool_id)
    if request.message_action == "RESEND":
        return await _invite_again(context, pool, request)
    check_new_username(pool.description, request.username)
    attributes = _attributes_of_new_user(pool, request)
    password = _temporary_password(context, pool, request.temporary_password)
    user = replace(
        new_user(
            pool,
            request.username,
            attributes=attributes,
            sub=new_sub(context.effects),
            status="FORCE_CHANGE_PASSWORD",
            now_ms=context.now_ms,
        ),
        temporary_password_expires_ms=temporary_password_expiry_ms(pool.description, now_ms=context.now_ms),
    )
    await _ask_pre_sign_up(context, pool, user, request)
    wording = await _wording(context, pool, user, request)
    credential = make_credential(context, pool, username=user.username, password=password)

    async def write(transaction: Transaction) -> list[Message]:
        steal = bool(request.force_alias_creation)
        await enrol(transaction, pool, user, taken=TAKEN, steal=steal)
        await keep_credential(context, transaction, user, credential)
        if request.message_action == "SUPPRESS":
            return []
        mediums = request.desired_delivery_mediums
        return await promise_invitations(
            context, transaction, pool, user, mediums=mediums, password=password, wording=wording
        )

    for message in await context.database.write(write):
        await context.outbox.hand_over(message)
    return AdminCreateUserResponse(user=_described(user, user.attributes))


async def _ask_pre_sign_up(context: Context, pool: Pool, user: User, request: AdminCreateUserRequest) -> None:
    if not has(pool, "PreSignUp"):
        return
    # A name that is taken is told before the trigger is asked.
    await check_unclaimed(context.database.reader, pool, user, taken=TAKEN)
    # What it says beyond that it doesn't refuse isn't looked at: an administrator's users are confirmed anyhow.
    await pre_sign_up(
        context,
        pool,
        client_id=None,
        source="PreSignUp_AdminCreateUser",
        username=user.username,
        attributes=user.attributes,
        validation_data=as_mapping(request.validation_data) if request.validation_data else None,
        client_metadata=request.client_metadata,
    )


async def _wording(context: Context, pool: Pool, user: User, request: AdminCreateUserRequest) -> Wording:
    if request.message_action == "SUPPRESS":
        return PLAIN
    return await wording_of_invitations(
        context,
        pool,
        user,
        mediums=request.desired_delivery_mediums,
        client_metadata=request.client_metadata,
    )


async def _invite_again(
    context: Context, pool: Pool, request: AdminCreateUserRequest
) -> AdminCreateUserResponse:
    user = await find_user(context, pool, request.username)
    _check_waits_for_first_sign_in(user)
    wording = await _wording(context, pool, user, request)
    password = _temporary_password(context, pool, request.temporary_password)
    credential = make_credential(context, pool, username=user.username, password=password)

    async def write(transaction: Transaction) -> tuple[User, list[Message]]:
        current = await user_again(transaction, user)
        _check_waits_for_first_sign_in(current)
        expires_ms = temporary_password_expiry_ms(pool.description, now_ms=context.now_ms)
        invited = replace(current, temporary_password_expires_ms=expires_ms, modified_ms=context.now_ms)
        saved = await change(transaction, pool, current, invited)
        await keep_credential(context, transaction, saved, credential)
        await forget_failures(transaction, saved.sub)
        mediums = request.desired_delivery_mediums
        return saved, await promise_invitations(
            context, transaction, pool, saved, mediums=mediums, password=password, wording=wording
        )

    saved, messages = await context.database.write(write)
    for message in messages:
        await context.outbox.hand_over(message)
    return AdminCreateUserResponse(user=_described(saved, saved.attributes))


async def admin_get_user(context: Context, request: AdminGetUserRequest) -> AdminGetUserResponse:
    """Describe a user, whatever name it is asked for by."""
    pool = await find_pool(context, request.user_pool_id)
    user = await find_user(context, pool, request.username)
    return AdminGetUserResponse(
        username=user.username,
        user_attributes=attribute_list(user.sub, user.attributes),
        user_create_date=user.created_ms / 1000,
        user_last_modified_date=user.modified_ms / 1000,
        enabled=user.enabled,
        user_status=user.status,
        mfa_options=told_options(user),
        preferred_mfa_setting=user.preferred_mfa,
        user_mfa_setting_list=told_methods(user),
    )


async def list_users(context: Context, request: ListUsersRequest) -> ListUsersResponse:
    """List the users of a pool, all of them in the order in which they were made, or those a filter finds."""
    pool = await find_pool(context, request.user_pool_id)
    wanted = parse_filter(pool.description, request.filter)
    check_known(pool.description, request.attributes_to_get or [])
    scope = f"{pool.pool_id}\0{request.filter or ''}"
    place = open_place(context, request.pagination_token, operation="ListUsers", scope=scope)
    after = Place(*reversed(place.split(" ", 1))) if place is not None else None
    limit = request.limit or MOST_LISTED

    found = await _listed(context, pool, wanted, after=after, most=limit + 1)
    page = found[:limit]
    token = None
    if len(found) > limit:
        last = page[-1][1]
        token = seal_place(context, f"{last.sub} {last.value}", operation="ListUsers", scope=scope)
    users = [user for user, _ in page if wanted is None or matches(pool.description, user, wanted)]
    return ListUsersResponse(users=_shown(users, request.attributes_to_get), pagination_token=token)


async def _listed(
    context: Context, pool: Pool, wanted: UserFilter | None, *, after: Place | None, most: int
) -> list[tuple[User, Place]]:
    reader, pool_id = context.database.reader, pool.pool_id
    if wanted is None:
        return await users_in_order(reader, pool_id, after=after, most=most)
    if wanted.finds_the_enabled:
        return await _matching(context, pool, wanted, after=after, most=most)
    if wanted.attribute == "sub":
        return await users_by_sub(reader, pool_id, prefix=wanted.value, after=after, most=most)
    return await users_by_value(
        reader,
        pool_id,
        attribute=wanted.attribute,
        value=wanted.value,
        prefix=wanted.is_prefix,
        after=after,
        most=most,
    )


async def _matching(
    context: Context, pool: Pool, wanted: UserFilter, *, after: Place | None, most: int
) -> list[tuple[User, Place]]:
    found: list[tuple[User, Place]] = []
    while len(found) < most:
        some = await users_in_order(context.database.reader, pool.pool_id, after=after, most=most)
        found += [(user, place) for user, place in some if matches(pool.description, user, wanted)]
        if len(some) < most:
            break
        after = some[-1][1]
    return found[:most]


async def admin_update_user_attributes(
    context: Context, request: AdminUpdateUserAttributesRequest
) -> AdminUpdateUserAttributesResponse:
    """Change a user's attributes; a code goes to a new address that isn't declared verified."""
    changes = as_mapping(request.user_attributes)
    pool = await find_pool(context, request.user_pool_id)
    await _change_attributes(context, pool, request.username, changes, request.client_metadata)
    return AdminUpdateUserAttributesResponse()


async def admin_delete_user_attributes(
    context: Context, request: AdminDeleteUserAttributesRequest
) -> AdminDeleteUserAttributesResponse:
    """Clear attributes of a user."""
    pool = await find_pool(context, request.user_pool_id)
    check_known(pool.description, request.user_attribute_names)
    changes = dict.fromkeys(request.user_attribute_names, "")
    await _change_attributes(context, pool, request.username, changes, None)
    return AdminDeleteUserAttributesResponse()


async def _change_attributes(
    context: Context,
    pool: Pool,
    username: str,
    changes: Mapping[str, str],
    client_metadata: Mapping[str, str] | None,
) -> None:
    check_values(pool.description, changes)
    wording = Wording(client_metadata=client_metadata)
    if has(pool, "CustomMessage"):
        found = await find_user(context, pool, username)
        wording = await wording_of_changes(
            context, pool, found, changes, client_id=None, client_metadata=client_metadata
        )

    async def write(transaction: Transaction) -> list[Message]:
        user = await find_user(context, pool, username, within=transaction)
        sent = await change_attributes(context, transaction, pool, user, changes, wording=wording)
        return [code.message for code in sent]

    for message in await context.database.write(write):
        await context.outbox.hand_over(message)


async def admin_disable_user(context: Context, request: AdminDisableUserRequest) -> AdminDisableUserResponse:
    """Keep a user from signing in, and end all its sessions."""
    await _enable(context, request.user_pool_id, request.username, enabled=False)
    return AdminDisableUserResponse()


async def admin_enable_user(context: Context, request: AdminEnableUserRequest) -> AdminEnableUserResponse:
    """Let a user sign in again."""
    await _enable(context, request.user_pool_id, request.username, enabled=True)
    return AdminEnableUserResponse()


async def _enable(context: Context, pool_id: str, username: str, *, enabled: bool) -> None:
    pool = await find_pool(context, pool_id)

    async def write(transaction: Transaction) -> None:
        user = await find_user(context, pool, username, within=transaction)
        after = replace(user, enabled=enabled, modified_ms=context.now_ms)
        if not enabled:
            # What was signed in stays signed out when the user is enabled again.
            await delete_sessions(transaction, user.sub)
            after = replace(after, signed_out_ms=context.now_ms)
        await change(transaction, pool, user, after)

    await context.database.write(write)


async def admin_delete_user(context: Context, request: AdminDeleteUserRequest) -> None:
    """Delete a user with everything that belongs to it; its names are free again."""
    pool = await find_pool(context, request.user_pool_id)

    async def write(transaction: Transaction) -> None:
        user = await find_user(context, pool, request.username, within=transaction)
        await strike(transaction, pool, user)

    await context.database.write(write)
