"""A signed-in person's own record: read it, change it, verify it, delete it.

Operations: GetUser, UpdateUserAttributes, DeleteUserAttributes, GetUserAttributeVerificationCode,
VerifyUserAttribute, DeleteUser.

Sources: api:GetUser, api:UpdateUserAttributes, api:DeleteUserAttributes, api:DeleteUser;
guide:user-pool-settings-attributes; js-sdk:CognitoUser (getUserData: what is kept of a profile).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import msgspec

from userpool.conversation import Flow, ask
from userpool.flows.app_client import Extras
from userpool.flows.sign_up import attribute_list, delivery_of
from userpool.profile import MfaOption, MfaPreference, Profile
from userpool.results import AttributeUpdate, CodeDelivery
from userpool.values import Value
from userpool.wire.profile import (
    DeleteUser,
    DeleteUserAttributes,
    DeleteUserAttributesRequest,
    DeleteUserRequest,
    GetUser,
    GetUserAttributeVerificationCode,
    GetUserAttributeVerificationCodeRequest,
    GetUserRequest,
    GetUserResponse,
    UpdateUserAttributes,
    UpdateUserAttributesRequest,
    VerifyUserAttribute,
    VerifyUserAttributeRequest,
)

__all__ = [
    "KeptProfile",
    "attributes",
    "delete_attributes",
    "delete_user",
    "profile",
    "profile_from_text",
    "send_attribute_verification_code",
    "update_attributes",
    "verify_attribute",
]


class KeptProfile(Value, frozen=True):
    """A profile, and the text in which the JavaScript SDKs keep it: the service's answer as it is."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"text"})

    profile: Profile
    text: str


def attributes(access_token: str) -> Flow[dict[str, str]]:
    """Return all attributes that the app client may read, by name; all values are texts."""
    response = yield from ask(GetUser, GetUserRequest(access_token=access_token))
    return _attributes(response)


def profile(access_token: str) -> Flow[KeptProfile]:
    """Return everything that the pool tells of the person, and as text what can be kept of it."""
    response = yield from ask(GetUser, GetUserRequest(access_token=access_token))
    return KeptProfile(_profile(response), msgspec.json.encode(response).decode())


def profile_from_text(text: str) -> Profile | None:
    """Return a profile that was kept as text, by us or by a JavaScript SDK; None if it is not one."""
    try:
        return _profile(msgspec.json.decode(text, type=GetUserResponse))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


def update_attributes(
    access_token: str, *, changes: Mapping[str, str], extras: Extras
) -> Flow[AttributeUpdate]:
    """Set attributes; return which of them have to be verified now, and where the codes went."""
    request = UpdateUserAttributesRequest(
        access_token=access_token, user_attributes=attribute_list(changes), client_metadata=extras.metadata
    )
    response = yield from ask(UpdateUserAttributes, request)
    sent = (delivery_of(details) for details in response.code_delivery_details_list or [])
    # A delivery without a name cannot be told apart from others, but must not be lost either.
    pending = {delivery.attribute or "": delivery for delivery in sent if delivery is not None}
    return AttributeUpdate(tuple(name for name in changes if name not in pending), pending)


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


def _attributes(response: GetUserResponse) -> dict[str, str]:
    return {attribute.name: attribute.value or "" for attribute in response.user_attributes}


def _profile(response: GetUserResponse) -> Profile:
    return Profile(
        response.username,
        attributes=_attributes(response),
        mfa=MfaPreference(tuple(response.user_mfa_setting_list or ()), response.preferred_mfa_setting),
        mfa_options=tuple(
            MfaOption(option.delivery_medium, option.attribute_name) for option in response.mfa_options or ()
        ),
    )
