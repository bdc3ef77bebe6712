"""boto3, unmodified, looks after users as administrators and servers do."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PASSWORD = "correct-horse-7-Staple"


@pytest.fixture
def of(place: Any, newcomer: Any) -> dict[str, str]:
    """The two members that name a user in administrators' requests."""
    return {"UserPoolId": place.pool_id, "Username": newcomer.username}


@pytest.fixture
def enter(aws: Any, place: Any, newcomer: Any) -> Callable[..., Any]:
    """Give a function that signs the newcomer in as a server does, with AWS credentials."""

    def begin(password: str = PASSWORD) -> Any:
        return aws.admin_initiate_auth(
            UserPoolId=place.pool_id,
            ClientId=place.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": newcomer.username, "PASSWORD": password},
        )

    return begin


def as_dict(attributes: list[dict[str, str]]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in attributes}


def test_a_user_is_made_and_found(aws: Any, of: dict[str, str]) -> None:
    made = aws.admin_create_user(
        **of, MessageAction="SUPPRESS", UserAttributes=[{"Name": "email_verified", "Value": "True"}]
    )["User"]

    found = aws.admin_get_user(**of)

    assert (made["UserStatus"], made["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    assert found["UserAttributes"] == made["Attributes"]
    assert as_dict(made["Attributes"])["email_verified"] == "true"
    assert found.keys().isdisjoint({"UserMFASettingList", "PreferredMfaSetting", "MFAOptions"})
    for member in ("UserCreateDate", "UserLastModifiedDate"):
        assert abs(datetime.now(UTC) - found[member]) < timedelta(minutes=1)


def test_a_refusal_is_the_exception_of_the_model(aws: Any, of: dict[str, str]) -> None:
    aws.admin_create_user(**of, MessageAction="SUPPRESS")

    with pytest.raises(aws.exceptions.UsernameExistsException) as refused:
        aws.admin_create_user(**of, MessageAction="SUPPRESS")

    response = refused.value.response
    assert response["Error"]["Message"] == "User account already exists"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(response["ResponseMetadata"]["RequestId"]) == 36


def test_a_missing_user_is_not_found(aws: Any, of: dict[str, str]) -> None:
    with pytest.raises(aws.exceptions.UserNotFoundException, match=r"User does not exist\."):
        aws.admin_get_user(**of)


def test_a_temporary_password_has_to_be_replaced(
    aws: Any, place: Any, of: dict[str, str], enter: Callable[..., Any]
) -> None:
    aws.admin_create_user(**of, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    asked = enter()

    answered = aws.admin_respond_to_auth_challenge(
        UserPoolId=place.pool_id,
        ClientId=place.client_id,
        ChallengeName=asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": of["Username"], "NEW_PASSWORD": f"{PASSWORD}!"},
    )

    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert answered["AuthenticationResult"]["TokenType"] == "Bearer"
    assert aws.admin_get_user(**of)["UserStatus"] == "CONFIRMED"


def test_an_administrator_sets_a_password_to_keep(
    aws: Any, of: dict[str, str], enter: Callable[..., Any]
) -> None:
    aws.admin_create_user(**of, MessageAction="SUPPRESS")

    aws.admin_set_user_password(**of, Password=PASSWORD, Permanent=True)

    entered = enter()
    assert entered["ChallengeParameters"] == {}
    assert entered.keys().isdisjoint({"ChallengeName", "Session"})
    assert entered["AuthenticationResult"]["ExpiresIn"] == 3600


def test_a_weak_password_is_refused_with_its_reason(aws: Any, of: dict[str, str]) -> None:
    aws.admin_create_user(**of, MessageAction="SUPPRESS")

    with pytest.raises(aws.exceptions.InvalidPasswordException) as refused:
        aws.admin_set_user_password(**of, Password="short", Permanent=True)

    message = refused.value.response["Error"]["Message"]
    assert message == "Password did not conform with policy: Password not long enough"


def test_an_administrator_confirms_a_sign_up(
    aws: Any, place: Any, newcomer: Any, of: dict[str, str], enter: Callable[..., Any]
) -> None:
    aws.sign_up(
        ClientId=place.client_id,
        Username=newcomer.username,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": newcomer.email}],
    )
    with pytest.raises(aws.exceptions.UserNotConfirmedException, match=r"User is not confirmed\."):
        enter()

    aws.admin_confirm_sign_up(**of)

    assert "AccessToken" in enter()["AuthenticationResult"]
    assert as_dict(aws.admin_get_user(**of)["UserAttributes"])["email_verified"] == "false"


def test_users_are_listed_page_by_page(aws: Any, make_place: Callable[..., Any]) -> None:
    pool_id = make_place().pool_id
    names = [f"user-{number}" for number in range(5)]
    for name in names:
        aws.admin_create_user(UserPoolId=pool_id, Username=name, MessageAction="SUPPRESS")

    pages = list(
        aws.get_paginator("list_users").paginate(UserPoolId=pool_id, PaginationConfig={"PageSize": 2})
    )

    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    assert sorted(user["Username"] for page in pages for user in page["Users"]) == names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('email = "ann@example.com"', ["ann"]),
        ('email ^= "b"', ["bea", "bob"]),
        ('username = "bob"', ["bob"]),
        ('cognito:user_status = "CONFIRMED"', ["bea"]),
        ('status = "Disabled"', ["bob"]),
        ('given_name="nobody"', []),
    ],
)
def test_users_are_found_by_a_filter(aws: Any, crowd: str, text: str, found: list[str]) -> None:
    pages = aws.get_paginator("list_users").paginate(UserPoolId=crowd, Filter=text)

    assert sorted(user["Username"] for page in pages for user in page["Users"]) == found


@pytest.fixture(scope="session")
def crowd(aws: Any, make_place: Callable[..., Any]) -> str:
    """The id of a pool with three people in it."""
    pool_id: str = make_place().pool_id
    for name in ("ann", "bea", "bob"):
        attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
        aws.admin_create_user(
            UserPoolId=pool_id, Username=name, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
    aws.admin_set_user_password(UserPoolId=pool_id, Username="bea", Password=PASSWORD, Permanent=True)
    aws.admin_disable_user(UserPoolId=pool_id, Username="bob")
    return pool_id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("email=ann@example.com", "Error while parsing filter"),
        ('custom:team = "red"', "Invalid search attribute: custom:team"),
    ],
)
def test_a_filter_that_cannot_work_is_refused(aws: Any, crowd: str, text: str, message: str) -> None:
    with pytest.raises(aws.exceptions.InvalidParameterException, match=message):
        aws.list_users(UserPoolId=crowd, Filter=text)


