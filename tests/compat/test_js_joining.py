"""amazon-cognito-identity-js, unmodified, signs people up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAILED = {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "p***@e***"}
MISMATCH = {
    "code": "CodeMismatchException",
    "message": "Invalid verification code provided, please try again.",
}


def test_a_sign_up_tells_where_the_code_went(
    js: Callable[..., Any], aws: Any, place: Any, newcomer: Any
) -> None:
    seen = js("joining/signUp", place, newcomer)

    user = aws.admin_get_user(UserPoolId=place.pool_id, Username=newcomer.username)
    assert user["UserStatus"] == "UNCONFIRMED"
    assert seen == {
        "username": newcomer.username,
        "userConfirmed": False,
        "userSub": {each["Name"]: each["Value"] for each in user["UserAttributes"]}["sub"],
        "codeDeliveryDetails": MAILED,
    }


def test_no_code_is_told_of_where_none_is_sent(
    js: Callable[..., Any], make_place: Callable[..., Any], newcomer: Any
) -> None:
    seen = js("joining/signUp", make_place(), newcomer)

    assert "codeDeliveryDetails" not in seen


def test_a_name_is_taken_once(js: Callable[..., Any], place: Any, newcomer: Any) -> None:
    assert js("joining/signUpTwice", place, newcomer) == {
        "code": "UsernameExistsException",
        "message": "User already exists",
    }


def test_a_sign_up_is_confirmed_with_the_code(
    js: Callable[..., Any], aws: Any, place: Any, newcomer: Any
) -> None:
    assert js("joining/confirm", place, newcomer) == "SUCCESS"

    user = aws.admin_get_user(UserPoolId=place.pool_id, Username=newcomer.username)
    assert user["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]


def test_another_code_confirms_nothing(js: Callable[..., Any], place: Any, newcomer: Any) -> None:
    assert js("joining/confirmWithAnotherCode", place, newcomer) == MISMATCH


def test_a_code_that_is_sent_again_replaces_the_first(
    js: Callable[..., Any], place: Any, newcomer: Any
) -> None:
    seen = js("joining/resend", place, newcomer)

    assert seen["delivery"] == MAILED
    assert seen["first"] in (MISMATCH, "the same by chance")
    assert seen["second"] == "SUCCESS"


def test_nobody_signs_in_before_they_are_confirmed(js: Callable[..., Any], place: Any, newcomer: Any) -> None:
    assert js("joining/signInUnconfirmed", place, newcomer) == {
        "code": "UserNotConfirmedException",
        "message": "User is not confirmed.",
    }


def test_validation_data_and_metadata_reach_the_trigger(
    js: Callable[..., Any],
    make_place: Callable[..., Any],
    newcomer: Any,
    functions: Any,
    functions_named: Callable[..., Any],
) -> None:
    guarded = make_place(LambdaConfig=functions_named("PreSignUp", "PostConfirmation"))
    functions.reply("PreSignUp", autoConfirmUser=True, autoVerifyEmail=True)

    seen = js(
        "joining/signUp",
        guarded,
        newcomer,
        validationData={"invitation": "blue"},
        clientMetadata={"campaign": "spring"},
    )

    assert seen["userConfirmed"] is True
    request = functions.event("PreSignUp_SignUp")["request"]
    assert request["userAttributes"]["email"] == newcomer.email
    assert (request["validationData"], request["clientMetadata"]) == (
        {"invitation": "blue"},
        {"campaign": "spring"},
    )
    assert functions.sources == ["PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp"]


def test_a_trigger_refuses_in_words_of_its_own(
    js: Callable[..., Any],
    make_place: Callable[..., Any],
    newcomer: Any,
    functions: Any,
    functions_named: Callable[..., Any],
) -> None:
    functions.refuse("PreSignUp", "No such invitation.")

    seen = js("joining/refused", make_place(LambdaConfig=functions_named("PreSignUp")), newcomer)

    assert seen == {
        "code": "UserLambdaValidationException",
        "message": "PreSignUp failed with error No such invitation..",
    }


def test_a_taken_address_becomes_the_alias_of_whom_it_is_forced_for(
    js: Callable[..., Any],
    aws: Any,
    make_place: Callable[..., Any],
    make_person: Callable[..., Any],
    newcomer: Any,
) -> None:
    with_aliases = make_place(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    earlier = make_person(with_aliases, newcomer, username=f"earlier-{newcomer.username}")

    seen = js("joining/confirmTakenAddress", with_aliases, newcomer)

    assert seen["unforced"]["code"] == "AliasExistsException"
    assert seen["forced"] == "SUCCESS"
    attributes = aws.admin_get_user(UserPoolId=with_aliases.pool_id, Username=earlier.username)[
        "UserAttributes"
    ]
    assert {"Name": "email_verified", "Value": "false"} in attributes
    found = aws.admin_get_user(UserPoolId=with_aliases.pool_id, Username=newcomer.email)
    assert found["Username"] == newcomer.username
