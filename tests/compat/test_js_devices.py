"""amazon-cognito-identity-js, unmodified, confirms devices, looks after them and signs in on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

TOKENS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
FLOWS = ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"]
ANSWER = "RespondToAuthChallenge"


@pytest.fixture(scope="module")
def make_tracking(aws: Any, make_place: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function that makes a pool with authenticators that tracks devices."""

    def make(*, asks: bool, saves_mfa: bool = True, **settings: Any) -> Any:
        devices = {"ChallengeRequiredOnNewDevice": saves_mfa, "DeviceOnlyRememberedOnUserPrompt": asks}
        place = make_place(DeviceConfiguration=devices, **settings)
        aws.set_user_pool_mfa_config(UserPoolId=place.pool_id, **TOKENS)
        return place

    return make


@pytest.fixture(scope="module")
def tracking(make_tracking: Callable[..., Any]) -> Any:
    """A pool that remembers a device if its owner says so."""
    return make_tracking(asks=True)


@pytest.fixture
def owner(tracking: Any, newcomer: Any, make_person: Callable[..., Any]) -> Any:
    """Somebody there."""
    return make_person(tracking, newcomer)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_device_is_confirmed_after_a_sign_in(
    js: Callable[..., Any], aws: Any, tracking: Any, owner: Any, flow: str
) -> None:
    seen = js("devices/confirmed", tracking, owner, flow=flow)

    proof = [ANSWER] if flow == "USER_SRP_AUTH" else []
    assert seen["operations"] == ["InitiateAuth", *proof, "ConfirmDevice"]
    assert seen["asks"]
    device = aws.admin_get_device(
        UserPoolId=tracking.pool_id, Username=owner.username, DeviceKey=seen["key"]
    )["Device"]
    assert {"Name": "device_name", "Value": "nodejs"} in device["DeviceAttributes"]


def test_a_pool_that_remembers_every_device_asks_nobody(
    js: Callable[..., Any],
    make_tracking: Callable[..., Any],
    newcomer: Any,
    make_person: Callable[..., Any],
) -> None:
    unasked = make_tracking(asks=False)

    assert not js("devices/confirmed", unasked, make_person(unasked, newcomer))["asks"]


def test_devices_are_listed_page_by_page(js: Callable[..., Any], tracking: Any, owner: Any) -> None:
    seen = js("devices/list", tracking, owner)

    assert [len(page) for page in seen["pages"]] == [2, 1]
    assert sorted(key for page in seen["pages"] for key in page) == seen["keys"]
    assert seen["more"] == [True, False]


def test_the_device_at_hand_is_described(js: Callable[..., Any], tracking: Any, owner: Any) -> None:
    seen = js("devices/describe", tracking, owner)

    assert seen["device"]["DeviceKey"] == seen["key"]
    assert seen["device"]["DeviceCreateDate"] <= seen["device"]["DeviceLastModifiedDate"]


def test_a_device_is_remembered_and_not(js: Callable[..., Any], tracking: Any, owner: Any) -> None:
    seen = js("devices/rememberAndNot", tracking, owner)

    assert seen == ["not_remembered", "SUCCESS", "remembered", "SUCCESS", "not_remembered"]


def test_the_device_at_hand_is_forgotten(js: Callable[..., Any], aws: Any, tracking: Any, owner: Any) -> None:
    seen = js("devices/forget", tracking, owner)

    assert (seen["said"], seen["kept"]) == ("SUCCESS", [])
    # Its tokens went with it.
    assert seen["read"]["code"] == "NotAuthorizedException"
    assert aws.admin_list_devices(UserPoolId=tracking.pool_id, Username=owner.username)["Devices"] == []


def test_another_device_is_forgotten(js: Callable[..., Any], tracking: Any, owner: Any) -> None:
    seen = js("devices/forgetAnother", tracking, owner)

    assert (seen["said"], seen["left"]) == ("SUCCESS", [seen["own"]])


@pytest.mark.parametrize("flow", FLOWS)
def test_a_remembered_device_proves_itself_in_place_of_a_code(
    js: Callable[..., Any], tracking: Any, owner: Any, flow: str
) -> None:
    seen = js("devices/inPlaceOfMfa", tracking, owner, flow=flow)

    proof = [ANSWER] if flow == "USER_SRP_AUTH" else []
    assert seen["name"] == "onSuccess"
    assert seen["operations"] == ["InitiateAuth", *proof, ANSWER, ANSWER]
    assert seen["sameKey"]
    assert seen["access"]["device_key"]
    assert seen["elsewhere"] == "totpRequired"


@pytest.mark.parametrize("flow", FLOWS)
def test_a_remembered_device_proves_itself_for_somebody_named_by_an_address(
    js: Callable[..., Any],
    make_tracking: Callable[..., Any],
    newcomer: Any,
    make_person: Callable[..., Any],
    flow: str,
) -> None:
    by_address = make_tracking(asks=True, UsernameAttributes=["email"])
    person = make_person(by_address, newcomer, username=newcomer.email)

    seen = js("devices/inPlaceOfMfa", by_address, person, flow=flow)

    assert (seen["name"], seen["elsewhere"]) == ("onSuccess", "totpRequired")
    assert seen["access"]["username"] == seen["access"]["sub"]


def test_a_known_device_is_not_confirmed_twice(js: Callable[..., Any], tracking: Any, owner: Any) -> None:
    seen = js("devices/onKnownDevice", tracking, owner)

    assert "ConfirmDevice" not in seen["operations"]
    assert seen["operations"][-1] == "InitiateAuth"
    assert seen["valid"]
    assert seen["sameKey"]


def test_a_device_that_saves_no_code_is_signed_in_on_after_it(
    js: Callable[..., Any],
    make_tracking: Callable[..., Any],
    newcomer: Any,
    make_person: Callable[..., Any],
) -> None:
    strict = make_tracking(asks=True, saves_mfa=False)

    seen = js("devices/afterMfa", strict, make_person(strict, newcomer))

    assert seen == {"asked": "totpRequired", "done": "onSuccess"}


def test_a_device_that_was_forgotten_meanwhile_keeps_nobody_out(
    js: Callable[..., Any], tracking: Any, owner: Any
) -> None:
    seen = js("devices/forgottenMeanwhile", tracking, owner)

    # The library answers once more, without the device, and is given the keys of a new one.
    assert seen["operations"] == ["InitiateAuth", ANSWER, ANSWER, "ConfirmDevice"]
    assert (seen["name"], len(seen["kept"])) == ("onSuccess", 3)


def test_a_forgotten_device_that_is_sent_with_the_password_is_told_of(
    js: Callable[..., Any], tracking: Any, owner: Any
) -> None:
    assert js("devices/forgottenAndSent", tracking, owner) == {
        "code": "ResourceNotFoundException",
        "message": "Device does not exist.",
    }