def test_a_disabled_user_does_not_sign_in(
    aws: Any, person: Any, of: dict[str, str], enter: Callable[..., Any]
) -> None:
    aws.admin_disable_user(**of)

    with pytest.raises(aws.exceptions.NotAuthorizedException, match=r"User is disabled\."):
        enter()

    aws.admin_enable_user(**of)
    assert "AuthenticationResult" in enter()


def test_an_administrator_signs_somebody_out_everywhere(
    aws: Any, person: Any, of: dict[str, str], enter: Callable[..., Any]
) -> None:
    result = enter()["AuthenticationResult"]

    aws.admin_user_global_sign_out(**of)

    with pytest.raises(aws.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        aws.get_user(AccessToken=result["AccessToken"])


def test_a_deleted_user_is_gone(aws: Any, person: Any, of: dict[str, str], enter: Callable[..., Any]) -> None:
    result = enter()["AuthenticationResult"]

    aws.admin_delete_user(**of)

    with pytest.raises(aws.exceptions.UserNotFoundException):
        aws.admin_get_user(**of)
    with pytest.raises(aws.exceptions.UserNotFoundException):
        aws.get_user(AccessToken=result["AccessToken"])


def test_public_operations_need_no_credentials(boto: Callable[..., Any], place: Any, person: Any) -> None:
    anybody = boto(place.endpoint, None, None)

    entered = anybody.initiate_auth(
        ClientId=place.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": person.username, "PASSWORD": person.password},
    )
    user = anybody.get_user(AccessToken=entered["AuthenticationResult"]["AccessToken"])

    assert user["Username"] == person.username


def test_a_client_with_a_secret_proves_that_it_knows_it(aws: Any, place: Any, person: Any) -> None:
    made = aws.create_user_pool_client(
        UserPoolId=place.pool_id,
        ClientName="server",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
    )["UserPoolClient"]
    said = f"{person.username}{made['ClientId']}".encode()
    proof = b64encode(hmac.digest(made["ClientSecret"].encode(), said, "sha256")).decode()
    parameters = {"USERNAME": person.username, "PASSWORD": person.password}
    call = {"ClientId": made["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH"}

    with pytest.raises(aws.exceptions.NotAuthorizedException, match="SECRET_HASH was not received"):
        aws.initiate_auth(**call, AuthParameters=parameters)
    with pytest.raises(aws.exceptions.NotAuthorizedException, match="Unable to verify secret hash"):
        aws.initiate_auth(**call, AuthParameters={**parameters, "SECRET_HASH": proof[::-1]})
    entered = aws.initiate_auth(**call, AuthParameters={**parameters, "SECRET_HASH": proof})

    assert "AccessToken" in entered["AuthenticationResult"]


def test_a_refresh_gives_everything_but_a_refresh_token(
    aws: Any, place: Any, person: Any, sign_in: Any
) -> None:
    refreshed = aws.initiate_auth(
        ClientId=place.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": sign_in()["RefreshToken"]},
    )["AuthenticationResult"]

    assert refreshed.keys() == {"AccessToken", "IdToken", "ExpiresIn", "TokenType"}


def test_a_rotated_refresh_token_is_new(
    aws: Any, make_place: Callable[..., Any], make_person: Any, newcomer: Any
) -> None:
    rotating = make_place(
        client={
            "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        }
    )
    person = make_person(rotating, newcomer)
    entered = aws.initiate_auth(
        ClientId=rotating.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": person.username, "PASSWORD": person.password},
    )["AuthenticationResult"]

    renewed = aws.get_tokens_from_refresh_token(
        ClientId=rotating.client_id, RefreshToken=entered["RefreshToken"]
    )["AuthenticationResult"]

    assert renewed["RefreshToken"] != entered["RefreshToken"]
    with pytest.raises(aws.exceptions.RefreshTokenReuseException):
        aws.get_tokens_from_refresh_token(ClientId=rotating.client_id, RefreshToken=entered["RefreshToken"])
