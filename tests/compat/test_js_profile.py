"""amazon-cognito-identity-js, unmodified, reads and changes one's own record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

OWN_MAIL = {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "p***@e***"}


@pytest.fixture
def set_attributes(aws: Any, place: Any, person: Any) -> Callable[..., None]:
    """Give a function that changes the person's attributes as an administrator."""

    def change(**attributes: str) -> None:
        aws.admin_update_user_attributes(
            UserPoolId=place.pool_id,
            Username=person.username,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )

    return change


def test_attributes_are_read(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("profile/read", place, person)

    assert seen.pop("sub")
    assert seen == {"email": person.email, "email_verified": "true"}


def test_user_data_are_kept_until_asked_for_anew(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("profile/readData", place, person)

    # Members about second factors are missing, not empty, while there are none.
    assert seen["first"].keys() == {"Username", "UserAttributes"}
    assert seen["again"] == seen["first"]
    assert seen["operations"] == []


def test_user_data_that_are_asked_for_anew_renew_the_tokens_too(
    js: Callable[..., Any], place: Any, person: Any
) -> None:
    seen = js("profile/readDataAnew", place, person)

    assert seen == {"attributes": 3, "operations": ["GetUser", "InitiateAuth"]}


def test_attributes_are_changed(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("profile/update", place, person, changes={"nickname": "Ännchen", "locale": "de-DE"})

    assert seen["said"] == "SUCCESS"
    assert seen["attributes"]["nickname"] == "Ännchen"
    assert seen["attributes"]["locale"] == "de-DE"
    assert not seen["deliveries"].get("CodeDeliveryDetailsList")


def test_a_changed_address_has_to_be_verified(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("profile/update", place, person, changes={"email": "new@elsewhere.example"})

    assert seen["deliveries"]["CodeDeliveryDetailsList"] == [
        {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "n***@e***"}
    ]
    assert seen["attributes"]["email_verified"] == "false"


def test_attributes_are_deleted(
    js: Callable[..., Any], place: Any, person: Any, set_attributes: Callable[..., None]
) -> None:
    set_attributes(nickname="Ann", locale="de-DE")

    seen = js("profile/remove", place, person, names=["nickname"])

    assert seen["said"] == "SUCCESS"
    assert "nickname" not in seen["attributes"]
    assert seen["attributes"]["locale"] == "de-DE"


def test_an_address_is_verified_with_the_code_that_was_asked_for(
    js: Callable[..., Any], place: Any, person: Any, set_attributes: Callable[..., None]
) -> None:
    set_attributes(email_verified="false")

    seen = js("profile/verify", place, person)

    assert seen["before"]["email_verified"] == "false"
    assert seen["delivery"] == {"CodeDeliveryDetails": OWN_MAIL}
    assert seen["said"] == "SUCCESS"
    assert seen["after"]["email_verified"] == "true"


def test_somebody_deletes_themselves(js: Callable[..., Any], aws: Any, place: Any, person: Any) -> None:
    seen = js("profile/deleteUser", place, person)

    assert seen["said"] == "SUCCESS"
    assert seen["read"] == {"code": "UserNotFoundException", "message": "User does not exist."}
    with pytest.raises(aws.exceptions.UserNotFoundException):
        aws.admin_get_user(UserPoolId=place.pool_id, Username=person.username)
