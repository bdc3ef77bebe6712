"""What is said to an identity pool. The pool object's own tests tell the whole story."""

from __future__ import annotations

import pytest

from userpool.conversation import Call, Reply, run
from userpool.flows import identities
from userpool.wire.fault import ServiceException
from userpool.wire.faults import NotAuthorizedException, ResourceNotFoundException, TooManyRequestsException
from userpool.wire.identities import (
    Credentials,
    GetCredentialsForIdentityResponse,
    GetId,
    GetIdInput,
    GetIdResponse,
    GetOpenIdTokenResponse,
)


def test_a_guest_shows_no_logins() -> None:
    calls: list[Call] = []

    def send(call: Call) -> Reply:
        calls.append(call)
        return Reply(GetIdResponse(identity_id="us-east-1:1"), 0.0)

    found = run(identities.identity_id("us-east-1:0f3c", {}, account_id="123456789012"), send)

    request = GetIdInput(identity_pool_id="us-east-1:0f3c", account_id="123456789012", logins=None)
    assert found == "us-east-1:1"
    assert calls == [Call(GetId, request)]


@pytest.mark.parametrize(("told", "expected"), [("us-east-1:2", "us-east-1:2"), (None, "us-east-1:1")])
def test_credentials_are_of_the_identity_that_the_answer_names_or_else_of_the_one_that_was_asked_for(
    told: str | None, expected: str
) -> None:
    given = Credentials(access_key_id="ASIA", secret_key="s", session_token="t", expiration=1.0)
    answers = {
        "GetCredentialsForIdentity": GetCredentialsForIdentityResponse(identity_id=told, credentials=given),
        "GetOpenIdToken": GetOpenIdTokenResponse(identity_id=told, token="t"),
    }

    def send(call: Call) -> Reply:
        return Reply(answers[call.operation.name], 0.0)

    assert run(identities.credentials("us-east-1:1", {}), send).identity_id == expected
    assert run(identities.open_id_token("us-east-1:1", {}), send).identity_id == expected


def test_only_an_expired_login_is_worth_renewing() -> None:
    expired = NotAuthorizedException("Invalid login token. Token expired: 1 >= 2")
    others = [
        NotAuthorizedException("Invalid login token. Couldn't verify signed token."),
        ResourceNotFoundException("Token expired"),
    ]

    assert identities.is_about_expiry(expired)
    assert not any(identities.is_about_expiry(fault) for fault in others)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ResourceNotFoundException("Identity 'us-east-1:1' not found."), True),
        (NotAuthorizedException("Access to Identity 'us-east-1:1' is forbidden."), True),
        (NotAuthorizedException("Logins don't match. Please include at least one valid login."), True),
        (NotAuthorizedException("Invalid login token. Token expired: 1 >= 2"), False),
        (TooManyRequestsException("Rate exceeded"), False),
    ],
)
def test_a_refusal_that_the_remembered_identity_may_have_caused(
    fault: ServiceException,
    expected: bool,  # noqa: FBT001  # From the table.
) -> None:
    assert identities.is_about_the_identity(fault) is expected
