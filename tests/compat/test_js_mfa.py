"""amazon-cognito-identity-js, unmodified, sets second factors and signs in with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SMS = {"SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}}}
TOKENS = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
DELIVERY = {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******0123"}
MISMATCH = "CodeMismatchException"


@pytest.fixture(scope="module")
def choice(aws: Any, make_place: Callable[..., Any]) -> Any:
    """A pool whose users may have a second factor."""
    place = make_place()
    aws.set_user_pool_mfa_config(UserPoolId=place.pool_id, MfaConfiguration="OPTIONAL", **SMS, **TOKENS)
    return place


@pytest.fixture(scope="module")
def duty(aws: Any, make_place: Callable[..., Any]) -> Any:
    """A pool whose users have to have an authenticator."""
    place = make_place()
    aws.set_user_pool_mfa_config(UserPoolId=place.pool_id, MfaConfiguration="ON", **TOKENS)
    return place


@pytest.fixture
def caller(aws: Any, choice: Any, newcomer: Any, make_person: Callable[..., Any]) -> Any:
    """Somebody with a telephone."""
    person = make_person(choice, newcomer)
    aws.admin_update_user_attributes(
        UserPoolId=choice.pool_id,
        Username=person.username,
        UserAttributes=[
            {"Name": "phone_number", "Value": "+15555550123"},
            {"Name": "phone_number_verified", "Value": "true"},
        ],
    )
    return person


def test_mfa_is_enabled_and_disabled_the_older_way(js: Callable[..., Any], choice: Any, caller: Any) -> None:
    seen = js("mfa/enableAndDisable", choice, caller)

    options = [{"AttributeName": "phone_number", "DeliveryMedium": "SMS"}]
    assert seen["enabled"] == ["SUCCESS", options, "mfaRequired", "SMS_MFA"]
    assert seen["disabled"] == ["SUCCESS", [], "onSuccess"]


def test_a_code_by_sms_is_preferred_and_asked_for(js: Callable[..., Any], choice: Any, caller: Any) -> None:
    seen = js("mfa/bySms", choice, caller)

    assert (seen["said"], seen["preferred"], seen["factors"]) == ("SUCCESS", "SMS_MFA", ["SMS_MFA"])
    assert seen["asked"][:2] == ["mfaRequired", "SMS_MFA"]
    assert seen["asked"][2].items() >= DELIVERY.items()
    assert seen["refused"]["code"] == MISMATCH
    assert (seen["valid"], seen["access"]["username"]) == (True, caller.username)


def test_an_authenticator_is_preferred_and_asked_for(
    js: Callable[..., Any], choice: Any, caller: Any
) -> None:
    seen = js("mfa/byAuthenticator", choice, caller)

    assert (seen["verified"], seen["said"]) == ("SUCCESS", "SUCCESS")
    assert (seen["preferred"], seen["factors"]) == ("SOFTWARE_TOKEN_MFA", ["SOFTWARE_TOKEN_MFA"])
    assert seen["asked"][:2] == ["totpRequired", "SOFTWARE_TOKEN_MFA"]
    assert seen["asked"][2]["FRIENDLY_DEVICE_NAME"] == "My phone"
    assert seen["twice"]
    assert (seen["valid"], seen["access"]["username"]) == (True, caller.username)


def test_whoever_has_two_factors_and_prefers_none_chooses(
    js: Callable[..., Any], choice: Any, caller: Any
) -> None:
    seen = js("mfa/choosing", choice, caller)

    both = ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]
    assert (seen["preferred"], sorted(seen["factors"])) == (None, both)
    assert seen["choices"] == [["selectMFAType", "SELECT_MFA_TYPE", both]] * 2
    assert seen["asked"] == ["mfaRequired", "totpRequired"]
    assert seen["done"] == ["onSuccess", "onSuccess"]


def test_an_authenticator_that_has_to_be_is_set_up_while_signing_in(
    js: Callable[..., Any], duty: Any, newcomer: Any, make_person: Callable[..., Any]
) -> None:
    seen = js("mfa/setUpAtSignIn", duty, make_person(duty, newcomer))

    assert seen["asked"] == ["mfaSetup", ["SOFTWARE_TOKEN_MFA"]]
    assert (seen["valid"], seen["access"]["username"]) == (True, newcomer.username)
    assert seen["then"] == ["totpRequired", "My phone"]
    assert seen["done"] == "onSuccess"


def test_a_wrong_code_while_setting_up_may_be_tried_again(
    js: Callable[..., Any], duty: Any, newcomer: Any, make_person: Callable[..., Any]
) -> None:
    seen = js("mfa/setUpWithWrongCode", duty, make_person(duty, newcomer))

    assert seen["refused"]["code"] == "EnableSoftwareTokenMFAException"
    assert seen["then"] == "onSuccess"
