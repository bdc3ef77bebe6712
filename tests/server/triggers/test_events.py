"""The envelope of an event, and a user's attributes in it."""

from __future__ import annotations

import json

from userpool.server.records import Pool, User
from userpool.server.triggers.events import Question, attributes_of, event_of, reached_at, with_metadata
from userpool.wire.user_pools import UserPoolType

POOL = Pool(pool_id="eu-central-1_a", version=1, description=UserPoolType())
ANN = User(
    sub="34c84488",
    pool_id=POOL.pool_id,
    username="ann",
    status="CONFIRMED",
    created_ms=0,
    modified_ms=0,
    attributes={"email": "ann@example.com", "email_verified": "true"},
)


def test_the_envelope_is_the_same_for_all() -> None:
    question = Question("PreSignUp", "PreSignUp_SignUp", "ann", "c1", {"a": 1}, {"b": None}, "2")

    assert json.loads(event_of(POOL, question)) == {
        "version": "2",
        "triggerSource": "PreSignUp_SignUp",
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_a",
        "userName": "ann",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "c1"},
        "request": {"a": 1},
        "response": {"b": None},
    }


def test_attributes_are_text_with_the_sub_and_the_status() -> None:
    assert attributes_of(ANN) == {
        "sub": "34c84488",
        "cognito:user_status": "CONFIRMED",
        "email": "ann@example.com",
        "email_verified": "true",
    }
    assert attributes_of(None) == {}


def test_a_message_to_an_address_that_is_not_the_users_yet_shows_that_one() -> None:
    shown = attributes_of(reached_at(ANN, "email", "new@example.com"))

    assert shown["email"] == "new@example.com"
    assert shown["email_verified"] == "false"
    assert attributes_of(reached_at(ANN, "email", "ann@example.com")) == attributes_of(ANN)


def test_metadata_is_there_if_it_was_given() -> None:
    assert with_metadata({"a": 1}, {"b": "c"}) == {"a": 1, "clientMetadata": {"b": "c"}}
    assert with_metadata({"a": 1}, {}) == {"a": 1, "clientMetadata": {}}
    assert with_metadata({"a": 1}, None) == {"a": 1}
