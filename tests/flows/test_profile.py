"""A signed-in person's own record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from userpool.flows import profile
from userpool.flows.app_client import Extras
from userpool.wire.profile import (
    DeleteUserAttributesResponse,
    GetUserAttributeVerificationCodeResponse,
    GetUserResponse,
    UpdateUserAttributesResponse,
    VerifyUserAttributeResponse,
)
from userpool.wire.shapes import AttributeType, CodeDeliveryDetailsType

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

    assert [delivery.attribute for delivery in sent] == ["email"]
    assert [(each.name, each.value) for each in request.user_attributes] == [("email", "b@e"), ("name", "B")]
    assert request.client_metadata == {"a": "b"}


def test_an_update_without_codes_tells_of_none(play: Play) -> None:
    flow = profile.update_attributes("t", changes={"name": "B"}, extras=Extras())

    sent, _ = play(flow, UpdateUserAttributesResponse())

    assert sent == ()


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
