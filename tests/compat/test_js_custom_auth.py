"""amazon-cognito-identity-js, unmodified, answers what triggers behind HTTP ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

TRIGGERS = ["DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"]
FLOWS = ["ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
DEVICES = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}


@pytest.fixture(scope="module")
def inquisitive(make_place: Callable[..., Any], functions_named: Callable[..., Any]) -> Any:
    """A pool with these triggers."""
    return make_place(LambdaConfig=functions_named(*TRIGGERS), client={"ExplicitAuthFlows": FLOWS})


@pytest.fixture
def somebody(inquisitive: Any, newcomer: Any, make_person: Callable[..., Any]) -> Any:
    """Somebody there."""
    return make_person(inquisitive, newcomer)


def test_a_question_is_answered_without_any_password(
    js: Callable[..., Any], inquisitive: Any, somebody: Any, asking: Any
) -> None:
    seen = js("custom_auth/passwordless", inquisitive, somebody, clientMetadata={"page": "first"})

    assert seen["asked"] == [["customChallenge", "Which colour?"]] * 2
    assert not seen["private"]
    assert (seen["valid"], seen["access"]["username"]) == (True, somebody.username)
    last = asking.events[-1]["request"]
    assert [(each["challengeResult"], each["challengeMetadata"]) for each in last["session"]] == [
        (False, "COLOUR"),
        (True, "COLOUR"),
    ]
    assert last["clientMetadata"] == {"page": "second"}


def test_the_triggers_decide_when_it_is_enough(
    js: Callable[..., Any], inquisitive: Any, somebody: Any, asking: Any
) -> None:
    assert js("custom_auth/refused", inquisitive, somebody) == {
        "code": "NotAuthorizedException",
        "message": "Incorrect username or password.",
    }


def test_a_question_comes_after_the_password_was_proven(
    js: Callable[..., Any], inquisitive: Any, somebody: Any, asking: Any
) -> None:
    seen = js("custom_auth/afterSrp", inquisitive, somebody)

    assert seen["asked"] == "customChallenge"
    assert seen["operations"] == ["InitiateAuth", *["RespondToAuthChallenge"] * 2]
    assert (seen["valid"], seen["access"]["username"]) == (True, somebody.username)
    names = [each["challengeName"] for each in asking.events[-1]["request"]["session"]]
    assert names == ["SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE"]


def test_a_wrong_password_is_asked_nothing_more(
    js: Callable[..., Any], inquisitive: Any, somebody: Any, asking: Any
) -> None:
    stranger = replace(somebody, password="wrong-horse-7-Staple")

    seen = js("custom_auth/refusedBySrp", inquisitive, stranger)

    assert seen == {"code": "NotAuthorizedException", "message": "Incorrect username or password."}
    assert "CreateAuthChallenge_Authentication" not in asking.sources


def test_a_device_is_confirmed_after_the_last_answer_and_known_again(
    js: Callable[..., Any],
    make_place: Callable[..., Any],
    functions_named: Callable[..., Any],
    newcomer: Any,
    make_person: Callable[..., Any],
    asking: Any,
) -> None:
    tracking = make_place(
        LambdaConfig=functions_named(*TRIGGERS),
        client={"ExplicitAuthFlows": FLOWS},
        DeviceConfiguration=DEVICES,
    )

    seen = js("custom_auth/onDevice", tracking, make_person(tracking, newcomer))

    assert seen == {
        "first": "onSuccess",
        "confirmed": True,
        "asked": "customChallenge",
        "again": "onSuccess",
        "sameKey": True,
    }
