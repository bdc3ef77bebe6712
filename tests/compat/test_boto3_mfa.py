"""boto3, unmodified, sets second factors and looks after devices."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

PASSWORD = "correct-horse-7-Staple"
TOKENS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
DEVICES = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}


@pytest.fixture(scope="module")
def tracking(aws: Any, make_place: Callable[..., Any]) -> Any:
    """A pool with authenticators that tracks devices."""
    place = make_place(DeviceConfiguration=DEVICES)
    aws.set_user_pool_mfa_config(UserPoolId=place.pool_id, **TOKENS)
    return place


@pytest.fixture
def of(aws: Any, tracking: Any, newcomer: Any) -> dict[str, str]:
    """The two members that name somebody in administrators' requests, who has a password."""
    named = {"UserPoolId": tracking.pool_id, "Username": newcomer.username}
    aws.admin_create_user(**named, MessageAction="SUPPRESS")
    aws.admin_set_user_password(**named, Password=PASSWORD, Permanent=True)
    return named


@pytest.fixture
def enter(aws: Any, tracking: Any, of: dict[str, str]) -> Callable[[], Any]:
    """Give a function that begins a sign-in with the password."""

    def begin() -> Any:
        return aws.initiate_auth(
            ClientId=tracking.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": of["Username"], "PASSWORD": PASSWORD},
        )

    return begin


def test_the_factors_of_a_pool_are_told_as_they_were_set(aws: Any, tracking: Any) -> None:
    told = aws.get_user_pool_mfa_config(UserPoolId=tracking.pool_id)

    del told["ResponseMetadata"]
    assert told == TOKENS


def test_an_authenticator_is_asked_for_once_it_is_preferred(
    aws: Any, tracking: Any, of: dict[str, str], enter: Callable[[], Any]
) -> None:
    token = enter()["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(aws.associate_software_token(AccessToken=token)["SecretCode"])
    # A code counts once: the one that signs in below is of the next step, which counts already.
    now = int(time.time())
    assert aws.verify_software_token(AccessToken=token, UserCode=app.at(now))["Status"] == "SUCCESS"
    assert "UserMFASettingList" not in aws.get_user(AccessToken=token)

    aws.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )

    user = aws.admin_get_user(**of)
    assert (user["UserMFASettingList"], user["PreferredMfaSetting"]) == (
        ["SOFTWARE_TOKEN_MFA"],
        "SOFTWARE_TOKEN_MFA",
    )
    asked = enter()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    answered = aws.respond_to_auth_challenge(
        ClientId=tracking.client_id,
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": of["Username"], "SOFTWARE_TOKEN_MFA_CODE": app.at(now + 30)},
    )
    assert answered["AuthenticationResult"]["AccessToken"]


def test_an_administrator_answers_for_a_user_with_an_authenticator(
    aws: Any, tracking: Any, of: dict[str, str], enter: Callable[[], Any]
) -> None:
    token = enter()["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(aws.associate_software_token(AccessToken=token)["SecretCode"])
    now = int(time.time())
    aws.verify_software_token(AccessToken=token, UserCode=app.at(now))
    aws.admin_set_user_mfa_preference(**of, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    at = {"UserPoolId": tracking.pool_id, "ClientId": tracking.client_id}

    asked = aws.admin_initiate_auth(
        **at,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": of["Username"], "PASSWORD": PASSWORD},
    )
    answer = {"USERNAME": of["Username"], "SOFTWARE_TOKEN_MFA_CODE": app.at(now + 30)}
    answered = aws.admin_respond_to_auth_challenge(
        **at,
        ChallengeName=asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses=answer,
    )

    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert answered["AuthenticationResult"]["AccessToken"]


def test_a_preference_without_its_means_is_the_exception_of_the_model(
    aws: Any, of: dict[str, str], enter: Callable[[], Any]
) -> None:
    token = enter()["AuthenticationResult"]["AccessToken"]

    with pytest.raises(aws.exceptions.InvalidParameterException, match="has not set up software token mfa"):
        aws.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True})
    aws.associate_software_token(AccessToken=token)
    with pytest.raises(aws.exceptions.EnableSoftwareTokenMFAException):
        aws.verify_software_token(AccessToken=token, UserCode="000000")


