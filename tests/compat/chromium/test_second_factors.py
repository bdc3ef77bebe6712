"""amazon-cognito-identity-js in a browser sets up second factors and is asked for them; pyotp is the authenticator."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

SMS = {"SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}}}
TOKENS = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}


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


def test_an_authenticator_is_set_up_in_the_page_and_asked_for_at_the_next_sign_in(
    tab: Any, choice: Any, caller: Any
) -> None:
    tab.play("signIn", choice, caller)
    app = pyotp.TOTP(tab.play("secret", choice, caller))
    # A code counts once: the one that signs in below is of the next step, which counts already.
    now = int(time.time())
    assert tab.play("verifySecret", choice, caller, code=app.at(now)) == "SUCCESS"
    tab.play("prefer", choice, caller, factor="SOFTWARE_TOKEN_MFA")

    asked = tab.play("signIn", choice, caller)
    done = tab.play("answer", choice, caller, code=app.at(now + 30), factor="SOFTWARE_TOKEN_MFA")

    assert (asked["name"], asked["parameters"]["FRIENDLY_DEVICE_NAME"]) == ("totpRequired", "My phone")
    assert (done["name"], tab.sent) == ("onSuccess", ["SOFTWARE_TOKEN_MFA"])
    assert done["access"]["username"] == caller.username


def test_an_authenticator_that_has_to_be_is_set_up_and_each_of_its_codes_counts_once(
    tab: Any, duty: Any, newcomer: Any, make_person: Callable[..., Any]
) -> None:
    person = make_person(duty, newcomer)
    assert tab.play("signIn", duty, person)["name"] == "mfaSetup"
    app = pyotp.TOTP(tab.play("secret", duty, person))
    now = int(time.time())
    assert tab.play("verifySecret", duty, person, code=app.at(now))["valid"]
    tab.play("signIn", duty, person)

    used = tab.play("answer", duty, person, code=app.at(now), factor="SOFTWARE_TOKEN_MFA")
    done = tab.play("answer", duty, person, code=app.at(now + 30), factor="SOFTWARE_TOKEN_MFA")

    assert (used["name"], done["name"]) == ("onFailure", "onSuccess")


def test_a_code_that_was_sent_to_a_telephone_signs_in(
    tab: Any, choice: Any, caller: Any, code_for: Callable[..., str]
) -> None:
    tab.play("signIn", choice, caller)
    tab.play("prefer", choice, caller, factor="SMS_MFA")

    asked = tab.play("signIn", choice, caller)
    done = tab.play("answer", choice, caller, code=code_for(caller, "Authentication"))

    assert asked["name"] == "mfaRequired"
    assert asked["parameters"]["CODE_DELIVERY_DESTINATION"] == "+*******0123"
    assert (done["name"], tab.sent) == ("onSuccess", ["SMS_MFA"])
