"""A signed-in person's own record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.flows import profile
from userpool.flows.app_client import Extras
from userpool.wire.profile import (
    DeleteUserAttributesResponse,
    GetUserAttributeVerificationCodeResponse,
    GetUserResponse,
    UpdateUserAttributesResponse,
    VerifyUserAttributeResponse,
)
from userpool.wire.shapes import AttributeType, CodeDeliveryDetailsType, MFAOptionType

Play = Callable[..., tuple[Any, list[Any]]]


def test_attributes_are_texts_by_name_as_the_service_writes_them(play: Play) -> None:
    # pycognito makes booleans of "true" and "false", and nobody can tell them from texts any more.
    listed = [AttributeType(name="email_verified", value="true"), AttributeType(name="custom:empty")]

    found, _ = play(profile.attributes("t"), GetUserResponse(username="alice", user_attributes=listed))

    assert found == {"email_verified": "true", "custom:empty": ""}


def test_an_update_tells_which_attributes_wait_for_a_code(play: Play) -> None:
    flow = profile.update_attributes("t", changes={"email": "b@e", "name": "B"}, extras=Extras({"a": "b"}))
    details = CodeDeliveryDetailsType(attribute_name="email", destination="b***@e***")

    sent, [request] = play(flow, UpdateUserAttributesResponse(code_delivery_details_list=[details]))

    assert sent.updated == ("name",)
    assert sent.pending["email"].destination == "b***@e***"
    assert [(each.name, each.value) for each in request.user_attributes] == [("email", "b@e"), ("name", "B")]
    assert request.client_metadata == {"a": "b"}


def test_an_update_without_codes_tells_of_none(play: Play) -> None:
    flow = profile.update_attributes("t", changes={"name": "B"}, extras=Extras())

    update, _ = play(flow, UpdateUserAttributesResponse())

    assert (update.updated, update.pending) == (("name",), {})


def test_a_delivery_that_does_not_tell_its_attribute_is_not_lost(play: Play) -> None:
    flow = profile.update_attributes("t", changes={"email": "b@e"}, extras=Extras())
    details = CodeDeliveryDetailsType(destination="b***@e***")

    update, _ = play(flow, UpdateUserAttributesResponse(code_delivery_details_list=[details]))

    assert [delivery.destination for delivery in update.deliveries] == ["b***@e***"]


def test_a_profile_comes_back_from_its_text(play: Play) -> None:
    response = GetUserResponse(
        username="alice",
        user_attributes=[AttributeType(name="email", value="a@e")],
        mfa_options=[MFAOptionType(delivery_medium="SMS", attribute_name="phone_number")],
        preferred_mfa_setting="SMS_MFA",
        user_mfa_setting_list=["SMS_MFA", "A_FACTOR_OF_THE_FUTURE"],
    )

    kept, _ = play(profile.profile("t"), response)

    assert kept.profile.mfa.enabled == ("SMS_MFA", "A_FACTOR_OF_THE_FUTURE")
    assert kept.profile.mfa_options[0].attribute == "phone_number"
    assert profile.profile_from_text(kept.text) == kept.profile
    assert "a@e" not in repr(kept)


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", '{"Username": 1}', '{"Username": "alice"}', "\ud800"]
)
def test_a_text_that_is_no_profile_is_none(text: str) -> None:
    assert profile.profile_from_text(text) is None


def test_a_profile_without_second_factors_tells_of_none(play: Play) -> None:
    # AWS leaves the members out where nothing is set.
    kept, _ = play(profile.profile("t"), GetUserResponse(username="alice", user_attributes=[]))

    assert (kept.profile.mfa.enabled, kept.profile.mfa.preferred) == ((), None)
    assert kept.profile.mfa_options == ()


def test_attributes_are_deleted_by_name(play: Play) -> None:
    _, [request] = play(
        profile.delete_attributes("t", names=("name", "custom:team")), DeleteUserAttributesResponse()
    )

    assert request.user_attribute_names == ["name", "custom:team"]


def test_an_address_is_verified_by_a_code(play: Play) -> None:
    details = CodeDeliveryDetailsType(attribute_name="email", destination="b***@e***")

    delivery, [asked] = play(
        profile.send_attribute_verification_code("t", name="email", extras=Extras({"a": "b"})),
        GetUserAttributeVerificationCodeResponse(code_delivery_details=details),
    )
    _, [answered] = play(
        profile.verify_attribute("t", name="email", code="123456"), VerifyUserAttributeResponse()
    )

    assert delivery.destination == "b***@e***"
    assert (asked.attribute_name, asked.client_metadata) == ("email", {"a": "b"})
    assert (answered.attribute_name, answered.code) == ("email", "123456")


def test_a_person_is_deleted_with_their_token(play: Play) -> None:
    result, [request] = play(profile.delete_user("t"), None)

    assert result is None
    assert request.access_token == "t"