def test_devices_are_confirmed_and_listed_page_by_page(
    aws: Any, of: dict[str, str], enter: Callable[[], Any]
) -> None:
    results = [enter()["AuthenticationResult"] for _ in range(3)]
    keys = [result["NewDeviceMetadata"]["DeviceKey"] for result in results]
    for result, key in zip(results, keys, strict=True):
        told = aws.confirm_device(AccessToken=result["AccessToken"], DeviceKey=key, DeviceName="Phone")
        assert told["UserConfirmationNecessary"] is False
    token = results[0]["AccessToken"]

    first = aws.list_devices(AccessToken=token, Limit=2)
    second = aws.list_devices(AccessToken=token, Limit=2, PaginationToken=first["PaginationToken"])

    assert [len(first["Devices"]), len(second["Devices"])] == [2, 1]
    assert "PaginationToken" not in second
    assert {device["DeviceKey"] for device in first["Devices"] + second["Devices"]} == set(keys)
    assert len(aws.admin_list_devices(**of)["Devices"]) == 3


def test_an_administrator_describes_a_device_and_lets_it_be_remembered_no_more(
    aws: Any, of: dict[str, str], enter: Callable[[], Any]
) -> None:
    result = enter()["AuthenticationResult"]
    key = result["NewDeviceMetadata"]["DeviceKey"]
    aws.confirm_device(AccessToken=result["AccessToken"], DeviceKey=key, DeviceName="Phone")

    aws.admin_update_device_status(**of, DeviceKey=key, DeviceRememberedStatus="not_remembered")

    device = aws.admin_get_device(**of, DeviceKey=key)["Device"]
    told = {each["Name"]: each["Value"] for each in device["DeviceAttributes"]}
    assert (told["device_name"], told["dev:device_remembered_status"]) == ("Phone", "not_remembered")
    assert device["DeviceCreateDate"] <= device["DeviceLastModifiedDate"]
    assert aws.admin_list_devices(**of, Limit=1)["Devices"] == [device]


def test_a_forgotten_device_is_not_found(aws: Any, of: dict[str, str], enter: Callable[[], Any]) -> None:
    result = enter()["AuthenticationResult"]
    device = {"AccessToken": result["AccessToken"], "DeviceKey": result["NewDeviceMetadata"]["DeviceKey"]}
    aws.confirm_device(**device)
    aws.update_device_status(**device, DeviceRememberedStatus="not_remembered")

    aws.admin_forget_device(**of, DeviceKey=device["DeviceKey"])

    with pytest.raises(aws.exceptions.ResourceNotFoundException, match="Device does not exist"):
        aws.admin_get_device(**of, DeviceKey=device["DeviceKey"])
    with pytest.raises(aws.exceptions.NotAuthorizedException):
        aws.get_user(AccessToken=result["AccessToken"])


def test_an_update_of_a_pool_and_its_client_is_described(aws: Any, make_place: Callable[..., Any]) -> None:
    place = make_place()
    named = {"UserPoolId": place.pool_id, "ClientId": place.client_id}

    aws.update_user_pool(UserPoolId=place.pool_id, UserPoolTags={"team": "blue"})
    aws.update_user_pool_client(**named, RefreshTokenValidity=7)
    aws.add_custom_attributes(
        UserPoolId=place.pool_id, CustomAttributes=[{"Name": "rank", "AttributeDataType": "Number"}]
    )

    pool = aws.describe_user_pool(UserPoolId=place.pool_id)["UserPool"]
    assert pool["UserPoolTags"] == {"team": "blue"}
    assert pool["SchemaAttributes"][-1]["Name"] == "custom:rank"
    client = aws.describe_user_pool_client(**named)["UserPoolClient"]
    assert (client["RefreshTokenValidity"], client["ClientName"]) == (7, "web")
