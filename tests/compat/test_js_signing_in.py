"""amazon-cognito-identity-js, unmodified, signs people in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

WRONG = {"code": "NotAuthorizedException", "message": "Incorrect username or password."}
NEW_PASSWORD = "another-horse-8-Staple"


def test_a_password_proves_itself_by_srp(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("signing_in/bySrp", place, person)

    assert seen["valid"]
    assert seen["operations"] == ["InitiateAuth", "RespondToAuthChallenge"]
    assert not seen["sentPassword"]
    assert seen["refreshToken"].count(".") == 4
    assert seen["username"] == seen["access"]["username"] == seen["id"]["cognito:username"] == person.username
    assert seen["id"]["email"] == person.email


@pytest.mark.parametrize("password", ["Pässwörd€😀9!", "a" * 250 + "A1!"], ids=["beyond ASCII", "long"])
def test_any_password_proves_itself_by_srp(
    js: Callable[..., Any],
    make_person: Callable[..., Any],
    place: Any,
    newcomer: Any,
    password: str,
) -> None:
    person = make_person(place, newcomer, password=password)

    assert js("signing_in/bySrp", place, person)["valid"]


def test_somebody_named_by_an_address_proves_the_password_under_their_sub(
    js: Callable[..., Any], make_place: Callable[..., Any], make_person: Callable[..., Any], newcomer: Any
) -> None:
    by_address = make_place(UsernameAttributes=["email"])
    person = make_person(by_address, newcomer, username=newcomer.email)

    seen = js("signing_in/bySrp", by_address, person)

    assert seen["username"] == seen["access"]["username"] == seen["access"]["sub"]


def test_somebody_is_found_by_an_alias(
    js: Callable[..., Any], make_place: Callable[..., Any], make_person: Callable[..., Any], newcomer: Any
) -> None:
    with_aliases = make_place(AliasAttributes=["email"])
    person = make_person(with_aliases, newcomer)

    seen = js("signing_in/bySrp", with_aliases, replace(person, username=person.email))

    assert seen["username"] == seen["id"]["cognito:username"] == person.username


def test_a_wrong_password_is_refused(js: Callable[..., Any], place: Any, person: Any) -> None:
    stranger = replace(person, password="wrong-horse-7-Staple")

    assert js("signing_in/refusedBySrp", place, stranger) == WRONG


def test_a_wrong_password_that_is_sent_is_refused(js: Callable[..., Any], place: Any, person: Any) -> None:
    stranger = replace(person, password="wrong-horse-7-Staple")

    assert js("signing_in/refusedByPassword", place, stranger) == WRONG


def test_an_unknown_name_is_told_where_the_client_is_set_so(
    js: Callable[..., Any], place: Any, newcomer: Any
) -> None:
    assert js("signing_in/refusedBySrp", place, newcomer) == {
        "code": "UserNotFoundException",
        "message": "User does not exist.",
    }


def test_an_unknown_name_looks_like_a_wrong_password_otherwise(
    js: Callable[..., Any], make_place: Callable[..., Any], newcomer: Any
) -> None:
    discreet = make_place(client={"PreventUserExistenceErrors": "ENABLED"})

    assert js("signing_in/refusedBySrp", discreet, newcomer) == WRONG


def test_a_password_that_is_sent_signs_in(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("signing_in/byPassword", place, person)

    assert seen["valid"]
    assert seen["operations"] == ["InitiateAuth"]
    assert seen["access"]["username"] == person.username


def test_validation_data_reach_the_trigger_before_the_proof(
    js: Callable[..., Any],
    make_place: Callable[..., Any],
    make_person: Callable[..., Any],
    newcomer: Any,
    functions: Any,
    functions_named: Callable[..., Any],
) -> None:
    guarded = make_place(LambdaConfig=functions_named("PreAuthentication", "PostAuthentication"))

    seen = js("signing_in/bySrp", guarded, make_person(guarded, newcomer), validationData={"door": "front"})

    assert seen["valid"]
    assert functions.sources == ["PreAuthentication_Authentication", "PostAuthentication_Authentication"]
    assert functions.events[0]["request"]["validationData"] == {"door": "front"}
    assert functions.events[1]["request"]["newDeviceUsed"] is False


def test_a_temporary_password_is_replaced(
    js: Callable[..., Any], aws: Any, make_place: Callable[..., Any], newcomer: Any
) -> None:
    demanding = make_place(Schema=[{"Name": "given_name", "Required": True}])
    aws.admin_create_user(
        UserPoolId=demanding.pool_id,
        Username=newcomer.username,
        TemporaryPassword=newcomer.password,
        UserAttributes=[{"Name": "email", "Value": newcomer.email}],
        MessageAction="SUPPRESS",
    )

    seen = js(
        "signing_in/withTemporaryPassword",
        demanding,
        newcomer,
        newPassword=NEW_PASSWORD,
        attributes={"given_name": "Ann"},
    )

    assert seen["known"] == {"email": newcomer.email}
    assert seen["required"] == ["given_name"]
    assert seen["valid"]
    assert seen["id"]["given_name"] == "Ann"


def test_a_chosen_password_lets_in_from_then_on(
    js: Callable[..., Any], aws: Any, place: Any, newcomer: Any
) -> None:
    aws.admin_create_user(
        UserPoolId=place.pool_id,
        Username=newcomer.username,
        TemporaryPassword=newcomer.password,
        MessageAction="SUPPRESS",
    )
    js("signing_in/withTemporaryPassword", place, newcomer, newPassword=NEW_PASSWORD, attributes={})

    assert js("signing_in/bySrp", place, replace(newcomer, password=NEW_PASSWORD))["valid"]
    assert js("signing_in/refusedBySrp", place, newcomer) == WRONG


def test_whom_the_pool_does_not_know_a_trigger_brings_along(
    js: Callable[..., Any],
    aws: Any,
    make_place: Callable[..., Any],
    newcomer: Any,
    functions: Any,
    functions_named: Callable[..., Any],
) -> None:
    migrating = make_place(LambdaConfig=functions_named("UserMigration"))
    functions.reply(
        "UserMigration",
        userAttributes={"email": newcomer.email, "email_verified": "true"},
        finalUserStatus="CONFIRMED",
        messageAction="SUPPRESS",
    )

    seen = js("signing_in/byPassword", migrating, newcomer)

    assert seen["access"]["username"] == newcomer.username
    asked = functions.event("UserMigration_Authentication")
    assert (asked["userName"], asked["request"]["password"]) == (newcomer.username, newcomer.password)
    user = aws.admin_get_user(UserPoolId=migrating.pool_id, Username=newcomer.username)
    assert user["UserStatus"] == "CONFIRMED"
    assert js("signing_in/bySrp", migrating, newcomer)["id"]["email"] == newcomer.email
    assert len(functions.events) == 1


def test_whom_the_trigger_does_not_know_either_is_refused(
    js: Callable[..., Any],
    make_place: Callable[..., Any],
    newcomer: Any,
    functions: Any,
    functions_named: Callable[..., Any],
) -> None:
    migrating = make_place(LambdaConfig=functions_named("UserMigration"))

    seen = js("signing_in/refusedByPassword", migrating, newcomer)

    assert seen == {"code": "UserNotFoundException", "message": "User does not exist."}
    assert functions.sources == ["UserMigration_Authentication"]
