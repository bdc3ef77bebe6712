"""What the service answers to a sign-in, as steps.

The replies are those of AWS as the guide and recorded sign-ins have them, with values of our own.
"""

from __future__ import annotations

import pytest

from userpool.errors import GarbledAnswerError
from userpool.flows.app_client import AppClient
from userpool.flows.challenges import Outcome, outcome_of, tokens_of
from userpool.steps import (
    Challenge,
    CustomChallenge,
    DeviceRequired,
    EmailCodeRequired,
    FirstFactorChoice,
    MfaChoiceRequired,
    MfaSetupRequired,
    NewPasswordRequired,
    PasskeyRequired,
    PasswordRequired,
    SmsCodeRequired,
    SmsOtpRequired,
    TotpRequired,
    UnknownChallenge,
)
from userpool.token_bundle import Granted, NewDevice
from userpool.transport.scripted import token_text
from userpool.wire.shapes import AuthenticationResultType, NewDeviceMetadataType
from userpool.wire.sign_in import InitiateAuthResponse, RespondToAuthChallengeResponse

ID = {"client_id": "the client", "username": "canonical", "session": "s"}
PHONE = {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******1234"}
MAIL = {"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "t***@e***"}
ASKED: list[tuple[str, dict[str, str], Challenge]] = [
    ("SMS_MFA", PHONE, SmsCodeRequired(**ID, destination="+*******1234")),
    ("SMS_OTP", PHONE, SmsOtpRequired(**ID, destination="+*******1234")),
    ("EMAIL_OTP", MAIL, EmailCodeRequired(**ID, destination="t***@e***")),
    ("SOFTWARE_TOKEN_MFA", {"FRIENDLY_DEVICE_NAME": "phone"}, TotpRequired(**ID, device_name="phone")),
    ("SOFTWARE_TOKEN_MFA", {}, TotpRequired(**ID)),
    (
        "SELECT_MFA_TYPE",
        {"MFAS_CAN_CHOOSE": '["SMS_MFA","EMAIL_OTP"]'},
        MfaChoiceRequired(**ID, choices=("SMS_MFA", "EMAIL_OTP")),
    ),
    (
        "SELECT_MFA_TYPE",
        {"MFAS_CAN_SELECT": '["SOFTWARE_TOKEN_MFA"]'},
        MfaChoiceRequired(**ID, choices=("SOFTWARE_TOKEN_MFA",)),
    ),
    (
        "MFA_SETUP",
        {"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]'},
        MfaSetupRequired(**ID, choices=("SOFTWARE_TOKEN_MFA",)),
    ),
    (
        "NEW_PASSWORD_REQUIRED",
        {
            "requiredAttributes": '["userAttributes.name","custom:team"]',
            "userAttributes": '{"email":"a@e","email_verified":"true"}',
        },
        NewPasswordRequired(
            **ID,
            required_attributes=("name", "custom:team"),
            attributes={"email": "a@e", "email_verified": "true"},
        ),
    ),
    ("PASSWORD", {}, PasswordRequired(**ID)),
    ("PASSWORD_SRP", {}, PasswordRequired(**ID, srp=True)),
    ("WEB_AUTHN", {"CREDENTIAL_REQUEST_OPTIONS": "{}"}, PasskeyRequired(**ID, options="{}")),
]


def reading(response: InitiateAuthResponse | RespondToAuthChallengeResponse) -> Outcome:
    return outcome_of(AppClient("aB12cDe34", "the client"), response, username="typed")


@pytest.mark.parametrize(("name", "parameters", "step"), ASKED)
def test_a_challenge_becomes_its_step(name: str, parameters: dict[str, str], step: Challenge) -> None:
    response = InitiateAuthResponse(
        challenge_name=name,
        session="s",
        challenge_parameters={"USER_ID_FOR_SRP": "canonical", **parameters},
    )

    assert reading(response) == step


@pytest.mark.parametrize("name", ["DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"])
def test_a_device_is_asked_for_and_nothing_breaks(name: str) -> None:
    response = InitiateAuthResponse(challenge_name=name, session="s", challenge_parameters={"A": "b"})

    step = reading(response)

    assert isinstance(step, DeviceRequired)
    assert step.parameters == {"A": "b"}


def test_a_trigger_s_question_keeps_what_it_says() -> None:
    response = RespondToAuthChallengeResponse(
        challenge_name="CUSTOM_CHALLENGE",
        session="s",
        challenge_parameters={"USERNAME": "canonical", "question": "?"},
    )

    step = reading(response)

    assert isinstance(step, CustomChallenge)
    assert (step.username, step.parameters["question"]) == ("canonical", "?")


def test_the_choice_of_a_first_factor_stands_beside_the_parameters() -> None:
    response = InitiateAuthResponse(
        challenge_name="SELECT_CHALLENGE",
        session="s",
        challenge_parameters={},
        available_challenges=["PASSWORD_SRP", "EMAIL_OTP"],
    )

    step = reading(response)

    assert isinstance(step, FirstFactorChoice)
    assert (step.username, step.choices) == ("typed", ("PASSWORD_SRP", "EMAIL_OTP"))


@pytest.mark.parametrize("name", ["ADMIN_NO_SRP_AUTH", "PASSWORD_VERIFIER", "RETINA_SCAN"])
def test_what_has_no_step_becomes_an_unknown_challenge(name: str) -> None:
    response = InitiateAuthResponse(challenge_name=name, session="s", challenge_parameters={"A": "b"})

    step = reading(response)

    assert step == UnknownChallenge(
        client_id="the client", username="typed", session="s", name=name, parameters={"A": "b"}
    )


@pytest.mark.parametrize("text", ["", "no JSON", "{}", "null", "[1, null]", '"SMS_MFA"', "[" * 100_000])
def test_a_list_that_is_none_is_an_empty_choice(text: str) -> None:
    response = InitiateAuthResponse(
        challenge_name="SELECT_MFA_TYPE", session="s", challenge_parameters={"MFAS_CAN_CHOOSE": text}
    )

    step = reading(response)

    assert isinstance(step, MfaChoiceRequired)
    assert step.choices == ()


def test_tokens_let_somebody_in_under_the_pool_s_own_name_for_them() -> None:
    result = AuthenticationResultType(
        access_token=token_text({"username": "canonical"}),
        refresh_token="r",
        new_device_metadata=NewDeviceMetadataType(device_key="k", device_group_key="g"),
    )

    outcome = reading(InitiateAuthResponse(authentication_result=result, challenge_parameters={}))

    assert isinstance(outcome, Granted)
    assert (outcome.username, outcome.tokens.refresh_token) == ("canonical", "r")
    assert outcome.new_device == NewDevice("k", "g")


def test_tokens_that_do_not_tell_a_name_belong_to_the_name_that_was_sent() -> None:
    result = AuthenticationResultType(access_token="opaque")

    outcome = reading(InitiateAuthResponse(authentication_result=result))

    assert isinstance(outcome, Granted)
    assert (outcome.username, outcome.new_device) == ("typed", None)


@pytest.mark.parametrize(
    "response",
    [
        InitiateAuthResponse(),
        InitiateAuthResponse(challenge_name="", authentication_result=AuthenticationResultType()),
        RespondToAuthChallengeResponse(authentication_result=AuthenticationResultType(id_token="i")),
    ],
)
def test_neither_a_challenge_nor_tokens_is_garbled(
    response: InitiateAuthResponse | RespondToAuthChallengeResponse,
) -> None:
    with pytest.raises(GarbledAnswerError):
        reading(response)


@pytest.mark.parametrize(("sent_back", "kept"), [(None, "old"), ("", "old"), ("new", "new")])
def test_a_renewal_keeps_the_refresh_token_unless_a_new_one_came(sent_back: str | None, kept: str) -> None:
    # amazon-cognito-identity-js stores a refresh token that came as null as an empty text.
    result = AuthenticationResultType(access_token="a", refresh_token=sent_back)

    assert tokens_of(result, refresh_token="old").refresh_token == kept
