"""boto3, unmodified, answers what triggers behind HTTP ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

TRIGGERS = ["DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"]


@pytest.fixture(scope="module")
def inquisitive(make_place: Callable[..., Any], functions_named: Callable[..., Any]) -> Any:
    """A pool that asks for a colour."""
    return make_place(
        LambdaConfig=functions_named(*TRIGGERS), client={"ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH"]}
    )


@pytest.fixture
def answer(aws: Any, inquisitive: Any, newcomer: Any) -> Callable[..., Any]:
    """Give a function that answers the colour that was asked for."""

    def respond(asked: Any, colour: str) -> Any:
        return aws.respond_to_auth_challenge(
            ClientId=inquisitive.client_id,
            ChallengeName=asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": newcomer.username, "ANSWER": colour},
        )

    return respond


@pytest.fixture
def begin(
    aws: Any, inquisitive: Any, newcomer: Any, make_person: Callable[..., Any], asking: Any
) -> Callable[[], Any]:
    """Give a function that begins somebody's sign-in."""
    person = make_person(inquisitive, newcomer)

    def initiate() -> Any:
        return aws.initiate_auth(
            ClientId=inquisitive.client_id,
            AuthFlow="CUSTOM_AUTH",
            AuthParameters={"USERNAME": person.username},
        )

    return initiate


def test_the_functions_of_a_pool_are_described(
    aws: Any, inquisitive: Any, functions_named: Callable[..., Any]
) -> None:
    described = aws.describe_user_pool(UserPoolId=inquisitive.pool_id)["UserPool"]

    assert described["LambdaConfig"] == functions_named(*TRIGGERS)


def test_a_question_is_answered_at_the_second_try(
    newcomer: Any, begin: Callable[[], Any], answer: Callable[..., Any], asking: Any
) -> None:
    first = begin()
    second = answer(first, "red")
    done = answer(second, "blue")

    assert first["ChallengeName"] == second["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert first["ChallengeParameters"] == {"USERNAME": newcomer.username, "question": "Which colour?"}
    assert done["AuthenticationResult"]["AccessToken"]
    asked = asking.events[-1]
    assert (asked["version"], asked["region"], asked["userName"]) == ("1", "us-east-1", newcomer.username)
    assert asked["request"]["userAttributes"]["email"] == newcomer.email


def test_an_administrator_answers_as_well(
    aws: Any, inquisitive: Any, newcomer: Any, begin: Callable[[], Any]
) -> None:
    at = {"UserPoolId": inquisitive.pool_id, "ClientId": inquisitive.client_id}
    asked = aws.admin_initiate_auth(
        **at, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": newcomer.username}
    )

    answered = aws.admin_respond_to_auth_challenge(
        **at,
        ChallengeName=asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": newcomer.username, "ANSWER": "blue"},
    )

    assert answered["AuthenticationResult"]["AccessToken"]


def test_two_wrong_answers_are_the_exception_of_the_model(
    aws: Any, begin: Callable[[], Any], answer: Callable[..., Any]
) -> None:
    second = answer(begin(), "red")

    with pytest.raises(aws.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        answer(second, "green")


def test_a_function_that_raises_is_the_exception_of_the_model(
    aws: Any, begin: Callable[[], Any], asking: Any
) -> None:
    asking.refuse("CreateAuthChallenge", "no colours left")

    with pytest.raises(
        aws.exceptions.UserLambdaValidationException,
        match=r"CreateAuthChallenge failed with error no colours left\.",
    ):
        begin()


def test_a_reply_without_form_is_the_exception_of_the_model(
    aws: Any, begin: Callable[[], Any], asking: Any
) -> None:
    asking.reply("CreateAuthChallenge", publicChallengeParameters="blue")

    with pytest.raises(aws.exceptions.InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        begin()
