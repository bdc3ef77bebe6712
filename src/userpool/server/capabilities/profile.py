"""The profile: what the bearer of an access token reads and changes about its own user.

Operations: GetUser, UpdateUserAttributes, DeleteUserAttributes, GetUserAttributeVerificationCode,
VerifyUserAttribute, DeleteUser.

Sources: api:GetUser, api:UpdateUserAttributes, api:DeleteUserAttributes,
api:GetUserAttributeVerificationCode, api:VerifyUserAttribute, api:DeleteUser,
guide:user-pool-settings-attributes; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.attribute_changes import (
    change_attributes,
    purpose_of,
    value_to_verify,
    verify_attribute,
    wording_of_changes,
)
from userpool.server.bearer import authorise
from userpool.server.codes import count_call, count_call_first, delivery_details, mismatch, redeem, send_code
from userpool.server.finding import user_again
from userpool.server.roster import strike
from userpool.server.rules.attributes import (
    as_mapping,
    attribute_list,
    check_known,
    check_not_fixed,
    check_values,
    check_writable,
    medium_of,
    readable,
)
from userpool.server.rules.mfa_preferences import told_methods, told_options
from userpool.server.triggers.events import reached_at
from userpool.server.wording import wording_for
from userpool.wire.profile import (
    DeleteUserAttributesResponse,
    GetUserAttributeVerificationCodeResponse,
    GetUserResponse,
    UpdateUserAttributesResponse,
    VerifyUserAttributeResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.attribute_changes import SentCode
    from userpool.server.bearer import Bearer
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Message
    from userpool.wire.profile import (
        DeleteUserAttributesRequest,
        DeleteUserRequest,
        GetUserAttributeVerificationCodeRequest,
        GetUserRequest,
        UpdateUserAttributesRequest,
        VerifyUserAttributeRequest,
    )


async def get_user(context: Context, request: GetUserRequest) -> GetUserResponse:
    """Describe the bearer, as far as the client may read."""
    bearer = await authorise(context, request.access_token)
    attributes = readable(bearer.client.description, bearer.user.attributes)
    # Assumed: GetUser tells sub to every client, also to one whose ReadAttributes don't have it.
    return GetUserResponse(
        username=bearer.user.username,
        user_attributes=attribute_list(bearer.user.sub, attributes),
        mfa_options=told_options(bearer.user),
        preferred_mfa_setting=bearer.user.preferred_mfa,
        user_mfa_setting_list=told_methods(bearer.user),
    )


async def update_user_attributes(
    context: Context, request: UpdateUserAttributesRequest
) -> UpdateUserAttributesResponse:
    """Change the bearer's attributes; a new address or number gets a code, if the pool verifies it."""
    bearer = await authorise(context, request.access_token)
    changes = as_mapping(request.user_attributes)
    sent = await _change_attributes(context, bearer, changes, request.client_metadata)
    # Assumed: CodeDeliveryDetailsList is there and empty when no code was sent.
    details = [delivery_details(code.attribute, code.message.destination) for code in sent]
    return UpdateUserAttributesResponse(code_delivery_details_list=details)


async def delete_user_attributes(
    context: Context, request: DeleteUserAttributesRequest
) -> DeleteUserAttributesResponse:
    """Clear attributes of the bearer."""
    bearer = await authorise(context, request.access_token)
    check_known(bearer.pool.description, request.user_attribute_names)
    await _change_attributes(context, bearer, dict.fromkeys(request.user_attribute_names, ""), None)
    return DeleteUserAttributesResponse()


async def _change_attributes(
    context: Context, bearer: Bearer, changes: Mapping[str, str], client_metadata: Mapping[str, str] | None
) -> list[SentCode]:
    check_not_fixed(changes)
    check_writable(bearer.client.description, changes)
    check_values(bearer.pool.description, changes)
    client_id = bearer.client.client_id
    wording = await wording_of_changes(
        context, bearer.pool, bearer.user, changes, client_id=client_id, client_metadata=client_metadata
    )

    async def write(transaction: Transaction) -> list[SentCode]:
        user = await user_again(transaction, bearer.user)
        return await change_attributes(context, transaction, bearer.pool, user, changes, wording=wording)

    sent = await context.database.write(write)
    for code in sent:
        await context.outbox.hand_over(code.message)
    return sent


async def get_user_attribute_verification_code(
    context: Context, request: GetUserAttributeVerificationCodeRequest
) -> GetUserAttributeVerificationCodeResponse:
    """Send a code that verifies the bearer's address or number, or the new one that waits for that."""
    bearer = await authorise(context, request.access_token)
    attribute = request.attribute_name
    value = value_to_verify(bearer.user, attribute)
    await count_call_first(context, bearer.user.sub, "GetUserAttributeVerificationCode")
    wording = await wording_for(
        context,
        bearer.pool,
        reached_at(bearer.user, attribute, value),
        kind="VerifyUserAttribute",
        mediums=[medium_of(attribute)],
        client_id=bearer.client.client_id,
        client_metadata=request.client_metadata,
    )

    async def write(transaction: Transaction) -> Message:
        user = await user_again(transaction, bearer.user)
        value = value_to_verify(user, attribute)
        return await send_code(
            context,
            transaction,
            bearer.pool,
            user,
            purpose=purpose_of(attribute),
            attribute=attribute,
            kind="VerifyUserAttribute",
            value=value,
            wording=wording,
        )

    message = await context.database.write(write)
    await context.outbox.hand_over(message)
    return GetUserAttributeVerificationCodeResponse(
        code_delivery_details=delivery_details(attribute, message.destination)
    )


async def verify_user_attribute(
    context: Context, request: VerifyUserAttributeRequest
) -> VerifyUserAttributeResponse:
    """Redeem a verification code: the bearer's address or number counts as verified."""
    bearer = await authorise(context, request.access_token)
    attribute = request.attribute_name

    async def write(transaction: Transaction) -> bool:
        user = await user_again(transaction, bearer.user)
        value_to_verify(user, attribute)
        await count_call(context, transaction, user.sub, "VerifyUserAttribute")
        code = await redeem(context, transaction, user.sub, purpose_of(attribute), code=request.code)
        if code is None:
            return False
        await verify_attribute(context, transaction, bearer.pool, user, code)
        return True

    if not await context.database.write(write):
        raise mismatch()
    return VerifyUserAttributeResponse()


async def delete_user(context: Context, request: DeleteUserRequest) -> None:
    """Delete the bearer with everything that belongs to it."""
    bearer = await authorise(context, request.access_token)

    async def write(transaction: Transaction) -> None:
        await strike(transaction, bearer.pool, await user_again(transaction, bearer.user))

    await context.database.write(write)
