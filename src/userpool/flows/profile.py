"""A signed-in person's own record: read it, change it, verify it, delete it.

Operations: GetUser, UpdateUserAttributes, DeleteUserAttributes, GetUserAttributeVerificationCode,
VerifyUserAttribute, DeleteUser.

Sources: api:GetUser, api:UpdateUserAttributes, api:DeleteUserAttributes, api:DeleteUser;
guide:user-pool-settings-attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from userpool.conversation import Flow, ask
from userpool.flows.app_client import Extras
from userpool.flows.sign_up import attribute_list, delivery_of
from userpool.results import CodeDelivery
from userpool.wire.profile import (
    DeleteUser,
    DeleteUserAttributes,
    DeleteUserAttributesRequest,
    DeleteUserRequest,
    GetUser,
    GetUserAttributeVerificationCode,
    GetUserAttributeVerificationCodeRequest,
    GetUserRequest,
    UpdateUserAttributes,
    UpdateUserAttributesRequest,
    VerifyUserAttribute,
    VerifyUserAttributeRequest,
)

__all__ = [
    "attributes",
    "delete_attributes",
    "delete_user",
    "send_attribute_verification_code",
    "update_attributes",
    "verify_attribute",
]


def attributes(access_token: str) -> Flow[dict[str, str]]:
    """Return all attributes that the app client may read, by name; all values are texts."""
    response = yield from ask(GetUser, GetUserRequest(access_token=access_token))
    return {attribute.name: attribute.value or "" for attribute in response.user_attributes}


def update_attributes(
    access_token: str, *, changes: Mapping[str, str], extras: Extras
) -> Flow[tuple[CodeDelivery, ...]]:
    """Set attributes; return where codes went for those that have to be verified now."""
    request = UpdateUserAttributesRequest(
        access_token=access_token, user_attributes=attribute_list(changes), client_metadata=extras.metadata
    )
    response = yield from ask(UpdateUserAttributes, request)
    sent = (delivery_of(details) for details in response.code_delivery_details_list or [])
    return tuple(delivery for delivery in sent if delivery is not None)


def delete_attributes(access_token: str, *, names: Iterable[str]) -> Flow[None]:
    """Remove attributes."""
    request = DeleteUserAttributesRequest(access_token=access_token, user_attribute_names=list(names))
    yield from ask(DeleteUserAttributes, request)


def send_attribute_verification_code(
    access_token: str, *, name: str, extras: Extras
) -> Flow[CodeDelivery | None]:
    """Have a code sent that verifies an e-mail address or a phone number."""
    request = GetUserAttributeVerificationCodeRequest(
        access_token=access_token, attribute_name=name, client_metadata=extras.metadata
    )
    response = yield from ask(GetUserAttributeVerificationCode, request)
    return delivery_of(response.code_delivery_details)


def verify_attribute(access_token: str, *, name: str, code: str) -> Flow[None]:
    """Verify an e-mail address or a phone number with the code that was sent to it."""
    request = VerifyUserAttributeRequest(access_token=access_token, attribute_name=name, code=code)
    yield from ask(VerifyUserAttribute, request)


def delete_user(access_token: str) -> Flow[None]:
    """Delete the person."""
    yield from ask(DeleteUser, DeleteUserRequest(access_token=access_token))
